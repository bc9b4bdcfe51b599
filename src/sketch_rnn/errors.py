"""The error of wrong input, the checks of arguments, and arguments that were renamed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from numbers import Integral
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# How to obtain an object of each class; by name, because the classes are in higher layers.
_REMEDIES: Final = {
    "DrawingOptions": "write DrawingOptions(temperature=0.2), or give its other options",
    "Dataset": "load_dataset('doodles') gives one",
    "ModelConfig": "write ModelConfig(z_size=64), or give its other settings",
    "Sketch": "Sketch(rows) makes one of stroke-3 rows, Sketch.from_polylines(lines) one of lines",
    "SketchRNN": "SketchRNN.from_pretrained('doodles') gives one",
    "TrainConfig": "write TrainConfig(num_steps=1000), or give its other settings",
}


class SketchRNNError(ValueError):
    """The caller's input cannot be used.

    The message is one line: what is wrong, where, and what to do. The command line prints
    it and exits with status 2; any other exception is a bug of this project.
    """


def wrong_type(value: object, name: str, expected: str) -> SketchRNNError:
    """The error for an argument `name` of the wrong type."""
    return SketchRNNError(f"{name} is of type {type(value).__name__}, expected {expected}")


def expect(value: object, kind: type, name: str) -> None:
    """Raises SketchRNNError if the argument called `name` is not a `kind`."""
    if not isinstance(value, kind):
        raise wrong_type(value, name, f"{kind.__name__}; {_REMEDIES[kind.__name__]}")


def expect_list(values: Iterable[T], name: str, content: str) -> list[T]:
    """The elements of the argument called `name`, as a list.

    Raises:
        SketchRNNError: if it is a string or not iterable; the message names `content`.
    """
    try:
        if not isinstance(values, str):
            return list(values)
    except TypeError:
        pass
    raise wrong_type(values, name, f"a list of {content}")


def expect_each(values: Iterable[T], kind: type, name: str) -> list[T]:
    """The elements of the argument called `name`, as a list.

    Raises:
        SketchRNNError: if it is not a list, is a single `kind`, or holds anything else.
    """
    if isinstance(values, kind):
        raise wrong_type(values, name, f"a list; put it into brackets: [{kind.__name__.lower()}]")
    content = f"{kind.__name__}; {_REMEDIES[kind.__name__]}"
    given = expect_list(values, name, content)
    for number, value in enumerate(given):
        expect(value, kind, f"{name}[{number}]")
    return given


def expect_whole(value: Any, minimum: int, name: str) -> int:
    """The argument called `name`, checked.

    Raises:
        SketchRNNError: if it is not a whole number of at least `minimum`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise SketchRNNError(f"{name}={value!r} must be a whole number of at least {minimum}")
    return int(value)


def expect_path(value: str | os.PathLike[Any], name: str) -> str:
    """The argument called `name` as text.

    Raises:
        SketchRNNError: if it is neither text nor a path.
    """
    if not isinstance(value, str | os.PathLike):
        raise wrong_type(value, name, "a name or a path")
    return str(os.fspath(value))


def renamed_argument(old: str, new: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator that accepts a keyword argument under its old name too, and warns."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            if old in kwargs:
                warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return called

    return decorate
