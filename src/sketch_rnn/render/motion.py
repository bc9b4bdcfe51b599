"""Animated SVG, which a browser plays in a loop."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from sketch_rnn.render.figure import Figure, Line, line_group, number, svg_document, svg_text
from sketch_rnn.render.timeline import Timed, timeline

_FADE_SECONDS: Final = 0.6
# With pathLength 1 this dash covers the line and a little more at both ends, so that round ends
# appear with the line.
_DASH: Final = "stroke-dasharray:1.1 3"
_HIDDEN: Final = f"{_DASH};stroke-dashoffset:1.11"
_SHOWN: Final = f"{_DASH};stroke-dashoffset:.09"


def motion_svg(figure: Figure, *, seconds: float, hold: float) -> str:
    """SVG in which all drawings of a figure are drawn in the same time, in a loop.

    Viewers that do not animate show the finished figure.

    Args:
        figure: the finished picture.
        seconds: time the drawing takes.
        hold: seconds for which the finished figure stays.
    """
    # Names are shared by all pictures in a page, so each picture has its own.
    name = f"d{zlib.crc32(svg_text(figure).encode()):08x}"
    period = seconds + hold + _FADE_SECONDS
    rules, moving = [_common_rules(name, period)], []
    for number_, drawing in enumerate(figure.drawings):
        keyframes, group = _animated(drawing.lines, f"{name}-{number_}", seconds / period)
        rules += keyframes
        moving.append(group)
    given = [line_group(drawing.given) for drawing in figure.drawings]
    return svg_document(figure, [*given, f'<g class="{name}">', *moving, "</g>"], "".join(rules))


def _common_rules(name: str, period: float) -> str:
    fade = 1 - _FADE_SECONDS / period
    return (
        f".{name}{{animation:{name} {number(period)}s linear infinite}}"
        f".{name} path{{animation:0s linear infinite;animation-duration:{number(period)}s}}"
        f"@media (prefers-reduced-motion:reduce){{"
        f".{name},.{name} path{{animation:none!important}}}}"
        f"@keyframes {name}{{0%,{_percent(fade)}{{opacity:1}}to{{opacity:0}}}}"
    )


def _animated(lines: Sequence[Line], name: str, share: float) -> tuple[list[str], str]:
    """The keyframes of a drawing's lines, and their `<g>`."""
    timed = timeline(lines)
    rules = [_keyframes(f"{name}-{i}", item, share) for i, item in enumerate(timed)]
    attributes = [_attributes(f"{name}-{i}", item) for i, item in enumerate(timed)]
    return rules, line_group(lines, attributes)


def _attributes(name: str, item: Timed) -> str:
    length = "" if item.line.is_dot else ' pathLength="1"'
    return f'{length} style="animation-name:{name}"'


def _keyframes(name: str, item: Timed, share: float) -> str:
    start, end = _percent(item.start * share), _percent(item.end * share)
    if item.line.is_dot:
        return f"@keyframes {name}{{0%,{start}{{opacity:0}}{end},to{{opacity:1}}}}"
    return f"@keyframes {name}{{0%,{start}{{{_HIDDEN}}}{end},to{{{_SHOWN}}}}}"


def _percent(share: float) -> str:
    return number(share * 100) + "%"
