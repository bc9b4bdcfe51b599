"""Contract: what the built package tells an index and its users."""

from __future__ import annotations

import re
import runpy
import tomllib

import pytest

from reference_folder import CHECKOUT

HOOK = CHECKOUT / "hatch_build.py"
pytest.importorskip("hatchling", reason="hatchling is only installed while building")
BUILD = runpy.run_path(str(HOOK))
REPOSITORY = "https://github.com/ann/sketch-rnn"
PAGE, RAW = f"{REPOSITORY}/blob/main/", "https://raw.githubusercontent.com/ann/sketch-rnn/main/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md#b)", f"[a]({PAGE}docs/a.md#b)"),
        ("![a](a.svg)", f"![a]({RAW}a.svg)"),
        ("[![a](a.svg)](b.md)", f"[![a]({RAW}a.svg)]({PAGE}b.md)"),
        ('<img src="a.png" width="9">', f'<img src="{RAW}a.png" width="9">'),
        ('<a href="b.md">', f'<a href="{PAGE}b.md">'),
        ("[a](https://arxiv.org) [b](#licence)", "[a](https://arxiv.org) [b](#licence)"),
    ],
)
def test_links_become_absolute(text, expected):
    assert BUILD["with_absolute_links"](text, REPOSITORY) == expected


def test_the_index_page_links_to_the_repository():
    metadata = {"urls": {"Repository": REPOSITORY}}
    BUILD["AbsoluteLinks"](str(CHECKOUT), {}).update(metadata)
    text = metadata["readme"]["text"]
    links = re.findall(r"\]\(([^)\s]+)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    assert any(link.startswith(PAGE) for link in links)
    assert any(link.startswith(RAW) for link in links)
    assert all(link.startswith(("https://", "#")) for link in links)


def test_every_licence_of_the_weights_is_in_the_package():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["license-files"] == ["LICENSE", "licenses/*"]
    texts = {path.name for path in (CHECKOUT / "licenses").iterdir()} - {"WEIGHTS.md"}
    stated = set(project["license"].split(" AND ")) - {"Apache-2.0"}
    assert {name.removesuffix(".txt").removesuffix("-Omniglot") for name in texts} == stated
    table = (CHECKOUT / "licenses" / "WEIGHTS.md").read_text()
    assert all(f"`{name}`" in table for name in texts)
