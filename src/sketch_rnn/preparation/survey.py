"""Statistics of a dataset."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.preparation.measures import Measures
from sketch_rnn.sources.splits import SPLITS
from sketch_rnn.text import listed

_PART: Final = 100_000


class Survey(NamedTuple):
    """Statistics of a dataset, in words.

    Attributes:
        rows: names and texts.
        warnings: one line for each thing that looks wrong.
    """

    rows: list[tuple[str, str]]
    warnings: list[str]


def survey(dataset: Dataset) -> Survey:
    """The statistics of all drawings of a dataset, with the values that training uses."""
    profile = dataset.profile
    measures = Measures()
    for split in SPLITS:
        store = dataset.split(split)
        measures.splits[split] = len(store)
        for start in range(0, len(store), _PART):
            part = store.select(np.arange(start, min(start + _PART, len(store))))
            measures.add_rows(part.rows, part.offsets, profile.first_row)
            counts = np.bincount(part.labels)
            for number in np.flatnonzero(counts):
                name = profile.labels[number] if profile.labels else ""
                measures.labels[name] += int(counts[number])
    left, top = profile.typical_corner
    rows = [
        ("sources", listed(profile.sources)),
        *measures.rows(),
        ("scale", f"{profile.scale:.4f} pixels, as training would use it"),
        ("N_max", f"{profile.max_seq_len} rows"),
        ("row 0", profile.first_row),
        ("size", f"typically {profile.typical_size:.4g} pixels, from ({left:.4g}, {top:.4g})"),
        ("spacing", f"typically {profile.typical_spacing:.4g} pixels"),
    ]
    return Survey(rows, [*dataset.notes, *measures.warnings()])
