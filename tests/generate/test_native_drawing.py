"""The compiled loop draws what the plain one draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.generate.loop import BLOCK_STEPS, stroke_noise_block
from sketch_rnn.generate.sampling import sample
from sketch_rnn.kernels.native.build import compiled_library
from sketch_rnn.kernels.native.drawing import NativeDrawing
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.drawing import PlainDrawing, drawing_loop
from sketch_rnn.model.mixture import (
    GREEDY,
    TEMPERATURE_RULES,
    StrokeNoise,
    temperature_scales,
)

SIZE = 48  # whole vectors on every processor, and not a power of two


@pytest.fixture(autouse=True)
def _needs_a_compiler():
    if compiled_library("auto", may_compile=True) is None:
        pytest.skip("there is no C++ compiler")


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def drawn_by(model, backend, count, **options):
    model.network.use_backend(backend)
    return sample(model, count, **options)


def assert_same(compiled, plain, atol=1e-2):
    assert np.array_equal(compiled.ended, plain.ended)
    for first, second in zip(compiled.sketches, plain.sketches, strict=True):
        np.testing.assert_allclose(first.strokes, second.strokes, rtol=1e-4, atol=atol)


@pytest.mark.parametrize("cell", ["lstm", "layer_norm", "hyper"])
@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("count", [1, 7, 60])
@pytest.mark.parametrize("num_threads", [1, 3])
def test_the_compiled_loop_draws_the_same(
    make_model, threads, cell, conditional, count, num_threads
):
    model = make_model(cell=cell, conditional=conditional, size=SIZE)
    plain = drawn_by(model, "plain", count, temperature=0.6)
    threads(num_threads)
    assert count == 1 or len({len(sketch) for sketch in plain.sketches}) > 1
    assert_same(drawn_by(model, "native", count, temperature=0.6), plain)


@pytest.mark.parametrize("cell", ["lstm", "layer_norm", "hyper"])
@pytest.mark.parametrize("num_threads", [1, 3])
def test_candidates_are_chosen_as_in_the_plain_loop(
    make_model, profile, threads, cell, num_threads
):
    labelled = replace(profile, labels=("bus", "cat"))
    model = make_model(cell=cell, profile=labelled, size=SIZE, num_labels=2, label_size=6)
    options = {"label": ["bus", "cat"], "label_candidates": 3, "temperature": 0.6}
    plain = drawn_by(model, "plain", 30, **options)
    assert len({len(sketch) for sketch in plain.sketches}) > 3
    threads(num_threads)
    assert_same(drawn_by(model, "native", 30, **options), plain)


@pytest.mark.parametrize("rule", TEMPERATURE_RULES)
@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0])
def test_every_temperature_acts_as_in_the_plain_loop(make_model, rule, temperature):
    model = make_model(size=SIZE)
    options = {"temperature": temperature, "rule": rule, "max_len": 10}
    assert_same(drawn_by(model, "native", 20, **options), drawn_by(model, "plain", 20, **options))


@pytest.mark.parametrize("cell", ["lstm", "hyper"])
def test_a_drawing_continues_after_a_block_of_random_numbers(make_model, cell):
    model = make_model(cell=cell, size=SIZE, end_logit=-1.0)
    options = {"temperature": 0.4, "max_len": BLOCK_STEPS + 20, "batch_size": 30}
    plain = drawn_by(model, "plain", 30, **options)
    assert 0 < plain.ended.sum() < 30
    # Differences of rounding grow with every movement that is fed back.
    assert_same(drawn_by(model, "native", 30, **options), plain, atol=0.5)


@pytest.mark.parametrize("cell", ["layer_norm", "hyper"])
def test_batches_do_not_change_a_drawing(make_model, cell):
    model = make_model(cell=cell, size=SIZE)
    together = drawn_by(model, "native", 50)
    for size in (1, 13):
        assert_same(drawn_by(model, "native", 50, batch_size=size), together)


@pytest.mark.parametrize("cell", ["lstm", "layer_norm", "hyper"])
@pytest.mark.parametrize("backend", ["plain", "native"])
def test_beginnings_are_read_in_the_steps_that_draw(make_model, cell, backend):
    """Reading some movements and then drawing is one call or two, with the same result."""
    model = make_model(cell=cell, conditional=False, size=SIZE, end_logit=-30.0)
    model.network.use_backend(backend)
    decoder = model.network.decoder
    loop, plain = drawing_loop(decoder, 500), PlainDrawing(decoder)
    given = stroke_noise_block(1, range(3), 0).normals[:4, 0].repeat(1, 1, 3)[:, :, :5].clone()
    given[:, :, 2:] = torch.tensor([1.0, 0.0, 0.0])
    read = [4, 2, 0]  # movements given of each drawing
    for number, count in enumerate(read):
        given[count:, number] = 0
    # All at temperatures of their own, one of them greedy.
    scales = torch.tensor([temperature_scales(0.5, "paper"), GREEDY, temperature_scales(1, "js")])
    noise = stroke_noise_block(2, range(3), 0)
    noise = StrokeNoise(noise.uniforms[:6], noise.normals[:6])
    first = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]]).expand(3, -1)
    condition = Condition()
    context, state = decoder.context(condition, 3), decoder.start(condition, 3)
    padded = torch.cat([given, torch.zeros(2, 3, 5)])
    with torch.inference_mode():
        drawn = loop(first, context, state, noise, scales, padded)
        for number, count in enumerate(read):
            row = slice(number, number + 1)
            stroke, own = first[row], tuple(part[row] for part in state)
            inner = tuple(part[row] for part in context)
            for movement in given[:count, row]:
                _, own = decoder.step(stroke, inner, own)
                stroke = movement
            rest = StrokeNoise(noise.uniforms[count:, :, row], noise.normals[count:, :, row])
            alone = plain(stroke, inner, own, rest, scales[row])
            expected = torch.cat([given[:count, row].transpose(0, 1), alone.rows], dim=1)
            np.testing.assert_allclose(drawn.rows[row], expected, atol=1e-4)


@pytest.mark.parametrize("backend", ["plain", "native"])
def test_each_drawing_keeps_its_temperature_while_others_end(make_model, backend):
    model = make_model(conditional=False, size=SIZE)
    model.network.use_backend(backend)
    decoder, count = model.network.decoder, 12
    loop = drawing_loop(decoder, 500)
    scales = torch.tensor([temperature_scales(n / 8, TEMPERATURE_RULES[n % 4]) for n in range(12)])
    noise = StrokeNoise(*(part[:30] for part in stroke_noise_block(2, range(count), 0)))
    first = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]])
    context, state = decoder.context(Condition(), count), decoder.start(Condition(), count)
    with torch.inference_mode():
        together = loop(first.expand(count, -1), context, state, noise, scales).rows
        assert len(set(together[:, :, 4].argmax(dim=1).tolist())) > 3
        for row in (slice(n, n + 1) for n in range(count)):
            own = (tuple(part[row] for part in parts) for parts in (context, state))
            numbers = StrokeNoise(*(part[:, :, row] for part in noise))
            alone = loop(first, *own, numbers, scales[row]).rows
            np.testing.assert_allclose(together[row], alone, atol=1e-4)


def test_unsupported_decoders_are_not_drawn_by_the_compiled_code(make_model):
    assert isinstance(drawing_loop(make_model(size=SIZE).network.decoder, 500), NativeDrawing)
    odd = make_model(size=13).network.decoder
    double = make_model(size=SIZE).network.double().decoder
    for decoder in (odd, double):
        assert isinstance(drawing_loop(decoder, 500), PlainDrawing)
