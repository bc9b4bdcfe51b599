from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import get_type_hints

import numpy as np
import pytest
import torch

from sketch_rnn.config import CELLS
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import BLOCK_STEPS, latent_noise, stroke_noise_block
from sketch_rnn.generate.options import DrawingKeywords, DrawingOptions
from sketch_rnn.generate.sampling import Samples, iter_samples, sample
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.mixture import TEMPERATURE_RULES, StrokeNoise
from sketch_rnn.sketch import START_TOKEN


def same_drawings(first, second, tolerance=1e-4):
    return len(first) == len(second) and all(
        a.first_row == b.first_row
        and a.strokes.shape == b.strokes.shape
        and np.allclose(a.strokes, b.strokes, rtol=0, atol=tolerance)
        for a, b in zip(first, second, strict=True)
    )


@torch.no_grad()
def draw_alone(model, number, *, seed, temperature, rule, max_len, block_steps=BLOCK_STEPS):
    """Returns one drawing's stroke-5 rows in pixels: the loop as one would first write it."""
    decoder = model.network.decoder
    z = latent_noise(seed, [number], model.config.z_size) if model.config.conditional else None
    context, state = decoder.context(Condition(z), 1), decoder.start(Condition(z), 1)
    stroke = torch.tensor([START_TOKEN])
    rows = []
    for step in range(max_len):
        mixture, state = decoder.step(stroke, context, state)
        block, place = divmod(step, block_steps)
        numbers = stroke_noise_block(seed, [number], block)
        noise = StrokeNoise(numbers.uniforms[place, 0], numbers.normals[place, 0])
        stroke = mixture.sample(noise, temperature, rule)
        if stroke[0, 4] == 1:
            return np.array(rows).reshape(-1, 5), True
        rows.append((stroke[0] * torch.tensor([model.profile.scale] * 2 + [1.0] * 3)).numpy())
    return np.array(rows), False


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("conditional", [True, False])
def test_the_batch_draws_what_each_drawing_alone_would_be(make_model, cell, conditional):
    model = make_model(cell=cell, conditional=conditional)
    options = {"seed": 5, "temperature": 0.8, "rule": "paper", "max_len": 12}
    drawn = sample(model, 9, **options)
    lengths = {len(sketch) for sketch in drawn.sketches}
    assert len(lengths) > 3  # else nothing left the batch early
    for number, sketch in enumerate(drawn.sketches):
        rows, ended = draw_alone(model, number, **options)
        assert np.allclose(sketch.stroke5(), rows, rtol=0, atol=1e-4)
        assert drawn.ended[number] == ended


def test_drawings_longer_than_a_block_of_noise(model, monkeypatch):
    monkeypatch.setattr("sketch_rnn.generate.loop.BLOCK_STEPS", 4)
    monkeypatch.setattr("sketch_rnn.generate.loop.BLOCK_STEPS", 4)
    options = {"seed": 1, "temperature": 1.0, "rule": "paper", "max_len": 11}
    drawn = sample(model, 9, **options)
    lengths = [len(sketch) for sketch in drawn.sketches]
    assert min(lengths) < 4  # some leave before the second block
    assert max(lengths) > 8
    for number, sketch in enumerate(drawn.sketches):
        rows, _ = draw_alone(model, number, block_steps=4, **options)
        assert np.allclose(sketch.stroke5(), rows, atol=1e-4)


def test_the_same_seed_draws_the_same(model):
    first, again, other = sample(model, 8), sample(model, 8), sample(model, 8, seed=1)
    assert same_drawings(first.sketches, again.sketches, tolerance=0)
    assert not same_drawings(first.sketches, other.sketches)


def test_a_drawing_depends_neither_on_count_nor_batches_nor_cap(model):
    drawn = sample(model, 20, temperature=1.0)
    assert same_drawings(drawn.sketches[:10], sample(model, 10, temperature=1.0).sketches)
    in_threes = sample(model, 20, temperature=1.0, batch_size=3)
    assert same_drawings(drawn.sketches, in_threes.sketches)
    assert torch.equal(drawn.z, in_threes.z)
    short = sample(model, 20, temperature=1.0, max_len=3)
    starts = [replace(sketch, strokes=sketch.strokes[:3]) for sketch in drawn.sketches]
    assert same_drawings(starts, short.sketches)


def test_z_draws_the_drawing_again(model):
    drawn = sample(model, 6, temperature=1.0)
    assert drawn.z.shape == (6, 5)
    assert same_drawings(drawn.sketches, sample(model, 6, temperature=1.0, z=drawn.z).sketches)
    in_twos = sample(model, 6, temperature=1.0, z=drawn.z, batch_size=2)
    assert same_drawings(drawn.sketches, in_twos.sketches)
    alone = sample(model, 1, temperature=1.0, z=drawn.z[0])
    assert same_drawings(drawn.sketches[:1], alone.sketches)
    shared = sample(model, 3, z=drawn.z[2])
    assert torch.equal(shared.z, drawn.z[2].expand(3, -1))


def test_greedy_is_the_same_for_every_seed(model):
    z = latent_noise(0, range(4), 5)
    first = sample(model, 4, temperature=0, z=z, seed=0)
    other = sample(model, 4, temperature=0, z=z, seed=99, rule="js")
    assert same_drawings(first.sketches, other.sketches, tolerance=0)
    assert not same_drawings(first.sketches[:1], first.sketches[1:2])


def test_greedy_decoder_only_knows_one_drawing(decoder_only):
    drawn = sample(decoder_only, 3, temperature=0)
    assert drawn.z is None
    assert same_drawings(drawn.sketches[:1] * 2, drawn.sketches[1:])


def test_rules_draw_differently_but_for_one_temperature(model):
    at = {
        (rule, t): sample(model, 6, temperature=t, rule=rule).sketches
        for rule in TEMPERATURE_RULES
        for t in (0.3, 1.0)
    }
    for rule in ("original", "js", "offsets"):
        assert same_drawings(at["paper", 1.0], at[rule, 1.0])
        assert not same_drawings(at["paper", 0.3], at[rule, 0.3])


def test_a_drawing_that_ends_at_once_is_kept_empty(make_model):
    drawn = sample(make_model(end_logit=50.0), 3)
    assert [len(sketch) for sketch in drawn.sketches] == [0, 0, 0]
    assert drawn.ended.all()
    assert drawn.share_ended == 1


def test_a_drawing_that_does_not_end_is_cut_off(make_model):
    model = make_model(end_logit=-50.0)
    drawn = sample(model, 3, max_len=7)
    assert [len(sketch) for sketch in drawn.sketches] == [7, 7, 7]
    assert not drawn.ended.any()
    assert drawn.share_ended == 0
    assert len(sample(model, 1).sketches[0]) == model.profile.max_seq_len


def test_share_ended_counts_those_that_ended(model):
    drawn = sample(model, 30, max_len=4, temperature=1.0)
    cut = [len(sketch) == 4 for sketch in drawn.sketches]
    assert 0 < drawn.share_ended < 1
    assert drawn.ended.tolist() == [not was_cut for was_cut in cut]
    assert drawn.share_ended == pytest.approx(1 - np.mean(cut))


def test_pixels_and_the_first_row_are_the_profiles(model):
    small = sample(model, 4)
    assert {sketch.first_row for sketch in small.sketches} == {"move"}
    model.profile = replace(model.profile, scale=25.0, first_row="line")
    large = sample(model, 4)
    assert {sketch.first_row for sketch in large.sketches} == {"line"}
    stretched = [replace(sketch.scaled(2.5), first_row="line") for sketch in small.sketches]
    assert same_drawings(stretched, large.sketches)


def test_what_was_drawn_has_the_probability_it_was_drawn_with(make_model):
    """Step by step = unrolled: the training network sees the same distributions."""
    for cell in CELLS:
        model = make_model(cell=cell)
        drawn = sample(model, 5, temperature=1.0)
        for sketch, z in zip(drawn.sketches, drawn.z, strict=True):
            assert_same_log_prob(model, sketch, z)


@torch.no_grad()
def assert_same_log_prob(model, sketch, z):
    rows = torch.from_numpy(sketch.scaled(1 / model.profile.scale).stroke5())
    rows = torch.cat([torch.tensor([START_TOKEN]), rows, torch.tensor([[0, 0, 0, 0, 1.0]])])
    posterior = model.network.encoder(rows[None, 1:], torch.tensor([max(len(sketch), 1)]))
    noise = (z - posterior.mean) / torch.exp(posterior.log_var / 2)
    lengths = torch.tensor([len(sketch) or 1])
    unrolled = model.network(rows[None], lengths, form="true_length", noise=noise)
    expected = unrolled.mixture.log_prob(unrolled.targets)

    decoder = model.network.decoder
    condition = Condition(z[None])
    context, state = decoder.context(condition, 1), decoder.start(condition, 1)
    found = []
    for stroke, target in itertools.pairwise(rows[: len(expected) + 1]):
        mixture, state = decoder.step(stroke[None], context, state)
        found.append(mixture.log_prob(target[None]))
    assert torch.allclose(torch.cat(found), expected, rtol=1e-4, atol=1e-4)


def test_dropout_is_off_even_while_training(model):
    expected = sample(model, 4)
    model.network.train()
    assert same_drawings(expected.sketches, sample(model, 4).sketches, tolerance=0)
    assert model.network.training


def test_the_other_start_token(model):
    ours, other = sample(model, 4), sample(model, 4, start_token=(0, 0, 0, 0, 0))
    assert not same_drawings(ours.sketches, other.sketches)


def test_options_as_one_value_and_as_keywords(model):
    changed = {"temperature": 1.0, "rule": "js", "seed": 3, "max_len": 9, "batch_size": 2}
    together = sample(model, 4, options=DrawingOptions(**changed)).sketches
    apart = sample(model, 4, **changed).sketches
    mixed = sample(model, 4, options=DrawingOptions(**{**changed, "seed": 8}), seed=3).sketches
    assert same_drawings(together, apart, tolerance=0)
    assert same_drawings(together, mixed, tolerance=0)
    other = sample(model, 4, options=DrawingOptions(**{**changed, "seed": 8})).sketches
    assert not same_drawings(together, other)


def test_every_option_is_a_keyword_of_its_type():
    of_options, of_keywords = get_type_hints(DrawingOptions), get_type_hints(DrawingKeywords)
    assert set(of_keywords) == {field.name for field in fields(DrawingOptions)}
    assert of_keywords.pop("start_token") == Sequence[float] | None
    assert {name: of_options[name] for name in of_keywords} == of_keywords


def test_batches_arrive_one_by_one(model):
    parts = iter_samples(model, 7, batch_size=3)
    first = next(parts)
    assert [len(first)] + [len(part) for part in parts] == [3, 3, 1]


def test_batches_put_together(model):
    parts = list(iter_samples(model, 7, batch_size=3))
    whole = Samples.concatenate(parts)
    assert len(whole) == 7
    assert whole.ended.shape == (7,)
    assert whole.z.shape == (7, 5)


def test_results_can_be_used_in_further_computing(model):
    z = sample(model, 2).z.requires_grad_()
    (z**2).sum().backward()
    assert z.grad is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, r"count=0 must be a whole number of at least 1"),
        ({"count": 2.5}, r"count=2.5 must be a whole number of at least 1"),
        ({"temperature": -1}, r"temperature=-1 must be a finite number of at least 0"),
        ({"rule": "cold"}, r"rule='cold' must be one of paper, original, js, offsets"),
        ({"seed": -3}, r"seed=-3 must be a whole number of at least 0"),
        ({"max_len": 0}, r"max_len=0 must be a whole number of at least 1"),
        ({"batch_size": 0}, r"batch_size=0 must be a whole number of at least 1"),
        ({"z": torch.zeros(3, 5)}, r"z of shape \(3, 5\), expected \(2, 5\), or \(5,\) for all"),
        ({"z": torch.zeros(2, 4)}, r"z of shape \(2, 4\), expected \(2, 5\), or \(5,\) for all"),
        ({"z": torch.full((5,), torch.nan)}, r"z has NaN or infinite values"),
        ({"temperature": "x"}, r"temperature='x' must be a finite number of at least 0"),
        ({"temperature": None}, r"temperature=None must be a finite number of at least 0"),
        ({"z": "abc"}, r"z is of type str, expected a tensor or array of numbers"),
        ({"start_token": 5}, r"start_token=5 must be five numbers"),
        ({"start_token": "abc"}, r"start_token='abc' must be five numbers"),
        ({"temprature": 1}, r"unknown 'temprature' \(did you mean 'temperature'\?\)"),
        ({"options": 0.4}, r"options is of type float, expected DrawingOptions; write DrawingOpt"),
        ({"start_token": (0, 0, 1)}, r"start_token=\(0, 0, 1\) must be five numbers"),
    ],
)
def test_impossible_requests(model, options, message):
    with pytest.raises(SketchRNNError, match=message):
        iter_samples(model, **{"count": 2, **options})


def test_z_for_a_decoder_only_model(decoder_only):
    with pytest.raises(SketchRNNError, match="this model is decoder-only: it takes no z"):
        sample(decoder_only, 1, z=torch.zeros(5))
