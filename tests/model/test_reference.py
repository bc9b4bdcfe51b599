"""Golden: the plain NumPy model, which judges the network, equals the recorded runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import reference

from reference_folder import SHARED

GOLDEN = SHARED / "reference" / "golden"
KL_WEIGHT = 0.3
# A hyper cell with random weights is chaotic: the recorded float32 rounding grows with every step,
# so only its first steps can be compared without the measures that test_golden.py takes.
HYPER_STEPS = 10


def recordings(*, with_hyper):
    """The recorded runs as test parameters."""
    if not SHARED.is_dir():
        reason = f"no recorded runs: {SHARED} does not exist"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="none")]
    files = sorted(GOLDEN.glob("*.npz"))
    chosen = [path for path in files if with_hyper or not holds_hyper(path)]
    return [pytest.param(path, id=path.stem) for path in chosen]


def holds_hyper(path):
    with np.load(path) as data:
        return any("HyperLSTMCell" in name for name in data.files)


class Recording:
    """A recorded run's inputs, in float64, and its outputs."""

    def __init__(self, path):
        with np.load(path) as data:
            self.arrays = {name: data[name] for name in data.files}
        self.hparams = json.loads(bytes(self["in/hparams"]).decode())
        weights = reference.under(self.arrays, "weight")
        self.variables = {name: value.astype(np.float64) for name, value in weights.items()}
        self.strokes = self["in/input_data"].astype(np.float64)
        self.lengths = self["in/sequence_lengths"].tolist()
        self.noise = self["in/eps"].astype(np.float64) if self.hparams["conditional"] else None

    def __getitem__(self, name):
        return self.arrays[name]

    def latents(self):
        """The recorded z; for a decoder-only model one of no columns."""
        if self.noise is None:
            return np.zeros((len(self.strokes), 0))
        return self["out/batch_z"].astype(np.float64)

    def losses(self, answer, form):
        return reference.losses(
            answer,
            self.strokes,
            self.lengths,
            form=form,
            max_seq_len=self.strokes.shape[1] - 1,
            kl_weight=KL_WEIGHT,
            kl_tolerance=self.hparams["kl_tolerance"],
        )


def assert_agrees(ours, recorded, name):
    np.testing.assert_allclose(ours, recorded, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("path", recordings(with_hyper=True))
def test_decoder_from_the_recorded_latent(path):
    recording = Recording(path)
    batch, total = recording.strokes.shape[0], recording.strokes.shape[1] - 1
    steps = HYPER_STEPS if holds_hyper(path) else total
    inputs = recording.strokes[:, :steps]
    decoded = [
        reference.decode(recording.variables, rows, z)
        for rows, z in zip(inputs, recording.latents(), strict=True)
    ]
    states, outputs = (np.stack(part) for part in zip(*decoded, strict=True))
    assert_agrees(states[:, 0], recording["out/initial_state"], "initial_state")
    if steps == total:
        assert_agrees(states[:, -1], recording["out/final_state"], "final_state")
    names = ("pi", "mu1", "mu2", "sigma1", "sigma2", "corr", "pen_logits")
    for name, part in zip(names, reference.mixture(outputs), strict=True):
        recorded = recording[f"out/{name}"].reshape(batch, total, -1)[:, :steps]
        assert_agrees(part, recorded, name)


@pytest.mark.parametrize("path", recordings(with_hyper=False))
def test_encoder_and_losses(path):
    recording = Recording(path)
    answer = reference.forward(
        recording.variables, recording.strokes, recording.lengths, recording.noise
    )
    if recording.noise is not None:
        assert_agrees(answer.mean, recording["out/mean"], "mean")
        assert_agrees(answer.log_var, recording["out/presig"], "presig")
        assert_agrees(answer.z, recording["out/batch_z"], "batch_z")
    train, evaluated = recording.losses(answer, "padded"), recording.losses(answer, "masked")
    assert_agrees(train.offset + train.pen, recording["out/train_r_cost"], "train_r_cost")
    assert_agrees(train.kl, recording["out/kl_cost"], "kl_cost")
    assert_agrees(train.total, recording["out/train_cost"], "train_cost")
    assert_agrees(evaluated.offset + evaluated.pen, recording["out/eval_r_cost"], "eval_r_cost")
