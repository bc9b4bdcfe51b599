"""Find the folder, the settings and the drawings of a run, new or resumed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.known import known_sources, load_known
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import check_place
from sketch_rnn.sketch import FirstRow
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.distributed import Workers, is_restarted, may_be_restarted
from sketch_rnn.training.presets import load_preset
from sketch_rnn.training.run.files import reject_existing_run
from sketch_rnn.training.run.resume import has_checkpoint, saved_profile, saved_settings

DEFAULT_DATA: Final = ("doodles",)


def new_folder(data: Sequence[str] | None) -> Path:
    """Returns a folder that does not exist yet, named after the first source."""
    name = Path((data or DEFAULT_DATA)[0]).stem
    folders = (Path("runs", f"{name}-{number}") for number in count(1))
    return next(folder for folder in folders if not folder.exists())


def run_folder(
    out: Path | None, data: Sequence[str] | None, *, resume: bool, workers: Workers
) -> tuple[Path, Path | None]:
    """Returns the folder of a run, and the same folder again if the run is resumed, else None.

    A run that `torchrun` restarts after a failure is resumed without `resume`.

    Args:
        out: the folder, if one was named.
        data: the sources, which name a new folder.
        resume: whether to resume the run in it.
        workers: the processes that train together; they agree on the folder.
    """
    if out is None and may_be_restarted():
        raise SketchRNNError("a run that torchrun may restart needs --out RUN, to find its folder")
    folder = out or Path(workers.shared(lambda: str(new_folder(data))))
    if resume or (workers.any(is_restarted()) and has_checkpoint(folder)):
        return folder, folder
    reject_existing_run(folder, "--resume")
    if workers.is_first:  # The others may be on machines that do not have the folder's disk.
        check_place(folder, is_folder=True)
    return folder, None


def run_settings(
    preset: str | None, going_on: Path | None, initial: SketchRNN | None = None
) -> dict[str, Any]:
    """Returns the settings of a run by name, before those of the command line.

    Args:
        preset: name or file of a preset.
        going_on: the folder of a run to be resumed, whose settings the preset is laid over.
        initial: a model that a new run starts from, whose architecture it takes over.
    """
    values: dict[str, Any] = {} if initial is None else initial.config.to_dict()
    values.pop("num_labels", None)  # The new data decides this.
    for config in saved_settings(going_on) if going_on else ():
        values |= config.to_dict()
    return values | (load_preset(preset).values() if preset is not None else {})


def run_sources(data: Sequence[str] | None, going_on: Path | None) -> list[str]:
    """Returns the sources of a run's drawings: those that are named, or those it had before.

    Args:
        data: sources; by default the built-in data, or that of the run to be resumed.
        going_on: the folder of a run to be resumed.
    """
    if going_on is None or data:
        return list(data or DEFAULT_DATA)
    return known_sources(saved_profile(going_on))


def run_data(
    sources: Sequence[str],
    going_on: Path | None,
    *,
    max_seq_len: int | None = None,
    first_row: FirstRow | None = None,
) -> Dataset:
    """Returns the drawings of a run.

    Their random choices do not follow the run's seed: `doodles` is one data set, not many.

    Args:
        sources: see `run_sources`.
        going_on: the folder of a run to be resumed, whose drawings are measured as before.
        max_seq_len: leave out longer drawings.
        first_row: what row 0 of a drawing means.
    """
    if going_on is None:
        return load_dataset(sources, max_seq_len=max_seq_len, first_row=first_row)
    profile = saved_profile(going_on)
    return load_known(profile, sources, max_seq_len=max_seq_len, first_row=first_row)
