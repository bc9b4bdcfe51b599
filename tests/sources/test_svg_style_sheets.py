"""Selectors, media and nested rules as browsers apply them, within bounds."""

from __future__ import annotations

import pytest
from svg_reading import box_of, notes_of

from sketch_rnn.errors import SketchRNNError

LINE = '<path d="M2 2L20 9"/>'
OTHER = '<path class="other" d="M2 20L20 12"/>'
PLAIN = '<line x2="20" y2="9"/>'


@pytest.mark.parametrize(
    ("selector", "hides"),
    [
        *((".g path", True), (".g>path", False), (".g > g > path", True), ("path", True)),
        *(("[d^='M2 20']", True), ("[class~=other]", True), ("[d]", True), ("[nothing]", False)),
        *((":root path", True), ("g, rect", True), (".g g .other", True), ("g .g .other", False)),
        *(("circle + path", True), ("circle ~ path", True), ("path + circle", False)),
        *((":not(.x)", True), (":is(path, rect)", True)),
        *(("path:hover", False), ("circle ~ :nth-child(2)", True), ("path:nth-child(2n+1)", False)),
        *(("path:last-child", True), ("#o.other", True), ("#o.x", False), ("*", True)),
        *(("path:has(x)", False), ("path:focus", False), ("..other", False), ("> path", False)),
    ],
)
def test_selectors(lines_of, selector, hides):
    inside = '<g class="g"><g><circle r="0"/><path id="o" class="other" d="M2 20L20 12"/></g></g>'
    if selector in ("path", "[d]", "*", ":not(.x)", ":root path", ":is(path, rect)"):
        with pytest.raises(SketchRNNError, match="nothing is drawn"):
            lines_of(f"<style>{selector}{{display:none}}</style>{inside}")
        return
    lines = lines_of(f"<style>{selector}{{display:none}}</style>{LINE}{inside}")
    assert len(lines) == 1 + (not hides)


def test_which_rule_wins(lines_of):
    sheet = (
        "path{stroke:red} #o{stroke:none} .other{stroke:red} "
        ".late{stroke:none} path.late{stroke:red} .strong{stroke:none !important}"
    )
    shapes = (
        '<path id="o" class="other" d="M0 0L1 1"/><path class="late" d="M2 2L3 3"/>'
        '<path class="strong" style="stroke:red" d="M4 4L5 5"/>'
        '<path class="strong" style="stroke:red!important" d="M6 6L7 7"/>'
    )
    assert [line[0].tolist() for line in lines_of(f"<style>{sheet}</style>{shapes}")] == [
        [2, 2],
        [6, 6],
    ]


def test_a_rule_that_is_not_understood_is_named(lines_of, path):
    lines_of(f"<style>path:has(x){{display:none}} path{{fill:none}}</style>{LINE}")
    assert notes_of(path) == ["style rules left out, such as 'path:has(x)'"]


@pytest.mark.parametrize(
    ("media", "applies"),
    [
        *(("print", False), ("screen", True), ("all", True), ("not print", True), ("tv", False)),
        *(("screen and (prefers-color-scheme: light)", True), ("(width >= 1px)", False)),
        *(("(prefers-color-scheme: dark)", False), ("(min-width: 10px)", True)),
        *(("(prefers-reduced-motion)", False), ("print, screen", True), ("only screen", True)),
        *(("(prefers-reduced-motion: no-preference)", True), ("(max-width: 10px)", False)),
        *(("(orientation: landscape) and (hover)", True), ("not screen", False), ("", True)),
    ],
)
def test_media_of_a_light_screen(lines_of, media, applies):
    hide = ".other{display:none}"
    sheets = f"<style>@media {media}{{{hide}}}</style>", f'<style media="{media}">{hide}</style>'
    for sheet in sheets:
        assert len(lines_of(f"{sheet}{LINE}{OTHER}")) == 2 - applies


@pytest.mark.parametrize(
    "sheet",
    [
        "a " * 9000 + "{fill:red}",
        ":not(" * 300 + "a" + ")" * 300 + "{fill:red}",
        "{" * 3000,
        "@media screen{" * 3000,
        "path{stroke:" + "(" * 3000 + "}",
        "path{--a:var(--b);--b:var(--a);stroke:var(--a)}",
        "path{--a:" + "var(--a)" * 50 + ";stroke:var(--a)}",
        "[" * 3000 + "a",
        "path{transform:" + "rotate(" * 3000 + "}",
        "g " * 40 + "path{fill:red}",
    ],
)
def test_hostile_style_sheets_are_bounded(lines_of, sheet):
    inside = "<g>" * 100 + LINE + "</g>" * 100
    try:
        lines = lines_of(f"<style>{sheet}</style>{inside}")
    except SketchRNNError:
        return
    assert len(lines) == 1


def test_too_many_selectors(lines_of):
    sheet = "".join(f".a{n}{{fill:red}}" for n in range(10_001))
    with pytest.raises(SketchRNNError, match=r"a\.svg: more than 10,000 style selectors"):
        lines_of(f"<style>{sheet}</style>{LINE}")


@pytest.mark.parametrize(
    "sheet",
    [
        "g{.other{display:none}}",
        "g{& .other, & > .none{display:none}}",
        ".none, g{path{&.other{display:none}}}",
        ".other{fill:none; @media screen{display:none} @media print{display:inline}}",
        ".other{g &{display:none}}",
        "@media screen{path:nth-child(2){display:none}}",
        # Later layers win over earlier ones, and what is in no layer over all.
        "@layer a,b; @layer b{.other{display:none}} @layer a{g .other{display:inline}}",
        ".other{display:none} @layer a{g .other{display:inline}}",
        "@layer a{.other{display:none!important}} .other{display:inline!important}",
        "@layer a{@layer b{g .other{display:inline}} .other{display:none}}",
        "@layer a.b{.other{display:none}} @layer a.c{.other{fill:none}}",
        "@layer{.other{display:inline}} @layer{.other{display:none}}",
        "@supports (display:grid){.other{display:none}}",
        "@supports (d:none) and (not (-moz-appearance:none)){.other{display:none}}",
        "@supports not (-ms-ime-align:auto){.other{display:none}}",
        "@supports (not (d:none)) or selector(a > b){.other{display:none}}",
        ".other{display:none} @supports not (display:grid){.other{display:inline}}",
    ],
)
def test_nested_rules_layers_and_supports(lines_of, sheet):
    (line,) = lines_of(f"<style><![CDATA[{sheet}]]></style><g>{LINE}{OTHER}</g>")
    assert box_of([line]) == [2, 2, 20, 9]


@pytest.mark.parametrize(
    "sheet",
    [
        "a{" + "&" * 200 + "{" * 4 + "fill:red",
        "".join(f"a{i},b{i}{{" for i in range(40)) + "fill:red",
        "a,b,c{" + "&&&&&&&&{" * 8 + "fill:red" + "}" * 9,
        "@supports " + "(" * 3000 + "x" + ")" * 3000 + "{path{fill:red}}",
        "@supports " + "not " * 3000 + "(x:y){path{fill:red}}",
        "@layer " + ".".join("a" * 3000) + "{path{fill:red}}",
    ],
)
def test_style_sheets_nested_without_end_are_bounded(lines_of, sheet):
    assert len(lines_of(f"<style><![CDATA[{sheet}]]></style>{LINE}")) == 1


COPIED = '<path id="copied" class="other" d="M2 2L9 9"/>'


@pytest.mark.parametrize(
    ("selector", "copied", "matches"),
    [
        *((selector, COPIED, False) for selector in ("g > path", "#around path", "svg path")),
        *((selector, COPIED, True) for selector in ("path:first-child", ".other", "#copied")),
        ("path:nth-child(2)", COPIED, False),
        ("symbol > path", '<symbol id="copied"><path d="M2 2L9 9"/></symbol>', True),
        ("symbol + path", '<symbol id="copied"><path d="M2 2L9 9"/></symbol>', False),
    ],
)
def test_selectors_see_what_a_use_copies_without_what_is_around_it(
    lines_of, selector, copied, matches
):
    inside = f'<g id="around"><circle r="0"/>{copied}</g>'
    sheet = f"<style>{selector}{{stroke:none}}</style>"
    drawn = lines_of(f'{sheet}<defs>{inside}</defs><use href="#copied"/>{PLAIN}')
    assert len(drawn) == 2 - matches


def test_selectors_count_once_however_many_copies_there_are(lines_of):
    sheet = "".join(f".a{n}{{stroke:none}}" for n in range(200))
    paths = "".join(f'<path id="p{n}" d="M{n / 5} 2V9"/>' for n in range(100))
    uses = "".join(f'<use href="#p{n}"/>' for n in range(100))
    assert len(lines_of(f"<style>{sheet}</style><defs>{paths}</defs>{uses}")) == 100


@pytest.mark.parametrize(
    ("value", "count"),
    [("var(--none)", 2), ("var(--empty,none)", 2), ("var(--wrong)", 2), ("var(--clear)", 1)],
)
def test_an_invalid_value_with_variables_is_as_if_nothing_were_said(lines_of, value, count):
    own = f".other{{--empty:;--wrong:12;--clear:none;stroke:{value}}}"
    sheet = f"<style>path{{stroke:none}} {own}</style>"
    drawn = lines_of(f'{sheet}<g stroke="red"><path class="other" d="M2 2L9 9"/></g>{PLAIN}')
    assert len(drawn) == count
