"""Budgets of the readers: how much work and memory a file from a stranger may ask for.

Every reader opens its file with `open_file` or `read_file`, works inside `reading`, and spends from
its row of `BUDGETS`. Amounts are counted, never timed, so a file is read or refused alike on every
machine. SECURITY.md shows the table.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from sketch_rnn.errors import SketchRNNError

_MIB: Final = 2**20
_GIB: Final = 2**30
_TIB: Final = 2**40

BYTES: Final = "bytes when unpacked"
DRAWINGS: Final = "drawings"
FAULTS: Final = "drawings that cannot be read"
HEADER: Final = "bytes of the header"
INSTRUCTIONS: Final = "pickle instructions"
LINES: Final = "lines when unpacked"
POINTS: Final = "points held at once"
# Opening a FIFO would block; Windows has no such flag.
NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
_LONGEST_REASON: Final = 200
_most_bytes: ContextVar[int] = ContextVar("bytes that a file may have when unpacked", default=_TIB)


class Allowance(NamedTuple):
    """Units that any file may use, and more for each byte of it."""

    free: int
    per_byte: float = 0.0

    def of(self, size: int) -> int:
        """The allowance of a file of `size` bytes."""
        return self.free + int(self.per_byte * size)


@dataclass(frozen=True)
class Budget:
    """Limits on one file.

    Attributes:
        kind: what the file should be, with its article, for messages.
        max_bytes: bytes of the file itself.
        units: allowances of the reader's work, by the name of the unit.
        remedy: what to do about a damaged file.
    """

    kind: str
    max_bytes: int
    units: Mapping[str, Allowance] = field(default_factory=dict)
    remedy: str = "copy it again"


BUDGETS: Final[dict[str, Budget]] = {
    "npz": Budget(
        "a .npz file of drawings",
        64 * _GIB,
        {
            BYTES: Allowance(64 * _MIB, 200),
            INSTRUCTIONS: Allowance(2_000_000, 2),
            DRAWINGS: Allowance(1_000_000, 2),
        },
    ),
    "npy": Budget(
        "a .npy file of drawings",
        2 * _GIB,
        {
            BYTES: Allowance(64 * _MIB, 200),
            INSTRUCTIONS: Allowance(2_000_000, 2),
            DRAWINGS: Allowance(1_000_000, 2),
        },
    ),
    "svg": Budget(
        "an SVG",
        64 * _MIB,
        {
            BYTES: Allowance(64 * _MIB),
            "characters after entities": Allowance(_MIB, 4),
            "characters of shapes": Allowance(2 * _MIB, 4),
            "style rule tests": Allowance(2_000_000),
            "style selectors": Allowance(10_000),
            "elements by reference": Allowance(10_000),
            "levels of nesting": Allowance(150),
            "steps of clipping": Allowance(100_000_000, 1000),
        },
    ),
    "json": Budget("a JSON file of drawings", _GIB, {FAULTS: Allowance(10_000, 0.01)}),
    "ndjson": Budget(
        "an .ndjson file",
        _TIB,
        {
            BYTES: Allowance(_GIB, 200),
            LINES: Allowance(1_000_000, 1),
            FAULTS: Allowance(10_000, 0.01),
        },
    ),
    "csv": Budget(
        "a CSV table",
        _TIB,
        {
            "columns": Allowance(1_000),
            POINTS: Allowance(2_000_000),
            FAULTS: Allowance(10_000, 0.01),
        },
    ),
    "store": Budget("a store", 256 * _MIB, remedy="prepare it again"),
    "toml": Budget("a TOML file", _MIB),
    "report": Budget("a report of a run", 64 * _MIB, remedy="a resume writes it anew"),
    "checkpoint": Budget(
        # The limit of the safetensors library.
        "a checkpoint",
        64 * _GIB,
        {HEADER: Allowance(100_000_000)},
    ),
    "judge": Budget("a judge", 256 * _MIB, remedy="models/train_judge.py makes one"),
    "foreign": Budget(
        "a file of another library's model", 2 * _GIB, {BYTES: Allowance(16 * _MIB, 20)}
    ),
}


class Meter:
    """What is left of a budget while one file is read.

    Args:
        where: the file, for messages.
        budget: its limits.
        size: bytes of the file.

    Example:
        >>> meter = Meter("a.svg", BUDGETS["svg"], 100)
        >>> meter.spend("style rules", 12)
    """

    def __init__(self, where: str, budget: Budget, size: int) -> None:
        self.where = where
        self.size = size
        self._budget = budget
        self._limits = {unit: allowance.of(size) for unit, allowance in budget.units.items()}
        if BYTES in self._limits:
            self._limits[BYTES] = min(self._limits[BYTES], _most_bytes.get())
        self._left = dict(self._limits)

    def left(self, unit: str) -> int:
        """How much of a unit may still be spent."""
        return self._left[unit]

    def spend(self, unit: str, amount: int = 1) -> None:
        """Takes `amount` of a unit.

        Raises:
            SketchRNNError: if that is more than is left.
        """
        self._left[unit] -= amount
        if self._left[unit] < 0:
            raise self.too_much(unit)

    def check(self, unit: str, amount: int) -> None:
        """Raises SketchRNNError if a single thing is larger than the whole allowance."""
        if amount > self._limits[unit]:
            raise self.too_much(unit)

    def too_much(self, unit: str) -> SketchRNNError:
        """The error that a file asks for more than its budget."""
        return SketchRNNError(
            f"{self.where}: more than {self._limits[unit]:,} {unit}, the limit for "
            f"{self._budget.kind} of {self.size:,} bytes; refused"
        )


@contextmanager
def unpacking_at_most(max_bytes: int) -> Iterator[None]:
    """Lowers what files read inside may have when unpacked, for a server that strangers use."""
    token = _most_bytes.set(max_bytes)
    try:
        yield
    finally:
        _most_bytes.reset(token)


@contextmanager
def reading(where: str | Path, kind: str, size: int = 0) -> Iterator[Meter]:
    """The meter of a file of this kind; what goes wrong inside becomes one line that names it.

    Args:
        where: the file.
        kind: a row of `BUDGETS`.
        size: bytes of the file.

    Raises:
        SketchRNNError: for every exception inside: what a damaged file makes a parser raise means
            the same to the user, whatever it is.
    """
    budget = BUDGETS[kind]
    try:
        yield Meter(str(where), budget, size)
    except SketchRNNError:
        raise
    except OSError as error:
        is_inside = isinstance(error.filename, str) and error.filename != str(where)
        part = f" ({Path(error.filename).name})" if is_inside else ""
        reason = f"{error.strerror or error}{part}"
        raise SketchRNNError(f"{where}: cannot be read: {reason}") from error
    except MemoryError as error:
        raise SketchRNNError(f"{where}: needs more memory than there is") from error
    except RecursionError as error:
        raise SketchRNNError(
            f"{where}: too deeply nested for {budget.kind}; the file is damaged"
        ) from error
    except Exception as error:
        text = f"no {error}" if isinstance(error, KeyError) and error.args else str(error)
        reason = " ".join(text.split())[:_LONGEST_REASON] or type(error).__name__
        raise SketchRNNError(
            f"{where}: damaged or not {budget.kind} ({reason}); {budget.remedy}"
        ) from error


def open_file(path: Path) -> BinaryIO:
    """A regular file opened for reading; a FIFO or a device might block, or never end.

    Raises:
        OSError: if it cannot be opened.
        SketchRNNError: if it is not a regular file.
    """
    file = open(os.open(path, os.O_RDONLY | NO_WAIT), "rb")  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SketchRNNError(f"{path}: not a regular file; give the path of a file")
    return file


def read_file(path: Path, kind: str) -> bytes:
    """The content of a regular file.

    Args:
        path: the file.
        kind: a row of `BUDGETS`.

    Raises:
        SketchRNNError: if it cannot be read, is larger than its budget, or is not a regular file.
    """
    with opened(path, kind) as (file, _):
        return file.read()


@contextmanager
def opened(path: Path, kind: str, where: str = "") -> Iterator[tuple[BinaryIO, Meter]]:
    """An open file and its meter; see `open_file` and `reading`.

    Args:
        path: the file.
        kind: a row of `BUDGETS`.
        where: what to call the file in messages; its path if empty.
    """
    where = where or str(path)
    with reading(where, kind):
        file = open_file(path)
    size = os.fstat(file.fileno()).st_size
    with file, reading(where, kind, size) as meter:
        if size > BUDGETS[kind].max_bytes:
            raise _too_large(where, BUDGETS[kind])
        yield file, meter


def _too_large(where: str, budget: Budget) -> SketchRNNError:
    limit = f"{budget.max_bytes / _GIB:g} GiB"
    if budget.max_bytes < _GIB:
        limit = f"{budget.max_bytes / _MIB:g} MiB"
    return SketchRNNError(f"{where}: larger than {limit}, the limit for {budget.kind}; split it")
