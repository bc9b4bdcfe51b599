from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.judge import Judge, JudgeNetwork, load_judge, save_judge
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.doodles import KINDS, draw_doodle


@pytest.fixture(scope="module")
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge(JudgeNetwork(3).eval(), ("cat", "house", "sun"), 7)


def doodles(count, seed=0):
    rng = np.random.default_rng(seed)
    return [draw_doodle(KINDS[i % len(KINDS)], rng) for i in range(count)]


def test_impressions_do_not_depend_on_the_others_nor_on_size_place_and_mirroring(judge):
    sketches = doodles(300)
    changed = [
        Sketch.from_polylines([line[::-1] * [-3, 3] + 40 for line in sketch.polylines()])
        for sketch in sketches[250:]
    ]
    together, alone = judge.look(sketches), judge.look(sketches[250:])
    # One grey level of 255 in a few pixels may differ by rounding.
    for other, tolerance in ((alone, 1e-5), (judge.look(changed), 1e-2)):
        spread = together.features.std()
        apart = np.abs(together.features[250:] - other.features).max()
        assert apart < tolerance * spread
        assert np.allclose(together.probabilities[250:], other.probabilities, atol=tolerance)
    assert together.probabilities.sum(1) == pytest.approx(1)
    assert together.digests[250:] == alone.digests


def test_probabilities_are_those_of_the_mean_features(judge):
    seen = judge.look(doodles(5))
    scores = judge.network.scores(torch.from_numpy(seen.features)).detach()
    assert np.allclose(scores.softmax(1).numpy(), seen.probabilities, atol=1e-6)


def test_equal_pictures_have_equal_digests(judge):
    one, other = doodles(2)
    digests = judge.look([one, one.scaled(1), other]).digests
    assert digests[0] == digests[1] != digests[2]


def test_a_judge_is_the_same_from_its_file_up_to_16_bits(judge, tmp_path):
    save_judge(judge, tmp_path / "j.safetensors")
    loaded = load_judge(tmp_path / "j.safetensors")
    assert (loaded.labels, loaded.version) == (judge.labels, judge.version)
    ours, theirs = judge.look(doodles(5)), loaded.look(doodles(5))
    assert np.allclose(ours.probabilities, theirs.probabilities, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rasteriser": 99}, "version 99 of the pictures"),
        ({"labels": ["cat"]}, "not a judge"),
        ({"version": "new"}, "not a judge"),
        ({"version": float("inf")}, "not a judge"),
        ({"rasteriser": None}, "version None of the pictures"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(judge, tmp_path, change, said):
    path = tmp_path / "j.safetensors"
    header = {"labels": judge.labels, "version": 1, "rasteriser": 1, **change}
    save_file(judge.network.state_dict(), path, {"sketch_rnn.judge": json.dumps(header)})
    with pytest.raises(SketchRNNError, match=said) as caught:
        load_judge(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_other_files_are_refused(judge, tmp_path):
    path = tmp_path / "j.safetensors"
    with pytest.raises(SketchRNNError, match="No such file"):
        load_judge(path)
    path.write_bytes(b"no safetensors")
    with pytest.raises(SketchRNNError, match="not a judge"):
        load_judge(path)
    save_judge(judge, path)
    save_file(load_file(path), path)
    with pytest.raises(SketchRNNError, match="not a judge"):
        load_judge(path)
