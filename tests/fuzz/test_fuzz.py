from __future__ import annotations

import pytest
from readers import make_readers

from fuzz import fuzz

NAMES = (
    *("svg", "svg style", "svgz", "json", "json forms", "ndjson", "ndjson forms", "ndjson.gz"),
    *("csv", "csv forms", "npy", "npz", "store", "checkpoint", "run state"),
    *("judge", "judge.csv", "metrics.csv", "run.json", "hparams", "preset"),
    *("TF index", "TF variables", "TF config", "TF zip", "JavaScript", "models.toml"),
)


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    return make_readers(tmp_path_factory.mktemp("seeds"))


def test_every_reader_is_tried(readers):
    assert tuple(readers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_valid_is_read(readers, tmp_path, name):
    for seed in readers[name].seeds:
        path = tmp_path / "input.safetensors"
        path.write_bytes(seed)
        readers[name].read(path)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_is_read_or_refused(readers, tmp_path, name):
    print(name, fuzz(readers[name], 50, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_is_read_or_refused_for_minutes(readers, tmp_path, name):
    print(name, fuzz(readers[name], 5000, tmp_path, seed=1))
