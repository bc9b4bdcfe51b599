"""The table of drawing formats; it loads no reader, so that `--help` can list the suffixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from sketch_rnn.sources.chunk import Chunk


class Format(NamedTuple):
    """One format of drawing files.

    Attributes:
        suffixes: how the names of its files end.
        reader: `module:function` in this folder; it yields the drawings of one file, some at a
            time.
        by_record: each line is a record that reading options select, and the reader takes the
            bytes `start` and `stop` of a part, so that processes can share a large file.
    """

    suffixes: tuple[str, ...]
    reader: str
    by_record: bool = False

    @property
    def read(self) -> Callable[..., Iterator[Chunk]]:
        """The reader, loaded when it is first used."""
        found: Callable[..., Iterator[Chunk]] = resolve_name(f"{__package__}.{self.reader}")
        return found


FORMATS: Final = (
    Format((".svg", ".svgz"), "svg:read_svg_file"),
    Format((".json",), "json:read_json"),
    Format((".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"), "ndjson:read_ndjson", by_record=True),
    Format((".npz", ".npy"), "npz:read_arrays"),
    Format((".csv",), "csv:read_csv"),
)
SUFFIXES: Final = tuple(suffix for format_ in FORMATS for suffix in format_.suffixes)
