"""Our models as JavaScript ones, read by an independent reader in Node where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.javascript import javascript_text, read_javascript
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.fixed_label import fixed_label
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile

READER = Path(__file__).with_name("javascript_reader.mjs")
PROFILE = DataProfile(scale=61.5, max_seq_len=40, sources=("cat",))
CONFIG = ModelConfig(dec_rnn_size=9, enc_rnn_size=5, z_size=4)
HALF_STEP = 10 / 32767 / 2


def network_of(conditional, **changes):
    generator = torch.Generator().manual_seed(2)
    config = replace(CONFIG, conditional=conditional, **changes)
    network = SketchVAE(config, generator).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.mark.parametrize("conditional", [True, False])
def test_import_of_an_export(tmp_path, conditional):
    network = network_of(conditional)
    path = tmp_path / "cat.json"
    path.write_text(javascript_text(network, PROFILE))
    foreign = read_javascript(path)
    assert foreign.config.conditional is conditional
    assert (foreign.scale, foreign.max_seq_len, foreign.sources) == (61.5, 40, ("cat",))
    weights = network.state_dict()
    assert foreign.weights.keys() == weights.keys()
    for name, value in weights.items():
        assert (foreign.weights[name] - value).abs().max() <= HALF_STEP + 1e-6, name
    again = SketchVAE(foreign.config)
    again.load_state_dict(foreign.weights)
    assert javascript_text(again, PROFILE) == path.read_text()


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("label", [None, 1])
def test_an_independent_reader_sees_the_same_distributions(tmp_path, conditional, label):
    """Also of one label of a class-conditional network, whose bias it became."""
    path = tmp_path / "cat.json"
    source = network_of(conditional, num_labels=0 if label is None else 3, label_size=6)
    vector = None if label is None else source.label_vectors[label : label + 1].detach()
    plain = source if label is None else fixed_label(source, label)
    path.write_text(javascript_text(plain, PROFILE))
    foreign = read_javascript(path)
    network = SketchVAE(foreign.config).eval()
    network.load_state_dict(foreign.weights)
    rng = np.random.default_rng(3)
    z = rng.normal(size=4).astype(np.float32)
    movements = [[0, 0, 1, 0, 0], [0.5, -1, 1, 0, 0], [0.1, 0.2, 0, 1, 0], [-1, 0, 1, 0, 0]]
    question = json.dumps({"model": str(path), "z": z.tolist(), "movements": movements})
    done = subprocess.run(
        ["node", str(READER)], input=question, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["info"]["mode"] == (0 if conditional else 2)

    latent = torch.from_numpy(z)[None] if conditional else None
    # Beside the file's own weights those that were rounded into it, by at most 0.00015.
    for decoder, condition, tolerance in (
        (network.decoder, Condition(latent), {"rtol": 1e-4, "atol": 1e-5}),
        (source.decoder, Condition(latent, vector), {"rtol": 5e-3, "atol": 5e-3}),
    ):
        state, context = decoder.start(condition, 1), decoder.context(condition, 1)
        for movement, theirs in zip(movements, answer["distributions"], strict=True):
            with torch.no_grad():
                mixture, state = decoder.step(torch.tensor([movement]).float(), context, state)
            for name, values in fields_of(mixture).items():
                np.testing.assert_allclose(values[0], theirs[name], **tolerance)


def fields_of(mixture):
    ours = {"pen": mixture.pen_probs, "pi": mixture.pi, "rho": mixture.rho}
    for place, axis in enumerate("xy"):
        ours[f"mean_{axis}"] = mixture.mean[..., place]
        ours[f"sigma_{axis}"] = mixture.sigma[..., place]
    return ours


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dec_model": "layer_norm"},
            "layer_norm cells, and the format only lstm; .* --enc-model lstm$",
        ),
        ({"enc_model": "hyper"}, "it has hyper cells, and the format only lstm"),
        (
            {"num_mixture": 5},
            "num_mixture is 5, and the format's 20; train one with --num-mixture 20$",
        ),
    ],
)
def test_models_that_the_format_cannot_hold(changes, message):
    with pytest.raises(SketchRNNError, match=message):
        javascript_text(SketchVAE(replace(CONFIG, **changes)), PROFILE)


@pytest.mark.parametrize(("value", "shown"), [(10.5, "10.5"), (float("nan"), "nan")])
def test_weights_beyond_the_range(value, shown):
    network = network_of(True)
    with torch.no_grad():
        network.decoder.cell.bias[3] = value
    message = f"decoder.cell.bias has a weight of size {shown}, and the format ends at 10"
    with pytest.raises(SketchRNNError, match=message):
        javascript_text(network, PROFILE)
