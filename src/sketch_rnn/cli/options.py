"""Generate flags from declared options; arguments that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from sketch_rnn.errors import expect_whole
from sketch_rnn.options import Declaration, Options
from sketch_rnn.render import formats
from sketch_rnn.sources import table

if TYPE_CHECKING:
    from sketch_rnn.config import FirstRow
else:
    FirstRow = str  # typer reads strings; the functions that are called check them.

T = TypeVar("T", bound=Options)

DRAWING_FILES = ", ".join(table.SUFFIXES)
PICTURE_FILES = ", ".join(formats.SUFFIXES)

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A name that `models` lists, the folder of a training run or of a saved model, a "
        ".safetensors or JavaScript .json file, or its address.",
        show_default=False,
    ),
]
Data = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATA",
        help="doodles, doodles/KIND, doodles/all, aaron_sheep, quickdraw/CATEGORY, .npz files "
        "(several are joined split by split), or the folder of a store.",
        show_default=False,
    ),
]
SomeData = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A name such as doodles or quickdraw/cat, .npz files, or a store.",
        show_default=False,
    ),
]
Drawings = Annotated[
    list[str],
    typer.Argument(
        metavar="DRAWING",
        help=f"Files ({DRAWING_FILES}), or DATA:split/index such as doodles:test/3.",
        show_default=False,
    ),
]
Label = Annotated[
    list[str] | None,
    typer.Option(
        help="What to draw, for a class-conditional model. Repeat it for several; `all` means "
        "every label.",
        show_default="none",
    ),
]
OneLabel = Annotated[
    str | None,
    typer.Option(help="Draw as this label, for a class-conditional model.", show_default="none"),
]
Rows = Annotated[
    int | None,
    typer.Option(help="Use only the first N points of the drawing.", show_default="all"),
]
Count = Annotated[int, typer.Option("--count", "-n", help="Number of drawings.")]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help=f"Where to write: a picture ({PICTURE_FILES}) or the drawings (.npz, .json).",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace the file in --out even if another program wrote it."),
]
Animate = Annotated[
    bool,
    typer.Option("--animate", help="Write an animated SVG and a GIF.", rich_help_panel="Picture"),
]
Each = Annotated[
    bool,
    typer.Option(
        "--each",
        help="Write one file per drawing: NAME-1.svg, NAME-2.svg, ...",
        rich_help_panel="Picture",
    ),
]
Device = Annotated[
    str, typer.Option(help="Device that the model computes on, such as cpu or cuda.")
]
Columns = Annotated[
    int | None,
    typer.Option(
        help="Drawings in a row.", show_default="nearly a square", rich_help_panel="Picture"
    ),
]
RowZero = Annotated[
    FirstRow | None,
    typer.Option(
        "--first-row",
        help="What row 0 of a drawing means: move (a position) or line (the pen is down).",
        show_default="detected",
    ),
]


def _checked_seed(seed: int) -> int:
    """The seed, checked before data is read or downloaded."""
    return expect_whole(seed, 0, "seed")


Seed = Annotated[
    int, typer.Option(help="The same seed gives the same result.", callback=_checked_seed)
]


class Given(dict[str, Any], Generic[T]):
    """The options that were given on the command line, by name.

    A command takes `Given[TrainConfig]` instead of `TrainConfig` if a preset or a resumed run
    decides the others.
    """


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameters of a command that are options classes by a flag for each option.

    This applies to parameters whose type is a class of options, or `Given` of one. The default of
    such a parameter, if it has one, sets the flags' defaults.
    """
    own = inspect.signature(command, eval_str=True)
    groups = [group for p in own.parameters.values() if (group := _group(p))]
    taken = [group.name for group in groups]
    parameters = [p for p in own.parameters.values() if p.name not in taken]
    parameters += [flag for group in groups for flag in group.flags()]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        made = {group.name: group.taken_from(values) for group in groups}
        command(**values, **made)

    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapped


class _Group(NamedTuple):
    """A parameter of a command that is replaced by flags.

    Attributes:
        name: of the parameter.
        options: its class.
        base: the default options; None for those of the class.
        only_given: whether the command takes only the options that were given.
    """

    name: str
    options: type[Options]
    base: Options | None
    only_given: bool

    def flags(self) -> Iterator[inspect.Parameter]:
        """Yields the parameters that typer turns into flags; one that is not given is None."""
        hints = get_type_hints(self.options)
        for declared in self.options.declarations():
            if declared.flag is None:
                continue
            default = getattr(self.base, declared.name) if self.base else declared.default
            kind = _plain_type(hints[declared.name])
            option = typer.Option(
                self._spelled(declared.flag, kind, default),
                *([declared.short] if declared.short else []),
                help=declared.help,
                show_default=self._shown(default, declared),
                rich_help_panel=self.options.help_panel or None,
            )
            yield inspect.Parameter(
                self._parameter(declared),
                inspect.Parameter.KEYWORD_ONLY,
                default=None if self.only_given or default == () else default,
                annotation=Annotated[kind | None, option],
            )

    def taken_from(self, values: dict[str, Any]) -> Options | Mapping[str, Any]:
        """Removes the flags from `values` and returns the argument of the command."""
        names = {d.name: self._parameter(d) for d in self.options.declarations() if d.flag}
        found = {name: values.pop(parameter) for name, parameter in names.items()}
        # typer gives an empty list for a flag that may be repeated and is not given.
        given = {name: value for name, value in found.items() if value not in (None, [])}
        return given if self.only_given else (self.base or self.options()).changed(given)

    def _parameter(self, declared: Declaration) -> str:
        # Two groups of one command may have options of the same name.
        return f"{self.name}_{declared.name}"

    def _spelled(self, flag: str, kind: Any, default: Any) -> str:
        # A switch that may be on by default can be turned off.
        if kind is bool and "/" not in flag and (default or self.only_given):
            return f"{flag}/--no-{flag.removeprefix('--')}"
        return flag

    def _shown(self, default: Any, declared: Declaration) -> str | bool:
        """The default as help shows it; True for that of the flag itself."""
        if default is None:
            return declared.unset
        if default == ():
            return False
        return str(default).lower() if self.only_given else True


def _group(parameter: inspect.Parameter) -> _Group | None:
    only_given = get_origin(parameter.annotation) is Given
    kind = get_args(parameter.annotation)[0] if only_given else parameter.annotation
    if not (isinstance(kind, type) and issubclass(kind, Options)):
        return None
    base = parameter.default if isinstance(parameter.default, Options) else None
    return _Group(parameter.name, kind, base, only_given)


def _plain_type(hint: Any) -> Any:
    """The type that typer parses for an option: int, float, bool, str or list[str]."""
    if get_origin(hint) is tuple:
        return list[str]
    kinds = [kind for kind in (get_args(hint) or [hint]) if kind in (int, float, bool)]
    return kinds[0] if kinds else str
