"""The network in the browser against the one in Python, with the same 16-bit weights."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from offline import ask, assert_same_drawings, lines_of, needs_node, small_model

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import complete, prefix_rows
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.sampling import sample
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.mixture import TEMPERATURE_RULES, StrokeMixture, StrokeNoise
from sketch_rnn.sketch import Sketch

pytestmark = needs_node

KINDS = [
    ("lstm", False, ()),
    ("lstm", True, ()),
    ("lstm", False, ("cat", "dog", "sun")),
    ("layer_norm", False, ()),
    ("layer_norm", True, ()),
    ("layer_norm", True, ("cat", "dog", "sun")),
]
PENS = np.eye(3)


def model_of(kind, **options):
    cell, conditional, labels = kind
    return small_model(cell, conditional=conditional, labels=labels, **options)


def stroke5(rows):
    return torch.tensor([[dx, dy, *(PENS[pen] if pen >= 0 else [0, 0, 0])] for dx, dy, pen in rows])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plain", [False, True])
def test_every_step_is_that_of_python(kind, plain):
    model, rng = model_of(kind), np.random.default_rng(4)
    config, decoder = model.config, model.network.decoder
    count, num_steps = 3, 12  # of a group of four
    z = rng.normal(size=(count, config.z_size)).astype(np.float32) if config.conditional else None
    numbers = [0, -1, 2]
    label = None
    if config.num_labels:
        label = model.network.label_rows(torch.tensor(numbers)).detach()
    conditions = [
        {
            "z": None if z is None else z[i].tolist(),
            "label": None if label is None or numbers[i] < 0 else label[i].tolist(),
        }
        for i in range(count)
    ]
    rows = [
        [[*rng.normal(size=2).astype(np.float32).tolist(), int(rng.integers(-1, 3))]]
        for _ in range(num_steps * count)
    ]
    movements = [[rows[step * count + i][0] for i in range(count)] for step in range(num_steps)]
    answer = ask(
        ("steps", {"conditions": conditions, "movements": movements}),
        ("info", {}),
        model=model,
        plain=plain,
    )
    theirs, info = np.array(answer[0]), answer[1]
    assert info["isCompiled"] is not plain
    condition = Condition(None if z is None else torch.from_numpy(z), label)
    with torch.no_grad():
        context, state = decoder.context(condition, count), decoder.start(condition, count)
        for step, fed in enumerate(movements):
            state = decoder.cell.step(stroke5(fed).float(), context, state, None)
            ours = decoder.output(decoder.cell.output(state)).numpy()
            np.testing.assert_allclose(theirs[:, step], ours, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "layer_norm"])
def test_encoder(cell):
    model, rng = small_model(cell, conditional=True), np.random.default_rng(5)
    rows = [[*rng.normal(size=2).tolist(), int(rng.integers(0, 2))] for _ in range(17)]
    # Twice, because the second drawing must not see the first one's state.
    first, second = ask(
        *[("posterior", {"movements": movements}) for movements in (rows[:9], rows)], model=model
    )
    for theirs, movements in ((first, rows[:9]), (second, rows)):
        with torch.no_grad():
            posterior = model.network.encoder(
                stroke5(movements).float()[None], torch.tensor([len(movements)])
            )
        np.testing.assert_allclose(theirs["mean"], posterior.mean[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(theirs["logVar"], posterior.log_var[0], rtol=1e-4, atol=1e-5)


def test_16_bit_numbers():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    header = {"format": 1, "tensors": [["a", [2, 2**15]]]}
    weights = base64.b64encode(halves.astype("<f2").tobytes()).decode()
    (values,) = ask(("halves", {"header": header, "weights": weights}))
    expected = halves.astype(np.float32)
    found = np.array([float(value.replace("Infinity", "inf")) if isinstance(value, str) else value
                      for value in values], np.float32)  # fmt: skip
    np.testing.assert_array_equal(found, expected)
    finite = np.isfinite(expected)
    assert (np.signbit(found) == np.signbit(expected))[finite & (expected != 0)].all()


def test_random_numbers_are_those_of_numpy():
    entropies = [[0, 0, 0], [3, 17, 2], [2**40 + 5, 1, 0], [1, 2, 10**6], [7, 2**33, 9]]
    answers = ask(("randoms", {"entropies": entropies, "count": 3001}))
    for entropy, answer in zip(entropies, answers, strict=True):
        generator = np.random.default_rng(entropy)
        np.testing.assert_array_equal(answer["uniforms"], generator.random(3001, np.float32))
        normals = generator.standard_normal(3001, np.float32)
        # Beyond 3.65 they are a logarithm's, whose last bit is the C library's own.
        np.testing.assert_array_max_ulp(np.float32(answer["normals"]), normals, 2)
        assert (np.float32(answer["normals"]) == normals)[np.abs(normals) < 3.65].all()
        assert answer["doubles"] == generator.random(2).tolist()


@pytest.mark.parametrize("rule", TEMPERATURE_RULES)
@pytest.mark.parametrize("temperature", [0.0, 1e-10, 0.3, 1.0, 1.7])
def test_movements_are_those_of_python(rule, temperature):
    rng, count, num = np.random.default_rng(6), 5, 400
    outputs = (2 * rng.normal(size=(num, 3 + 6 * count))).astype(np.float32)
    noise = StrokeNoise(
        torch.from_numpy(rng.random((num, 2), np.float32)),
        torch.from_numpy(rng.standard_normal((num, 2), np.float32)),
    )
    theirs = ask(
        (
            "movements",
            {
                "outputs": outputs.tolist(),
                "noise": torch.cat([noise.uniforms, noise.normals], dim=1).tolist(),
                "temperature": temperature,
                "rule": rule,
                "count": count,
            },
        )
    )
    ours = StrokeMixture.from_outputs(torch.from_numpy(outputs)).sample(noise, temperature, rule)
    theirs = np.array(theirs)
    np.testing.assert_array_equal(theirs[:, 2], ours[:, 2:].argmax(dim=1))
    np.testing.assert_allclose(theirs[:, :2], ours[:, :2], rtol=1e-4, atol=1e-5)
    assert len({*theirs[:, 2]}) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first_row", ["line", "move"])
def test_drawings_are_those_of_python(kind, first_row):
    """More than are drawn at once, so that they take each other's places."""
    model = model_of(kind, first_row=first_row)
    labels = ["sun", "cat"] if model.config.num_labels else None
    request = {"count": 11, "labels": labels, "seed": 5, "temperature": 0.6, "limit": 30}
    answers = ask(("pieces", {"name": "draw", "request": request}), model=model)
    samples = sample(model, 11, seed=5, temperature=0.6, label=labels, max_len=30)
    assert_same_drawings(answers, samples)
    assert {answer["end"] for answer in answers} == {"model", "limit"}


def test_the_start_token_of_the_javascript_libraries():
    model = small_model(start_token=(0.0,) * 5, temperature_rule="js")
    answers = ask(("pieces", {"name": "draw", "request": {"count": 3}}), model=model)
    assert_same_drawings(answers, sample(model, 3))
    assert ask(("info", {}), model=model)["rule"] == "js"


def test_the_strength_of_labels():
    model = small_model(labels=("cat", "dog"), label_strength=1.5)
    request = {"count": 3, "labels": ["dog"]}
    answers = ask(("pieces", {"name": "draw", "request": request}), model=model)
    assert_same_drawings(answers, sample(model, 3, label="dog"))
    corners = [{"label": "dog"}, {"label": "cat"}]
    request = {"corners": corners, "steps": 2, "seed": 3}
    first, _ = ask(("pieces", {"name": "morph", "request": request}), model=model)
    assert_same_drawings([first], sample(model, 1, label="dog", seed=3))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("continues", [False, True])
def test_endings_are_those_of_python(kind, continues):
    model = model_of(kind)
    lines = lines_of(np.random.default_rng(8), num_lines=2, size=640.0)
    labels = ["dog"] if model.config.num_labels else None
    request = {"count": 5, "lines": lines, "continues": continues, "seed": 1, "labels": labels}
    answers = ask(("pieces", {"name": "draw", "request": request}), model=model)
    part = Sketch.from_polylines(lines)
    samples = complete(
        model, part, 5, seed=1, label=labels, latent="encode", pen_down=continues, temperature=0.4
    )
    for answer, sketch in zip(answers, samples.sketches, strict=True):
        rows = sketch.strokes[samples.prefix_rows :]
        positions = sketch.positions()[samples.prefix_rows :]
        begins = np.append(not continues, rows[:-1, 2]) if len(rows) else np.zeros(0)
        expected = np.column_stack([positions, begins])
        found = np.array(answer["points"]).reshape(-1, 3)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("first_row", ["line", "move"])
@pytest.mark.parametrize("part", [False, True])
def test_drawings_are_fitted_as_in_python(first_row, part):
    """Sparse and dense ones, small and large, dots, too long ones, and some in their place."""
    model, rng = small_model(first_row=first_row), np.random.default_rng(9)
    drawings = [
        lines_of(rng, int(rng.integers(1, 5)), int(points), size)
        for size in (20.0, 90.0, 220.0, 900.0)
        for points in (2, 7, 40, 300)
    ]
    drawings += [[[[10.0, 5.0]]], [[[0.0, 0.0]], [[3.0, 4.0], [30.0, 60.0]]]]
    drawings += [[[[-40.0, -30.0], [20.0, 90.0], [100.0, 20.0]]]]
    drawings += [[[[float(x), float(x % 7)]] for x in range(60)]]  # dots
    profile = model.profile
    options = {"part": part, "maxRows": 39, "continues": False}
    answers = ask(
        ("fits", {"drawings": drawings, "profile": profile.to_dict(), "options": options})
    )
    for lines, answer in zip(drawings, answers, strict=True):
        sketch = Sketch.from_polylines(lines)
        if len(lines) > 39:
            with pytest.raises(SketchRNNError) as refused:
                fit_drawing(sketch, profile, part=part, max_rows=39)
            assert answer["error"].split(";")[0] in str(refused.value)
            continue
        fitted = fit_drawing(sketch, profile, part=part, max_rows=39)
        ours = prefix_rows(fitted.sketch, model)[1:].numpy()
        theirs = np.array(answer["movements"])
        np.testing.assert_allclose(theirs[:, :2], ours[:, :2], atol=1e-6)
        np.testing.assert_array_equal(theirs[:, 2], ours[:, 2:].argmax(axis=1))
        assert answer["factor"] == pytest.approx(fitted.fit.factor)
