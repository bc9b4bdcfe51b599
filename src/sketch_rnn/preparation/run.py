"""Prepare files piece by piece, on several cores, and write the dataset."""

from __future__ import annotations

import errno
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.io.atomic import write_error
from sketch_rnn.lines import Mask, starts_of
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pieces import PieceResult, prepare_piece
from sketch_rnn.preparation.report import DUPLICATES, OVER_LABEL_CAP, Report
from sketch_rnn.preparation.splitting import (
    MOST_COUNTED,
    SplitRule,
    first_of_each,
    first_of_labels,
)
from sketch_rnn.preparation.writing import Writer, check_destination, writer_for
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.formats import ignored_in, pieces_of, require_records
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS

Progress = Callable[[int, int], None]

READING: Final = ReadingOptions()
PREPARING: Final = PrepareOptions()

_PART: Final = 100_000


def prepare_files(
    inputs: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    reading: ReadingOptions = READING,
    options: PrepareOptions = PREPARING,
    strict: bool = False,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Report:
    """Prepares the drawings in files, writes them, and returns the report.

    Args:
        inputs: files and folders of SVG, QuickDraw records, JSON, `.npz`, `.npy` and CSV.
        out: a `.npz` file for the original and for small sets, or a folder for a store that is
            mapped into memory.
        reading: how the files are read.
        options: what is done to the drawings.
        strict: raise instead of warning; nothing is written then.
        workers: processes to share the work among. More than one need a program that can be
            imported without running, as `multiprocessing` does.
        on_progress: told how many pieces of the input are done, and of how many.

    Raises:
        SketchRNNError: if an input, the output or an option is invalid, or there are too few
            drawings.
    """
    expect_whole(workers, 1, "workers")
    out = Path(out)
    check_destination(out)
    pieces = pieces_of(inputs)
    require_records(pieces, reading)
    if options.box:
        reading = replace(reading, box=options.box)
    with _workplace(out) as folder:
        stems = [folder / f"piece-{number:06d}" for number in range(len(pieces))]
        work = partial(prepare_piece, reading=reading, options=options)
        results = []
        for result in _done(work, pieces, stems, min(workers, len(pieces))):
            results.append(result)
            if on_progress is not None:
                on_progress(len(results), len(pieces))
        writer = writer_for(out, options.first_row)
        ignored = ignored_in(inputs)
        return finish(results, writer, options, name=out.stem, strict=strict, ignored=ignored)


def finish(
    results: Sequence[PieceResult],
    writer: Writer,
    options: PrepareOptions,
    *,
    name: str,
    strict: bool = False,
    ignored: Counter[str] | None = None,
) -> Report:
    """Writes the drawings of all pieces without duplicates, and returns the report.

    Args:
        results: the pieces.
        writer: takes the drawings.
        options: of the preparation.
        name: what to call the drawings.
        strict: raise instead of warning.
        ignored: files of other kinds, by the ends of their names.

    Raises:
        SketchRNNError: if they cannot be written, are too few, or anything is to be warned of and
            that is an error.
    """
    report = Report(options, ignored=ignored or Counter())
    for result in results:
        report.add(result)
    try:
        kept = _kept(results, options, report)
        _write(results, kept, writer, report)
        if strict and (warnings := report.warnings()):
            raise SketchRNNError(f"{warnings[0]} (an error because of --strict)")
        report.require_splits()
        labels = tuple(dict.fromkeys(label for r in results for label in r.label_names))
        report.scale = writer.close(labels, (name,)).scale
    except OSError as error:
        raise write_error(Path(name), error) from error
    finally:
        with suppress(OSError):
            writer.abandon()
    return report


def _kept(results: Sequence[PieceResult], options: PrepareOptions, report: Report) -> Mask:
    """Which drawings of all pieces are written."""
    kept = np.ones(sum(result.num_prepared for result in results), bool)
    if not options.keep_duplicates:
        kept = first_of_each([result.read("hashes") for result in results])
        if not kept.all():
            report.dropped[DUPLICATES] += int((~kept).sum())
    if options.per_label:
        chosen = first_of_labels(_labels(results), kept, options.per_label)
        report.dropped[OVER_LABEL_CAP] += int(kept.sum() - chosen.sum())
        kept = chosen
    return kept


def _names(results: Sequence[PieceResult]) -> dict[str, int]:
    """The number of each label over all pieces."""
    names: dict[str, int] = {}
    for result in results:
        for name in result.label_names:
            names.setdefault(name, len(names))
    return names


def _labels(results: Sequence[PieceResult]) -> list[npt.NDArray[np.int32]]:
    """The label number of every drawing, piece by piece."""
    names = _names(results)
    return [
        np.array([names[name] for name in result.label_names], np.int32)[result.read("labels")]
        for result in results
    ]


def _write(results: Sequence[PieceResult], kept: Mask, writer: Writer, report: Report) -> None:
    options = report.options
    ends = np.cumsum([0, *(result.num_prepared for result in results)])
    masks = [kept[start:end] for start, end in pairwise(ends.tolist())]
    keys = labels = None
    if kept.sum() <= MOST_COUNTED:
        keys = [result.read("keys")[mask] for result, mask in zip(results, masks, strict=True)]
        if options.split_labels:
            labels = [n[mask] for n, mask in zip(_labels(results), masks, strict=True)]
    rule = SplitRule(keys, options.valid, options.test, options.seed, labels)
    names = _names(results)
    for result, mask in zip(results, masks, strict=True):
        numbers = np.array([names[name] for name in result.label_names], np.int32)
        for sketches, given, part_keys in _parts(result, mask, numbers):
            splits = rule.splits(part_keys, sketches.labels)
            if not options.resplit:
                splits = np.where(given >= 0, given, splits)
                report.measures.num_given += int((given >= 0).sum())
            _note(report, sketches, splits, tuple(names))
            for number, split in enumerate(SPLITS):
                chosen = np.flatnonzero(splits == number)
                if len(chosen):
                    writer.add(split, sketches.select(chosen))
        result.remove()


def _parts(
    result: PieceResult, mask: Mask, numbers: npt.NDArray[np.int32]
) -> Iterator[tuple[Sketches, npt.NDArray[np.int8], npt.NDArray[np.uint64]]]:
    """Yields the kept drawings of a piece some at a time, with given splits and keys."""
    fields = {name: result.read(name) for name in ("rows", "labels", "splits", "keys")}
    offsets = starts_of(result.read("lengths"))
    for start in range(0, result.num_prepared, _PART):
        stop = min(start + _PART, result.num_prepared)
        rows = fields["rows"][offsets[start] : offsets[stop]].astype(np.float32)
        labels = numbers[fields["labels"][start:stop]]
        chosen = np.flatnonzero(mask[start:stop])
        sketches = Sketches(rows, offsets[start : stop + 1] - offsets[start], labels).select(chosen)
        yield sketches, fields["splits"][start:stop][chosen], fields["keys"][start:stop][chosen]


def _note(
    report: Report, sketches: Sketches, splits: npt.NDArray[Any], names: tuple[str, ...]
) -> None:
    report.num_written += len(sketches)
    if not len(sketches):
        return
    measures = report.measures
    measures.add_rows(sketches.rows, sketches.offsets, report.options.first_row)
    for number, split in enumerate(SPLITS):
        counts = np.bincount(sketches.labels[splits == number], minlength=len(names))
        measures.splits[split] += int(counts.sum())
        for place in np.flatnonzero(counts):
            measures.labels[names[place]] += int(counts[place])
            if split != "train":
                measures.held_out[names[place], split] += int(counts[place])


def _done(
    work: Callable[..., PieceResult], pieces: Sequence[Any], stems: Sequence[Path], workers: int
) -> Iterable[PieceResult]:
    """Yields the results in order."""
    if workers < 2:
        for piece, stem in zip(pieces, stems, strict=True):
            yield work(piece, stem=stem)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        futures = [
            pool.submit(work, piece, stem=stem) for piece, stem in zip(pieces, stems, strict=True)
        ]
        for future in futures:
            yield future.result()
    except BrokenProcessPool as error:
        raise SketchRNNError(
            "a process that prepared drawings was killed, perhaps because memory ran out; try "
            "fewer --workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """Makes a folder beside the result, where there is room for it, and removes it afterwards.

    Raises:
        SketchRNNError: if it cannot be made, or the disk becomes full.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise write_error(out, error) from error
    try:
        with folder as name:
            yield Path(name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise write_error(out, error) from error
        raise
