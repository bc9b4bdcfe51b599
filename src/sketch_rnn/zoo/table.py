"""The table of models: `models.toml`, and over it the file that the user names."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError

TABLE_VARIABLE: Final = "SKETCH_RNN_MODELS"
_TABLE: Final = "models.toml"
_FIELDS: Final = {"about": str, "address": str, "file": str, "member": str, "scale": float}


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the table.

    Attributes:
        name: what users call it.
        about: what it draws, in a few words.
        address: where it can be downloaded, empty if nowhere.
        file: its file in the package, empty if it does not come with it.
        member: its folder within the zip archive at the address.
        scale: pixels per normalised unit, where its file does not say and it is known.
        family: the models it is listed with, empty if it stands alone.
    """

    name: str
    about: str = ""
    address: str = ""
    file: str = ""
    member: str = ""
    scale: float | None = None
    family: str = ""


@dataclass(frozen=True)
class ModelTable:
    """Models by name.

    Attributes:
        entries: the models, in the order they are listed.
        aliases: short names of some.
    """

    entries: Mapping[str, ModelEntry]
    aliases: Mapping[str, str]

    def find(self, name: str) -> ModelEntry | None:
        """Returns the model of this name or alias, None if there is none."""
        return self.entries.get(self.aliases.get(name, name))

    def near(self, name: str) -> str:
        """Returns a hint at what may have been meant, empty if nothing is near."""
        found = difflib.get_close_matches(name, [*self.entries, *self.aliases], n=1)
        return f" (did you mean {found[0]}?)" if found else ""


def load_table() -> ModelTable:
    """Returns the table of the package, and over it that of the file in `SKETCH_RNN_MODELS`.

    Raises:
        SketchRNNError: if that file cannot be read, or is no such table.
    """
    own = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    table = _parsed(own, _TABLE)
    path = os.environ.get(TABLE_VARIABLE)
    if not path:
        return table
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SketchRNNError(f"{TABLE_VARIABLE}={path} cannot be read: {error}") from error
    users = _parsed(text, path)
    return ModelTable({**table.entries, **users.entries}, {**table.aliases, **users.aliases})


def _parsed(text: str, where: str) -> ModelTable:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SketchRNNError(f"{where}: not TOML ({error})") from error
    sections = {name: values.pop(name, {}) for name in ("model", "family", "alias")}
    if values or not all(isinstance(section, dict) for section in sections.values()):
        raise SketchRNNError(f"{where}: expected the sections model, family and alias only")
    entries = [_entry(name, fields, where) for name, fields in sections["model"].items()]
    for name, family in sections["family"].items():
        entries += _family(name, family, where)
    aliases = {str(short): str(name) for short, name in sections["alias"].items()}
    return ModelTable({entry.name: entry for entry in entries}, aliases)


def _entry(name: str, fields: Any, where: str) -> ModelEntry:
    is_entry = isinstance(fields, dict) and all(
        isinstance(value, _FIELDS.get(field, ())) for field, value in fields.items()
    )
    if not is_entry:
        raise SketchRNNError(
            f"{where}: model {name} may have {', '.join(_FIELDS)}, as text or number"
        )
    return ModelEntry(name=name, **fields)


def _family(name: str, family: Any, where: str) -> Iterator[ModelEntry]:
    """Yields models whose addresses differ in one word."""
    try:
        for member in family["names"]:
            yield ModelEntry(
                name=family["name"].format(member),
                about=family["about"].format(member.replace("_", " ")),
                address=family["address"].format(member),
                family=name,
            )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise SketchRNNError(
            f"{where}: family {name} must have names, name, about and address, with {{}} in each"
        ) from error
