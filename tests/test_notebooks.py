"""End to end: every notebook runs from top to bottom, at reduced size, and shows pictures."""

from __future__ import annotations

import ast
import json
import re
import socket

import pytest

from reference_folder import CHECKOUT
from sketch_rnn.dataset import dataset
from sketch_rnn.sources.doodles import make_doodles

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
# What makes a notebook long, and what is enough to see it work.
REDUCED = {"STEPS": 3, "SIDE": 2, "COUNT": 40}
TOPICS = {
    *("encode(", "reconstruct(", "TEMPERATURES", '"spherical"', "interpolate(", "complete("),
    *("conditional=False", "animated_svg(", "difference = ", 'data", "prepare', ".gen.json"),
    *("label=", "label_vectors(", "recognize(", "initial="),
}
MOST_BYTES = 300_000


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def reduced(source):
    """The code with small numbers where a constant makes it long."""
    for name, size in REDUCED.items():
        source = re.sub(rf"^{name} = \d+$", f"{name} = {size}", source, flags=re.M)
    return re.sub(r"^COUNT, STEPS = \d+, \d+$", "COUNT, STEPS = 40, 3", source, flags=re.M)


def run_cell(source, names):
    """Runs a cell, and returns what its last line would show."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_every_topic_has_a_notebook():
    text = "\n".join(cell for path in NOTEBOOKS for cell in code_cells(path))
    assert {topic for topic in TOPICS if topic not in text} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError("a notebook needs no network")

    def few(kinds, **options):
        return make_doodles(kinds, counts=(40, 10, 40), **options)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(dataset, "make_doodles", few)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = {"__name__": "__main__"}
    shown = [run_cell(reduced(source), names) for source in code_cells(path)]
    pictures = [value._repr_svg_() for value in shown if hasattr(value, "_repr_svg_")]
    pictures += [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    assert pictures
    assert all("<svg" in picture for picture in pictures)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_carries_its_pictures(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    outputs = [out for cell in json.loads(text)["cells"] for out in cell.get("outputs", [])]
    assert {out["output_type"] for out in outputs} <= {"execute_result", "stream"}
    assert sum("image/svg+xml" in out.get("data", {}) for out in outputs) >= 1
    assert "/tmp/" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_uses_public_names_only(path):
    imported = re.findall(r"(?m)^from (sketch_rnn[\w.]*) import", "\n".join(code_cells(path)))
    assert set(imported) <= {"sketch_rnn", "sketch_rnn.render"}
