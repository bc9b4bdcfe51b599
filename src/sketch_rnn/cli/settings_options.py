"""Every setting of a training as an option under its own name."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import typer

from sketch_rnn.config import ModelConfig, TrainConfig, setting_default, setting_help
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.settings import hyperparameter, modern_names

_PANELS: Final = ((ModelConfig, "Model"), (TrainConfig, "Training"))
_PARAMETER: Final = "settings"
# `--class-conditional` counts the labels of the data.
_COUNTED: Final = ("num_labels",)


def with_setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Returns the command with an option for every field of the configs, and `--set`.

    Args:
        command: takes the settings that were given, under our names, as `settings`.
    """
    own = inspect.signature(command, eval_str=True)
    options = [
        _option(field, config, panel)
        for config, panel in _PANELS
        for field in fields(config)
        if field.name not in _COUNTED
    ]
    names = [option.name for option in options]
    kept = [p for p in own.parameters.values() if p.name != _PARAMETER]
    parameters = [*kept, *options, _SET]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        given = {name: values.pop(name) for name in names}
        given = {name: value for name, value in given.items() if value is not None}
        assignments = assigned(values.pop(_SET.name) or ())
        command(**values, settings=_merged(given, assignments))

    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapped


def assigned(texts: Sequence[str]) -> dict[str, Any]:
    """Returns the settings that `name=value` texts give; the original's names are understood.

    Raises:
        SketchRNNError: if a text is not `name=value`, or an original's value cannot be read.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SketchRNNError(f"--set {text}: write --set name=value")
        values[name.strip().replace("-", "_")] = value.strip()
    return {name: _value(name, text) for name, text in values.items()}


def _value(name: str, text: str) -> Any:
    try:
        return hyperparameter(name).read(text)
    except KeyError:
        pass
    if text.lower() == "none":
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _merged(options: Mapping[str, Any], assignments: Mapping[str, Any]) -> dict[str, Any]:
    twice = [name for name in assignments if name in options]
    if twice:
        raise SketchRNNError(f"{twice[0]} is given both as an option and with --set; keep one")
    return modern_names({**assignments, **options})


def _option(field: Field[Any], config: type, panel: str) -> inspect.Parameter:
    kind = _plain_type(get_type_hints(config)[field.name])
    default = setting_default(field)
    shown = "none" if default is None else str(default).lower()
    name = f"--{field.name.replace('_', '-')}"
    if kind is bool:
        name = f"{name}/--no-{field.name.replace('_', '-')}"
    option = typer.Option(name, help=setting_help(field), show_default=shown, rich_help_panel=panel)
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _plain_type(hint: Any) -> Any:
    """Returns int, float, bool or str: what typer reads for a field of this type."""
    alternatives = [kind for kind in get_args(hint) if kind is not type(None)]
    if get_origin(hint) is None:
        return hint
    return alternatives[0] if isinstance(alternatives[0], type) else str


_SET: Final = inspect.Parameter(
    "set_",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting, also under the original's name such as use_recurrent_dropout; "
            "may be repeated.",
            show_default=False,
        ),
    ],
)
