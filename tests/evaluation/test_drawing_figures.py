from __future__ import annotations

import json

import numpy as np
import pytest

from sketch_rnn import SketchRNN, SketchRNNError, load_dataset
from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.evaluation import statistics
from sketch_rnn.evaluation.drawings import evaluate_drawings, read_given
from sketch_rnn.evaluation.judge import load_judge
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.doodles import draw_doodle
from tiny import TINY_MODEL

KINDS = ("cat", "house", "sun", "umbrella")
COUNTS = {"train": 60, "valid": 40, "test": 60}


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """The intervals have tests of their own, and take most of the time."""
    monkeypatch.setattr(statistics, "NUM_RESAMPLES", 4)


def doodles(count, seed):
    rng = np.random.default_rng(seed)
    return [draw_doodle(KINDS[i % len(KINDS)], rng) for i in range(count)]


def names(count):
    return [KINDS[i % len(KINDS)] for i in range(count)]


@pytest.fixture(scope="module")
def judge():
    return load_judge()


@pytest.fixture(scope="module")
def dataset():
    splits = [doodles(count, seed) for seed, count in enumerate(COUNTS.values())]
    labels = {split: np.arange(count) % len(KINDS) for split, count in COUNTS.items()}
    return build_dataset(*splits, labels=labels, label_names=KINDS)


def values(report):
    return {name: figure.value for name, figure in report.figures.items()}


def figures_of(sketches, dataset, judge, labels=None):
    report = evaluate_drawings(sketches, dataset, labels=labels, judge=judge)
    return values(report)


def jittered(sketches, amount, seed=0):
    rng = np.random.default_rng(seed)
    changed = []
    for sketch in sketches:
        size = sketch.bounds().size
        lines = [line + rng.normal(0, amount * size, line.shape) for line in sketch.polylines()]
        changed.append(Sketch.from_polylines(lines))
    return changed


def test_the_test_drawings_themselves_are_perfect(dataset, judge):
    own = figures_of([dataset.sketch("test", i) for i in range(60)], dataset, judge, names(60))
    assert own["frechet"] == pytest.approx(0, abs=1e-4)
    assert own["precision"] == own["recall"] == own["coverage"] == 1
    assert [own["novelty"], own["diversity"]] == pytest.approx([1, 1])
    assert all(value == 0 for name, value in own.items() if name.startswith("form"))


def test_the_training_drawings_are_known_as_copies(dataset, judge):
    copies = figures_of([dataset.sketch("train", i) for i in range(60)], dataset, judge)
    assert copies["copies"] == 1
    assert copies["novelty"] == pytest.approx(0, abs=1e-3)
    once = [dataset.sketch("valid", i) for i in range(30)]
    assert figures_of(once, dataset, judge)["repeats"] == 0
    assert figures_of(once + once[:10], dataset, judge)["repeats"] == 0.5


def test_jitter_and_lost_strokes_take_drawings_away_from_real_ones(dataset, judge):
    fresh = doodles(60, 9)
    levels = [figures_of(jittered(fresh, a), dataset, judge) for a in (0, 0.03, 0.1)]
    for name, sign in (("frechet", 1), ("precision", -1), ("density", -1), ("coverage", -1)):
        ordered = [sign * level[name] for level in levels]
        assert ordered == sorted(ordered), name
    shorter = []
    for kept in (1.0, 0.6, 0.3):
        drawn = [s.polylines() for s in fresh]
        lines = [part[: max(round(len(part) * kept), 1)] for part in drawn]
        sketches = [Sketch.from_polylines(part) for part in lines]
        shorter.append(figures_of(sketches, dataset, judge)["frechet"])
    assert shorter == sorted(shorter)


def test_wrong_labels_are_seen_and_right_ones_recognised(dataset, judge):
    fresh = doodles(60, 9)
    right = evaluate_drawings(fresh, dataset, labels=names(60), judge=judge)
    wrong = evaluate_drawings(fresh, dataset, labels=names(61)[1:], judge=judge)
    assert right.figures["top1"].value > 0.5
    assert wrong.figures["top1"].value < 0.1
    assert right.shuffled["top1"].value < 0.5
    assert [label.name for label in right.labels] == sorted(KINDS)
    assert sum(label.count for label in right.labels) == 60
    house = next(label for label in wrong.labels if label.name == "house")
    assert max(house.taken_for, key=house.taken_for.get) == "cat"


def test_figures_do_not_depend_on_scale_or_order(dataset, judge):
    fresh = doodles(50, 9)
    plain = figures_of(fresh, dataset, judge)
    larger = figures_of([sketch.scaled(3) for sketch in fresh], dataset, judge)
    mixed = figures_of(fresh[::-1], dataset, judge)
    for other in (larger, mixed):
        assert other == {
            name: pytest.approx(value, abs=0.02 * max(value, 1)) for name, value in plain.items()
        }


def test_a_model_is_measured_between_real_and_untrained_drawings(judge):
    dataset = load_dataset("doodles")
    report = evaluate_drawings(
        SketchRNN.from_pretrained("doodles"), dataset, count=100, judge=judge
    )
    assert len(report.sketches) == report.num_real == 100
    for name in ("frechet", "form_points"):
        real, own, untrained = (
            figures[name].value for figures in (report.real, report.figures, report.untrained)
        )
        assert real < own < untrained
    for name in ("precision", "recall", "top1"):
        real, own, untrained = (
            figures[name].value for figures in (report.real, report.figures, report.untrained)
        )
        assert real > own > untrained


def test_equal_seeds_give_equal_figures(dataset, judge):
    model = SketchRNN.new(TINY_MODEL, dataset.profile)
    one, same, other = (
        evaluate_drawings(model, dataset, count=20, seed=seed, judge=judge).to_dict()
        for seed in (3, 3, 4)
    )
    assert one == same
    assert one["figures"] != other["figures"]
    assert json.loads(json.dumps(one))["temperature"] == 0.4


def test_labels_that_the_judge_does_not_know_leave_distances(judge):
    splits = [doodles(count, seed) for seed, count in enumerate(COUNTS.values())]
    dataset = build_dataset(*splits, name="runes")
    report = evaluate_drawings(doodles(30, 9), dataset, labels=["rune"] * 30, judge=judge)
    assert "top1" not in report.figures
    assert not report.labels
    assert report.answers
    assert report.figures["frechet"].value > 0
    assert report.picture().width > 0


def test_the_picture_shows_the_best_and_the_worst_of_each_label(dataset, judge):
    fresh = doodles(40, 9)
    spoiled = [s if i >= 4 else jittered([s], 2)[0] for i, s in enumerate(fresh)]
    report = evaluate_drawings(spoiled, dataset, labels=names(40), judge=judge)
    assert {label.worst[0] for label in report.labels} <= set(range(8))
    assert not {label.best[0] for label in report.labels} & set(range(4))
    texts = [text.content for text in report.picture().texts]
    assert {"best", "worst", *KINDS} <= set(texts)


def test_what_cannot_be_measured_is_refused_in_one_line(dataset, judge):
    for drawings, options, said in (
        (doodles(9, 0), {}, "9 drawings to evaluate; at least 10"),
        (doodles(12, 0), {"labels": ["cat"]}, "labels: 1 for 12 drawings"),
        ([1] * 12, {}, r"drawings\[0\] is of type int"),
        (SketchRNN.new(TINY_MODEL, dataset.profile), {"count": 3}, "count=3"),
        (doodles(12, 0), {"seed": -1}, "seed=-1"),
    ):
        with pytest.raises(SketchRNNError, match=said):
            evaluate_drawings(drawings, dataset, judge=judge, **options)
    few = build_dataset(doodles(20, 0), doodles(20, 1), doodles(3, 2))
    with pytest.raises(SketchRNNError, match="3 validation or test drawings; at"):
        evaluate_drawings(doodles(12, 0), few, judge=judge)


def test_drawings_from_elsewhere_keep_their_labels_and_faults(tmp_path):
    lines = [
        json.dumps({"word": "cat", "drawing": [[[0, 9], [0, 5]]]}),
        "not JSON",
        json.dumps({"word": "sun", "drawing": [[[0, 9, 3], [0, 5, 3]], [[1], [2]]]}),
    ]
    path = tmp_path / "theirs.ndjson"
    path.write_text("\n".join(lines))
    given = read_given(path)
    assert given.labels == ["cat", "sun"]
    assert [len(sketch.polylines()) for sketch in given.sketches] == [1, 2]
    assert len(given.faults) == 1
    assert "theirs.ndjson:2" in given.faults[0]
    path.write_text("{}")
    with pytest.raises(SketchRNNError, match="no drawing could be read"):
        read_given(path)


def test_a_model_with_labels_draws_the_labels_of_the_test_drawings(dataset, judge):
    report = evaluate_drawings(SketchRNN.from_pretrained("quickdraw"), dataset, judge=judge)
    assert {label.name for label in report.labels} == set(KINDS)
    assert sum(label.count for label in report.labels) == len(report.sketches)
    assert report.figures["top1"].value > 2 * report.shuffled["top1"].value
