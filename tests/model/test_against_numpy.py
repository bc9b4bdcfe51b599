"""Golden: the network equals the plain NumPy model, for every pair of cells."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import reference
import torch
from small_networks import (
    COMBINATIONS,
    SAME_CELLS,
    latent_noise,
    random_batch,
    small_config,
    small_network,
)

from bundle_files import variables_from_parameters
from sketch_rnn.model.condition import Condition

FORMS = ("padded", "masked", "true_length")
# One sketch fills the padded length, one is a single movement, two are equally long.
LENGTHS = (5, 1, 8, 3, 3)
NUM_STEPS = 8
# Not the padded length, so that averaging over the wrong one fails.
MAX_SEQ_LEN = 11
TOLERANCES = {torch.float64: (1e-9, 1e-11), torch.float32: (1e-4, 1e-5)}


class Case:
    """A small network, a batch, and what the NumPy model says about them."""

    def __init__(self, encoder, decoder):
        self.config = small_config(encoder, decoder)
        self.network = small_network(self.config)
        self.network32 = small_network(self.config, dtype=torch.float32)
        self.predict = functools.cache(self.predict)
        self.strokes, self.lengths = random_batch(LENGTHS, NUM_STEPS)
        self.noise = latent_noise(len(LENGTHS), self.config)
        self.answer = self.judge(dict(self.network.named_parameters()))

    def judge(self, parameters):
        noise = None if self.noise is None else self.noise.numpy()
        variables = variables_from_parameters(parameters, self.config)
        return reference.forward(variables, self.strokes.numpy(), self.lengths.tolist(), noise)

    def judged_losses(self, answer, **settings):
        strokes, lengths = self.strokes.numpy(), self.lengths.tolist()
        return reference.losses(answer, strokes, lengths, max_seq_len=MAX_SEQ_LEN, **settings)

    def predict(self, form, dtype=torch.float64):
        network = self.network if dtype == torch.float64 else self.network32
        noise = None if self.noise is None else self.noise.to(dtype)
        return network(self.strokes.to(dtype), self.lengths, form=form, noise=noise)

    def counted(self, form):
        return [reference.counted_steps(length, NUM_STEPS, form) for length in LENGTHS]


@pytest.fixture(
    scope="module", params=COMBINATIONS, ids=lambda cells: f"{cells[0] or 'none'}-{cells[1]}"
)
def case(request):
    return Case(*request.param)


def assert_equal(ours, theirs, dtype=torch.float64, name=""):
    rtol, atol = TOLERANCES[dtype]
    np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=rtol, atol=atol, err_msg=name)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_posterior_and_latent(case, dtype):
    prediction = case.predict("padded", dtype)
    if case.noise is None:
        assert prediction.posterior is None
        assert prediction.z is None
        return
    assert_equal(prediction.posterior.mean, case.answer.mean, dtype)
    assert_equal(prediction.posterior.log_var, case.answer.log_var, dtype)
    assert_equal(prediction.z, case.answer.z, dtype)


def test_initial_state(case):
    z = None if case.noise is None else torch.from_numpy(case.answer.z)
    state = torch.cat(case.network.decoder.start(Condition(z), len(LENGTHS)), dim=1)
    assert_equal(state, case.answer.states[:, 0])


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_mixture_at_every_counted_position(case, form, dtype):
    prediction = case.predict(form, dtype)
    ours, unpack = prediction.mixture, prediction.packing.unpack
    parts = {
        "pi": ours.pi,
        "mean_x": ours.mean[..., 0],
        "mean_y": ours.mean[..., 1],
        "sigma_x": ours.sigma[..., 0],
        "sigma_y": ours.sigma[..., 1],
        "rho": ours.rho,
        "pen_logits": ours.pen_logits,
    }
    theirs = reference.mixture(case.answer.outputs)._asdict()
    is_counted = np.arange(NUM_STEPS) < np.array(case.counted(form))[:, None]
    assert len(ours.pi) == is_counted.sum()
    for name, part in parts.items():
        expected = theirs[name] * is_counted[..., None]
        assert_equal(unpack(part, NUM_STEPS), expected, dtype, name)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_final_state(case, form, dtype):
    state = torch.cat(case.predict(form, dtype).final_state, dim=1)
    expected = case.answer.states[np.arange(len(LENGTHS)), case.counted(form)]
    assert_equal(state, expected, dtype)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kl_tolerance", [0.001, 5.0], ids=["kl_above_floor", "kl_at_floor"])
def test_losses(case, form, kl_tolerance, dtype):
    settings = {"kl_weight": 0.7, "kl_tolerance": kl_tolerance}
    ours = case.predict(form, dtype).loss(MAX_SEQ_LEN, **settings)
    theirs = case.judged_losses(case.answer, form=form, **settings)
    for name, expected in theirs._asdict().items():
        assert_equal(getattr(ours, name), expected, dtype, name)
    if case.noise is not None:
        assert (theirs.kl == kl_tolerance) == (kl_tolerance == 5.0)


@pytest.mark.parametrize("cells", SAME_CELLS, ids=lambda cells: f"{cells[0] or 'none'}-{cells[1]}")
def test_gradients_are_the_slopes_of_the_numpy_loss(cells):
    case, form = Case(*cells), "true_length"
    settings = {"kl_weight": 0.7, "kl_tolerance": 0.001}
    strokes, lengths, noise = case.strokes, case.lengths, case.noise
    prediction = case.network(strokes, lengths, form=form, noise=noise)
    prediction.loss(MAX_SEQ_LEN, **settings).total.backward()

    # A direction of equal length in every array: none is too small to matter.
    generator = torch.Generator().manual_seed(1)
    parameters = dict(case.network.named_parameters())
    direction = {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64)
        for name, value in parameters.items()
    }
    direction = {name: value / value.norm() for name, value in direction.items()}
    slope = sum((value.grad * direction[name]).sum() for name, value in parameters.items()).item()

    def loss_at(step):
        moved = {name: value + step * direction[name] for name, value in parameters.items()}
        return case.judged_losses(case.judge(moved), form=form, **settings).total

    expected = (loss_at(1e-4) - loss_at(-1e-4)) / 2e-4
    assert slope == pytest.approx(expected, rel=1e-6)
