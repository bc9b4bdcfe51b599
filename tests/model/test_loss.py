"""Laws of the losses: what each form counts, the floor of the KL term, extreme predictions."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from small_networks import latent_noise, random_batch, small_config, small_network

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.encoder import MAX_LOG_VAR, Posterior
from sketch_rnn.model.loss import counted_steps, loss_terms
from sketch_rnn.model.mixture import StrokeMixture

LENGTHS = (5, 1, 8, 3)
NUM_STEPS = 8
MAX_SEQ_LEN = 10
NUM_MIXTURE = 2
PADDING = (0.0, 0.0, 0.0, 0.0, 1.0)


def predictions(encoder="lstm", seed=0):
    """Returns what a small network predicts in each of the three forms."""
    config = small_config(encoder)
    network = small_network(config, seed)
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    noise = latent_noise(len(LENGTHS), config)
    return {
        form: network(strokes, lengths, form=form, noise=noise)
        for form in ("padded", "masked", "true_length")
    }


def end_of_sketch_costs(padded):
    """`(B, T)`: the cross-entropy of p3 at every step, if the sketch had ended there."""
    costs = -padded.mixture.pen_logits.log_softmax(dim=-1)[:, 2]
    return padded.packing.unpack(costs, NUM_STEPS)


@pytest.mark.parametrize(
    ("form", "expected"),
    [("padded", [8, 8, 8, 8]), ("true_length", [6, 2, 8, 4]), ("masked", [5, 1, 8, 3])],
)
def test_counted_steps(form, expected):
    assert counted_steps(torch.tensor(LENGTHS), form, NUM_STEPS).tolist() == expected


def test_true_length_is_masked_and_one_end_of_sketch_where_there_is_room():
    terms = predictions()
    masked, true_length = (
        terms[form].loss(MAX_SEQ_LEN, 1.0, 0.0) for form in ("masked", "true_length")
    )
    costs = end_of_sketch_costs(terms["padded"])
    ends = sum(costs[row, length] for row, length in enumerate(LENGTHS) if length < NUM_STEPS)
    positions = len(LENGTHS) * MAX_SEQ_LEN
    torch.testing.assert_close(true_length.pen - masked.pen, ends / positions)
    torch.testing.assert_close(true_length.offset, masked.offset)


def test_padded_is_masked_and_every_padding_as_end_of_sketch():
    terms = predictions()
    padded, masked = (terms[form].loss(MAX_SEQ_LEN, 1.0, 0.0) for form in ("padded", "masked"))
    costs = end_of_sketch_costs(terms["padded"])
    is_padding = torch.arange(NUM_STEPS) >= torch.tensor(LENGTHS)[:, None]
    positions = len(LENGTHS) * MAX_SEQ_LEN
    torch.testing.assert_close(padded.pen - masked.pen, costs[is_padding].sum() / positions)
    torch.testing.assert_close(padded.offset, masked.offset)


@pytest.mark.parametrize("form", ["padded", "masked", "true_length"])
def test_losses_are_averaged_over_batch_times_max_seq_len(form):
    prediction = predictions()[form]
    short, long = prediction.loss(10, 1.0, 0.0), prediction.loss(40, 1.0, 0.0)
    torch.testing.assert_close(short.offset, 4 * long.offset)
    torch.testing.assert_close(short.pen, 4 * long.pen)
    torch.testing.assert_close(short.kl, long.kl)


@pytest.mark.parametrize("form", ["padded", "masked", "true_length"])
def test_total_is_reconstruction_and_weighted_kl(form):
    prediction = predictions()[form]
    terms = prediction.loss(MAX_SEQ_LEN, 0.3, 0.0)
    torch.testing.assert_close(terms.reconstruction, terms.offset + terms.pen)
    torch.testing.assert_close(terms.total, terms.reconstruction + 0.3 * terms.kl)
    assert terms.kl > 0


@pytest.mark.parametrize("form", ["padded", "masked", "true_length"])
def test_decoder_only_has_no_kl_not_even_the_tolerance(form):
    terms = predictions(encoder=None)[form].loss(MAX_SEQ_LEN, kl_weight=0.5, kl_tolerance=0.2)
    assert terms.kl.item() == 0
    assert terms.total.item() == terms.reconstruction.item()


def posterior(size):
    generator = torch.Generator().manual_seed(0)
    mean, log_var = (size * torch.randn(3, 4, generator=generator) for _ in range(2))
    return Posterior(mean.requires_grad_(), log_var.requires_grad_())


def kl_terms(of, kl_tolerance):
    outputs = torch.zeros(1, 3 + 6 * NUM_MIXTURE)
    return loss_terms(
        StrokeMixture.from_outputs(outputs),
        torch.tensor([PADDING]),
        of,
        num_positions=1,
        kl_weight=0.5,
        kl_tolerance=kl_tolerance,
    )


def test_kl_above_the_tolerance_has_the_gradient_of_the_closed_form():
    of = posterior(1.0)
    terms = kl_terms(of, kl_tolerance=0.01)
    assert terms.kl > 0.01
    terms.total.backward()
    torch.testing.assert_close(of.mean.grad, 0.5 * of.mean / 12)
    torch.testing.assert_close(of.log_var.grad, 0.5 * 0.5 * (of.log_var.exp() - 1) / 12)


def test_kl_below_the_tolerance_is_the_tolerance_without_gradient():
    of = posterior(0.1)
    assert of.kl_divergence() < 0.2
    terms = kl_terms(of, kl_tolerance=0.2)
    assert terms.kl.item() == pytest.approx(0.2)
    terms.total.backward()
    assert not of.mean.grad.any()
    assert not of.log_var.grad.any()


def test_kl_of_the_prior_is_zero():
    assert Posterior(torch.zeros(2, 3), torch.zeros(2, 3)).kl_divergence().item() == 0


def test_offset_of_a_target_far_away_costs_the_density_floor():
    outputs = torch.zeros(1, 3 + 6 * NUM_MIXTURE)
    target = torch.tensor([[50.0, 50.0, 1, 0, 0]])
    terms = loss_terms(
        StrokeMixture.from_outputs(outputs),
        target,
        None,
        num_positions=1,
        kl_weight=0.0,
        kl_tolerance=0.0,
    )
    assert terms.offset.item() == pytest.approx(-math.log(1e-6))
    assert terms.pen.item() == pytest.approx(math.log(3))


def extreme_outputs():
    """Returns outputs with every combination of extreme sigma, correlation and pen logits."""
    combinations = itertools.product((-30, 0, 30), (-30, 0, 30), (-20, 0, 20), (-100, 100))
    rows = []
    for log_sigma_x, log_sigma_y, atanh_rho, logit in combinations:
        pen, pi, mean = [logit, 0, 0], [logit, 0], [0, 1]
        rest = [value for value in (log_sigma_x, log_sigma_y, atanh_rho) for _ in range(2)]
        rows.append([*pen, *pi, *mean, *mean, *rest])
    return torch.tensor(rows, dtype=torch.float32)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (1e4, 1e4), (1e4, -1e4), (0.0, -1e4), (1.0, 1.0)])
@pytest.mark.parametrize("pen", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
def test_extreme_predictions_have_finite_losses_and_gradients(offset, pen):
    outputs = extreme_outputs().requires_grad_()
    targets = torch.tensor([[*offset, *pen]]).expand(len(outputs), -1)
    mixture = StrokeMixture.from_outputs(outputs)
    assert mixture.log_prob(targets).isfinite().all()
    terms = loss_terms(mixture, targets, None, num_positions=1, kl_weight=0.0, kl_tolerance=0.0)
    assert terms.offset.isfinite()
    assert terms.pen.isfinite()
    terms.total.backward()
    assert outputs.grad.isfinite().all()


def test_log_prob_itself_has_finite_gradients_at_extremes():
    outputs = extreme_outputs().requires_grad_()
    targets = torch.tensor([[1e4, -1e4, 0.0, 1.0, 0.0]]).expand(len(outputs), -1)
    StrokeMixture.from_outputs(outputs).log_prob(targets).sum().backward()
    assert outputs.grad.isfinite().all()


def test_an_unknown_form_is_refused():
    with pytest.raises(SketchRNNError, match="loss form 'none' must be one of padded, true_length"):
        counted_steps(torch.tensor([1]), "none", 3)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e8, 1e15])
def test_no_prediction_is_too_wild(size):
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(400, 3 + 6 * 3, generator=generator).mul_(size).requires_grad_()
    summary = torch.randn(2, 40, 4, generator=generator).mul_(size).requires_grad_()
    posterior = Posterior(summary[0], summary[1].clamp(-MAX_LOG_VAR, MAX_LOG_VAR))
    targets = torch.zeros(400, 5)
    targets[:, :2] = torch.randn(400, 2, generator=generator) * 100
    targets[torch.arange(400), torch.randint(2, 5, (400,), generator=generator)] = 1
    mixture = StrokeMixture.from_outputs(outputs)
    terms = loss_terms(
        mixture, targets, posterior, num_positions=400, kl_weight=1.0, kl_tolerance=0.2
    )
    terms.total.backward()
    assert terms.total.isfinite()
    assert outputs.grad.isfinite().all()
    assert summary.grad.isfinite().all()
