"""Absolute links in the README of the package index, which has none of the files they point to.

Hatchling calls `AbsoluteLinks` whenever it builds the package. The address comes from
`[project.urls]`, which `publish.py` writes; without one the links stay as they are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

GITHUB = "https://github.com/"
IMAGE = re.compile(r"(!\[[^\]]*\]\(|<img\b[^>]*?\bsrc=\")(?!https?:)([^)\"\s]+)")
LABEL = r"(?<!!)\[(?:[^\[\]]|!?\[[^\]]*\](?:\([^)]*\))?)*\]\("  # may hold a picture
LINK = re.compile(rf"({LABEL}|\bhref=\")(?!https?:|#)([^)\"\s]+)")


class AbsoluteLinks(MetadataHookInterface):
    """Sets the package's `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Repository", "")
        text = with_absolute_links(text, address) if address else text
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_absolute_links(text: str, repository: str, branch: str = "main") -> str:
    """Returns Markdown whose relative links and pictures lead to a GitHub repository."""
    name = repository.removeprefix(GITHUB).strip("/")
    raw = f"https://raw.githubusercontent.com/{name}/{branch}"
    text = IMAGE.sub(lambda found: f"{found[1]}{raw}/{found[2]}", text)
    return LINK.sub(lambda found: f"{found[1]}{GITHUB}{name}/blob/{branch}/{found[2]}", text)
