"""Models of the JavaScript libraries."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import torch

from reference_folder import SHARED
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.javascript import read_javascript
from sketch_rnn.model.condition import Condition
from sketch_rnn.trained import SketchRNN

RECORDED = SHARED / "reference" / "js"
MODELS = SHARED / "data" / "js_models"
FILES = sorted(MODELS.glob("*.json")) if SHARED.is_dir() else []
SIZE, ENCODER, Z = 3, 2, 4


def arrays(conditional, rng):
    """Returns int16 arrays of a small model, in the order of the file."""
    heads = [(2 * ENCODER, Z), (Z,), (2 * ENCODER, Z), (Z,), (Z, 2 * SIZE), (2 * SIZE,)]
    encoder = 2 * [(5, 4 * ENCODER), (ENCODER, 4 * ENCODER), (4 * ENCODER,)]
    inputs = 5 + Z if conditional else 5
    decoder = [(SIZE, 123), (123,), (inputs, 4 * SIZE), (SIZE, 4 * SIZE), (4 * SIZE,)]
    shapes = [*encoder, *heads, *decoder] if conditional else decoder
    return [rng.integers(-9000, 9000, shape).astype(np.int16) for shape in shapes]


def content(conditional, *, full=False, **info):
    values = arrays(conditional, np.random.default_rng(5))
    info = {"mode": 0 if conditional else 2, "version": 6, "name": "cat", **info}
    info = {"max_seq_len": 50, "scale_factor": 60.5, **info}

    def written(array):
        return array.ravel().tolist() if full else base64.b64encode(array.tobytes()).decode()

    return [info, [list(array.shape) for array in values], [written(array) for array in values]]


@pytest.fixture
def write(tmp_path):
    def _write(value):
        path = tmp_path / "cat.gen.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return _write


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no JavaScript models: {SHARED} does not exist")
def test_models_are_there():
    assert FILES, f"{MODELS} holds no model"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_golden_distributions(file):
    model = SketchRNN.from_pretrained(file)
    recorded = RECORDED / f"{file.name.split('.')[0]}.pdf.json"
    if not recorded.is_file():
        pytest.skip(f"{recorded} was not recorded; the model loads")
    expected = json.loads(recorded.read_text())
    decoder = model.network.decoder
    z = torch.tensor([expected["z"]]) if model.config.conditional else None
    state, context = decoder.start(Condition(z), 1), decoder.context(Condition(z), 1)
    factor = expected["pixel_factor"] / model.profile.scale
    for pixels, pdf in zip(expected["inputs_pixels"], expected["pdfs"], strict=True):
        stroke = torch.tensor([pixels], dtype=torch.float32)
        stroke[:, :2] *= factor
        with torch.no_grad():
            mixture, state = decoder.step(stroke, context, state)
        fields = {"pi": mixture.pi, "corr": mixture.rho, "pen": mixture.pen_probs}
        for axis in (0, 1):
            fields[f"mu{axis + 1}"] = mixture.mean[..., axis]
            fields[f"sigma{axis + 1}"] = mixture.sigma[..., axis]
        for name, values in zip(expected["pdf_fields"], pdf, strict=True):
            np.testing.assert_allclose(fields[name][0], values, rtol=1e-4, atol=1e-4)
    for part, name in zip(state, ("final_c", "final_h"), strict=True):
        np.testing.assert_allclose(part[0, :16], expected[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("mode", ["number", "word"])
def test_arrays_find_their_places(write, conditional, mode):
    value = content(conditional)
    if mode == "word":
        value[0]["mode"] = "vae" if conditional else "gen"
    foreign = read_javascript(write(value))
    config = foreign.config
    assert (config.conditional, config.dec_rnn_size, config.num_mixture) == (conditional, SIZE, 20)
    stored = arrays(conditional, np.random.default_rng(5))
    raw = [array.astype(np.float64) * 10 / 32767 for array in stored]
    weights = {name: value.numpy() for name, value in foreign.weights.items()}
    np.testing.assert_allclose(weights["decoder.output.weight"].T, raw[-5], rtol=1e-6)
    np.testing.assert_allclose(weights["decoder.cell.bias"], raw[-1], rtol=1e-6)
    if conditional:
        np.testing.assert_allclose(weights["encoder.backward_cell.input_weight"], raw[3], rtol=1e-6)
        np.testing.assert_allclose(weights["encoder.log_var.weight"].T, raw[8], rtol=1e-6)
        np.testing.assert_allclose(weights["decoder.initial_state.weight"].T, raw[10], rtol=1e-6)


def test_full_and_compressed_are_the_same_model(write):
    full = read_javascript(write(content(True, full=True))).weights
    compressed = read_javascript(write(content(True))).weights
    assert all(torch.equal(full[name], compressed[name]) for name in compressed)


def test_both_ends_of_the_range(write):
    value = content(False, full=True)
    value[2][-1][:2] = [32767, -32768]
    bias = read_javascript(write(value)).weights["decoder.cell.bias"]
    np.testing.assert_allclose(bias[:2], [10, -10 * 32768 / 32767], rtol=1e-6)


def test_drawings_as_the_library_makes_them(write):
    model = SketchRNN.from_pretrained(write(content(False)))
    assert model.habits.temperature_rule == "js"
    assert model.habits.start_token == (0, 0, 0, 0, 0)
    assert (model.profile.scale, model.profile.max_seq_len) == (60.5, 50)
    assert model.profile.first_row == "line"
    assert model.profile.sources == ("cat",)


def with_part(number, place, value):
    changed = content(True)
    changed[number][place] = value
    return changed


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "not JSON"),
        ('[{"mode": 2}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ({"layers": []}, "expected .info, dimensions, weights."),
        ([{}, [], []], "mode None is unknown"),
        ([{"mode": 2}, [], []], "0 dimensions and 0 arrays, expected 5"),
        (content(True, scale_factor=0), "scale_factor=0 must be"),
        (content(True, scale_factor=10**400), "scale_factor=1000"),
        (content(True, max_seq_len="9"), "max_seq_len='9' must be"),
        (content(True, mode=[]), "mode .* is unknown"),
        (content(True, max_seq_len=10**6 + 1), "max_seq_len=1000001 must be .* at most 1,000,000"),
        (content(True, max_seq_len=True), "max_seq_len=True must be"),
        (with_part(1, 0, [10**9, 10**9]), "numbers, expected 10{18} for dimensions"),
        (with_part(1, 0, [10**4000, 10**4000]), "expected one or two whole numbers"),
        (with_part(1, 0, [-1, 4]), "expected one or two whole numbers"),
        (with_part(1, 0, "5"), "expected one or two whole numbers"),
        (with_part(1, 1, [8, 2]), "forward_W_hh has dimensions|beside the others"),
        (with_part(2, 0, "AAA"), "not base64"),
        (with_part(2, 0, "A\u00e9=="), "not base64"),
        (with_part(2, 0, "AAAA"), "not base64"),
        (with_part(2, 0, [1.5, 2]), "neither text nor a list"),
        (with_part(2, 0, [10**30]), "neither text nor a list"),
        (with_part(2, 0, [[1], [2, 3]]), "neither text nor a list"),
        (with_part(2, 0, None), "neither text nor a list"),
        (with_part(2, 0, [32768] + [0] * 39), "neither text nor a list of 16-bit"),
        (with_part(2, 0, [-32769] + [0] * 39), "neither text nor a list of 16-bit"),
        (with_part(2, 0, [2**64 - 1] + [2**63] * 39), "neither text nor a list of 16-bit"),
    ],
)
def test_damaged_and_hostile_files(write, value, message):
    with pytest.raises(SketchRNNError, match=message) as caught:
        read_javascript(write(value))
    assert len(str(caught.value).splitlines()) == 1
