"""ONNX graphs, run by onnxruntime."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import torch

from reference_folder import CHECKOUT
from sketch_rnn.config import ModelConfig
from sketch_rnn.interop.onnx.graph import onnx_diagram
from sketch_rnn.interop.onnx.writer import onnx_models
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.render.files import to_svg
from sketch_rnn.sketch import Sketch

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

PROFILE = DataProfile(scale=20.0, max_seq_len=9)
BATCH, STEPS, Z, MIXTURE = 5, 9, 4, 3
LENGTHS = np.array([9, 1, 4, 7, 9])
FIELDS = ("log_pi", "mean", "log_sigma", "atanh_rho", "pen_logits")


def network_of(cell, conditional, num_labels):
    config = ModelConfig(
        dec_model=cell,
        enc_model=cell,
        dec_rnn_size=12,
        enc_rnn_size=7,
        z_size=Z,
        num_mixture=MIXTURE,
        conditional=conditional,
        num_labels=num_labels,
        label_size=6,
    )
    generator = torch.Generator().manual_seed(1)
    network = SketchVAE(config, generator).eval()
    with torch.no_grad():  # or weights that start at zero could be left out unnoticed
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


class Case:
    def __init__(self, cell, conditional, num_labels=0):
        self.network = network_of(cell, conditional, num_labels)
        profile = replace(PROFILE, labels=("cat", "bus")[:num_labels])
        self.models = onnx_models(self.network, profile, DrawingHabits())
        rng = np.random.default_rng(0)
        self.strokes = rng.normal(size=(BATCH, STEPS, 5)).astype(np.float32)
        self.z = rng.normal(size=(BATCH, Z)).astype(np.float32) if conditional else None
        self.label = rng.normal(size=(BATCH, 6)).astype(np.float32) if num_labels else None

    def run(self, name, **feed):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        content = self.models[name].SerializeToString()
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        feed = {key: value for key, value in feed.items() if value is not None}
        outputs = [output.name for output in session.get_outputs()]
        return dict(zip(outputs, session.run(None, feed), strict=True))

    @property
    def condition(self):
        parts = (None if part is None else torch.from_numpy(part) for part in (self.z, self.label))
        return Condition(*parts)


@pytest.fixture(
    scope="module",
    params=[
        *((cell, c, 0) for cell in ("lstm", "layer_norm", "hyper") for c in (True, False)),
        *(("lstm", True, 2), ("layer_norm", False, 2), ("hyper", True, 2)),
    ],
    ids=lambda case: f"{case[0]}{'' if case[1] else '-decoder_only'}{'-labels' * bool(case[2])}",
)
def case(request):
    return Case(*request.param)


def assert_close(ours, expected):
    np.testing.assert_allclose(ours, expected.detach().numpy(), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_sequences_of_any_length(case):
    for steps in (STEPS, 3):
        out = case.run(
            "decoder_sequence", strokes=case.strokes[:, :steps], z=case.z, label=case.label
        )
        packing = Packing.of(torch.full((BATCH,), steps), steps)
        strokes = torch.from_numpy(case.strokes[:, :steps])
        mixture, state = case.network.decoder(strokes, packing, case.condition)
        for name in FIELDS:
            assert_close(out[name], packing.unpack(getattr(mixture, name), steps))
        finals = [value for name, value in out.items() if name.startswith("final_")]
        for ours, expected in zip(finals, state, strict=True):
            assert_close(ours, expected)


@torch.no_grad()
def test_step_by_step(case):
    decoder = case.network.decoder
    state, context = (decoder.start(case.condition, BATCH), decoder.context(case.condition, BATCH))
    inputs = [value.name for value in case.models["decoder_step"].graph.input]
    names = [name for name in inputs if name not in ("stroke", "z", "label")]
    ours = dict(zip(names, (part.numpy() for part in state), strict=True))
    if case.z is not None:
        started = case.run("start", z=case.z)
        assert list(started) == names
        for name in names:
            assert_close(started[name], torch.from_numpy(ours[name]))
    for step in range(3):
        given = {"stroke": case.strokes[:, step], "z": case.z, "label": case.label}
        out = case.run("decoder_step", **given, **ours)
        ours = {name: out[f"next_{name}"] for name in names}
        mixture, state = decoder.step(torch.from_numpy(case.strokes[:, step]), context, state)
        for name in FIELDS:
            assert_close(out[name], getattr(mixture, name))


@torch.no_grad()
def test_encoder_reads_to_the_true_length(case):
    if case.z is None:
        assert set(case.models) == {"decoder_step", "decoder_sequence"}
        return
    out = case.run("encoder", strokes=case.strokes, lengths=LENGTHS)
    posterior = case.network.encoder(torch.from_numpy(case.strokes), torch.from_numpy(LENGTHS))
    assert_close(out["mean"], posterior.mean)
    assert_close(out["log_var"], posterior.log_var)


def test_settings_are_in_the_metadata(case):
    (entry,) = case.models["decoder_step"].metadata_props
    settings = json.loads(entry.value)
    assert settings["profile"]["scale"] == 20.0
    assert settings["habits"]["temperature_rule"] == "paper"
    if case.label is not None:
        vectors = [settings["label_vectors"][name] for name in ("cat", "bus")]
        assert_close(vectors, case.network.label_vectors)


def test_diagram_shows_every_input_and_output(case):
    for model in case.models.values():
        text = to_svg(onnx_diagram(model))
        ET.fromstring(text)
        names = [value.name for value in [*model.graph.input, *model.graph.output]]
        assert all(f">{name}<" in text for name in names)


def test_the_files_say_who_made_them(case):
    assert {model.producer_name for model in case.models.values()} == {"sketch-rnn"}


@pytest.mark.parametrize("first_row", ["move", "line"])
def test_example_draws_row_0_as_the_profile_says(first_row):
    example = runpy.run_path(str(CHECKOUT / "examples" / "sample_onnx.py"))
    rows = np.array([[5, 0, 0], [0, 5, 1], [9, 9, 0], [0, 5, 1]])
    path = re.search(r'd="([^"]+)"', example["svg"](rows, first_row))[1]
    drawn = [
        [[float(value) for value in point.split(",")] for point in line.replace("L", "").split()]
        for line in path.split("M")[1:]
    ]
    assert drawn == [line.tolist() for line in Sketch(rows, first_row).polylines()]


@pytest.mark.parametrize("conditional", [True, False])
def test_example_without_torch(tmp_path, conditional):
    case = Case("lstm", conditional)
    for name, model in case.models.items():
        (tmp_path / f"{name}.onnx").write_bytes(model.SerializeToString())
    code = (
        "import runpy, sys\n"
        "sys.modules['torch'] = None\n"
        f"sys.argv = ['sample_onnx.py', {str(tmp_path)!r}, {str(tmp_path / 'x.svg')!r}]\n"
        f"runpy.run_path({str(CHECKOUT / 'examples' / 'sample_onnx.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "movements, wrote" in done.stdout
    assert ET.parse(tmp_path / "x.svg").getroot().tag.endswith("svg")
