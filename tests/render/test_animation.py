import io
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from sketch_rnn.render import Style, animated_svg, grid, single, to_gif, to_image
from sketch_rnn.render.figure import Line
from sketch_rnn.render.gif import PEN_INK
from sketch_rnn.render.style import rgb
from sketch_rnn.render.timeline import drawn_lines, pen_position, timeline
from sketch_rnn.sketch import Sketch

LETTER_F = Sketch.from_polylines([[(0, 0), (0, 100)], [(0, 0), (60, 0)], [(0, 45), (40, 45)]])
WITH_DOT = Sketch.from_polylines([[(0, 0), (50, 30), (90, 90)], [(45, 70)]])
EMPTY = Sketch(np.zeros((0, 3), np.float32))
FIGURE = grid([LETTER_F, WITH_DOT, EMPTY], style=Style(cell=60), labels=["F", "dot", "none"])
SVG = "{http://www.w3.org/2000/svg}"


def frames(gif: bytes) -> list[np.ndarray]:
    image = Image.open(io.BytesIO(gif))
    shown = []
    for index in range(image.n_frames):
        image.seek(index)
        shown.append(np.asarray(image.convert("RGB")).astype(int))
    return shown


def difference(one, other):
    return np.abs(np.asarray(one, int) - np.asarray(other, int)).max()


def test_a_gif_has_a_frame_each_40_ms_and_a_pause():
    image = Image.open(io.BytesIO(to_gif(FIGURE, seconds=1, hold=1.5, scale=1)))
    assert image.n_frames == 26
    assert image.info["loop"] == 0
    durations = []
    for index in range(image.n_frames):
        image.seek(index)
        durations.append(image.info["duration"])
    assert durations == [40] * 25 + [1500]


def test_the_last_frame_is_the_finished_figure():
    for figure in (FIGURE, single(WITH_DOT, style=Style(ink="points"))):
        last = frames(to_gif(figure, seconds=0.4, scale=1))[-1]
        finished = np.asarray(to_image(figure, scale=1), int)
        assert np.abs(last - finished).mean() < 0.1
        assert difference(last, finished) < 40


def test_ink_only_grows():
    plain = single(LETTER_F, style=Style(ink="#000000", cell=80))
    shown = frames(to_gif(plain, seconds=0.8, scale=1, pen=False))
    amounts = [float((255 - frame).sum()) for frame in shown]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[-1] / 8


def test_half_of_the_time_draws_half_of_the_length():
    line = Sketch.from_polylines([[(0, 0), (100, 0)]])
    plain = single(line, style=Style(ink="#000000", cell=80))
    shown = frames(to_gif(plain, seconds=0.8, scale=1, pen=False))
    half, full = (float((255 - frame).sum()) for frame in (shown[9], shown[-1]))
    assert half / full == pytest.approx(0.5, abs=0.04)


def test_the_pen_shows_while_drawing_and_is_gone_at_the_end():
    figure = single(LETTER_F, style=Style(ink="#c03030", cell=80))
    with_pen = frames(to_gif(figure, seconds=0.4, scale=2))
    without = frames(to_gif(figure, seconds=0.4, scale=2, pen=False))
    ink = np.array(rgb(PEN_INK))
    assert all((np.abs(frame - ink).max(axis=-1) < 4).any() for frame in with_pen[:-1])
    assert not any((np.abs(frame - ink).max(axis=-1) < 4).any() for frame in without)
    assert difference(with_pen[-1], without[-1]) == 0


def test_what_is_given_is_there_from_the_start():
    figure = single(LETTER_F, prefix=2, style=Style(cell=80, given_ink="#000000"))
    first = frames(to_gif(figure, seconds=0.4, scale=2, pen=False))[0]
    black_rows = (first.max(axis=-1) < 30).any(axis=1)
    assert black_rows.sum() == pytest.approx(2 * 80 * 0.84, abs=6)


def test_nothing_drawn_is_a_still_gif():
    assert len(frames(to_gif(EMPTY, seconds=0.2))) == 1


def test_an_animated_svg_draws_every_line_and_once_only():
    root = ET.fromstring(animated_svg(FIGURE))
    css = root.findtext(f"{SVG}style", "")
    lines = list(root.iter(f"{SVG}path"))
    names = [line.get("style", "").removeprefix("animation-name:") for line in lines]
    assert len(names) == len(set(names)) == 3 + 2
    defined = re.findall(r"@keyframes ([\w-]+)\{", css)
    assert sorted(names) == sorted(name for name in defined if "-" in name)
    group = re.search(r"\.(\w+)\{animation:\1 ([\d.]+)s linear infinite\}", css)
    assert group
    assert float(group.group(2)) == pytest.approx(4 + 2 + 0.6)
    assert [g.get("class") for g in root.iter(f"{SVG}g") if g.get("class")] == [group.group(1)]


def test_strokes_follow_each_other_in_the_svg():
    css = ET.fromstring(animated_svg(single(LETTER_F))).findtext(f"{SVG}style", "")
    times = re.findall(r"@keyframes \w+-0-\d\{0%,([\d.]+)%\{[^}]*\}([\d.]+)%,to", css)
    flat = [float(time) for pair in times for time in pair]
    assert len(flat) == 6
    assert flat == sorted(flat)
    assert flat[0] == 0
    assert flat[-1] == pytest.approx(100 * 4 / 6.6, abs=0.01)


def test_without_animation_the_svg_is_the_finished_drawing():
    moving = ET.fromstring(animated_svg(FIGURE))
    for path in moving.iter(f"{SVG}path"):
        assert path.get("stroke-dasharray") is None
        assert "dash" not in path.get("style", "")
    assert "prefers-reduced-motion" in moving.findtext(f"{SVG}style", "")


def test_what_is_given_does_not_move():
    root = ET.fromstring(animated_svg(single(LETTER_F, prefix=2)))
    moving = [path for path in root.iter(f"{SVG}path") if path.get("style")]
    still = [path for path in root.iter(f"{SVG}path") if not path.get("style")]
    assert (len(moving), len(still)) == (2, 1)
    assert still[0].get("stroke") == Style().given_ink
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("class"))
    assert still[0] not in list(group.iter())


def test_two_animations_can_share_a_page():
    one, other = (
        set(re.findall(r"@keyframes (\w+)", animated_svg(s))) for s in (LETTER_F, WITH_DOT)
    )
    assert not one & other


def random_lines(seed):
    rng = np.random.default_rng(seed)
    return [
        Line(rng.normal(size=(rng.integers(1, 6), 2)) * 20, "#000000", 1.0)
        for _ in range(rng.integers(1, 7))
    ]


@pytest.mark.parametrize("seed", range(8))
def test_a_timeline_draws_everything_once(seed):
    lines = random_lines(seed)
    timed = timeline(lines)
    times = [time for item in timed for time in (item.start, item.end)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1)
    cuts = np.linspace(0, 1, 23)
    pieces = [p for a, b in pairwise(cuts) for p in drawn_lines(timed, a, b)]
    assert sum(p.length for p in pieces) == pytest.approx(sum(line.length for line in lines))
    assert sum(p.is_dot for p in pieces) == sum(line.is_dot for line in lines)


@pytest.mark.parametrize("seed", range(4))
def test_the_pen_never_jumps(seed):
    timed = timeline(random_lines(seed))
    way = np.array([pen_position(timed, time) for time in np.linspace(0, 1, 2001)])
    total = np.hypot(*np.diff(way, axis=0).T)
    assert total.max() < 0.02 * total.sum()
    np.testing.assert_allclose(way[0], timed[0].line.points[0])
    np.testing.assert_allclose(way[-1], timed[-1].line.points[-1], atol=1e-6)


def test_dots_alone_share_the_time():
    dots = [Line(np.array([[x, 0.0]]), "#000000", 1.0) for x in (0.0, 0.0)]
    assert [(item.start, item.end) for item in timeline(dots)] == [(0, 0.5), (0.5, 1)]
    assert timeline([]) == []
    assert pen_position([], 0.5) is None
