"""The published data sets, fetched when they are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sketch_rnn.data.sources.names import PUBLISHED, published_address
from sketch_rnn.data.sources.npz import SPLITS, read_npz
from sketch_rnn.data.sources.raw import RawDataset
from sketch_rnn.data.sources.remote import cached_path, fetch_npz
from sketch_rnn.data.sources.transfer import Progress
from sketch_rnn.errors import SketchRNNError


def is_published(name: str) -> bool:
    """Returns whether `name` is that of a published data set."""
    return published_address(name) is not None


def is_fetched(name: str) -> bool:
    """Returns whether the published data set `name` is in the cache."""
    address = published_address(name)
    return address is not None and cached_path(address).is_file()


def fetch_published(name: str, on_progress: Progress | None = None) -> Path:
    """Returns the path of the published data set `name`, downloaded unless it was before.

    Raises:
        SketchRNNError: if there is none of that name, or it cannot be downloaded.
    """
    address = published_address(name)
    if address is None:
        raise SketchRNNError(
            f"no published data set {name}; known are {', '.join(PUBLISHED)} and quickdraw/CATEGORY"
        )
    try:
        return fetch_npz(address, on_progress=on_progress)
    except SketchRNNError as error:
        raise SketchRNNError(f"{error} and give the file's path instead of {name}") from error


def read_published(name: str) -> RawDataset:
    """Returns the published data set `name` under its own name, its label without the folder."""
    raw = replace(read_npz(fetch_published(name)), name=name)
    if raw.labels is not None:
        return raw
    labels = {split: np.zeros(len(getattr(raw, split)), np.int32) for split in SPLITS}
    return replace(raw, labels=labels, label_names=(name.rpartition("/")[2],))
