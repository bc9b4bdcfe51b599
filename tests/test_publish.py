"""The script that writes the repository's public address where readers need it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib

import pytest

from reference_folder import CHECKOUT
from sketch_rnn.zoo import table

SCRIPT = CHECKOUT / "publish.py"
TABLE = "src/sketch_rnn/zoo/models.toml"


def publish(root, repository):
    command = [sys.executable, SCRIPT, repository, "--root", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files_of(root):
    return {path.relative_to(root): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def clone(tmp_path):
    shutil.copytree(CHECKOUT / "notebooks", tmp_path / "notebooks")
    (tmp_path / TABLE).parent.mkdir(parents=True)
    for name in (TABLE, "pyproject.toml", "mkdocs.yml"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


def test_every_notebook_opens_in_colab_and_installs_itself_there(clone):
    assert publish(clone, "ann/sketch-rnn").returncode == 0
    for path in (clone / "notebooks").glob("*.ipynb"):
        link, install, *rest = json.loads(path.read_text())["cells"]
        place = f"ann/sketch-rnn/blob/main/notebooks/{path.name}"
        assert f"(https://colab.research.google.com/github/{place})" in "".join(link["source"])
        assert "git+https://github.com/ann/sketch-rnn" in "".join(install["source"])
        # It is installed here, so that nothing is downloaded.
        exec("".join(install["source"]), {})
        assert rest == json.loads((CHECKOUT / "notebooks" / path.name).read_text())["cells"]


def test_a_package_finds_the_models_that_do_not_come_with_it(clone, monkeypatch):
    publish(clone, "ann/sketch-rnn")
    assert tomllib.loads((clone / "pyproject.toml").read_text())["project"]["urls"]
    monkeypatch.delenv(table.TABLE_VARIABLE, raising=False)
    monkeypatch.setattr(table, "_clone", lambda: "")
    monkeypatch.setattr(table.resources, "files", lambda package: (clone / TABLE).parent)
    address = table.load_table().entries["doodle-catbus"].address
    folder = "https://raw.githubusercontent.com/ann/sketch-rnn/main/models"
    assert address == f"{folder}/doodle-catbus/model.safetensors"


def test_the_site_links_to_the_repository(clone):
    publish(clone, "Ann/sketch-rnn")
    lines = (clone / "mkdocs.yml").read_text().splitlines()
    assert "repo_url: https://github.com/Ann/sketch-rnn" in lines
    assert "site_url: https://ann.github.io/sketch-rnn/" in lines


def test_again_it_replaces_what_it_wrote(clone):
    publish(clone, "ann/first")
    publish(clone, "ben/second")
    twice = files_of(clone)
    assert not any("ann/first" in text for text in twice.values())
    publish(clone, "ben/second")
    assert files_of(clone) == twice


def test_an_invalid_repository_name_is_refused(clone):
    before = files_of(clone)
    refused = publish(clone, "https://github.com/ann/sketch-rnn")
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("must be OWNER/NAME, as in github.com/OWNER/NAME")
    assert files_of(clone) == before
