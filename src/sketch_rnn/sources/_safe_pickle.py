"""Read the pickles inside `.npz` files without executing them.

A pickle is a small program whose instructions may import and call any function. This reader
answers every import with a stand-in of its own that can only describe arrays of numbers, and
refuses all others before they are looked up. Arrays are built from the bytes that are really
there, never from the sizes a file claims.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import reprlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BYTES, DRAWINGS, INSTRUCTIONS, Meter

NumberArray = npt.NDArray[Any]

_PUTS: Final = ("PUT", "BINPUT", "LONG_BINPUT")
# All that pickles of arrays, lists and numbers consist of, in any protocol.
_INSTRUCTIONS: Final = frozenset(
    (
        *("PROTO", "FRAME", "STOP", "POP", "POP_MARK", "MARK", *_PUTS, "MEMOIZE"),
        *("GET", "BINGET", "LONG_BINGET", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
        *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
        *("FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE"),
        *("SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
        *("BYTEARRAY8", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("EMPTY_LIST", "LIST", "APPEND", "APPENDS"),
    )
)
_LARGEST: Final = 2**63
_MOST_DIMENSIONS: Final = 8
_NUMBER_CODE: Final = re.compile(r"[biuf](1|2|4|8|16)")
_OBJECT_CODE: Final = re.compile(r"O[48]?")


def read_object_array(data: bytes, where: str, meter: Meter) -> list[NumberArray]:
    """The items of a pickled object array, each as an array of numbers.

    Args:
        data: the pickle.
        where: start of every error message, such as the file and its entry.
        meter: pays for instructions, drawings and their bytes; a pickle can name one array very
            often.

    Raises:
        SketchRNNError: if the pickle is damaged, or asks for anything but arrays of numbers.
    """
    try:
        _check_instructions(data, meter)
        return _within(meter, _items(_Reader(data, where).load(), where))
    except SketchRNNError:
        raise
    except Exception as error:
        # A damaged pickle can fail in any way; each means the same to the user.
        raise SketchRNNError(
            f"{where}: cannot be read as arrays of numbers ({error}); the file is damaged or not a "
            "stroke dataset"
        ) from error


def _check_instructions(data: bytes, meter: Meter) -> None:
    """Raises an error for instructions that arrays of numbers do not need, and for too many.

    The unpickler makes room for all places up to the one that is named, gigabytes if need be.
    """
    left = meter.left(INSTRUCTIONS)
    for count, (instruction, argument, _) in enumerate(pickletools.genops(data), 1):
        name = instruction.name
        if name not in _INSTRUCTIONS:
            raise ValueError(f"the instruction {name}, which arrays of numbers do not need")
        if name in _PUTS and cast(int, argument) > len(data):
            raise ValueError(f"place {argument} in a pickle of {len(data)} bytes")
        if isinstance(argument, int) and abs(argument) >= _LARGEST:
            raise ValueError("a number of more than 64 bits")
        if count > left:
            raise meter.too_much(INSTRUCTIONS)
    meter.spend(INSTRUCTIONS, count)


class _Reader(pickle.Unpickler):
    """An unpickler that knows a handful of names and imports nothing."""

    def __init__(self, data: bytes, where: str) -> None:
        # latin1 keeps the bytes of strings that Python 2 wrote.
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._where = where

    def find_class(self, module: str, name: str, /) -> object:
        package = module.replace("numpy._core", "numpy.core")
        makers: dict[tuple[str, str], Callable[..., object]] = {
            ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy.core.multiarray", "scalar"): _scalar,
            ("numpy.core.numeric", "_frombuffer"): _from_buffer,
            ("numpy", "dtype"): _NumberType,
            ("numpy", "ndarray"): _refuse_call,
            ("_codecs", "encode"): _encode,
            ("__builtin__", "bytes"): _no_bytes,
            ("builtins", "bytes"): _no_bytes,
        }
        if (package, name) not in makers:
            raise SketchRNNError(
                f"{self._where}: refuses to load '{module}.{name}', nothing was run: not a stroke "
                "dataset; a dataset holds arrays of numbers only"
            )
        return _StandIn(makers[package, name])


class _StandIn:
    """A callable that a pickle can call, and cannot alter."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> object:
        return self._make(*args)

    def __setstate__(self, state: object) -> None:
        raise ValueError("a function has no state")


class _NumberType:
    """What a pickle says about an array's element type."""

    __slots__ = ("_code", "_order")

    def __init__(self, code: Any, *_flags: Any) -> None:
        if not isinstance(code, str) or not (
            _NUMBER_CODE.fullmatch(code) or _OBJECT_CODE.fullmatch(code)
        ):
            raise ValueError(f"element type {code!r}, expected numbers")
        self._code = code
        self._order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
            raise ValueError("an element type with fields, expected plain numbers")
        self._order = state[1]

    @property
    def is_object(self) -> bool:
        return self._code.startswith("O")

    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self._code).newbyteorder(cast(Any, self._order))


class _Array:
    """An array while its pickle is being read."""

    __slots__ = ("content", "element", "order", "shape")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.element = _NumberType("f8")
        self.order = "C"
        self.content: Any = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, self.shape, self.element, is_fortran, self.content = state
        self.order = "F" if is_fortran else "C"
        if not isinstance(self.element, _NumberType):
            raise TypeError("an array without an element type")
        if isinstance(self.content, str):
            self.content = self.content.encode("latin1")
        check_shape(self.shape)
        if math.prod(self.shape) != self._count():
            raise ValueError(f"an array of shape {self.shape} with {self._count()} values")

    def _count(self) -> int:
        if self.element.is_object:
            return len(self.content)
        count, rest = divmod(len(self.content), self.element.numpy().itemsize)
        return -1 if rest else count

    def numbers(self) -> NumberArray:
        """The array, where all of its elements are numbers."""
        if not self.element.is_object:
            flat: NumberArray = np.frombuffer(self.content, self.element.numpy())
        else:
            flat = np.array([_number(value) for value in self.content], np.float64)
        return flat.reshape(self.shape, order=cast(Any, self.order))


def check_shape(shape: object) -> None:
    """Raises ValueError if this cannot be the shape of an array of drawings."""
    is_shape = isinstance(shape, tuple) and len(shape) <= _MOST_DIMENSIONS
    if not is_shape or not all(type(n) is int and 0 <= n < _LARGEST for n in cast(Any, shape)):
        raise ValueError(f"an array of shape {reprlib.repr(shape)}")


def _reconstruct(*_args: Any) -> _Array:
    return _Array()


def _from_buffer(
    content: bytes | bytearray, element: _NumberType, shape: tuple[int, ...], order: str
) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, element, order == "F", bytes(content)))
    return array


def _scalar(element: _NumberType, content: bytes | str) -> object:
    array = _Array()
    array.__setstate__((1, (1,), element, False, content))
    return array.numbers()[0]


def _encode(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"text in {encoding}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _refuse_call(*_args: Any) -> object:
    raise ValueError("an array built by hand")


def _items(top: object, where: str) -> Iterator[NumberArray]:
    """Yields the items of the outermost array: sketches, still of any shape."""
    if not isinstance(top, _Array):
        raise SketchRNNError(
            f"{where}: holds a {type(top).__name__}, expected an array of sketches"
        )
    if not top.element.is_object or len(top.shape) != 1:
        yield from top.numbers()
    else:
        yield from map(_item, top.content)


def _item(value: object) -> NumberArray:
    if isinstance(value, _Array):
        return value.numbers()
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"a {type(value).__name__} where a sketch should be")
    return np.array([_row(row) for row in value], np.float64)


def _row(row: object) -> list[float]:
    values: Iterable[Any] = row.numbers() if isinstance(row, _Array) else cast(Any, row)
    if not isinstance(values, (list, tuple, np.ndarray)) or len(values) > 5:
        raise ValueError("a row of a sketch that is not three numbers")
    return [_number(value) for value in values]


def _number(value: object) -> float:
    if not isinstance(value, (int, float, np.bool_, np.integer, np.floating)):
        raise TypeError(f"a {type(value).__name__} where a number should be")
    return float(value)


def _within(meter: Meter, items: Iterable[NumberArray]) -> list[NumberArray]:
    kept = []
    for item in items:
        meter.spend(DRAWINGS)
        meter.spend(BYTES, item.nbytes)
        kept.append(item)
    return kept
