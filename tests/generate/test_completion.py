from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import complete, likely_latents, prefix_rows
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.loop import latent_noise
from sketch_rnn.generate.sampling import sample
from sketch_rnn.model.condition import Condition
from sketch_rnn.sketch import Sketch


def first_rows(sketch, count):
    return replace(sketch, strokes=sketch.strokes[:count])


def assert_begins_with(samples, partial):
    assert samples.prefix_rows == len(partial)
    for sketch in samples.sketches:
        assert sketch.first_row == partial.first_row
        assert np.array_equal(sketch.strokes[: len(partial)], partial.strokes)


@pytest.mark.parametrize("conditional", [True, False])
def test_each_ending_begins_with_the_given_part(make_model, conditional, zigzag):
    model = make_model(conditional=conditional, end_logit=-9.0)
    for partial in (zigzag, zigzag.scaled(0.3), zigzag.scaled(17)):
        drawn = complete(model, partial, 4, temperature=1.0)
        assert_begins_with(drawn, partial)
        endings = [sketch.strokes[len(partial) :].tolist() for sketch in drawn.sketches]
        assert all(endings)
        assert endings[0] != endings[1]


@pytest.mark.parametrize("num_given", [1, 4, 11])
def test_the_rest_of_a_greedy_drawing_is_found_again(make_model, num_given):
    model = make_model(conditional=False, end_logit=-9.0)
    whole = sample(model, 1, temperature=0, max_len=12).sketches[0]
    part = first_rows(whole, num_given)
    found = complete(model, part, 2, temperature=0, max_len=12, fit=False)
    for sketch in found.sketches:
        assert np.allclose(sketch.strokes, whole.strokes, atol=1e-3)


def test_the_rest_of_a_greedy_drawing_is_found_again_with_its_z(make_model):
    model = make_model(end_logit=-9.0)
    z = latent_noise(0, [0], 5)[0]
    whole = sample(model, 1, temperature=0, max_len=12, z=z).sketches[0]
    found = complete(model, first_rows(whole, 5), 1, temperature=0, max_len=12, z=z, fit=False)
    assert np.allclose(found.sketches[0].strokes, whole.strokes, atol=1e-3)


def test_endings_have_the_size_of_the_given_part(make_model, zigzag):
    model = make_model(end_logit=-9.0)
    near, far = (complete(model, zigzag.scaled(f), 3, temperature=0.5) for f in (6, 24))
    for small, large in zip(near.sketches, far.sketches, strict=True):
        assert np.allclose(small.scaled(4).strokes, large.strokes, rtol=1e-4, atol=1e-2)


def test_the_beginning_of_a_drawing_is_not_enlarged(make_model, zigzag):
    model = make_model(end_logit=-9.0)
    beginning = zigzag.scaled(0.4)
    expected = complete(model, beginning, 2, fit=False)
    assert complete(model, beginning, 2).sketches == expected.sketches


def test_the_model_sees_the_fitted_part_and_the_result_keeps_the_given_one(make_model, profile):
    model = make_model(profile=replace(profile, first_row="line"), end_logit=-9.0)
    dense = Sketch.from_polylines([np.linspace([300, 0], [400, 3], 400)])
    seen = fit_drawing(dense, model.profile, part=True).sketch
    assert len(seen) < 10
    drawn = complete(model, dense, 1, max_len=20)
    expected = complete(model, seen, 1, max_len=20, fit=False)
    assert_begins_with(drawn, dense)
    ending = expected.sketches[0].strokes[len(seen) :]
    assert np.allclose(drawn.sketches[0].strokes[400:], ending, atol=1e-3)


def test_the_pen_may_stay_down(decoder_only, zigzag):
    lifted = complete(decoder_only, zigzag, 3, temperature=1.0)
    down = complete(decoder_only, zigzag, 3, temperature=1.0, pen_down=True)
    assert {sketch.strokes[len(zigzag) - 1, 2] for sketch in lifted.sketches} == {1.0}
    assert {sketch.strokes[len(zigzag) - 1, 2] for sketch in down.sketches} == {0.0}
    assert lifted.sketches != down.sketches
    as_given = complete(decoder_only, first_rows(zigzag, 3), 3, temperature=1.0)
    assert {sketch.strokes[2, 2] for sketch in as_given.sketches} == {0.0}


def test_the_model_is_told_that_the_pen_stays_down_though_the_part_is_fitted(make_model, zigzag):
    model = make_model(conditional=False, end_logit=-9.0)
    part = first_rows(zigzag, 3)
    assert part.strokes[-1, 2] == 0
    near, far = (complete(model, part.scaled(f), 1, temperature=0) for f in (1, 100))
    assert np.allclose(near.sketches[0].strokes[3:6, 2], far.sketches[0].strokes[3:6, 2])


def test_z_is_the_encoded_part_or_drawn_or_given(model, zigzag):
    encoded = complete(model, zigzag, 3, latent="encode")
    assert torch.allclose(encoded.z, encode(model, [zigzag]).expand(3, -1))
    drawn = complete(model, zigzag, 3, latent="prior", seed=8)
    assert torch.equal(drawn.z, latent_noise(8, range(3), 5))
    given = complete(model, zigzag, 3, z=drawn.z, seed=8)
    assert torch.equal(given.z, drawn.z)
    assert given.sketches == drawn.sketches
    assert complete(model, zigzag, 3, seed=8).sketches != drawn.sketches


def test_endings_depend_on_seed_and_number_alone(model, zigzag):
    many = complete(model, zigzag, 7, temperature=1.0, seed=2)
    few = complete(model, zigzag, 3, temperature=1.0, seed=2, batch_size=2)
    for one, other in zip(many.sketches[:3], few.sketches, strict=True):
        assert np.allclose(one.strokes, other.strokes, atol=1e-3)
    assert many.ended[:3].tolist() == few.ended.tolist()


def test_the_cap_counts_part_and_ending(make_model, zigzag):
    model = make_model(end_logit=-50.0)
    drawn = complete(model, zigzag, 2, max_len=15)
    assert [len(sketch) for sketch in drawn.sketches] == [15, 15]
    assert not drawn.ended.any()


def test_the_cap_counts_the_part_as_the_model_sees_it(make_model, profile):
    model = make_model(profile=replace(profile, first_row="line"), end_logit=-50.0)
    part = Sketch.from_polylines([[[0, 0], [90, 5]]])
    num_seen = len(fit_drawing(part, model.profile, fit=False).sketch)
    assert num_seen < len(part)
    drawn = complete(model, part, 2, max_len=5, fit=False)
    assert [len(sketch) for sketch in drawn.sketches] == [len(part) + 5 - num_seen] * 2


def test_a_part_that_fills_the_cap(model, zigzag):
    message = r"the drawing has 12 rows in 2 lines, but the model can take 11; let it be fitted"
    with pytest.raises(SketchRNNError, match=message):
        complete(model, zigzag, 1, max_len=12, fit=False)
    crowd = Sketch.from_polylines([[[x, 0], [x, 9]] for x in range(50)])
    message = r"the drawing has 100 rows in 50 lines, but the model can take 39; simplify it"
    with pytest.raises(SketchRNNError, match=message):
        complete(model, crowd, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count=0 must be a whole number of at least 1"),
        ({"temperature": -0.5}, "temperature=-0.5 must be a finite number of at least 0"),
        ({"rule": "cold"}, "rule='cold' must be one of"),
        ({"latent": "none"}, "latent='none' must be one of likely, encode, prior"),
        ({"max_len": 1}, "max_len=1 leaves no ending: the part counts; give at least 2"),
        ({"max_len": 0}, "max_len=0 must be a whole number of at least 1"),
        ({"z": torch.zeros(2, 5)}, r"z of shape \(2, 5\), expected \(1, 5\)"),
        ({"partial": Sketch.from_polylines([])}, "the drawing is empty: nothing was drawn"),
    ],
)
def test_impossible_requests(model, zigzag, options, message):
    with pytest.raises(SketchRNNError, match=message):
        complete(model, **{"partial": zigzag, "count": 1, **options})


def test_likely_latents_make_the_given_part_likely(model, zigzag):
    prefix = prefix_rows(zigzag, model)

    def log_density(z):
        decoder = model.network.decoder
        context, state = decoder.context(Condition(z), len(z)), decoder.start(Condition(z), len(z))
        total = 0
        for row, target in itertools.pairwise(prefix):
            mixture, state = decoder.step(row.expand(len(z), -1), context, state)
            total += mixture.log_prob(target.expand(len(z), -1)).detach()
        return total

    likely = likely_latents(model, prefix, 200, seed=0)
    chance = latent_noise(1, range(200), model.config.z_size)
    assert log_density(likely).mean() > log_density(chance).mean() + 0.1
    assert torch.equal(likely[:7], likely_latents(model, prefix, 7, seed=0))
    assert torch.equal(complete(model, zigzag, 7, seed=0).z, likely[:7])
