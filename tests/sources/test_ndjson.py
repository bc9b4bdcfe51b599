from __future__ import annotations

import gzip
import json

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.ndjson import read_ndjson, spans
from sketch_rnn.sources.options import ReadingOptions

RAW = {
    "word": "cat",
    "countrycode": "DE",
    "recognized": True,
    "drawing": [[[0.5, 9], [1, 2], [0, 30]], [[4], [5], [90]]],
}
SIMPLE = {"word": "bus", "countrycode": "US", "recognized": False, "drawing": [[[7, 8], [9, 10]]]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.ndjson"


def write(path, *records):
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    path.write_text("\n".join(lines))


def read(path, wanted=None, **place):
    chunks = list(read_ndjson(path, ReadingOptions(**wanted or {}), **place))
    drawings = [chunk.lines.drawing(i) for chunk in chunks for i in range(len(chunk.lines))]
    labels = [label for chunk in chunks for label in chunk.labels]
    faults = [fault for chunk in chunks for fault in chunk.faults]
    return drawings, labels, faults, chunks


def test_raw_with_times_and_simplified(path):
    write(path, RAW, SIMPLE)
    drawings, labels, faults, _ = read(path)
    assert [[line.tolist() for line in drawing] for drawing in drawings] == [
        [[[0.5, 1], [9, 2]], [[4, 5]]],
        [[[7, 9], [8, 10]]],
    ]
    assert labels == ["cat", "bus"]
    assert faults == []


def test_gzipped(tmp_path, path):
    write(path, RAW, SIMPLE)
    packed = tmp_path / "some.ndjson.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read(packed)[0]) == 2
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(SketchRNNError, match=r"some\.ndjson\.gz: damaged or not an .ndjson file"):
        read(packed)


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ({"recognized": True}, ["cat"]),
        ({"recognized": False}, ["bus"]),
        ({"countries": ("US", "FR")}, ["bus"]),
        ({"words": ("cat",)}, ["cat"]),
        ({"words": ("cat",), "countries": ("US",)}, []),
    ],
)
def test_filters(path, wanted, labels):
    write(path, RAW, SIMPLE)
    _, found, _, chunks = read(path, wanted)
    assert found == labels
    assert sum(chunk.num_filtered for chunk in chunks) == 2 - len(labels)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("3", "not a list of lines"),
        ("{}", "an object with nothing in it"),
        ('{"drawing": 3}', "its 'drawing' is not a list of lines"),
        ('{"drawing": [3]}', "not lines of numbers"),
        ('{"drawing": [[[1, 2], [3]]]}', "a line with 2 x and 1 y"),
        ('{"drawing": [[[1, "2"], [3, 4]]]}', "not lines of numbers"),
        (
            '{"drawing": [[[1, NaN], [3, 4]]]}',
            "a position that is NaN, infinite or beyond 1e+15 pixels",
        ),
        (
            '{"drawing": [[[1, 1e999], [3, 4]]]}',
            "a position that is NaN, infinite or beyond 1e+15 pixels",
        ),
        ('{"drawing": [[[1, 1' + "0" * 400 + "], [3, 4]]]}", "not lines of numbers"),
    ],
)
def test_a_line_at_fault_is_named_and_the_rest_goes_on(path, line, message):
    write(path, RAW, line, SIMPLE)
    drawings, labels, faults, _ = read(path)
    assert labels == ["cat", "bus"]
    assert len(drawings) == 2
    assert len(faults) == 1
    assert faults[0].startswith(f"{path}:2: ")
    assert message in faults[0]


def test_empty_drawings_are_counted_and_empty_lines_are_not(path):
    write(path, RAW, "", {"drawing": []}, {"drawing": [[[], []]]})
    drawings, labels, faults, (chunk,) = read(path)
    assert (len(drawings), labels, faults, chunk.num_empty) == (1, ["cat"], [], 2)
    assert chunk.num_read == 3


def test_a_record_without_a_word_is_called_like_its_file(path):
    write(path, {"drawing": RAW["drawing"]})
    assert read(path)[1] == ["some"]


def test_pieces_of_a_file_hold_every_line_once_and_number_them_as_the_whole(path):
    records = [{**SIMPLE, "word": str(number)} for number in range(200)]
    write(path, *records[:150], "{", *records[150:])
    places = spans(path, 700)
    assert len(places) > 10
    parts = [read(path, start=start, stop=stop) for start, stop in places]
    assert [label for part in parts for label in part[1]] == [str(n) for n in range(200)]
    (fault,) = [fault for part in parts for fault in part[2]]
    assert fault.startswith(f"{path}:151: ")
