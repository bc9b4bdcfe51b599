"""Movements chosen among candidates: the one that tells most of the label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.loop import stroke_noise_block
from sketch_rnn.generate.sampling import sample
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.mixture import StrokeNoise

OPTIONS = {"temperature": 0.7, "rule": "paper", "seed": 3, "max_len": 20}


@pytest.fixture(params=["z", "no z"])
def model(make_model, profile, request):
    labelled = replace(profile, labels=("bus", "cat"))
    return make_model(
        conditional=request.param == "z", profile=labelled, num_labels=2, label_size=6
    )


def rows(samples):
    return [sketch.strokes for sketch in samples.sketches]


def assert_same(ours, theirs, **tolerance):
    for first, second in zip(rows(ours), rows(theirs), strict=True):
        np.testing.assert_allclose(first, second, **{"rtol": 1e-4, "atol": 1e-3, **tolerance})


@torch.no_grad()
def drawn_alone(model, label, z, number, count):
    """One drawing of OPTIONS: the loop as one would first write it."""
    decoder = model.network.decoder
    both = Condition(z, label), Condition(z, torch.zeros_like(label))
    contexts = [decoder.context(one, 1) for one in both]
    states = [decoder.start(one, 1) for one in both]
    noise = stroke_noise_block(OPTIONS["seed"], [number], 0, count)
    stroke, drawn = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]]), []
    while len(drawn) < OPTIONS["max_len"]:
        steps = [decoder.step(stroke, *given) for given in zip(contexts, states, strict=True)]
        (labelled, unlabelled), states = zip(*steps, strict=True)
        candidates = []
        for uniforms, normals in zip(*(part[len(drawn)] for part in noise), strict=True):
            candidates.append(labelled.sample(StrokeNoise(uniforms, normals), 0.7, "paper"))
        told = [
            labelled.offset_log_prob(one[:, :2]) - unlabelled.offset_log_prob(one[:, :2])
            for one in candidates
        ]
        stroke = candidates[int(torch.cat(told).argmax())]
        drawn.append(stroke[0].numpy())
        if stroke[0, 4]:
            break
    return np.array(drawn)


def test_the_most_telling_candidate_of_each_movement_is_drawn(model):
    samples = sample(model, 6, label="cat", label_candidates=3, **OPTIONS)
    scale = model.profile.scale
    for number, sketch in enumerate(samples.sketches):
        z = None if samples.z is None else samples.z[number : number + 1]
        expected = drawn_alone(model, label_vectors(model, "cat"), z, number, 3)
        moves = expected[expected[:, 4] == 0]
        assert bool(samples.ended[number]) == (len(moves) < len(expected))
        np.testing.assert_allclose(sketch.stroke5()[:, :2], moves[:, :2] * scale, atol=1e-3)
        np.testing.assert_array_equal(sketch.stroke5()[:, 2:], moves[:, 2:])


def test_one_candidate_is_drawing_without_choice(model):
    assert_same(
        sample(model, 5, label="cat", label_candidates=1, **OPTIONS),
        sample(model, 5, label="cat", **OPTIONS),
    )


def test_candidates_are_a_habit_of_the_model(model):
    chosen = sample(model, 5, label="cat", label_candidates=4, **OPTIONS)
    choosy = replace(model, habits=replace(model.habits, label_candidates=4))
    assert_same(sample(choosy, 5, label="cat", **OPTIONS), chosen)
    assert_same(sample(choosy, 5, **OPTIONS), sample(model, 5, **OPTIONS))
    assert any(
        len(a) != len(b) or not np.allclose(a, b)
        for a, b in zip(rows(chosen), rows(sample(model, 5, label="cat", **OPTIONS)), strict=True)
    )


def test_a_drawing_does_not_depend_on_those_beside_it(model):
    """Neither on the labels drawn with it nor on the batch."""
    together = sample(model, 4, label=["bus", "cat"], label_candidates=3, **OPTIONS)
    alone = [
        sample(model, 4, label=name, label_candidates=3, batch_size=3, **OPTIONS)
        for name in ("bus", "cat")
    ]
    assert_same(together, type(together).concatenate(alone))


def test_an_unfinished_drawing_is_completed_by_candidates(model, zigzag):
    options = {"label": "cat", "fit": False, "latent": "prior", **OPTIONS}
    given = complete(model, zigzag, 3, label_candidates=3, **options)
    for sketch in given.sketches:
        np.testing.assert_array_equal(sketch.strokes[: len(zigzag)], zigzag.strokes)
    vector = label_vectors(model, "cat").repeat(3, 1)
    same = complete(model, zigzag, 3, label_candidates=3, **{**options, "label": vector})
    assert_same(given, same)


@pytest.mark.parametrize("backend", ["plain", "native"])
def test_a_model_with_its_label_fixed_chooses_as_the_model_given_the_label(
    make_model, profile, zigzag, backend
):
    model = make_model(
        profile=replace(profile, labels=("bus", "cat")), size=48, num_labels=2, label_size=6
    )
    habits = replace(model.habits, label_strength=1.5, label_candidates=3)
    cat = replace(model, habits=habits).with_label("cat")
    for one in (model, cat):
        one.network.use_backend(backend)
    given = {"label": "cat", "label_strength": 1.5, "label_candidates": 3}
    ours = sample(cat, 6, **OPTIONS)
    assert_same(ours, sample(model, 6, **given, **OPTIONS), atol=1e-2)
    single = sample(cat, 6, label_candidates=1, **OPTIONS)
    assert any(len(a) != len(b) for a, b in zip(rows(ours), rows(single), strict=True))
    beginning = {"fit": False, "latent": "prior", **OPTIONS}
    endings = complete(cat, zigzag, 3, **beginning)
    assert_same(endings, complete(model, zigzag, 3, **given, **beginning), atol=1e-2)


def test_at_temperature_0_all_candidates_are_the_same(model):
    greedy = {**OPTIONS, "temperature": 0}
    assert_same(
        sample(model, 2, label="cat", label_candidates=5, **greedy),
        sample(model, 2, label="cat", **greedy),
    )


def test_candidates_need_a_label(model):
    with pytest.raises(SketchRNNError, match=r"label_candidates=3 without a label; name one"):
        sample(model, 2, label_candidates=3)
    with pytest.raises(SketchRNNError, match=r"label_candidates=0"):
        sample(model, 2, label="cat", label_candidates=0)
    with pytest.raises(SketchRNNError, match=r"label_candidates=101 must be .* from 1 to 100"):
        sample(model, 2, label="cat", label_candidates=101)
