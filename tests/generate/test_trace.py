from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.prediction import predict
from sketch_rnn.generate.sampling import sample
from sketch_rnn.generate.trace import trace_samples, write_traces
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


@pytest.fixture(params=[True, False], ids=["conditional", "decoder_only"])
def model(request):
    config = ModelConfig(
        enc_rnn_size=6, dec_rnn_size=8, z_size=3, num_mixture=4, conditional=request.param
    )
    habits = DrawingHabits(start_token=(0, 0, 0, 0, 0))
    profile = DataProfile(scale=30.0, max_seq_len=12)
    model = SketchRNN.new(config, profile, seed=4, habits=habits)
    with torch.no_grad():
        model.network.decoder.output.bias[0] += 2
    return model


def test_each_step_equals_predict(model):
    samples = sample(model, 6, seed=2, temperature=0.8)
    assert 0 < samples.share_ended < 1
    for number, trace in enumerate(trace_samples(model, samples)):
        sketch, ended = samples.sketches[number], samples.ended[number]
        assert np.array_equal(trace.movements[: len(sketch)], sketch.stroke5())
        assert len(trace.movements) == len(sketch) + ended
        z = None if samples.z is None else samples.z[number]
        for step, movement in enumerate(trace.movements):
            before = Sketch(sketch.strokes[:step], sketch.first_row)
            mixture = predict(model, before, z=z, fit=False)
            for name in ("pi", "mean", "sigma", "rho", "pen_probs"):
                expected = getattr(mixture, name).numpy()
                assert np.allclose(getattr(trace, name)[step], expected, rtol=1e-4, atol=1e-5)
            stroke = torch.from_numpy(movement)
            expected = mixture.pen_log_prob(stroke[2:])
            if not movement[4]:
                expected = expected + mixture.offset_log_prob(stroke[:2])
            assert trace.log_likelihood[step] == pytest.approx(expected.item(), rel=1e-3, abs=1e-3)


def test_files(model, tmp_path):
    samples = sample(model, 3, seed=2)
    write_traces(tmp_path / "steps.json", model, samples)
    write_traces(tmp_path / "steps.npz", model, samples)
    drawings = json.loads((tmp_path / "steps.json").read_text())
    with np.load(tmp_path / "steps.npz") as arrays:
        assert len(arrays["offsets"]) == 4
        for number, steps in enumerate(drawings):
            rows = slice(*arrays["offsets"][number : number + 2])
            assert len(steps) == len(arrays["movements"][rows])
            likelihoods = [step["log_likelihood"] for step in steps]
            assert np.allclose(likelihoods, arrays["log_likelihood"][rows])
            assert np.shape([step["mean"] for step in steps]) == arrays["mean"][rows].shape
            assert (steps[-1]["pen"] == "end") == samples.ended[number]
    with pytest.raises(SketchRNNError, match=r"written as .json or .npz, not '.csv'"):
        write_traces(tmp_path / "steps.csv", model, samples)
