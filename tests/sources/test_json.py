from __future__ import annotations

import json

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.files import json_pieces
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import read_drawing_of
from sketch_rnn.sources.json import read_json
from sketch_rnn.sources.options import ReadingOptions

LINES = [[[0, 1], [2, 3.5]], [[7, 7]]]


def sketches_of(path):
    """Returns all drawings of a file; raises the first fault."""
    count = sum(chunk.num_read for chunk in read_json(path, ReadingOptions()))
    return [Sketch.from_polylines(read_drawing_of(path, number)) for number in range(count)]


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "drawing.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return sketches_of(path)

    return write_and_read


@pytest.mark.parametrize("content", [LINES, {"polylines": LINES}, [{"polylines": LINES}]])
def test_lines_in_all_their_forms(read, content):
    (sketch,) = read(content)
    assert [line.tolist() for line in sketch.polylines()] == LINES


def test_stroke_3_rows(read):
    (sketch,) = read([[1, 2, 0], [3, 4, 1]])
    assert sketch == Sketch([[1, 2, 0], [3, 4, 1]])


def test_what_was_written_is_read_again(read):
    sketches = [Sketch.from_polylines(LINES), Sketch.from_polylines([]), Sketch([[0.12345, 1, 1]])]
    text = b"".join(json_pieces(zip(sketches, [True, False, True], strict=True))).decode()
    assert [item["ended"] for item in json.loads(text)] == [True, False, True]
    found = read(text)
    assert found[:2] == sketches[:2]
    assert found[2].strokes[0, 0] == pytest.approx(0.123)


@pytest.mark.parametrize(
    "content",
    [
        5,
        "null",
        [5],
        [[[1, 2], 3]],
        [[["a", "b"]]],
        [[[1, 2], [3]]],
        [[[[1]]]],
        {"polylines": 3},
        {"polylines": [3]},
        {"lines": LINES},
        [{"polylines": LINES}, {}],
    ],
)
def test_something_else(read, content):
    with pytest.raises(
        SketchRNNError, match=r"drawing\.json: .*expected lines \[\[\[x, y\], \.\.\.\]"
    ):
        read(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([[[1, 2]], [[1, 2], 3]], "points that are not equally many numbers"),
        ("[[[NaN, 1]]]", r"a position that is NaN, infinite or beyond 1e\+15 pixels"),
        ([{"dx": 1, "dy": 2, "pen": "left"}], "strokes .* whose pen is not down, up or end"),
        ({"strokes": [[{"a": 1, "b": 2}]]}, "points with 'a', 'b' instead of 'x' and 'y'"),
        ({"drawing": [[[1, 2], [3]]]}, "points that are not equally many|a line that is no"),
        ([[1, 2, 7]], "drawing 0: row 0 has pen value 7"),
        ([[[10**400, 1]]], "a number that is too large"),
    ],
)
def test_broken_content(read, content, message):
    with pytest.raises(SketchRNNError, match=rf"drawing\.json: {message}"):
        read(content)


def test_a_missing_file(tmp_path):
    with pytest.raises(SketchRNNError, match=r"none\.json: cannot be read: No such file"):
        sketches_of(tmp_path / "none.json")
