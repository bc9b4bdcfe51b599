"""A run in the original's form: its losses, its validation and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.published import fetch_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.flags import OriginalFlags
from sketch_rnn.interop.hparams import (
    OriginalSettings,
    original_hparams,
    parse_hparams,
    settings_from_hparams,
)
from sketch_rnn.io.atomic import check_place, write_json
from sketch_rnn.io.downloads import is_address
from sketch_rnn.training.callbacks import Callback, RunStart, TrainResult
from sketch_rnn.training.console import Report, announce_data, train_and_report
from sketch_rnn.training.run.files import reject_existing_run
from sketch_rnn.training.run.resume import has_checkpoint

_MODEL_CONFIG: Final = "model_config.json"


class ModelConfigFile(Callback):
    """Writes the hyperparameters into the run's folder, as the original does.

    Args:
        settings: of the run.
        dataset: its drawings.
    """

    def __init__(self, settings: OriginalSettings, dataset: Dataset) -> None:
        self._settings = settings
        self._max_seq_len = dataset.profile.max_seq_len

    def on_start(self, run: RunStart) -> None:
        """Writes `model_config.json`."""
        settings = self._settings
        train = replace(settings.train, num_steps=run.num_steps)
        values = original_hparams(settings.model, train, settings.data_set, self._max_seq_len)
        write_json(run.folder / _MODEL_CONFIG, values)


def train_as_original(flags: OriginalFlags, *, report: Report, note: Report) -> TrainResult:
    """The result of the training that these flags ask for.

    Args:
        flags: of the original's command.
        report: takes each line of the report.
        note: takes each remark on what is not as in the original, or looks wrong.
    """
    given = parse_hparams(flags.hparams)
    settings = settings_from_hparams(given)
    settings = replace(settings, train=replace(settings.train, epochs=flags.epochs))
    out = Path(flags.log_root)
    _reject_foreign_run(out)
    resume = _goes_on(out, note) if flags.resume_training else False
    if not resume:
        reject_existing_run(out, "--resume_training")
        check_place(out, is_folder=True)
    if "data_set" not in given:
        settings = replace(
            settings, data_set=_default_data_set(flags.data_dir, settings.data_set, note)
        )
    for text in settings.notes:
        note(text)
    dataset = load_dataset([_data_file(flags.data_dir, name, report) for name in settings.data_set])
    announce_data(dataset, report, note)
    return train_and_report(
        dataset,
        settings.model,
        settings.train,
        out,
        report=report,
        resume=resume,
        validation="original",
        callbacks=[ModelConfigFile(settings, dataset)],
    )


def _reject_foreign_run(log_root: Path) -> None:
    """Raises SketchRNNError if the original program itself has written here."""
    found = sorted(log_root.glob("*.index"))
    if found:
        raise SketchRNNError(
            f"{log_root} holds a checkpoint of the original program ({found[0].name}), which is "
            "not to be mixed with another; pass another --log_root"
        )


def _goes_on(log_root: Path, note: Report) -> bool:
    """Whether there is a run to resume; scripts ask for it the first time, too."""
    if has_checkpoint(log_root):
        return True
    note(f"no run in {log_root} yet, a new one begins")
    return False


def _default_data_set(data_dir: str, names: tuple[str, ...], note: Report) -> tuple[str, ...]:
    """The original's default, or the only dataset of a folder that has another one."""
    if is_address(data_dir) or (Path(data_dir) / names[0]).is_file():
        return names
    found = _npz_files(data_dir)
    if len(found) != 1:
        return names
    note(f"no data_set given: taking {found[0]}, the only one in {data_dir}")
    return tuple(found)


def _data_file(data_dir: str, name: str, report: Report) -> str:
    """The path of a dataset, downloaded if need be."""
    if is_address(data_dir):
        address = f"{data_dir.rstrip('/')}/{name}"
        report(f"fetch  {address}")
        try:
            return str(fetch_npz(address))
        except SketchRNNError as error:
            raise SketchRNNError(f"{error} and pass --data_dir=FOLDER") from error
    path = Path(data_dir) / name
    if path.is_file():
        return str(path)
    if not Path(data_dir).is_dir():
        raise SketchRNNError(f"no folder {data_dir}; pass --data_dir=FOLDER or an address")
    found = ", ".join(_npz_files(data_dir)) or "no .npz file"
    raise SketchRNNError(
        f"no {name} in {data_dir}, which holds {found}; pass --hparams=data_set=[NAME.npz]"
    )


def _npz_files(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).glob("*.npz"))
