"""Error: the likeliest wrong arguments of the public functions, answered in one line."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest

import sketch_rnn
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.loop import Trainer
from tiny import TINY_MODEL, tiny_dataset

DATASET = tiny_dataset()
MODEL = SketchRNN.new(TINY_MODEL, DATASET.profile)
SKETCH = DATASET.sketch("valid", 0)
ROWS = SKETCH.strokes

NO_SKETCH = "expected Sketch; Sketch(rows) makes one of stroke-3 rows, Sketch.from_polylines(lines)"
NO_LIST = "sketches is of type Sketch, expected a list; put it into brackets: [sketch]"
NO_MODEL = "model is of type str, expected SketchRNN; SketchRNN.from_pretrained('doodles') gives"


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("encode", (MODEL, SKETCH), NO_LIST),
        ("encode", (MODEL, [SKETCH, ROWS]), f"sketches[1] is of type ndarray, {NO_SKETCH}"),
        ("encode", (MODEL, "a.svg"), "sketches is of type str, expected a list of Sketch; "),
        ("encode", (MODEL, None), "sketches is of type NoneType, expected a list of Sketch; "),
        ("encode", ("doodles", [SKETCH]), NO_MODEL),
        ("reconstruct", (MODEL, SKETCH), NO_LIST),
        ("reconstruct", (MODEL, ["a.svg"]), f"sketches[0] is of type str, {NO_SKETCH}"),
        ("reconstruct", ("doodles", [SKETCH]), NO_MODEL),
        ("complete", (MODEL, ROWS, 2), f"partial is of type ndarray, {NO_SKETCH}"),
        ("complete", ("doodles", SKETCH, 2), NO_MODEL),
        ("predict", (MODEL, ROWS), f"start is of type ndarray, {NO_SKETCH}"),
        ("predict", ("doodles", SKETCH), NO_MODEL),
        ("sample", ("doodles", 2), NO_MODEL),
        ("evaluate", ("doodles", DATASET.valid), NO_MODEL),
        (
            "evaluate",
            (MODEL, DATASET),
            "drawings is of type Dataset, expected a split of a dataset, such as dataset.valid",
        ),
        ("evaluate", (MODEL, [SKETCH]), "drawings is of type list, expected a split of a dataset"),
        (
            "Trainer",
            ("doodles", TINY_MODEL, TrainConfig(), "run"),
            "dataset is of type str, expected Dataset; load_dataset('doodles') gives one",
        ),
        (
            "Trainer",
            (DATASET, TrainConfig(), ModelConfig(), "run"),
            "model_config is of type TrainConfig, expected ModelConfig; write ModelConfig(",
        ),
        (
            "Trainer",
            (DATASET, TINY_MODEL, {"num_steps": 5}, "run"),
            "train_config is of type dict, expected TrainConfig; write TrainConfig(num_steps=",
        ),
        (
            "Trainer",
            (DATASET, TINY_MODEL, TrainConfig(), None),
            "out is of type NoneType, expected a name or a path",
        ),
        ("load_dataset", (5,), "sources is of type int, expected a list of names or paths"),
        ("load_dataset", (["a.npz", None],), "source is of type NoneType, expected a name or a"),
        ("save_dataset", (None, [ROWS], [ROWS], [ROWS]), "path is of type NoneType, expected a n"),
        ("prepare_dataset", (None,), "drawings is of type NoneType, expected a list of sketches"),
        ("prepare_dataset", ("folder",), "drawings is of type str, expected a list of sketches"),
        ("save_dataset", ("x.npz", SKETCH, [ROWS], [ROWS]), "train is of type Sketch, expected a "),
        ("save_dataset", ("x.npz", [ROWS], None, [ROWS]), "valid is of type NoneType, expected a"),
        ("prepare_dataset", ([SKETCH], 5), "out is of type int, expected a name or a path"),
        ("load_dataset", ("",), "no data given; name doodles, or the path of a .npz file"),
        ("interpolate", ("a", "b", 3), "start is of type str, expected a tensor or array of numb"),
        ("interpolate", ([0, 1], [None, 1], 3), "end is of type list, expected a tensor or array"),
        ("interpolate", ([0, 1], [math.nan, 1], 3), "end has NaN or infinite values"),
    ],
)
def test_another_type_than_expected(function, arguments, message):
    with pytest.raises(SketchRNNError) as caught:
        getattr(sketch_rnn, function)(*arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "arguments", "options", "message"),
    [
        ("evaluate", (MODEL, DATASET.valid), {"batch_size": 0}, "batch_size=0 must be a whole n"),
        ("evaluate", (MODEL, DATASET.valid), {"seed": "x"}, "seed='x' must be a whole number of"),
        ("load_dataset", ("doodles",), {"seed": -1}, "seed=-1 must be a whole number of at least"),
        ("load_dataset", ("doodles",), {"max_seq_len": "x"}, "max_seq_len='x' must be a whole nu"),
        ("prepare_dataset", ([ROWS],), {"rows": "x"}, "rows='x' must be one of move, line"),
        ("prepare_dataset", ([ROWS],), {"labels": 5}, "labels is of type int, expected a list of"),
        ("sample", (MODEL, 2), {"rule": ""}, "rule='' must be one of paper, original, js, off"),
        (
            "Trainer",
            (DATASET, TINY_MODEL, TrainConfig(), "run"),
            {"validation": "x"},
            "validation='x' must be one of full, original",
        ),
        (
            "Trainer",
            (DATASET, TINY_MODEL, TrainConfig(), "run"),
            {"device": "gpu"},
            "device 'gpu' cannot be used here; choose cpu",
        ),
    ],
)
def test_invalid_options(function, arguments, options, message):
    with pytest.raises(SketchRNNError) as caught:
        getattr(sketch_rnn, function)(*arguments, **options)
    assert str(caught.value).startswith(message)


def test_stores_can_be_prepared_and_saved(tmp_path):
    dataset, _ = sketch_rnn.prepare_dataset(DATASET.train, valid=0.2, test=0.2)
    sketch_rnn.save_dataset(tmp_path / "x.npz", dataset.train, dataset.valid, dataset.test)
    assert len(sketch_rnn.load_dataset(tmp_path / "x.npz").train) == len(dataset.train)


@pytest.mark.parametrize("path", [None, 5])
def test_a_model_is_written_to_a_path(path):
    with pytest.raises(SketchRNNError, match=r"^path is of type .*, expected a name or a path"):
        MODEL.save_pretrained(path)


@pytest.mark.parametrize("source", [None, MODEL])
def test_a_model_is_named(source):
    kind = type(source).__name__
    with pytest.raises(SketchRNNError, match=f"^model is of type {kind}, expected a name or a pa"):
        SketchRNN.from_pretrained(source)


@pytest.mark.parametrize("lines", [None, 5, "a.svg", SKETCH])
def test_polylines_come_in_a_list(lines):
    kind = type(lines).__name__
    with pytest.raises(SketchRNNError, match=f"^polylines is of type {kind}, expected a list of"):
        Sketch.from_polylines(lines)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate(MODEL, store=DATASET.test), "store is now drawings"),
        (lambda: Trainer(DATASET, 1, 2, "out", observers=()), "observers is now callbacks"),
    ],
)
def test_a_renamed_argument_still_works_and_warns(call, message):
    with pytest.warns(DeprecationWarning, match=message), suppress(SketchRNNError):
        call()
