from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.reconstruction import reconstruct
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch


def moved(sketch, factor, x, y):
    return Sketch.from_polylines([line * factor + (x, y) for line in sketch.polylines()])


def test_it_draws_the_z_of_each_drawing(model, zigzag):
    sketches = [zigzag, zigzag.scaled(1.1)]
    z = encode(model, sketches, fit=False)
    expected = sample(model, 2, z=z, seed=4, temperature=0.7, rule="js", max_len=9)
    options = {"seed": 4, "temperature": 0.7, "rule": "js", "max_len": 9, "fit": False}
    found = reconstruct(model, sketches, **options)
    assert found.sketches == expected.sketches
    assert found.ended.tolist() == expected.ended.tolist()
    assert np.array_equal(found.z, z)


def test_drawings_of_the_models_own_size_are_not_fitted(model, zigzag):
    with_fit = reconstruct(model, [zigzag]).sketches
    assert with_fit == reconstruct(model, [zigzag], fit=False).sketches


def test_results_have_the_place_and_size_of_the_drawing(model, zigzag):
    near = reconstruct(model, [moved(zigzag, 4, 0, 0)]).sketches[0]
    for factor, x, y in ((1, 430, 830), (3, -2000, 50), (0.1, 3, 7)):
        far = reconstruct(model, [moved(moved(zigzag, 4, 0, 0), factor, x, y)]).sketches[0]
        for found, line in zip(far.polylines(), near.polylines(), strict=True):
            assert np.allclose(found, line * factor + (x, y), atol=2e-3)


def test_a_line_first_model_begins_where_the_drawing_begins(make_model, profile, zigzag):
    model = make_model(profile=replace(profile, first_row="line"), end_logit=-9.0)
    found = reconstruct(model, [moved(zigzag, 5, 60, 80)]).sketches[0]
    assert found.first_row == "move"
    assert np.allclose(found.polylines()[0][0], (5 * 10 + 60, 5 * 15 + 80), atol=1e-3)


def test_a_decoder_only_model_cannot(decoder_only, zigzag):
    with pytest.raises(SketchRNNError, match="this model is decoder-only: it has no encoder"):
        reconstruct(decoder_only, [zigzag])
