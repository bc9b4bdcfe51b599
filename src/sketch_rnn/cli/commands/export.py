"""`sketch-rnn export`: models for other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import Model, OneLabel
from sketch_rnn.cli.terminal import load_model, note
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.text import aligned

if TYPE_CHECKING:
    from sketch_rnn.trained import SketchRNN

_FORMS = ("html", "js", "onnx")


def export(
    model: Model,
    *,
    to: Annotated[
        str,
        typer.Option(
            help="html (a page that draws in the browser, offline), js (one JSON file) or onnx (a "
            "folder of graphs)."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File (html, js) or folder (onnx) to write.")
    ],
    diagram: Annotated[
        bool, typer.Option("--diagram", help="With onnx, draw each graph as an SVG beside it.")
    ] = False,
    label: OneLabel = None,
) -> None:
    """Write a model as a page to send to a friend, for the JavaScript libraries, or as ONNX.

    Example: sketch-rnn export cat --to html --out cat.html
    """
    from sketch_rnn.io.atomic import check_place

    if to not in _FORMS:
        raise SketchRNNError(f"--to {to}: must be one of {', '.join(_FORMS)}")
    if diagram and to != "onnx":
        raise SketchRNNError(f"--diagram draws ONNX graphs: leave it out with --to {to}")
    check_place(out, is_folder=to == "onnx")
    loaded = load_model(model)
    if to == "html":
        written = _page(loaded, model, label, out)
    else:
        plain = loaded if label is None else loaded.with_label(label)
        written = _javascript(plain, out) if to == "js" else _onnx(plain, out, diagram=diagram)
    rows = [(f"wrote {path}", f"{path.stat().st_size:,} bytes") for path in written]
    typer.echo(aligned(rows, right=(1,)))


def _page(model: SketchRNN, source: str, label: str | None, out: Path) -> list[Path]:
    from sketch_rnn.interop.web_writer import web_model
    from sketch_rnn.io.atomic import write_atomically
    from sketch_rnn.studio.single_file import page_with_model
    from sketch_rnn.zoo.table import load_table

    entry = load_table().find(source)
    # The page is for others: it names the model, not the folders or the host where it lies.
    name = source if entry else Path(os.path.realpath(source)).stem
    about = entry.about if entry else ""
    data = model.network, model.profile, model.habits
    page = page_with_model(web_model(*data, name=name, about=about, label=label))
    write_atomically(out, page.encode())
    return [out]


def _javascript(model: SketchRNN, out: Path) -> list[Path]:
    from sketch_rnn.interop.javascript import HABITS, javascript_text
    from sketch_rnn.io.atomic import write_atomically

    _check_ending(out, is_conditional=model.config.conditional)
    text = javascript_text(model.network, model.profile, name=out.name.split(".")[0])
    write_atomically(out, text.encode())
    if model.config.conditional:
        note(
            "a model with an encoder (vae) is read by sketch-rnn-js only; @magenta/sketch and ml5 "
            "take decoder-only ones (gen), which --no-conditional trains"
        )
    rule = model.habits.temperature_rule
    if rule != HABITS.temperature_rule:
        note(
            f"the file cannot hold this model's temperature rule, {rule}: the libraries apply "
            f"theirs, as --temperature-rule {HABITS.temperature_rule} does"
        )
    return [out]


def _check_ending(out: Path, *, is_conditional: bool) -> None:
    """Raises SketchRNNError if the file's name says another kind of JavaScript model."""
    kinds = {True: "vae", False: "gen"}
    wrong = f".{kinds[not is_conditional]}.json"
    if out.name.lower().endswith(wrong):
        what = "has an encoder" if is_conditional else "is decoder-only"
        right = f"{out.name[: -len(wrong)]}.{kinds[is_conditional]}.json"
        raise SketchRNNError(f"{out}: this model {what}; name the file {right}")


def _onnx(model: SketchRNN, out: Path, *, diagram: bool) -> list[Path]:
    from sketch_rnn.interop.onnx.graph import onnx_diagram
    from sketch_rnn.interop.onnx.writer import onnx_models
    from sketch_rnn.io.atomic import write_atomically
    from sketch_rnn.render.files import save

    written = []
    for name, graph in onnx_models(model.network, model.profile, model.habits).items():
        path = out / f"{name}.onnx"
        write_atomically(path, graph.SerializeToString())
        written.append(path)
        if diagram:
            written.append(save(onnx_diagram(graph), path.with_suffix(".svg")))
    return written
