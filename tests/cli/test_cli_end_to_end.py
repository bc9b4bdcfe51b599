from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from tiny_command import TINY

from sketch_rnn.generate.sampling import sample
from sketch_rnn.render.style import Style
from sketch_rnn.sources.npz import read_npz
from sketch_rnn.trained import SketchRNN


def is_svg(path):
    return ET.parse(path).getroot().tag.endswith("svg")


def is_moving(path):
    with Image.open(path) as image:
        return image.format == "GIF" and image.n_frames > 1


def test_one_gaussian_is_one(command):
    assert ", 1 Gaussian: " in command("train", "data.npz", *TINY, "--num-mixture", 1).out


@pytest.mark.parametrize("name", ["N.JSON", "N.NPZ"])
def test_names_in_capitals(command, workplace, name):
    result = command("draw", "run", "-n", 2, "--max-len", 9, "--out", name, "--steps", f"S{name}")
    assert result.status == 0, result.err
    assert (workplace / f"S{name}").is_file()
    assert command("reconstruct", "run", f"{name}").status == 0


def test_draw_is_sample(command, workplace):
    words = ["draw", "run", "-n", 3, "--temperature", 0.7, "--temperature-rule", "js"]
    result = command(*words, "--seed", 4, "--max-len", 9, "--out", "deep/in/drawings.npz")
    assert result.status == 0
    assert result.out.splitlines()[-1] == "wrote deep/in/drawings.npz"
    model = SketchRNN.from_pretrained(workplace / "run")
    expected = sample(model, 3, temperature=0.7, rule="js", seed=4, max_len=9)
    written = read_npz(workplace / "deep/in/drawings.npz")
    for strokes, sketch in zip(written.train, expected.sketches, strict=True):
        np.testing.assert_array_equal(strokes, sketch.strokes)


def test_draw_says_how_many_ended(command, workplace):
    result = command("draw", "run", "-n", 40, "--temperature", 1, "--max-len", 2, "--out", "x.json")
    drawings = json.loads((workplace / "x.json").read_text())
    assert len(drawings) == 40
    ended = sum(drawing["ended"] for drawing in drawings)
    assert 0 < ended < 40
    expected = f"40 drawings: {ended} finished, {40 - ended} cut off at 2 points"
    empty = sum(not drawing["polylines"] for drawing in drawings)
    assert empty > 1
    assert result.out == f"{expected} ({empty} are empty)\nwrote x.json\n"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 drawing: 1 cut off at 1 point\n"),
        (2, "2 drawings: 2 cut off at 1 point\n"),
    ],
)
def test_draw_says_that_none_ended(command, count, words):
    result = command("draw", "run", "-n", count, "--max-len", 1, "--seed", 1, "--temperature", 0)
    assert result.out.startswith(words)


@pytest.mark.parametrize(("count", "name"), [(1, "one.svg"), (5, "five.svg"), (5, "five.PNG")])
def test_draw_pictures(command, workplace, count, name):
    result = command("draw", "run", "-n", count, "--out", name)
    assert (result.status, result.out.splitlines()[-1]) == (0, f"wrote {name}")
    if name.endswith("svg"):
        assert is_svg(workplace / name)
    else:
        with Image.open(workplace / name) as image:
            assert image.format == "PNG"


def test_animate_writes_both_forms(command, workplace):
    result = command("draw", "run", "-n", 1, "--animate", "--out", "x.gif", "--max-len", 5)
    assert result.out.splitlines()[1:] == ["wrote x.svg", "wrote x.gif"]
    assert is_svg(workplace / "x.svg")
    assert "animat" in (workplace / "x.svg").read_text()
    assert is_moving(workplace / "x.gif")


def test_reconstruct_own_drawings_and_others(command, workplace):
    (workplace / "mine.json").write_text('{"polylines": [[[0, 0], [900, 0], [900, 700]]]}')
    drawings = ["doodles/cat:test/1", "mine.json", "data.npz:valid/0"]
    result = command("reconstruct", "run", *drawings)
    assert (result.status, result.out.splitlines()[-1]) == (0, "wrote reconstructions.svg")
    assert (workplace / "reconstructions.svg").read_text().count("original") > 0
    assert command("reconstruct", "run", *drawings, "--out", "r.json").status == 0
    assert len(json.loads((workplace / "r.json").read_text())) == 3


@pytest.mark.parametrize(("corners", "count"), [(2, 3), (4, 9)])
@pytest.mark.parametrize("mode", ["linear", "spherical"])
def test_interpolate(command, workplace, corners, count, mode):
    drawings = [f"doodles/bus:test/{number}" for number in range(corners)]
    words = ["interpolate", "run", *drawings, "--steps", 3, "--mode", mode]
    assert command(*words, "--out", "i.json").status == 0
    assert len(json.loads((workplace / "i.json").read_text())) == count
    assert command(*words).out.splitlines()[-1] == "wrote interpolation.svg"
    with_width = ET.parse(workplace / "interpolation.svg").getroot().attrib
    ratio = float(with_width["width"]) / float(with_width["height"])
    assert (ratio > 2) == (corners == 2)
    svg = (workplace / "interpolation.svg").read_text()
    assert all(svg.count(f">{drawing}</text>") == 1 for drawing in drawings)
    assert Style().given_ink in svg


def test_one_file_for_each_drawing(command, workplace):
    result = command("draw", "run", "-n", 12, "--each", "--plain", "--size", 50, "-o", "each.svg")
    assert (result.status, result.err) == (0, "")
    files = sorted(path.name for path in workplace.glob("each*"))
    assert files == [f"each-{number:02}.svg" for number in range(1, 13)]
    root = ET.parse(workplace / "each-12.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("50mm", "50mm")
    assert result.out.splitlines()[-1] == "wrote ... each-12.svg: 12 files"
    refused = command("draw", "run", "-n", 2, "--each", "--out", "each.json")
    assert "with --each the name must end in .svg, .png, .gif" in refused.err


def test_columns_and_ink(command, workplace):
    words = ["draw", "run", "-n", 4, "--max-len", 9, "--ink", "red", "-o", "x.svg"]
    assert command(*words, "--columns", 1).status == 0
    root = ET.parse(workplace / "x.svg").getroot()
    assert float(root.get("height")) > 3 * float(root.get("width"))
    assert {e.get("stroke") for e in root.iter() if e.get("stroke")} <= {"#ff0000"}


@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.json", "x.npz"])
def test_a_file_of_another_program_is_not_replaced(command, workplace, name):
    words = ["draw", "run", "-n", 2, "--max-len", 9, "-o", name]
    assert command(*words).status == 0
    assert command(*words).status == 0
    (workplace / name).write_bytes(b"mine")
    result = command(*words)
    assert (result.status, result.out) == (2, "")
    assert f"{name} exists and was not written by this program; choose another " in result.err
    assert (workplace / name).read_bytes() == b"mine"
    assert command(*words, "--overwrite").status == 0


def test_a_dataset_is_not_replaced_but_a_default_name_is(command, workplace):
    (workplace / "drawings.svg").write_text("mine")
    assert command("draw", "run", "-n", 2, "--max-len", 9).status == 0
    refused = command("draw", "run", "-n", 2, "-o", "data.npz")
    assert "data.npz exists and was not written by this program" in refused.err


def test_a_high_temperature_is_noted(command):
    result = command("draw", "run", "-n", 2, "-t", 50, "--max-len", 9)
    assert "note: temperature 50 gives scribbles; 0.1 to 1 is usual" in result.err


def test_complete_keeps_the_given_rows(command, workplace):
    words = ["complete", "run", "data.npz:test/2", "--rows", 4, "-n", 3]
    assert command(*words).out.splitlines()[-1] == "wrote completions.svg"
    assert Style().given_ink in (workplace / "completions.svg").read_text()
    assert command(*words, "--out", "c.npz", "--pen-down", "--latent", "prior").status == 0
    given = read_npz(workplace / "data.npz").test[2][:4].astype(np.float32)
    given[-1, 2] = 0
    made = read_npz(workplace / "c.npz").train
    assert len(made) == 3
    for strokes in made:
        np.testing.assert_array_equal(strokes[:4], given)


def test_evaluate_finds_the_data_again_and_explains(command):
    result = command("evaluate", "run", "--shuffle-z", "--split", "valid", "--kl-weight", 0.25)
    assert result.status == 0
    totals, labels = result.out.split("\n\n")
    assert [line.split()[0] for line in labels.splitlines()] == ["label", "cat", "bus"]
    lines = totals.splitlines()
    assert lines[0].startswith("doodles, valid split: 6 drawings, masked: ")
    values = {line.split("  ")[0]: float(line[13:].split()[0]) for line in lines[1:-1]}
    assert list(values) == ["L_s", "L_p", "L_R", "L_R shuffled", "L_KL", "total"]
    assert values["L_R"] == pytest.approx(values["L_s"] + values["L_p"], abs=2e-4)
    assert values["total"] == pytest.approx(values["L_R"] + 0.25 * values["L_KL"], abs=2e-4)
    assert "negative values are normal" in lines[-1]


def test_evaluate_other_data_in_another_form(command):
    masked = command("evaluate", "run", "data.npz", "--form", "masked")
    padded = command("evaluate", "run", "data.npz", "--form", "padded")
    assert padded.status == 0
    assert "data, test split: 5 drawings, padded: " in padded.out
    assert masked.out.splitlines()[1] == padded.out.splitlines()[1]
    assert masked.out.splitlines()[2] != padded.out.splitlines()[2]
    assert "note: the model was trained on doodles and never saw data\n" in masked.err


def test_info_counts_every_array(command, workplace):
    result = command("info", "run")
    assert result.status == 0
    model = SketchRNN.from_pretrained(workplace / "run")
    for name, array in model.network.named_parameters():
        assert re.search(rf"^  {re.escape(name)} .* {array.numel():,}$", result.out, re.M)
    total = sum(array.numel() for array in model.network.parameters())
    assert re.search(rf"^  total +{total:,}$", result.out, re.M)
    size = (workplace / "run/best.safetensors").stat().st_size
    expected = {
        "file": "run/best.safetensors",
        "size": f"{size:,} bytes",
        "labels": "cat, bus",
        "scale": f"{model.profile.scale:.6g} pixels",
        "N_max": f"{model.profile.max_seq_len} rows",
        "dec_rnn_size": "8",
        "decoder.cell": "LSTMCell  576 parameters",
    }
    for name, value in expected.items():
        assert re.search(rf"^  {re.escape(name)} +{re.escape(value)}$", result.out, re.M), name
    assert re.search(r"^  training steps +[24]$", result.out, re.M)


def test_info_of_a_saved_model(command, workplace):
    SketchRNN.from_pretrained(workplace / "run").save_pretrained(workplace / "saved")
    assert "saved/model.safetensors" in command("info", "saved").out
    result = command("info", "saved/model.safetensors")
    assert result.status == 0
    assert "training steps" not in result.out
