"""The checkpoints of a run: written in rotation, read back to resume."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch

from sketch_rnn.checkpoint import read_checkpoint, write_checkpoint
from sketch_rnn.config import TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import remove_leftovers, write_json
from sketch_rnn.trained import CONFIG_FILE, SketchRNN, network_tensors
from sketch_rnn.training.run.files import (
    CHECKPOINT_FILES,
    OTHER_BEST_FILE,
    locked,
    reject_existing_run,
)
from sketch_rnn.training.run.resume import RunSettings, newest_checkpoint, training_section
from sketch_rnn.training.run.state import (
    BestModel,
    Progress,
    best_header,
    read_best,
    read_progress,
    read_training_state,
    state_header,
    state_tensors,
)
from sketch_rnn.training.start import new_model
from sketch_rnn.training.step import TrainingState
from sketch_rnn.zoo.locate import BEST_FILE


class SavedRun(NamedTuple):
    """The state that a run continues from.

    Attributes:
        state: the network, its optimiser, and the step.
        progress: what the run remembers beside that.
        notices: a sentence for each damaged file.
        config: the values of its `TrainConfig`, empty for a new run.
    """

    state: TrainingState
    progress: Progress
    notices: tuple[str, ...]
    config: Mapping[str, Any]


class RunCheckpoints:
    """The checkpoints in a run's folder: the newest, older ones, and the best model.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._newest = folder / CHECKPOINT_FILES[0]
        self._best = folder / BEST_FILE
        self._lowest: float | None = None
        self._seen = _identity(self._newest)
        self._is_newest_damaged = False
        self._is_best_foreign = False

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Locks the folder, which is made if need be.

        Raises:
            SketchRNNError: if another run has the lock, or has written here since this one read
                the folder, or the folder cannot be made.
        """
        with locked(self.folder):
            if _identity(self._newest) != self._seen:
                raise SketchRNNError(
                    f"{self.folder}: another run has written here in the meantime; start again"
                )
            remove_leftovers(self.folder)
            yield

    def write_config(self, settings: RunSettings) -> None:
        """Writes `config.json`, the settings for people to read."""
        values = {
            "model": settings.model.to_dict(),
            "train": settings.train.to_dict(),
            "validation": settings.validation,
            "data": {**settings.profile.to_dict(), "num_train": settings.num_train},
        }
        write_json(self.folder / CONFIG_FILE, values, make_folder=False)

    def write_best(self, model: SketchRNN, progress: Progress) -> None:
        """Writes the model alone, for drawing.

        A better one on the disk stays, and `progress` takes over its cost: a run that was killed
        after it wrote its best model may resume from before that with other settings.
        """
        cost = progress.best_cost
        if cost is not None and self._lowest is not None and self._lowest < cost:
            progress.set_best(self._read_best())
            return
        if self._is_best_foreign:
            os.replace(self._best, self.folder / OTHER_BEST_FILE)
            self._is_best_foreign = False
        tensors = network_tensors(model.network)
        write_checkpoint(self._best, tensors, best_header(model, progress), make_folder=False)
        self._lowest = progress.best_cost

    def write(self, state: TrainingState, settings: RunSettings, progress: Progress) -> None:
        """Writes everything that the run needs to resume, and keeps the checkpoints before."""
        keep = None if self._is_newest_damaged else self._make_room()
        header = state_header(state, settings, progress)
        write_checkpoint(self._newest, state_tensors(state), header, keep=keep, make_folder=False)
        self._is_newest_damaged = False

    def new(
        self, settings: RunSettings, device: torch.device, initial: SketchRNN | None = None
    ) -> SavedRun:
        """The state of a new run, with tensors on `device`.

        Args:
            settings: of the run.
            device: of the state.
            initial: a model to start from instead of random weights.

        Raises:
            SketchRNNError: if the folder already has a run, or the model another architecture.
        """
        reject_existing_run(self.folder)
        network = new_model(settings, initial).network.to(device)
        averaged = settings.train.ema_decay > 0
        return SavedRun(TrainingState.start(network, averaged=averaged), Progress(), (), {})

    def read(self, settings: RunSettings, device: torch.device) -> SavedRun:
        """The newest checkpoint that can be read, with tensors on `device`.

        Raises:
            SketchRNNError: if there is none, or its run had other settings, which are named.
        """
        self._seen = _identity(self._newest)
        checkpoint, notices = newest_checkpoint(self.folder)
        # A damaged file must not take the place of an older one that is not.
        self._is_newest_damaged = checkpoint.path != self._newest
        training = checkpoint.parse("training", training_section)
        settings.check_resumable(self.folder, training["fixed"])
        progress = checkpoint.parse("training", read_progress)
        _forget_rollbacks(progress, training["config"], settings.train)
        if settings.has_other_data(training["fixed"]):
            notices += self._set_best_aside(progress)
        else:
            notices += self._compare_best(progress)
        averaged = settings.train.ema_decay > 0
        state = read_training_state(checkpoint, device, averaged=averaged)
        return SavedRun(state, progress, tuple(notices), training["config"])

    def _make_room(self) -> Path:
        """Moves all older checkpoints one name further; returns the name that is then free."""
        for newer, older in reversed(list(pairwise(CHECKPOINT_FILES[1:]))):
            with suppress(FileNotFoundError):
                os.replace(self.folder / newer, self.folder / older)
        return self.folder / CHECKPOINT_FILES[1]

    def _compare_best(self, progress: Progress) -> list[str]:
        """Notes what the best model cost; forgets in `progress` a best model that is lost."""
        if progress.best_step is None and not self._best.exists():
            return []
        try:
            best = self._read_best()
        except SketchRNNError as error:
            progress.set_best(None)
            return [f"{error}; the next validation chooses a new best model"]
        self._lowest = best.cost
        return []

    def _set_best_aside(self, progress: Progress) -> list[str]:
        """Forgets what the best model cost on other data; its file is renamed later."""
        self._lowest = None
        progress.set_best(None)
        progress.num_stale = 0
        progress.last_validation = None
        self._is_best_foreign = self._best.exists()
        notice = (
            "the data has changed, so earlier validation costs cannot be compared: a new best "
            f"model will be chosen, and the previous one becomes {OTHER_BEST_FILE}"
        )
        return [notice]

    def _read_best(self) -> BestModel:
        return read_best(read_checkpoint(self._best))


def _forget_rollbacks(progress: Progress, before: Mapping[str, Any], now: TrainConfig) -> None:
    """Undoes the lowered learning rate of rollbacks if the user changed a setting of the steps."""
    names = ("learning_rate", "min_learning_rate", "decay_rate", "grad_clip")
    if any(before.get(name) != getattr(now, name) for name in names):
        progress.num_rollbacks, progress.learning_rate_factor = 0, 1.0


def _identity(path: Path) -> tuple[int, int] | None:
    """A value that changes whenever another file takes this one's place."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
