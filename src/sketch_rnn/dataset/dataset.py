"""Datasets, three splits of sketches with a profile: load, build and save them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.dataset.cleaning import cleaned, measure_profile
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.dataset.reading import check_reading, kinds_of, read_source
from sketch_rnn.dataset.store import Split, is_store, open_store
from sketch_rnn.errors import (
    SketchRNNError,
    expect_list,
    expect_names,
    expect_one_of,
    expect_path,
    expect_whole,
)
from sketch_rnn.profile import DataProfile, label_numbers
from sketch_rnn.sketch import FirstRow, Sketch
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.doodles import make_doodles
from sketch_rnn.sources.splits import SPLITS, Splits

SketchList = Sequence[npt.NDArray[Any] | Sketch]
_BLOCK: Final = 4096


@dataclass(frozen=True, eq=False)
class Dataset:
    """Drawings in three splits, ready for training.

    Attributes:
        train: training drawings, in pixels.
        valid: validation drawings, which choose the best model.
        test: test drawings, for the final figures.
        profile: scale, longest drawing and typical measures.
        notes: one line for each change, and for each suspicious property, of the data.
        origins: names and absolute paths that it was read from; empty for drawings in memory.
    """

    train: Split
    valid: Split
    test: Split
    profile: DataProfile
    notes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.split(name)):,} {name}" for name in SPLITS)
        return f"<Dataset {', '.join(self.profile.sources)}: {counts} drawings>"

    def split(self, name: str) -> Split:
        """The drawings of the split called `name`: train, valid or test."""
        expect_one_of(name, SPLITS, "split")
        split: Split = getattr(self, name)
        return split

    def fingerprint(self) -> str:
        """A hash of all drawings, labels and splits, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for name in SPLITS:
            store = self.split(name)
            digest.update(f"{name} {len(store)}".encode())
            # Block by block, because the drawings may not fit into memory.
            for start in range(0, len(store), _BLOCK):
                block = store.select(np.arange(start, min(start + _BLOCK, len(store))))
                for array in (block.rows, block.offsets, block.labels):
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def sketch(self, split: str, index: int) -> Sketch:
        """One drawing, in pixels."""
        store = self.split(split)
        if expect_whole(index, 0, "index") >= len(store):
            raise SketchRNNError(
                f"{split} sketch {index} does not exist; the split has {len(store)}, counted from 0"
            )
        return Sketch(store[index], self.profile.first_row)


def load_dataset(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    max_seq_len: int | None = None,
    seed: int = 0,
    first_row: FirstRow | None = None,
) -> Dataset:
    """The drawings of all `sources`, concatenated split by split.

    Args:
        sources: one or several: paths of `.npz` files; the folder of one store; `doodles` (six
            kinds), `doodles/all` (twelve), or single kinds such as `doodles/cat`; names of
            published sets such as `aaron_sheep` or `quickdraw/cat`, which are downloaded the
            first time.
        max_seq_len: drop drawings with more rows than this.
        seed: fixes the drawings of `doodles`.
        first_row: see `Sketch.first_row`; by default as stored in the file, or guessed.

    Raises:
        SketchRNNError: if a source does not exist or its drawings cannot be used.
    """
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    texts = [expect_path(s, "source") for s in expect_list(sources, "sources", "names or paths")]
    expect_whole(seed, 0, "seed")
    check_reading(max_seq_len, first_row)
    if not all(texts) or not texts:
        raise SketchRNNError("no data given; name doodles, or the path of a .npz file")
    origins = tuple(str(Path(t).absolute()) if Path(t).exists() else t for t in texts)
    if any(is_store(Path(text)) for text in texts):
        return replace(_stored(texts, max_seq_len, first_row), origins=origins)
    kinds = tuple(dict.fromkeys(kind for text in texts for kind in kinds_of(text)))
    found: list[Splits] = []
    for text in texts:
        if not kinds_of(text):
            found.append(read_source(text))
        elif kinds:
            found.append(make_doodles(kinds, seed=seed))
            kinds = ()
    return replace(assemble(found, max_seq_len, first_row), origins=origins)


def build_dataset(
    train: SketchList,
    valid: SketchList,
    test: SketchList,
    *,
    labels: Mapping[str, npt.ArrayLike] | None = None,
    label_names: Sequence[str] = (),
    first_row: FirstRow | None = None,
    max_seq_len: int | None = None,
    name: str = "drawings",
) -> Dataset:
    """A dataset of drawings in memory, checked and measured as `load_dataset` does.

    Args:
        train: stroke-3 arrays `(n, 3)` in pixels, or sketches.
        valid: as `train`.
        test: as `train`.
        labels: by the name of the split, the class number of every drawing.
        label_names: names of the classes, in the order of their numbers.
        first_row: what row 0 means; by default as the sketches say, or guessed from the data.
        max_seq_len: drop drawings with more rows than this.
        name: the name of the drawings in messages.

    Raises:
        SketchRNNError: if drawings cannot be used.
    """
    check_reading(max_seq_len, first_row)
    source = _source(_lists((train, valid, test)), labels, label_names, first_row, name)
    return assemble([source], max_seq_len, first_row)


def save_dataset(
    path: str | os.PathLike[str],
    train: SketchList,
    valid: SketchList,
    test: SketchList,
    *,
    labels: Mapping[str, npt.ArrayLike] | None = None,
    label_names: Sequence[str] = (),
    first_row: FirstRow | None = None,
    dtype: npt.DTypeLike = np.int16,
) -> None:
    """Writes three lists of drawings as a `.npz` that `load_dataset` and the original read.

    Integer types round absolute positions, so that drawings do not drift. Every drawing is checked
    first, and the file is written atomically. Arguments as for `build_dataset`.

    Raises:
        SketchRNNError: if the name does not end in `.npz`, a drawing is malformed, a split is
            empty, labels are invalid, or an offset does not fit.
    """
    if Path(expect_path(path, "path")).suffix.lower() != ".npz":
        raise SketchRNNError(f"{path}: a dataset is written as .npz; give the name {path}.npz")
    check_reading(None, first_row)
    lists = _lists((train, valid, test))
    source = _source(lists, labels, label_names, first_row, Path(path).name)
    for split, part in source.by_name().items():
        if not len(part):
            raise SketchRNNError(f"{source.name}: the {split} split has no sketches")
    write_npz(
        path,
        *([s.strokes if isinstance(s, Sketch) else s for s in part] for part in lists),
        labels=labels,
        label_names=label_names,
        first_row=source.first_row,
        dtype=dtype,
    )


def _lists(splits: Sequence[SketchList]) -> list[list[npt.NDArray[Any] | Sketch]]:
    content = "sketches or stroke-3 arrays"
    return [expect_list(part, name, content) for name, part in zip(SPLITS, splits, strict=True)]


def _source(
    splits: Sequence[list[npt.NDArray[Any] | Sketch]],
    labels: Mapping[str, npt.ArrayLike] | None,
    label_names: Sequence[str],
    first_row: FirstRow | None,
    name: str,
) -> Splits:
    """Sketches in memory as a source."""
    said = {s.first_row for sketches in splits for s in sketches if isinstance(s, Sketch)}
    if first_row is None and len(said) > 1:
        raise SketchRNNError(
            f"{name}: the sketches differ in first_row; pass first_row='move' or 'line'"
        )
    return Splits.from_arrays(
        *splits,
        labels=labels,
        label_names=expect_names(label_names, "label_names"),
        first_row=first_row or next(iter(said), None),
        name=name,
    )


def assemble(
    sources: Sequence[Splits], max_seq_len: int | None = None, first_row: FirstRow | None = None
) -> Dataset:
    """The cleaned sketches of all sources, split by split, with profile and notes.

    Raises:
        SketchRNNError: if a split has no sketches left, or all training offsets are equal.
    """
    parts, noted = zip(*(cleaned(source, max_seq_len) for source in sources), strict=True)
    notes = [note for each in noted for note in each]
    if first_row is None:
        stored = [source.first_row for source in sources if source.first_row is not None]
        first_row = (stored or [part.first_row for part in parts])[0]
        if any(part.first_row != first_row for part in parts):
            each = ", ".join(f"{part.name} {part.first_row}" for part in parts)
            notes.append(
                f"the sources differ in what row 0 of a drawing means ({each}); all are read as "
                f"{first_row}"
            )
    names = tuple(dict.fromkeys(name for part in parts for name in part.label_names))
    relabelled = [_relabelled(part, names).by_name() for part in parts]
    splits = {s: Sketches.concatenate([part[s] for part in relabelled]) for s in SPLITS}
    sources_named = tuple(dict.fromkeys(part.name for part in parts))
    profile = measure_profile(splits, first_row=first_row, labels=names, sources=sources_named)
    return Dataset(splits["train"], splits["valid"], splits["test"], profile, tuple(notes))


def _relabelled(source: Splits, names: tuple[str, ...]) -> Splits:
    """A source with its class numbers as indices into all `names`."""
    numbers = np.array(label_numbers(source.label_names, names), np.int32)
    return source.map(lambda part: part.relabelled(numbers))


def _stored(texts: Sequence[str], max_seq_len: int | None, first_row: FirstRow | None) -> Dataset:
    """The drawings of a store, read from its files when needed."""
    if len(texts) > 1:
        raise SketchRNNError(
            f"a store is used alone, not with others ({', '.join(texts)}); prepare them together"
        )
    splits, profile = open_store(Path(texts[0]))
    if max_seq_len is not None and max_seq_len < profile.max_seq_len:
        raise SketchRNNError(
            f"{texts[0]}: has drawings of {profile.max_seq_len} rows, more than {max_seq_len}; "
            "prepare it with a lower --max-points"
        )
    if first_row not in (None, profile.first_row):
        raise SketchRNNError(f"{texts[0]}: row 0 of its drawings is a {profile.first_row}")
    return Dataset(splits["train"], splits["valid"], splits["test"], profile)
