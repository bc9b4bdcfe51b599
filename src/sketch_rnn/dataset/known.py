"""Find the training data of a model, by its profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.published import is_published
from sketch_rnn.dataset.store import is_store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sources.doodles import KINDS, doodle_sources
from sketch_rnn.text import listed


def load_known(
    profile: DataProfile,
    data: Sequence[str] | None = None,
    *,
    max_seq_len: int | None = None,
    first_row: FirstRow | None = None,
) -> Dataset:
    """The drawings that a model was trained on, measured as its profile says.

    `doodles` used to hold twelve kinds. For a model of these it still does, with a
    note.

    Args:
        profile: of the model.
        data: where they are; by default `known_sources`.
        max_seq_len: instead of the profile's.
        first_row: instead of the profile's.

    Raises:
        SketchRNNError: if they cannot be found or used.
    """
    sources = list(data or known_sources(profile))
    notes: tuple[str, ...] = ()
    if "doodles" in sources and set(KINDS) <= set(profile.labels):
        sources = ["doodles/all" if source == "doodles" else source for source in sources]
        notes = (f"the {len(KINDS)} kinds that were called doodles are now doodles/all",)
    dataset = load_dataset(
        sources,
        max_seq_len=max_seq_len or profile.max_seq_len,
        first_row=first_row or profile.first_row,
    )
    return replace(dataset, notes=notes + dataset.notes)


def known_sources(profile: DataProfile, recorded: Sequence[str] = ()) -> list[str]:
    """The sources that a model was trained on, as `load_dataset` takes them.

    The recorded ones are taken if they are still there. A profile only holds the names of files
    without folder and suffix: they are looked for in the current folder. A file takes precedence
    over a published dataset of its name.

    Args:
        profile: of the model.
        recorded: the `Dataset.origins` that a run was trained on, if they are known.

    Raises:
        SketchRNNError: if one is not found.
    """
    gone = [path for path in recorded if Path(path).is_absolute() and not Path(path).exists()]
    if recorded and not gone:
        return list(recorded)
    found: list[str] = []
    for name in profile.sources:
        # The name of a published set may hold a folder, that of a file does not.
        if Path(name).name == name and Path(f"{name}.npz").is_file():
            found.append(f"{name}.npz")
        elif name == "doodles":
            found += doodle_sources(profile.labels)
        elif is_published(name) or is_store(Path(name)):
            found.append(name)
        else:
            missing = f"{gone[0]} is gone, and there is" if gone else "there is"
            raise SketchRNNError(
                f"the model was trained on {listed(profile.sources)}, but {missing} no "
                f"{name}.npz in the current folder; name the data"
            )
    return found


def unseen_labels(found: DataProfile, known: DataProfile) -> str | None:
    """A warning if data has labels that a model was not trained on, from both profiles."""
    unseen = [name for name in found.labels if name not in known.labels]
    if not unseen or not known.labels:
        return None
    sources = listed(known.sources) or "other data"
    return f"the model was trained on {sources} and never saw {listed(unseen)}"


def other_drawings(found: DataProfile, known: DataProfile) -> str | None:
    """A warning if drawings found by name differ from those a model was trained on."""
    # Not the scale, which may have been given when the model was imported.
    if not known.typical_size or math.isclose(found.typical_size, known.typical_size, rel_tol=1e-3):
        return None
    return (
        f"{', '.join(found.sources)} differs from the data of that name that the model was "
        f"trained on: the median drawing is {found.typical_size:.4g} pixels large, and was "
        f"{known.typical_size:.4g}"
    )
