"""The table of models: `models.toml`, overridden by the file that the user names."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.downloads import is_address
from sketch_rnn.io.toml import parse_toml, read_toml

TABLE_VARIABLE: Final = "SKETCH_RNN_MODELS"
_TABLE: Final = "models.toml"
_COLLECTION: Final = "collection"
# Stricter than for names: among hundreds of labels, something is always similar.
_CLOSE: Final = 0.75
_FIELDS: Final = {"about": str, "address": str, "file": str, "member": str, "scale": int | float}


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the table.

    Attributes:
        name: what users call it.
        about: what it draws, in a few words.
        address: where it can be downloaded, or its path; empty if nowhere.
        file: its file in the package, empty if it is not shipped.
        member: its folder within the zip archive at the address.
        scale: pixels per normalised unit, if it is known and the file lacks it.
        family: the models it is listed with, empty if it stands alone.
        is_collected: whether its address is relative to a folder of models, this project's or the
            user's.
    """

    name: str
    about: str = ""
    address: str = ""
    file: str = ""
    member: str = ""
    scale: float | None = None
    family: str = ""
    is_collected: bool = False


@dataclass(frozen=True)
class ModelTable:
    """Models by name.

    Attributes:
        entries: the models, in the order they are listed.
        aliases: short names, each of a name in `entries`.
    """

    entries: Mapping[str, ModelEntry]
    aliases: Mapping[str, str]

    def find(self, name: str) -> ModelEntry | None:
        """The model of this name or alias, or None."""
        return self.entries.get(name) or self.entries.get(self.aliases.get(name, ""))

    def near(self, name: str, others: Iterable[str] = ()) -> str:
        """A hint such as "did you mean cat?", or an empty text if no name is similar.

        Args:
            name: the unknown name.
            others: known names that are not in the table.
        """
        found = difflib.get_close_matches(name, [*others], n=1, cutoff=_CLOSE)
        found = found or difflib.get_close_matches(name, [*self.entries, *self.aliases], n=1)
        return f" (did you mean {found[0]}?)" if found else ""


def load_table() -> ModelTable:
    """The table of the package, overridden by the file that `SKETCH_RNN_MODELS` names.

    Raises:
        SketchRNNError: if that file cannot be read, is not a table of models, or has an alias of
            an unknown model.
    """
    text = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    own = parse_toml(text, _TABLE)
    published = own.pop(_COLLECTION)
    ours = _clone() or published
    path = os.environ.get(TABLE_VARIABLE)
    if not path:
        return _followed(_parsed(own, _TABLE, ours), _TABLE)
    given = read_toml(Path(path), f"{TABLE_VARIABLE}=")
    collection, folder = given.pop(_COLLECTION, ""), str(Path(path).resolve().parent)
    if not isinstance(collection, str):
        raise SketchRNNError(f"{path}: {_COLLECTION} must be text: a folder, or its address")
    refuse_other_addresses(collection, f"{path}: {_COLLECTION}")
    table = _parsed(own, _TABLE, _within(folder, collection) if collection else ours)
    return _followed(_overruled(table, _parsed(given, path, folder)), path)


def _overruled(table: ModelTable, users: ModelTable) -> ModelTable:
    """Both tables as one; a name in the user's table hides the same name of the package."""
    named = {*users.entries, *users.aliases}
    entries = {name: entry for name, entry in table.entries.items() if name not in named}
    aliases = {name: target for name, target in table.aliases.items() if name not in named}
    return ModelTable({**entries, **users.entries}, {**aliases, **users.aliases})


def _followed(table: ModelTable, where: str) -> ModelTable:
    """The table with aliases of aliases resolved to models."""
    ends: dict[str, str] = {}
    for alias in table.aliases:
        name, way = alias, dict[str, None]()
        while name not in table.entries and name not in ends:
            way[name] = None
            target = table.aliases.get(name)
            if target is None:
                raise SketchRNNError(
                    f"{where}: alias {alias} leads to {name}, which is not a model"
                    f"{table.near(name)}"
                )
            if target in way:
                raise SketchRNNError(
                    f"{where}: alias {alias} leads in a circle, {' to '.join([*way, target])}; "
                    "name a model"
                )
            name = target
        ends |= dict.fromkeys(way, ends.get(name, name))
    return ModelTable(table.entries, ends)


def _clone() -> str:
    """The folder `models` of the clone that the package runs from, or an empty text."""
    folder = Path(__file__).resolve().parents[3] / "models"
    return str(folder) if (folder / "card.py").is_file() else ""


def _within(folder: str, place: str) -> str:
    """A path or address relative to a folder, which may itself be an address."""
    if "://" in place:
        return place
    return f"{folder.rstrip('/')}/{place}" if "://" in folder else str(Path(folder, place))


def _parsed(values: dict[str, Any], where: str, folder: str) -> ModelTable:
    """The table in a file; addresses that are not URLs are relative to `folder`."""
    sections = {name: values.pop(name, {}) for name in ("model", "family", "alias")}
    if values or not all(isinstance(section, dict) for section in sections.values()):
        raise SketchRNNError(f"{where}: expected the sections model, family and alias only")
    aliases = sections["alias"]
    strange = next((name for name, target in aliases.items() if not isinstance(target, str)), None)
    if strange is not None:
        raise SketchRNNError(f"{where}: alias {strange} must be text: the name of a model")
    entries = [_entry(name, fields, where, folder) for name, fields in sections["model"].items()]
    for name, family in sections["family"].items():
        entries += _family(name, family, where)
    return ModelTable({entry.name: entry for entry in entries}, aliases)


def _entry(name: str, fields: Any, where: str, folder: str) -> ModelEntry:
    is_entry = isinstance(fields, dict) and all(
        isinstance(value, _FIELDS.get(field, ())) for field, value in fields.items()
    )
    if not is_entry:
        raise SketchRNNError(
            f"{where}: model {name} may have {', '.join(_FIELDS)}, as text or number"
        )
    entry = ModelEntry(name=name, **fields)
    if entry.scale is not None:
        entry = replace(entry, scale=_scale(entry.scale, f"{where}: model {name}"))
    if not entry.address or is_address(entry.address):
        return entry
    refuse_other_addresses(entry.address, f"{where}: model {name}")
    address = _within(folder, entry.address) if folder else ""
    return replace(entry, address=address, is_collected=True)


def _scale(value: float, where: str) -> float:
    # An integer in TOML may be too large for a float, and true is an integer to Python.
    if isinstance(value, bool) or not 0 < value <= sys.float_info.max:
        raise SketchRNNError(f"{where}: scale must be a finite number above 0")
    return float(value)


def refuse_other_addresses(place: str, where: str) -> None:
    """Raises SketchRNNError for a URL that is not http:// or https://."""
    if "://" in place and not is_address(place):
        raise SketchRNNError(
            f"{where}: cannot load from {place}; give a path, or an address that begins with "
            "https:// or http://"
        )


def _family(name: str, family: Any, where: str) -> list[ModelEntry]:
    """Models whose addresses differ in one word."""
    try:
        # Not format(), whose patterns can ask for gigabytes of spaces.
        members = [
            ModelEntry(
                name=family["name"].replace("{}", member),
                about=family["about"].replace("{}", member.replace("_", " ")),
                address=family["address"].replace("{}", member),
                family=name,
            )
            for member in family["names"]
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise SketchRNNError(
            f"{where}: family {name} must have names, name, about and address, with {{}} in each"
        ) from error
    for member in members:
        refuse_other_addresses(member.address, f"{where}: family {name}")
    return members
