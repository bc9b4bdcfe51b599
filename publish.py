"""Writes this repository's public address wherever readers need it.

    python publish.py OWNER/NAME

OWNER/NAME is the repository on GitHub. Every notebook then opens in Colab from a link at its top,
and installs the package there; an installed package finds the models that do not come with it; its
page in the package index and the documentation site link to the repository. Running it again
replaces what it wrote. Commit what it changes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
BRANCH = "main"
REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
LINK, INSTALL = "colab-link", "colab-install"
INSTALL_CODE = """\
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("sketch_rnn") is None:  # as in Colab
    package = "git+https://github.com/{repository}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", package], check=True)
"""


def main() -> None:
    """Publishes what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", metavar="OWNER/NAME")
    parser.add_argument("--root", type=Path, default=ROOT, help="the clone to change")
    arguments = parser.parse_args()
    if not REPOSITORY.fullmatch(arguments.repository):
        sys.exit(f"{arguments.repository!r} must be OWNER/NAME, as in github.com/OWNER/NAME")
    for path in sorted((arguments.root / "notebooks").glob("*.ipynb")):
        link_to_colab(path, arguments.repository)
    point_to_models(arguments.root, arguments.repository)
    link_from_index(arguments.root / "pyproject.toml", arguments.repository)
    link_from_site(arguments.root / "mkdocs.yml", arguments.repository)


def link_to_colab(path: Path, repository: str) -> None:
    """Puts a link to Colab, and a cell that installs the package there, at a notebook's top."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    place = f"{repository}/blob/{BRANCH}/notebooks/{path.name}"
    link = f"[Open in Colab](https://colab.research.google.com/github/{place})"
    cells = [cell for cell in notebook["cells"] if cell["id"] not in (LINK, INSTALL)]
    install = cell_of("code", INSTALL, INSTALL_CODE.format(repository=repository))
    notebook["cells"] = [cell_of("markdown", LINK, link), install, *cells]
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def cell_of(kind: str, name: str, source: str) -> dict[str, Any]:
    """Returns a notebook's cell."""
    cell = {"cell_type": kind, "id": name, "metadata": {}}
    cell["source"] = source.strip().splitlines(keepends=True)
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def point_to_models(root: Path, repository: str) -> None:
    """Tells the package where the folder `models` of the repository is."""
    address = f"https://raw.githubusercontent.com/{repository}/{BRANCH}/models"
    table = root / "src" / "sketch_rnn" / "zoo" / "models.toml"
    replace_in(table, r'^collection = ".*"$', f'collection = "{address}"')


def link_from_index(path: Path, repository: str) -> None:
    """Tells package indexes where the repository is."""
    address = f"https://github.com/{repository}"
    urls = f'[project.urls]\nRepository = "{address}"\nIssues = "{address}/issues"\n\n'
    following = "[project.optional-dependencies]\n"
    known = rf"(?:^\[project\.urls\]\n(?:.+\n)*\n)?^{re.escape(following)}"
    replace_in(path, known, urls + following)


def link_from_site(path: Path, repository: str) -> None:
    """Tells the documentation site its own address and that of the repository."""
    owner, name = repository.split("/")
    replace_in(path, r"^(# )?repo_url: .*$", f"repo_url: https://github.com/{repository}")
    replace_in(path, r"^(# )?site_url: .*$", f"site_url: https://{owner.lower()}.github.io/{name}/")


def replace_in(path: Path, pattern: str, new: str) -> None:
    """Replaces the one place in a file where a pattern is found."""
    text, count = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"), flags=re.M)
    if count != 1:
        sys.exit(f"{path}: {pattern!r} is found {count} times, expected once")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
