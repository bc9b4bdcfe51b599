"""Read one source of a dataset: a `.npz` file, or a name of published drawings."""

from __future__ import annotations

import difflib
from pathlib import Path

from sketch_rnn.dataset.published import PUBLISHED, is_published, read_published
from sketch_rnn.errors import SketchRNNError, expect_one_of, expect_whole
from sketch_rnn.sketch import FIRST_ROWS, FirstRow
from sketch_rnn.sources.doodles import doodle_kinds
from sketch_rnn.sources.formats import format_of
from sketch_rnn.sources.npz import read_npz
from sketch_rnn.sources.splits import Splits


def check_reading(max_seq_len: int | None, first_row: FirstRow | None) -> None:
    """Raises SketchRNNError if drawings cannot be read with these arguments."""
    if max_seq_len is not None:
        expect_whole(max_seq_len, 1, "max_seq_len")
    if first_row is not None:
        expect_one_of(first_row, FIRST_ROWS, "first_row")


def kinds_of(source: str) -> tuple[str, ...]:
    """The kinds of doodles that a source names; none if it is a file."""
    return () if Path(source).is_file() else doodle_kinds(source)


def read_source(source: str) -> Splits:
    """The drawings of a file or of a published name.

    Raises:
        SketchRNNError: if there is no such source, or it cannot be used.
    """
    path = Path(source)
    if path.is_file():
        if format_of(path) and path.suffix.lower() != ".npz":
            raise SketchRNNError(
                f"{source}: drawings, but no dataset yet; make one: sketch-rnn data prepare "
                f"{source} --out {path.name.partition('.')[0]}.npz"
            )
        return read_npz(path)
    if path.is_dir():
        raise SketchRNNError(
            f"{source} is a folder, not a store; give the path of a .npz file, or make a dataset "
            f"of what is in it: sketch-rnn data prepare {source} --out NAME.npz"
        )
    if is_published(source):
        return read_published(source)
    known = ["doodles", *PUBLISHED]
    near = difflib.get_close_matches(source, known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise SketchRNNError(
        f"no file {source}{hint}; give the path of a .npz file, or a name: doodles, doodles/KIND, "
        f"doodles/all, {', '.join(PUBLISHED)}, quickdraw/CATEGORY"
    )
