"""Declare an option once: its default, the rule for its values and its help.

A class of options is a frozen dataclass that derives from `Options`:

    @dataclass(frozen=True, kw_only=True)
    class PrepareOptions(Options):
        kind = "prepare"

        epsilon: float = option(2.0, number(at_least=0), "Tolerance of simplification in pixels.")

The rest follows from that line: checks with one error for all bad values, `to_dict` and
`from_dict` for JSON, and the flag `--epsilon` of every command that takes `PrepareOptions`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar, Final, NamedTuple, Self

from sketch_rnn.errors import SketchRNNError, is_boolean, shown, wrong_type
from sketch_rnn.text import printable, shortened

REQUIRED: Final = MISSING
_MOST_NAMES: Final = 20
_LONGEST_NAME: Final = 80


class Rule(NamedTuple):
    """The values that an option takes.

    Attributes:
        holds: whether a value is allowed.
        text: the allowed values in words, to follow "must be".
        stored: converts an allowed value to the stored one, such as a NumPy scalar to a float.
    """

    holds: Callable[[Any], bool]
    text: str
    stored: Callable[[Any], Any] = lambda value: value


def whole(*, at_least: int = 0, at_most: int | None = None) -> Rule:
    """Whole numbers, stored as `int`."""

    def holds(value: Any) -> bool:
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        return is_whole and at_least <= value and (at_most is None or value <= at_most)

    bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most:,}"
    return Rule(holds, f"a whole number {bounds}", int)


def number(
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> Rule:
    """Finite numbers within these bounds, stored as `float`."""

    def holds(value: Any) -> bool:
        return (
            _is_finite(value)
            and (at_least is None or value >= at_least)
            and (above is None or value > above)
            and (at_most is None or value <= at_most)
            and (below is None or value < below)
        )

    named = {"of at least": at_least, "above": above, "at most": at_most, "below": below}
    bounds = " and ".join(
        f"{words} {bound:g}" for words, bound in named.items() if bound is not None
    )
    kind = "a number" if at_most is not None or below is not None else "a finite number"
    return Rule(holds, f"{kind} {bounds}".rstrip(), float)


def one_of(*choices: str) -> Rule:
    """One of these strings."""
    return Rule(
        lambda value: isinstance(value, str) and value in choices, "one of " + ", ".join(choices)
    )


def key_of(table: Mapping[str, object]) -> Rule:
    """A name in a table, including names added later."""
    return one_of(*table)._replace(holds=lambda value: isinstance(value, str) and value in table)


def many(rule: Rule, text: str, *, count: int | None = None) -> Rule:
    """Lists and arrays of values that each follow `rule`, stored as tuples.

    Args:
        rule: for each value.
        text: describes the list, to follow "must be".
        count: how many values; any number for None.
    """

    def holds(value: Any) -> bool:
        values = _listed(value)
        is_list = isinstance(values, Sequence) and not isinstance(values, str)
        return is_list and count in (None, len(values)) and all(map(rule.holds, values))

    return Rule(holds, text, lambda value: tuple(map(rule.stored, _listed(value))))


def optional(rule: Rule) -> Rule:
    """None, or a value of another rule."""
    return Rule(
        lambda value: value is None or rule.holds(value),
        f"{rule.text}, or none",
        lambda value: None if value is None else rule.stored(value),
    )


YES_OR_NO: Final = Rule(is_boolean, "true or false", bool)
TEXT: Final = Rule(lambda value: isinstance(value, str), "text")


class Declaration(NamedTuple):
    """The declaration of one option.

    Attributes:
        name: of the field.
        default: the default, or `REQUIRED`.
        rule: for its values.
        help: a sentence.
        flag: its command-line flag, None if commands do not offer it.
        short: its short flag, such as `-t`; empty for none.
        unset: the meaning of None, if None is the default.
    """

    name: str
    default: Any
    rule: Rule
    help: str
    flag: str | None
    short: str
    unset: str


def option(
    default: Any,
    rule: Rule,
    help_text: str,
    *,
    flag: str | None = "",
    short: str = "",
    unset: str = "none",
) -> Any:
    """Declares an option, as the default of a dataclass field.

    Args:
        default: the default, or `REQUIRED`.
        rule: for its values.
        help_text: one sentence of help.
        flag: its command-line flag, by default `--` and the field's name; None leaves it out of
            command lines.
        short: a short flag beside it, such as `-t`.
        unset: the meaning of None, if None is the default.
    """
    metadata = {"rule": rule, "help": help_text, "flag": flag, "short": short, "unset": unset}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """Base of every class of options: checks, errors and JSON from the declarations.

    Attributes:
        kind: the name of these options in error messages; may be empty.
        help_panel: the title above them in a command's help; may be empty.

    Raises:
        SketchRNNError: if values break their rules, naming all of them.
    """

    kind: ClassVar[str] = ""
    help_panel: ClassVar[str] = ""

    def __post_init__(self) -> None:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        self._refuse(self.faults(values))
        for declared in self.declarations():
            object.__setattr__(self, declared.name, declared.rule.stored(values[declared.name]))
        self._refuse(self.conflicts())

    def conflicts(self) -> list[str]:
        """One sentence for each impossible combination of values."""
        return []

    @classmethod
    def declarations(cls) -> Iterator[Declaration]:
        """Yields the declaration of each option, in order."""
        for f in fields(cls):
            said = f.metadata
            flag = f"--{f.name.replace('_', '-')}" if said["flag"] == "" else said["flag"]
            yield Declaration(
                f.name, f.default, said["rule"], said["help"], flag, said["short"], said["unset"]
            )

    @classmethod
    def setting_names(cls) -> tuple[str, ...]:
        """The names of the options, in order."""
        return tuple(f.name for f in fields(cls))

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[str]:
        """One sentence for each of these values that breaks its rule."""
        return [
            f"{declared.name}={shown(values[declared.name])} must be {declared.rule.text}"
            for declared in cls.declarations()
            if declared.name in values and not declared.rule.holds(values[declared.name])
        ]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Options with these values; the others keep their defaults.

        Raises:
            SketchRNNError: on unknown or missing names or bad values, all of them in one message.
        """
        if not isinstance(values, Mapping):
            raise wrong_type(values, cls.__name__, "a dictionary of settings")
        required = [d.name for d in cls.declarations() if d.default is REQUIRED]
        missing = [f"missing '{name}'" for name in required if name not in values]
        cls._refuse(unknown_names(values, cls.setting_names()) + missing + cls.faults(values))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The options by name, ready for JSON."""
        return asdict(self)

    def changed(self, values: Mapping[str, Any]) -> Self:
        """A copy with these values changed.

        Raises:
            SketchRNNError: as `from_dict` does.
        """
        if not isinstance(values, Mapping):
            raise wrong_type(values, "values", "a dictionary of settings")
        return self.from_dict({**self.to_dict(), **values}) if values else self

    @classmethod
    def _refuse(cls, faults: Sequence[str]) -> None:
        if faults:
            raise SketchRNNError((f"{cls.kind}: " if cls.kind else "") + "; ".join(faults))


def expect_rule(value: Any, rule: Rule, name: str) -> Any:
    """The argument called `name` as it is stored, checked by the rule of an option.

    Raises:
        SketchRNNError: if the value breaks the rule.
    """
    if not rule.holds(value):
        raise SketchRNNError(f"{name}={shown(value)} must be {rule.text}")
    return rule.stored(value)


def _is_finite(value: Any) -> bool:
    """Whether a value is a number that fits a float, and not a boolean."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def unknown_names(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """A phrase for each name that is not `known`, with a near match or all known names."""
    # Names may come from files and contain line breaks and escape sequences.
    strange = [str(name) for name in names if name not in known]
    faults = [
        f"unknown '{printable(shortened(' '.join(name.split()), _LONGEST_NAME))}' "
        f"({_hint(name, known)})"
        for name in strange[:_MOST_NAMES]
    ]
    more = len(strange) - len(faults)
    return [*faults, f"and {more:,} more unknown"] if more else faults


def _listed(value: Any) -> Any:
    """A NumPy array or a tensor as a list, and anything else as it is."""
    try:
        return value.tolist() if hasattr(value, "tolist") else value
    except RuntimeError:  # a tensor without values, or a sparse one
        return value


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
