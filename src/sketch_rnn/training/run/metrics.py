"""`metrics.csv`: a row for each logged step and each split of a validation, repaired on resume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.io.budget import open_file
from sketch_rnn.training.run.files import append_text
from sketch_rnn.training.validation import Validation

COLUMNS: Final = (
    *("step", "split", "cost", "reconstruction", "kl", "learning_rate", "kl_weight"),
    "sketches_per_second",
)
_SPLITS: Final = ("train", "valid", "test")
_HEADER: Final = (",".join(COLUMNS) + "\r\n").encode()
_LONGEST_LINE: Final = 4096
_LONGEST_STEP: Final = 15


class Row(NamedTuple):
    """A row; sorted by step, and within a step by split."""

    step: int
    split: int
    values: tuple[str, ...]

    @classmethod
    def of(cls, step: int, split: str, values: Sequence[object]) -> Row:
        """The row of a split; missing values at the end are left empty."""
        empty = [""] * (len(COLUMNS) - 2 - len(values))
        return cls(step, _SPLITS.index(split), (*map(str, values), *empty))

    @classmethod
    def parse(cls, line: bytes) -> Row | None:
        """The row in a line of the file, None if it is damaged."""
        try:
            step, split, *values = line.decode("ascii").rstrip("\r\n").split(",")
            if len(values) != len(COLUMNS) - 2 or not step.isdigit() or len(step) > _LONGEST_STEP:
                return None
            for value in values:
                float(value or 0)
            return cls.of(int(step), split, values)
        except ValueError:
            return None

    def encoded(self) -> bytes:
        """The line of the file."""
        return ",".join([str(self.step), _SPLITS[self.split], *self.values]).encode() + b"\r\n"


def validation_rows(validation: Validation) -> list[Row]:
    """The rows of the splits that a validation measured."""
    splits = {"valid": validation.valid, "test": validation.test}
    return [
        Row.of(validation.step, name, [costs.cost, costs.reconstruction, costs.kl])
        for name, costs in splits.items()
        if costs is not None
    ]


def append_rows(path: Path, rows: Iterable[Row], *, sync: bool = False) -> None:
    """Adds rows to the end of the file; `sync` waits until the disk has them."""
    append_text(path, b"".join(row.encoded() for row in rows).decode(), sync=sync)


def new_metrics(path: Path) -> None:
    """Writes the file without rows."""
    write_atomically(path, _HEADER, make_folder=False)


def repair_metrics(path: Path, step: int, validations: Iterable[Validation]) -> list[str]:
    """Rewrites the file for a run that continues after `step`.

    Later rows are dropped, and rows of `validations` that are missing are added, because a run
    may be killed between its checkpoint and these rows.

    Args:
        path: the file.
        step: steps taken at the checkpoint.
        validations: which the checkpoint knows.

    Returns:
        A sentence for each thing that was wrong with the file.
    """
    known = {row[:2]: row for validation in validations for row in validation_rows(validation)}
    found = _Survey()
    for row in found.rows(path):
        known.pop(row[:2], None)
    missing = sorted(row for row in known.values() if row.step <= step)
    kept = (row for row in _Survey().rows(path) if row.step <= step)
    lines = (row.encoded() for row in _merged(kept, missing))
    write_atomically(path, _with_header(lines), make_folder=False)
    return found.notices(path)


def drop_rows(path: Path, step: int) -> None:
    """Drops the rows after `step`, which a run that was rolled back takes again."""
    repair_metrics(path, step, ())


@dataclass
class _Survey:
    """Reads the rows of a file, and notes what is wrong with it."""

    fault: str = ""
    num_damaged: int = 0

    def rows(self, path: Path) -> Iterator[Row]:
        try:
            with open_file(path) as file:
                first = True
                while line := file.readline(_LONGEST_LINE):
                    if not (first and line == _HEADER):
                        yield from self._row(line)
                    first = False
        except FileNotFoundError:
            self.fault = "missing"
        except (OSError, SketchRNNError) as error:
            self.fault = str(error).removeprefix(f"{path}: ")

    def _row(self, line: bytes) -> Iterator[Row]:
        # A last line without an end was being written when the run was killed.
        is_whole = line.endswith(b"\n")
        row = Row.parse(line) if is_whole else None
        if row is not None:
            yield row
        elif is_whole or len(line) == _LONGEST_LINE:
            self.num_damaged += 1

    def notices(self, path: Path) -> list[str]:
        if self.fault:
            notice = (
                f"{path}: {self.fault}; rewritten with the rows that the checkpoint holds: "
                "those of the last and of the best validation"
            )
            return [notice]
        if self.num_damaged:
            return [f"{path}: {self.num_damaged} damaged lines were left out"]
        return []


def _merged(rows: Iterable[Row], missing: list[Row]) -> Iterator[Row]:
    for row in rows:
        while missing and missing[0] < row:
            yield missing.pop(0)
        yield row
    yield from missing


def _with_header(lines: Iterable[bytes]) -> Iterator[bytes]:
    yield _HEADER
    yield from lines
