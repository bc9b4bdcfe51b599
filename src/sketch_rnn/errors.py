"""The error of wrong input, the checks of arguments, and arguments that were renamed."""

from __future__ import annotations

import os
import reprlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from numbers import Integral
from typing import Any, Final, ParamSpec, TypeVar

from sketch_rnn.text import one_line, shortened

P = ParamSpec("P")
T = TypeVar("T")

# How to obtain an object of each class; by name, because the classes are in higher layers.
_REMEDIES: Final = {
    "DrawingHabits": "model.habits is one",
    "DrawingOptions": "write DrawingOptions(temperature=0.2), or give its other options",
    "DataProfile": "dataset.profile is one",
    "Dataset": "load_dataset('doodles') gives one",
    "Judge": "leave it out for that of the package",
    "ModelConfig": "write ModelConfig(z_size=64), or give its other settings",
    "Sketch": "Sketch(rows) makes one of stroke-3 rows, Sketch.from_polylines(lines) one of lines",
    "SketchRNN": "SketchRNN.from_pretrained('doodles') gives one",
    "TrainConfig": "write TrainConfig(num_steps=1000), or give its other settings",
}

_LONGEST_VALUE: Final = 120


class SketchRNNError(ValueError):
    """The caller's input cannot be used.

    The message is one line: what is wrong, where, and what to do. The command line prints
    it and exits with status 2; any other exception is a bug of this project.
    """

    def __str__(self) -> str:
        # Values and names in messages may hold line breaks, escapes or megabytes.
        return one_line(super().__str__())


@contextmanager
def named_in_errors(where: object) -> Iterator[None]:
    """Errors that are raised inside begin with what they are about, such as a file's path."""
    try:
        yield
    except SketchRNNError as error:
        raise SketchRNNError(f"{where}: {error}") from error


def wrong_type(value: object, name: str, expected: str) -> SketchRNNError:
    """The error for an argument `name` of the wrong type."""
    return SketchRNNError(f"{name} is of type {type(value).__name__}, expected {expected}")


def shown(value: object) -> str:
    """A value in an error message; nested lists would fill a page even when abbreviated."""
    return shortened(reprlib.repr(value), _LONGEST_VALUE)


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


def expect_names(values: str | Iterable[str], name: str) -> list[str]:
    """The elements of the argument called `name`, as a list of text.

    Raises:
        SketchRNNError: if it is a string, or not a list of strings.
    """
    given = expect_list(values, name, "names")
    for number, value in enumerate(given):
        if not isinstance(value, str):
            raise wrong_type(value, f"{name}[{number}]", "a name, as text")
    return given


def expect_whole(value: Any, minimum: int, name: str, maximum: int | None = None) -> int:
    """The argument called `name`, checked.

    Raises:
        SketchRNNError: if it is not a whole number of at least `minimum` and at most `maximum`.
    """
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and maximum is not None and value > maximum:
        raise SketchRNNError(f"{name}={shown(value)} must be at most {maximum:,}")
    if not is_whole or value < minimum:
        raise SketchRNNError(f"{name}={shown(value)} must be a whole number of at least {minimum}")
    return int(value)


def expect_one_of(value: object, choices: Iterable[str], name: str) -> None:
    """Raises SketchRNNError if the argument called `name` is not one of these strings."""
    # Comparing an array with a string would not give a single answer.
    if not isinstance(value, str) or value not in choices:
        raise SketchRNNError(f"{name}={shown(value)} must be one of {', '.join(choices)}")


def expect_switch(value: object, name: str) -> bool:
    """The argument called `name`, which is on or off.

    Raises:
        SketchRNNError: if it is not a boolean, 0 or 1: text such as "no" would count as on.
    """
    if is_boolean(value) or (isinstance(value, Integral) and value in (0, 1)):
        return bool(value)
    raise SketchRNNError(f"{name}={shown(value)} must be True or False")


def is_boolean(value: object) -> bool:
    """Whether a value is a boolean of Python or NumPy."""
    return isinstance(value, bool) or (
        str(getattr(value, "dtype", "")) == "bool" and getattr(value, "shape", None) == ()
    )


def expect_path(value: str | os.PathLike[Any], name: str) -> str:
    """The argument called `name` as text.

    Raises:
        SketchRNNError: if it is neither text nor a path, or no file can have this name.
    """
    if not isinstance(value, str | os.PathLike):
        raise wrong_type(value, name, "a name or a path")
    text = os.fsdecode(value)
    try:
        if "://" not in text:
            os.stat(text)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a name too long, a locked folder, a null character
        reason = getattr(error, "strerror", None) or error
        raise SketchRNNError(f"{name} {shown(text)} cannot be used: {reason}") from error
    return text


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
