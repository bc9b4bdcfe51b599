"""Find the drawings that a model was trained on, by its profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.published import is_published
from sketch_rnn.dataset.store import is_store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sources.doodles import doodle_sources


def load_known(
    profile: DataProfile,
    data: Sequence[str] | None = None,
    *,
    max_seq_len: int | None = None,
    first_row: FirstRow | None = None,
) -> Dataset:
    """Returns the drawings that a model was trained on, measured as its profile says.

    Args:
        profile: of the model.
        data: where they are; by default `known_sources`.
        max_seq_len: instead of the profile's.
        first_row: instead of the profile's.

    Raises:
        SketchRNNError: if they cannot be found or used.
    """
    return load_dataset(
        data or known_sources(profile),
        max_seq_len=max_seq_len or profile.max_seq_len,
        first_row=first_row or profile.first_row,
    )


def known_sources(profile: DataProfile) -> list[str]:
    """Returns the sources that a model was trained on, as `load_dataset` takes them.

    A profile holds the names of files without folder and suffix: they are looked for here. A file
    comes before what is published under its name, which may be other drawings.

    Raises:
        SketchRNNError: if one is not found.
    """
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
            raise SketchRNNError(
                f"the model was trained on {', '.join(profile.sources)}, but there is no "
                f"{name}.npz in the current folder; name the data"
            )
    return found


def other_drawings(found: DataProfile, known: DataProfile) -> str | None:
    """Returns a sentence if drawings found by name differ from those a model was trained on."""
    # Not the scale, which may have been given when the model was imported.
    if not known.typical_size or math.isclose(found.typical_size, known.typical_size, rel_tol=1e-3):
        return None
    return (
        f"{', '.join(found.sources)} holds other drawings than those of that name that the "
        f"model was trained on: they are {found.typical_size:.4g} pixels large in the median, "
        f"those were {known.typical_size:.4g}"
    )
