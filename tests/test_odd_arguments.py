"""Error: arguments of odd types and sizes; contract: unusual arguments that are good."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import sketch_rnn
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.loop import Trainer
from tiny import TINY_MODEL, tiny_dataset, zigzags

DATASET = tiny_dataset()
MODEL = SketchRNN.new(TINY_MODEL, DATASET.profile)
SKETCH = DATASET.sketch("valid", 0)
ROWS = SKETCH.strokes
MASKED = np.ma.masked_array(ROWS, ROWS > 5)
META = torch.zeros(4, device="meta")


@pytest.mark.parametrize(
    "rows",
    [
        torch.tensor(ROWS, requires_grad=True),
        torch.tensor(ROWS),
        np.asfortranarray(ROWS),
        ROWS.astype(">f8"),
        ROWS.tolist(),
    ],
)
def test_rows_of_any_kind_are_the_same_drawing(rows, tmp_path):
    assert Sketch(rows) == SKETCH
    others = zigzags(2, 0)
    sketch_rnn.save_dataset(tmp_path / "x.npz", [rows, *others], others, others, dtype=np.float32)
    assert (
        sketch_rnn.load_dataset(tmp_path / "x.npz", first_row="move").sketch("train", 0) == SKETCH
    )


@pytest.mark.parametrize(
    "z", [np.zeros(4, ">f8"), np.zeros(8)[::-2], np.broadcast_to(np.float32(0), (4,)), [0.0] * 4]
)
def test_latent_vectors_of_any_kind_are_the_same(z):
    expected = sketch_rnn.sample(MODEL, 1, z=torch.zeros(4)).sketches
    assert sketch_rnn.sample(MODEL, 1, z=z).sketches == expected
    ends = sketch_rnn.interpolate(z, torch.ones(4), 3, "spherical")
    assert ends.shape == (3, 4)


def test_numbers_and_switches_of_numpy_are_as_good():
    assert ModelConfig(conditional=np.False_) == ModelConfig(conditional=False)
    assert type(ModelConfig(conditional=np.False_).conditional) is bool
    a = sketch_rnn.complete(MODEL, SKETCH, np.int64(1), fit=np.False_, seed=np.uint8(3))
    assert a.sketches == sketch_rnn.complete(MODEL, SKETCH, 1, fit=0, seed=3).sketches


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Sketch(MASKED), "sketch: masked values, expected numbers; remove or fill"),
        (lambda: Sketch(META), "sketch: "),
        (lambda: Sketch(ROWS, np.array(["move", "line"])), "first_row="),
        (lambda: Sketch(ROWS, "x\n" * 10**6), "first_row='x"),
        (lambda: Sketch.from_polylines([], ROWS), "first_row="),
        (lambda: SKETCH.scaled("2"), "factor='2' must be a finite number"),
        (lambda: SKETCH.scaled(1e308), "sketch: row 0 has a NaN or infinite value"),
        (lambda: SKETCH.to_svg(5), "path is of type int, expected a name or a path"),
        (lambda: sketch_rnn.sample(MODEL, 2**63), f"count={2**63} must be at most 1,000,000,000"),
        (lambda: sketch_rnn.sample(MODEL, ROWS), "count=array("),
        (lambda: sketch_rnn.sample(MODEL, 1, z=META), "z is of type Tensor, expected a plain"),
        (lambda: sketch_rnn.sample(MODEL, 1, z=np.zeros(4) * 1j), "z: complex128 values, expec"),
        (lambda: sketch_rnn.sample(MODEL, 1, z=np.full(4, 1e300)), "z has NaN or infinite"),
        (lambda: sketch_rnn.sample(MODEL, 1, start_token=META), "start_token="),
        (lambda: sketch_rnn.interpolate([0], [1], 2, ROWS), "mode=array("),
        (lambda: sketch_rnn.encode(MODEL, [SKETCH], fit="no"), "fit='no' must be True or False"),
        (lambda: sketch_rnn.complete(MODEL, SKETCH, 1, pen_down="no"), "pen_down='no' must be"),
        (lambda: sketch_rnn.complete(MODEL, SKETCH, 1, latent=ROWS), "latent=array("),
        (lambda: sketch_rnn.predict(MODEL, SKETCH, pen_down=ROWS), "pen_down=array("),
        (lambda: sketch_rnn.evaluate(MODEL, ROWS), "drawings is of type ndarray, expected a sp"),
        (lambda: sketch_rnn.evaluate(MODEL, DATASET.test, kl_tolerance="x"), "kl_tolerance='x' m"),
        (lambda: sketch_rnn.evaluate(MODEL, DATASET.test, form=ROWS), "form=array("),
        (lambda: DATASET.split(ROWS), "split=array("),
        (lambda: DATASET.sketch("train", 0.5), "index=0.5 must be a whole number of at least 0"),
        (lambda: sketch_rnn.load_dataset("doodles/cat", first_row="up"), "first_row='up' must be"),
        (lambda: sketch_rnn.load_dataset(300 * "x"), "source '"),
        (lambda: sketch_rnn.load_dataset("a\0b"), "source 'a\\x00b' cannot be used: embedded null"),
        (lambda: sketch_rnn.prepare_dataset([ROWS], labels=[5]), "labels[0] is of type int, exp"),
        (lambda: sketch_rnn.prepare_dataset([ROWS], strict="no"), "strict='no' must be True or"),
        (lambda: sketch_rnn.prepare_dataset([ROWS], seed=2**64), "prepare: seed="),
        (lambda: SketchRNN.new(TINY_MODEL, DATASET.profile, [[]]), "seed=[[]] must be a whole"),
        (lambda: SketchRNN.new({}, DATASET.profile), "config is of type dict, expected ModelC"),
        (lambda: SketchRNN.from_pretrained("doodles", revision=5), "revision is of type int"),
        (lambda: SketchRNN.from_pretrained("doodles", weights="no"), "weights='no' must be True"),
        (lambda: MODEL.to(10**400), "device is of type int, expected the name of a device"),
        (lambda: ModelConfig.from_dict([1]), "ModelConfig is of type list, expected a dict"),
        (lambda: TrainConfig().changed(5), "values is of type int, expected a dictionary"),
        (lambda: ModelConfig.from_dict({5: 1}), "model settings: unknown '5' (known: "),
        (lambda: Trainer(DATASET, TINY_MODEL, TrainConfig(), "run", callbacks=5), "callbacks is"),
        (lambda: Trainer(DATASET, TINY_MODEL, TrainConfig(), "run", resume="no"), "resume='no'"),
        (lambda: Trainer(DATASET, TINY_MODEL, TrainConfig(), "run", initial="x"), "initial is of"),
    ],
)
def test_an_odd_argument_is_one_short_line(call, message, recwarn):
    with pytest.raises(SketchRNNError) as caught:
        call()
    text = str(caught.value)
    assert text.startswith(message)
    assert len(text.splitlines()) == 1
    assert len(text) < 5000
    assert not recwarn.list


@pytest.mark.parametrize("label", [5, [5], ROWS, [None], [SKETCH], b"cat", {}])
def test_a_label_is_a_name(label):
    data = sketch_rnn.load_dataset("doodles/cat")
    labelled = ModelConfig(dec_rnn_size=4, conditional=False, num_labels=1)
    with pytest.raises(SketchRNNError, match=r"^(label|no label)"):
        sketch_rnn.label_vectors(SketchRNN.new(labelled, data.profile), label)


@pytest.mark.parametrize("dtype", ["int33", object, ROWS, 5, complex])
def test_a_dtype_is_one_of_numbers(dtype, tmp_path):
    few = zigzags(2, 0)
    with pytest.raises(SketchRNNError, match=r"^dtype=.* must be an integer or float type$"):
        sketch_rnn.save_dataset(tmp_path / "x.npz", few, few, few, dtype=dtype)
    large = [few[0] * [10**5, 1, 1]]
    with pytest.raises(SketchRNNError, match=r"^train sketch 0 has offsets .*, beyond float16"):
        sketch_rnn.save_dataset(tmp_path / "x.npz", large, few, few, dtype=np.float16)
    assert not list(tmp_path.iterdir())
