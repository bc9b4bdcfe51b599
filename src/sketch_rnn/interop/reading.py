"""Read the file or folder of a model of any other library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.foreign import ForeignModel
from sketch_rnn.interop.javascript import read_javascript
from sketch_rnn.interop.tensorflow.original import read_original


def read_foreign(
    path: Path, *, name: str = "", hparams: Mapping[str, Any] | None = None
) -> ForeignModel:
    """The model of another library in a file or folder.

    Args:
        path: a `.json` file of the JavaScript libraries, or what `read_original` takes.
        name: which model of a zip archive.
        hparams: hyperparameters of an original model, which override those stored with it.

    Raises:
        SketchRNNError: if there is no such model, or it is damaged.
    """
    if path.suffix != ".json":
        return read_original(path, name=name, hparams=hparams)
    if name or hparams:
        raise SketchRNNError(f"{path}: a JavaScript model takes neither --name nor --hparams")
    return read_javascript(path)
