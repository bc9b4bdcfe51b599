"""The embedded doodles: the same from a seed, varied, short, and in their box."""

import os
import subprocess
import sys
import zlib
from itertools import combinations

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.doodles import KINDS, draw_doodle, make_doodles

PER_KIND = 60
SPLITS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def of_kind() -> dict[str, list[Sketch]]:
    counts = (PER_KIND, 0, 0)
    return {
        kind: [Sketch(rows, "line") for rows in make_doodles([kind], counts).train]
        for kind in KINDS
    }


def same(ones, others) -> bool:
    return len(ones) == len(others) and all(map(np.array_equal, ones, others))


def outline_points(sketch: Sketch, num: int = 96) -> np.ndarray:
    """Points at even distances along everything drawn, about the middle of the box."""
    lines = sketch.polylines()
    starts = np.concatenate([line[:-1] for line in lines])
    ways = np.concatenate([np.diff(line, axis=0) for line in lines])
    travelled = np.append(0, np.cumsum(np.hypot(*ways.T)))
    places = (np.arange(num) + 0.5) / num * travelled[-1]
    piece = np.searchsorted(travelled, places, side="right") - 1
    share = (places - travelled[piece]) / (travelled[piece + 1] - travelled[piece])
    box = sketch.bounds()
    middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
    return starts[piece] + ways[piece] * share[:, None] - middle


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean pixels from a point of either drawing to the nearest of the other."""
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return float(apart.min(0).mean() + apart.min(1).mean()) / 2


def test_the_promised_kinds_exist():
    assert {"cat", "bus", "ladder", "sun", "leaf", "flower", "bird", "chair"} <= set(KINDS)
    assert len(KINDS) == 12


def test_default_counts_balanced_labels_and_their_names():
    doodles = make_doodles()
    assert doodles.first_row == "line"
    assert doodles.name == "doodles"
    assert doodles.label_names == KINDS
    for name, count in zip(SPLITS, (7400, 300, 300), strict=True):
        labels = getattr(doodles, name).labels
        assert len(getattr(doodles, name)) == len(labels) == count
        assert labels.dtype == np.int32
        of_each = np.bincount(labels, minlength=len(KINDS))
        assert of_each.max() - of_each.min() <= 1
        assert (np.diff(labels) < 0).sum() > count / 4, "the kinds come in a fixed order"


def test_no_drawing_comes_twice_in_any_split():
    doodles = make_doodles(counts=(1500, 300, 300))
    drawings = [rows.tobytes() for name in SPLITS for rows in getattr(doodles, name)]
    assert len(set(drawings)) == 2100


def test_seed_decides_drawings_and_order():
    first, again, other = (make_doodles(counts=(40, 12, 12), seed=seed) for seed in (3, 3, 4))
    for name in SPLITS:
        assert same(getattr(first, name), getattr(again, name))
        assert np.array_equal(getattr(first, name).labels, getattr(again, name).labels)
        assert not np.array_equal(getattr(first, name).labels, getattr(other, name).labels)
        drawings = {rows.tobytes() for rows in getattr(first, name)}
        assert drawings.isdisjoint(rows.tobytes() for rows in getattr(other, name))


def test_another_process_draws_the_same():
    program = (
        "import zlib; from sketch_rnn.sources.doodles import make_doodles;"
        "print(zlib.crc32(b''.join(a.tobytes() for a in make_doodles(counts=(24, 0, 0)).train)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout
    mine = zlib.crc32(b"".join(a.tobytes() for a in make_doodles(counts=(24, 0, 0)).train))
    assert int(printed) == mine


@pytest.mark.parametrize("kind", ["cat", "umbrella"])
def test_a_kind_alone_begins_with_what_it_is_among_others(kind):
    mixed = make_doodles(counts=(60, 24, 24))
    alone = make_doodles([kind], counts=(9, 9, 9))
    longer = make_doodles(["sun", kind], counts=(40, 40, 40))
    for name in SPLITS:
        here = list(getattr(alone, name))
        for several in (mixed, longer):
            number = several.label_names.index(kind)
            labels = getattr(several, name).labels
            among = [
                rows for rows, k in zip(getattr(several, name), labels, strict=True) if k == number
            ]
            num = min(len(among), len(here))
            assert num >= 2
            assert same(among[:num], here[:num])


def test_labels_name_what_is_drawn():
    doodles = make_doodles(["ladder", "cat"], counts=(60, 0, 0))
    lifts = np.array([rows[:, 2].sum() / len(rows) for rows in doodles.train])
    is_ladder = doodles.train.labels == 0
    assert lifts[is_ladder].min() > 0.45, "a ladder is nearly all single lines"
    assert lifts[~is_ladder].max() < 0.45


@pytest.mark.parametrize("kind", KINDS)
def test_short_whole_pixels_and_inside_the_box(of_kind, kind):
    for sketch in of_kind[kind]:
        rows = sketch.strokes
        assert rows.dtype == np.float32
        assert 5 <= len(rows) <= 64
        assert rows[-1, 2] == 1
        assert np.array_equal(rows, np.rint(rows))
        assert 198 <= sketch.bounds().size <= 255
        assert min(sketch.bounds().width, sketch.bounds().height) > 40


def test_few_points_and_hardly_any_tiny_steps(of_kind):
    sketches = [sketch for kind in KINDS for sketch in of_kind[kind]]
    assert 20 < np.mean([len(sketch) for sketch in sketches]) < 35
    drawn = np.concatenate([np.diff(line, axis=0) for s in sketches for line in s.polylines()])
    lengths = np.hypot(*drawn.T)
    assert lengths.min() > 0
    assert np.mean(lengths < 2) < 0.001


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_of_a_kind_are_alike(of_kind, kind):
    drawings = [outline_points(sketch) for sketch in of_kind[kind][:40]]
    apart = [distance(one, other) for one, other in combinations(drawings, 2)]
    assert min(apart) > 3
    assert np.median(apart) > 5.5
    assert len({len(sketch) for sketch in of_kind[kind]}) >= 8


def test_nearest_other_drawing_is_of_the_same_kind(of_kind):
    drawings = {k: [outline_points(s, 40) for s in of_kind[k][:14]] for k in KINDS}
    right = 0
    for kind in KINDS:
        for drawing in drawings[kind][:4]:
            nearest = {
                k: min(distance(drawing, one) for one in drawings[k] if one is not drawing)
                for k in KINDS
            }
            right += min(nearest, key=nearest.get) == kind
    assert right >= 0.8 * 4 * len(KINDS)


def test_one_doodle_from_a_generator():
    one, again, other = (draw_doodle("sun", np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.first_row == "line"
    assert one == again
    assert one != other


def test_suns_differ_in_their_number_of_rays():
    num_strokes = {
        int(draw_doodle("sun", np.random.default_rng(seed)).strokes[:, 2].sum())
        for seed in range(80)
    }
    assert len(num_strokes) >= 6


def test_unknown_kind_is_named_with_a_near_match():
    with pytest.raises(SketchRNNError) as error:
        make_doodles(["cat", "umbrela"])
    assert str(error.value) == (
        "no kind of doodle 'umbrela' (did you mean 'umbrella'?); choose from bird, bus, cat, "
        "chair, fish, flower, house, ladder, leaf, sun, tree, umbrella"
    )
    with pytest.raises(SketchRNNError, match=r"^no kind of doodle 'qqq'; choose from bird, "):
        draw_doodle("qqq", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": []}, "no kind of doodle named; choose from bird, bus"),
        ({"kinds": ["cat", "cat"]}, "kind of doodle 'cat' named twice; name each once"),
        ({"counts": (5, -1, 5)}, "counts=(5, -1, 5) and seed=0 must be at least 0"),
        ({"seed": -3}, "seed=-3 must be at least 0"),
    ],
)
def test_impossible_requests(arguments, message):
    with pytest.raises(SketchRNNError) as error:
        make_doodles(**arguments)
    assert message in str(error.value)
