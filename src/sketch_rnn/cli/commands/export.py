"""`sketch-rnn export`: models for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import Model, OneLabel
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.text import aligned

if TYPE_CHECKING:
    from sketch_rnn.trained import SketchRNN

_FORMS = ("js", "onnx")


def export(
    model: Model,
    *,
    to: Annotated[str, typer.Option(help="js (one JSON file) or onnx (a folder of graphs).")],
    out: Annotated[Path, typer.Option(help="File (js) or folder (onnx) to write.")],
    diagram: Annotated[
        bool, typer.Option("--diagram", help="With onnx, draw each graph as an SVG beside it.")
    ] = False,
    label: OneLabel = None,
) -> None:
    """Write a model for the JavaScript libraries, or as ONNX graphs."""
    from sketch_rnn.io.atomic import check_place
    from sketch_rnn.trained import SketchRNN

    if to not in _FORMS:
        raise SketchRNNError(f"--to {to}: must be one of {', '.join(_FORMS)}")
    if diagram and to != "onnx":
        raise SketchRNNError(f"--diagram draws ONNX graphs: leave it out with --to {to}")
    check_place(out, is_folder=to == "onnx")
    loaded = SketchRNN.from_pretrained(model)
    if label is not None:
        loaded = loaded.with_label(label)
    written = _javascript(loaded, out) if to == "js" else _onnx(loaded, out, diagram=diagram)
    rows = [(f"wrote {path}", f"{path.stat().st_size:,} bytes") for path in written]
    typer.echo(aligned(rows, right=(1,)))


def _javascript(model: SketchRNN, out: Path) -> list[Path]:
    from sketch_rnn.interop.javascript import javascript_text
    from sketch_rnn.io.atomic import write_atomically

    text = javascript_text(model.network, model.profile, name=out.name.split(".")[0])
    write_atomically(out, text.encode())
    return [out]


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
