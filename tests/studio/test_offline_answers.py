"""Guesses, insides, morphs and variations of the exported page against those of Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from offline import ask, assert_same_drawings, lines_of, needs_node, small_model

from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.recognition import recognize
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch
from sketch_rnn.studio.answers import inside, morph_task, vary_task
from sketch_rnn.studio.requests import InsideRequest, MorphRequest, VaryRequest

pytestmark = needs_node


def test_guesses_are_those_of_python():
    model = small_model("layer_norm", conditional=True, labels=tuple("abcdefg"))
    lines = lines_of(np.random.default_rng(10))
    answer = ask(("guess", {"lines": lines}), model=model)
    guesses = recognize(model, Sketch.from_polylines(lines), part=True)
    assert [guess["label"] for guess in answer] == [guess.label for guess in guesses[:5]]
    np.testing.assert_allclose(
        [guess["probability"] for guess in answer],
        [guess.probability for guess in guesses[:5]],
        rtol=1e-3,
    )


def test_labels_that_fall_far_behind_are_given_up():
    """Too unlikely ones are not read to the end, which changes no share that can be seen."""
    labels = tuple(f"kind {number}" for number in range(60))
    model = small_model("lstm", labels=labels)
    lines = lines_of(np.random.default_rng(13))
    guesses = recognize(model, Sketch.from_polylines(lines), part=True)
    answer = ask(("guess", {"lines": lines}), model=model)
    shares = {guess.label: guess.probability for guess in guesses}
    assert answer[0]["label"] == guesses[0].label
    for guess in answer:
        assert guess["probability"] == pytest.approx(shares[guess["label"]], abs=1e-3)


@pytest.mark.parametrize("strength", [0.0, 2.0])
def test_labels_are_taken_as_strong_as_asked(strength):
    model = small_model(labels=("cat", "dog"))
    request = {"model": "small", "count": 3, "labels": ["dog"], "seed": 3, "strength": strength}
    drawn = ask(("pieces", {"name": "draw", "request": request}), model=model)
    assert_same_drawings(drawn, sample(model, 3, label="dog", seed=3, label_strength=strength))


@pytest.mark.parametrize("cell", ["lstm", "layer_norm"])
@pytest.mark.parametrize("conditional", [False, True])
def test_movements_are_chosen_among_as_many_candidates_as_asked(cell, conditional):
    """Also beyond a group, and by the model's own habit."""
    model = small_model(cell, conditional=conditional, labels=("cat", "dog"))
    choosy = replace(model, habits=replace(model.habits, label_candidates=3))
    request = {"model": "small", "count": 7, "labels": ["dog", "cat"], "seed": 2**40}
    options = {"label": ["dog", "cat"], "seed": 2**40}
    drawn = ask(("pieces", {"name": "draw", "request": request}), model=choosy)
    assert_same_drawings(drawn, sample(choosy, 7, **options))
    request |= {"candidates": 2}
    drawn = ask(("pieces", {"name": "draw", "request": request}), model=choosy)
    assert_same_drawings(drawn, sample(model, 7, label_candidates=2, **options))
    del request["labels"], request["candidates"]
    drawn = ask(("pieces", {"name": "draw", "request": request}), model=choosy)
    assert_same_drawings(drawn, sample(model, 7, seed=2**40))


def test_endings_are_chosen_among_candidates():
    model = small_model(labels=("cat", "dog"))
    lines = lines_of(np.random.default_rng(14))
    request = {"model": "small", "count": 5, "labels": ["cat", "dog"], "lines": lines}
    drawn = ask(("pieces", {"name": "draw", "request": request | {"candidates": 4}}), model=model)
    part = Sketch.from_polylines(lines)
    endings = complete(model, part, 5, label=["cat", "dog"], label_candidates=4)
    assert_same_drawings(drawn, endings)


@pytest.mark.parametrize("ended", [False, True])
def test_inside_is_that_of_the_server(ended):
    model = small_model("layer_norm", conditional=True, labels=("cat", "dog"))
    lines = lines_of(np.random.default_rng(11), size=700.0)
    request = {"model": "small", "lines": lines, "label": "dog", "ended": ended, "strength": 0.5}
    theirs = ask(("inside", {"request": request}), model=model)
    ours = inside(model, InsideRequest.from_dict(request))
    assert len(theirs) == len(ours)
    for step, expected in zip(theirs, ours, strict=True):
        assert step.keys() == expected.keys()
        for name, value in expected.items():
            if name in ("pen", "drew"):
                assert step[name] == value
            else:
                np.testing.assert_allclose(step[name], value, rtol=1e-3, atol=2e-3, err_msg=name)


@pytest.mark.parametrize("path", ["linear", "spherical"])
@pytest.mark.parametrize("num_corners", [2, 4])
def test_morphs_and_variations_are_those_of_the_server(path, num_corners):
    model = small_model(conditional=True)
    lines = lines_of(np.random.default_rng(12))
    corners = [{"lines": lines}, {"seed": 5}, {"z": [0.1, -2.0, 0.5]}, {"seed": 6}][:num_corners]
    morph = {"model": "small", "corners": corners, "steps": 3, "path": path, "seed": 2}
    vary = {"model": "small", "lines": lines, "count": 3, "spread": 0.7, "seed": 2}
    morphed, varied = ask(
        ("pieces", {"name": "morph", "request": morph}),
        ("pieces", {"name": "vary", "request": vary}),
        model=model,
    )
    task = morph_task(model, MorphRequest.from_dict(morph))
    assert len(morphed) == len(task.condition.z)
    for drawing, z in zip(morphed, task.condition.z, strict=True):
        assert_same_drawings([drawing], sample(model, 1, z=z, seed=2))
    task = vary_task(model, VaryRequest.from_dict(vary))
    assert_same_drawings(varied, sample(model, 3, z=task.condition.z, seed=2))
