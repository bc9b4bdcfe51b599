"""An SVG's lines are those that a browser draws; what is left out is counted or named."""

from __future__ import annotations

import pytest
from svg_reading import HEAD, PEN, box_of, chunk_of, notes_of

from ink import agreement
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation.run import prepare_files

LINE = '<path d="M2 2L20 9"/>'
OTHER = '<path class="other" d="M2 20L20 12"/>'


EYE = (
    '<path fill="black" stroke="none" d="M2 12C6 2 18 2 22 12C18 22 6 22 2 12Z'
    'M9 12A3 3 0 1 0 15 12A3 3 0 1 0 9 12Z"/>'
)
PAGE = '<rect width="24" height="24" fill="white" stroke="none"/>'


def test_a_stroked_shape_does_not_erase_filled_ones(lines_of, path):
    assert len(lines_of(f"{EYE}{LINE}")) == 3
    assert not chunk_of(path).left_out
    assert len(chunk_of(path, fills="skip").lines.drawing(0)) == 1
    assert chunk_of(path, fills="skip").left_out.total() == 1


@pytest.mark.parametrize(
    "background",
    [
        PAGE,
        '<path fill="#fff" stroke="none" d="M0 0h24v24H0z"/>',
        '<path fill="#fff" stroke="none" d="M0 0h24v24H0"/>',
        '<rect width="100%" height="100%" fill="beige" stroke="none"/>',
        '<rect x="-5" y="-5" width="40" height="50" fill="beige" stroke="none"/>',
        '<rect x="1" y="1" width="22" height="22" fill="beige" stroke="none"/>',
    ],
)
def test_a_background_is_left_out_and_counted(lines_of, path, background):
    assert len(lines_of(f"{background}{LINE}{EYE}")) == 3
    assert list(chunk_of(path).left_out.elements()) == ["background rectangles of SVG files"]
    assert chunk_of(path, fills="outline", groups=True).lines.line_counts.sum() == 4


@pytest.mark.parametrize(
    "no_background",
    [
        '<rect width="24" height="24"/>',
        '<rect x="3" y="1" width="9" height="9" fill="red" stroke="none"/>',
        '<circle cx="12" cy="12" r="12" fill="red" stroke="none"/>',
        '<path fill="#fff" stroke="none" d="M0 0h24v24z"/>',
    ],
)
def test_other_shapes_are_no_background(lines_of, no_background):
    assert len(lines_of(f"{no_background}{LINE}")) == 2


def test_a_background_alone_is_a_drawing(lines_of):
    assert len(lines_of(PAGE)) == 1


def test_a_fill_whose_outline_is_stroked_is_one_shape(lines_of, path):
    data = 'd="M2 2h9v9z"'
    assert len(lines_of(f'<path {data} fill="red" stroke="none"/><path {data}/>')) == 1
    assert chunk_of(path).left_out.total() == 1


def test_fills_are_closed_and_have_an_area(lines_of, path):
    filled = 'fill="black" stroke="none"'
    (line,) = lines_of('<path d="M2 2L9 2L9 9"/>', filled)
    assert line.tolist() == [[2, 2], [9, 2], [9, 9], [2, 2]]
    assert len(lines_of('<line x2="24" y2="24"/><path d="M2 2L9 2L9 9"/>', filled)) == 1
    assert chunk_of(path).left_out.total() == 1


TRANSPARENT = ["none", "transparent", "rgba(0,0,0,0)", "rgb(0 0 0 / 0%)", "#0000", "#ff000000"]
TRANSPARENT += ["hsla(0,0%,0%,0)", "HSL(0 0% 0% / 0)", "oklch(0.5 0.1 20 / 0)", "url(#nothing)"]
TRANSPARENT += ["url(#nothing) none", "currentColor", "var(--none)", "context-stroke", "initial"]


@pytest.mark.parametrize("paint", TRANSPARENT)
@pytest.mark.parametrize("how", ['stroke="{}"', 'style="stroke:{}"'])
def test_no_paint(lines_of, paint, how):
    root = 'fill="none" color="rgba(9,9,9,0)" style="--none: #0000"'
    shape = f'<path {how.format(paint)} d="M0 5L24 5"/><path stroke="red" d="M2 2L20 9"/>'
    assert box_of(lines_of(shape, root)) == [2, 2, 20, 9]


@pytest.mark.parametrize(
    "paint",
    [
        *("red", "#000", "#00000001", "rgb(1 2 3)", "currentColor", "url(#g)", "url(#no) red"),
        *("inherit", "unset", "var(--x)", "var(--y, blue)", "color-mix(in srgb, red, blue)"),
        *("nonsense", "", "#12", "undefined", "12"),
    ],
)
def test_paint(lines_of, paint):
    # An invalid one is ignored, so that the one of the group holds.
    gradient = '<linearGradient id="g"/>'
    shape = f'{gradient}<g stroke="red"><path stroke="{paint}" d="M2 2L20 9"/></g>'
    assert len(lines_of(shape, 'fill="none" style="--x: green"')) == 1


def test_a_color_function_without_a_color_is_invalid_and_the_rest_is_read(lines_of):
    shapes = f'<path {PEN} d="M2 2L20 9"/><path fill="none" stroke="color()" d="M0 5L24 5"/>'
    assert len(lines_of(shapes, 'fill="none"')) == 1


def test_invalid_paint_is_none_where_nothing_is_inherited(lines_of):
    shapes = '<path stroke="undefined" d="M0 5L24 5"/><path stroke="" d="M0 5L24 5"/>'
    assert box_of(lines_of(f'{shapes}<g stroke="red">{LINE}</g>', 'fill="none"')) == [2, 2, 20, 9]


@pytest.mark.parametrize(
    "inside",
    [
        (
            '<rect x="12" y="4" width="8" height="4" transform="rotate(45)" transform-origin='
            '"16 6"/>'
        ),
        (
            '<rect x="2" y="4" width="8" height="4" transform="translate(3,4)rotate(9 2-1)sca'
            'le(.9)"/>'
        ),
        '<path d="M4 10Q6 20 12 18S22 21 21 6"/>',
        '<path d="M4 10C6 20 12 18 12 12T21 6T20 20"/>',
        '<path d="M4 10C6 20 12 18 12 12S21 6 20 20S2 22 3 3"/>',
        '<path d="M2 2Q6 20 12 8T20 4T21 20"/>',
        (
            '<clipPath id="c"><circle cx="12" cy="12" r="7"/></clipPath><path clip-path="url('
            '#c)" d="M0 0L24 24M0 24L24 0M0 12H24"/>'
        ),
        (
            '<clipPath id="c"><path d="M2 2h20v20h-20zM8 8v8h8v-8z"/></clipPath><path clip-pa'
            'th="url(#c)" d="M0 0L24 24M0 24L24 0M0 12H24"/>'
        ),
        (
            '<clipPath id="c"><path clip-rule="evenodd" d="M2 2h20v20h-20zM8 8h8v8h-8z"/></cl'
            'ipPath><g clip-path="url(#c)"><path d="M0 0L24 24M0 24L24 0M0 12H24"/></g>'
        ),
        (
            '<clipPath id="c" clipPathUnits="objectBoundingBox"><rect width=".5" height="1"/>'
            '</clipPath><path clip-path="url(#c)" d="M2 4L22 20M2 20L22 4"/>'
        ),
        (
            '<clipPath id="c"><rect x="4" y="4" width="9" height="9" transform="rotate(20 8 8'
            ')"/></clipPath><g transform="translate(2 3)" clip-path="url(#c)"><path d="M-9 8H'
            '20M8 -9V20M2 3L18 15"/></g>'
        ),
        (
            '<clipPath id="d"><rect width="12" height="24"/></clipPath><clipPath id="c" clip-'
            'path="url(#d)"><circle cx="12" cy="12" r="9"/></clipPath><path clip-path="url(#c'
            ')" d="M0 0L24 24M0 24L24 0M0 12H24"/>'
        ),
        '<svg x="6" y="6" width="12" height="12"><path d="M-9 -9L30 30"/></svg>',
        '<svg x="6" y="6" width="9" height="9" overflow="visible"><path d="M-3 -3L16 16"/></svg>',
        '<path d="M-9 3L40 20"/>',
        '<switch><path systemLanguage="de" d="M2 2L9 9"/><path d="M2 9L9 20"/></switch>',
        (
            '<switch><g requiredExtensions="http://x/"><path d="M2 2L9 9"/></g><path d="M2 9L'
            '9 20"/></switch>'
        ),
        (
            '<switch><path display="none" d="M2 2L9 9"/><path d="M2 9L9 20"/></switch><path d'
            '="M20 2V20"/>'
        ),
    ],
)
def test_features_show_what_another_renderer_shows(lines_of, path, inside):
    pen = f'{PEN} stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    lines = lines_of(inside, pen)
    # The ends of lines that are cut are round here, and cut at an angle there.
    is_cut = "clip" in inside or "<svg" in inside
    found = agreement(path.read_text(), lines)
    assert found.original > 0.95
    assert found.read > (0.75 if is_cut else 0.95)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("transform:rotate(90deg);transform-origin:center;transform-box:fill-box", [13, 1, 17, 9]),
        ("transform:rotate(90deg);transform-origin:0 0;transform-box:fill-box", [7, 3, 11, 11]),
        ("rotate:.25turn;transform-origin:50% 50%;transform-box:fill-box", [13, 1, 17, 9]),
        ("scale:2;transform-origin:center", [10, -6, 26, 2]),
        ("translate:1px 2px;transform:none", [12, 5, 20, 9]),
        ("scale:50%;transform-origin:right bottom;transform-box:fill-box", [15, 5, 19, 7]),
        ("transform:translate(100%, 0);transform-box:fill-box", [19, 3, 27, 7]),
        ("transform:nonsense(3)", [11, 3, 19, 7]),
    ],
)
def test_css_transforms(path, style, expected):
    rectangle = '<rect {} x="11" y="3" width="8" height="4"/>'
    for shape in (rectangle, '<g {}><path d="M11 3h8"/><path d="M11 7h8"/></g>'):
        inside = shape.format(f'style="{style}"')
        path.write_text(f'{HEAD}viewBox="0 0 24 24" overflow="visible" {PEN}>{inside}</svg>')
        lines = chunk_of(path, groups=True).lines.drawing(0)
        assert box_of(lines) == pytest.approx(expected)


def test_geometry_in_css(lines_of):
    sheet = "circle{r:6px;cx:12px;cy:50%} path{d:path('M2 2L4 4')} rect{x:2px;width:3px;height:4px}"
    lines = lines_of(f"<style>{sheet}</style><circle r='1'/><path/><rect y='1'/>")
    assert [box_of([line]) for line in lines] == [[6, 6, 18, 18], [2, 2, 4, 4], [2, 1, 5, 5]]


@pytest.mark.parametrize(
    ("inside", "note"),
    [
        ("<text>hello</text>", "text left out"),
        ('<image href="a.png"/>', "images left out"),
        ('<use href="other.svg#a"/>', "content of other files, which are not read, left out"),
        (
            '<mask id="m"><text>a</text></mask><g mask="url(#m)"><path d="M1 1L2 2"/></g>',
            "masks that are not plain shapes not applied",
        ),
        (
            '<path clip-path="circle(40%)" d="M1 1L2 2"/>',
            "clip paths that are shapes of CSS not applied",
        ),
        (
            '<path d="M90 90L99 99"/>',
            "lines outside the page, which browsers do not show, left out",
        ),
    ],
)
def test_lost_ink_is_named_and_an_error_if_strict(lines_of, path, tmp_path, inside, note):
    lines_of(f"{LINE}{inside}")
    assert notes_of(path) == [note]
    for number in range(12):
        (path.parent / f"b{number}.svg").write_text(
            f'{HEAD}{PEN}><path d="M0 0L{number + 1} 9"/></svg>'
        )
    report = prepare_files([path.parent], tmp_path / "a.npz")
    assert any(note in text for text in report.warnings())
    with pytest.raises(SketchRNNError, match="an error because of --strict"):
        prepare_files([path.parent], tmp_path / "b.npz", strict=True)


def test_backgrounds_are_in_the_report_and_no_error(path, tmp_path):
    for number in range(12):
        (path.parent / f"b{number}.svg").write_text(
            f'{HEAD}viewBox="0 0 24 24" {PEN}>{PAGE}<path d="M0 0L{number + 1} 9"/></svg>'
        )
    report = prepare_files([path.parent], tmp_path / "a.npz", strict=True)
    assert "left out 12 background rectangles of SVG files" in report.text()


def test_groups_and_their_labels(path):
    names = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    groups = (
        f'<g inkscape:label="dog" id="a">{LINE}</g><g id="cat">{OTHER}</g><g display="none" '
        f'id="scan"><path d="M0 0L9 9"/></g><g><path d="M40 2L60 9"/></g>'
    )
    for around in ("{}", "<g>{}</g>", "<g><g>{}</g></g>"):
        path.write_text(
            f'{HEAD}{names} viewBox="0 0 24 24" {PEN}>{PAGE}{around.format(groups)}</svg>'
        )
        chunk = chunk_of(path, groups=True, labels="group")
        assert chunk.labels == ["dog", "cat", "cat"]
        assert box_of(chunk.lines.drawing(2)) == [40, 2, 60, 9]
        assert chunk_of(path, groups=True).labels == ["cat"] * 3


def test_a_page_without_a_name_has_that_of_its_layer(path):
    names = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    pages = '<inkscape:page width="24" height="24"/><inkscape:page x="30" width="24" height="24"/>'
    layers = f'<g inkscape:label="dog">{LINE}</g><g id="cow" transform="translate(30)">{OTHER}</g>'
    path.write_text(f'{HEAD}{names} viewBox="0 0 24 24" {PEN}>{pages}{layers}</svg>')
    assert chunk_of(path, groups=True, labels="group").labels == ["dog", "cow"]


def test_what_is_left_out_of_a_group_is_known_for_the_sheet(path):
    box = '<rect x="1" y="1" width="22" height="9" fill="red" stroke="none"/>'
    path.write_text(f"{HEAD}{PEN}><g>{LINE}{box}</g><g>{OTHER}</g></svg>")
    chunk = chunk_of(path, groups=True, fills="skip")
    assert list(chunk.lost) == [0]
    assert box_of(chunk.lost[0]) == [1, 1, 23, 10]


@pytest.mark.parametrize(
    "unseen", ['stroke="none"', 'visibility="hidden"', 'stroke="#0000"', 'stroke-width="0"']
)
@pytest.mark.parametrize("around", ["{}", "<g>{}</g>"])
def test_the_box_around_a_group_counts_shapes_without_paint(lines_of, unseen, around):
    half = '<rect width=".5" height="1"/>'
    clip = f'<clipPath id="c" clipPathUnits="objectBoundingBox">{half}</clipPath>'
    group = f'<g clip-path="url(#c)">{around}<rect {unseen} x="2" width="20" height="9"/></g>'
    drawn = lines_of(clip + group.format('<path d="M2 5H22"/>'), PEN)
    assert box_of(drawn) == [2, 5, 12, 5]
    turned = '<g style="transform:rotate(90deg);transform-box:fill-box;transform-origin:center">'
    drawn = lines_of(f'{turned}<path d="M2 2H6"/><rect {unseen} width="24" height="24"/></g>', PEN)
    assert box_of(drawn) == [22, 2, 22, 6]
