"""The folder of a training run: its checkpoints, and whether a run may go on from them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from filelock import FileLock, Timeout

from sketch_rnn.checkpoint import (
    BEST_FILE,
    CONFIG_FILE,
    LAST_FILE,
    OPTIMIZER_PREFIX,
    PREVIOUS_FILE,
    Checkpoint,
    SketchRNN,
    model_header,
    network_tensors,
    read_checkpoint,
    write_checkpoint,
)
from sketch_rnn.config import TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import remove_leftovers, write_error, write_json
from sketch_rnn.training.adam import AdamState
from sketch_rnn.training.run_settings import Progress, RunSettings
from sketch_rnn.training.saved import read_state, resumable
from sketch_rnn.training.step import TrainingState, network_copy

LOCK_FILE: Final = ".lock"
OTHER_BEST_FILE: Final = "best-on-other-data.safetensors"

_FIRST: Final = OPTIMIZER_PREFIX + "first."
_SECOND: Final = OPTIMIZER_PREFIX + "second."
_AVERAGE: Final = OPTIMIZER_PREFIX + "average."


class SavedRun(NamedTuple):
    """What a run goes on from, and a sentence for each thing that was wrong with its files."""

    state: TrainingState
    progress: Progress
    notices: tuple[str, ...]


class RunFolder:
    """A folder with `best.safetensors`, `last.safetensors`, the one before, and `config.json`.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.best = path / BEST_FILE
        self.last = path / LAST_FILE
        self.previous = path / PREVIOUS_FILE
        self._lowest: float | None = None
        self._seen = _identity(self.last)
        self._keeps_last = True
        self._is_best_foreign = False

    def reject_existing_run(self, resume: str = "resume=True") -> None:
        """Raises SketchRNNError if a run has written here, since nothing may be overwritten.

        Args:
            resume: how the caller's user asks for going on with it.
        """
        names = (LAST_FILE, PREVIOUS_FILE, BEST_FILE, CONFIG_FILE)
        found = [name for name in names if (self.path / name).exists()]
        if found:
            raise SketchRNNError(
                f"{self.path} already has a run in it ({found[0]}); go on with it by "
                f"{resume}, or choose another folder"
            )

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """While entered, keeps other runs out of the folder, which is made if need be.

        The claim ends with the process, however that ends.

        Raises:
            SketchRNNError: if another run has the folder, or has written here since it was read,
                or the folder cannot be made.
        """
        lock = FileLock(self.path / LOCK_FILE, timeout=0)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise SketchRNNError(
                f"{self.path}: another run is writing here; wait for it, stop it, or choose "
                "another folder"
            ) from error
        except OSError as error:
            raise write_error(self.path, error) from error
        try:
            if _identity(self.last) != self._seen:
                raise SketchRNNError(
                    f"{self.path}: another run has written here in the meantime; start again"
                )
            remove_leftovers(self.path)
            yield
        finally:
            lock.release()

    def is_claimed(self) -> bool:
        """Returns whether a run is writing here right now."""
        if not (self.path / LOCK_FILE).exists():
            return False
        lock = FileLock(self.path / LOCK_FILE, timeout=0)
        try:
            lock.acquire()
        except (Timeout, OSError):
            return True
        lock.release()
        return False

    def write_config(self, settings: RunSettings) -> None:
        """Writes `config.json`, the settings for people to read."""
        values = {
            "model": settings.model.to_dict(),
            "train": settings.train.to_dict(),
            "validation": settings.validation,
            "data": {**settings.profile.to_dict(), "num_train": settings.num_train},
        }
        write_json(self.path / CONFIG_FILE, values, make_folder=False)

    def write_best(self, model: SketchRNN, progress: Progress) -> None:
        """Writes the model alone, to be used.

        A better one that is there already stays, and `progress` takes over its cost: a run that
        was killed after it wrote its best model may go on from before that with other settings.
        """
        cost = progress.best_cost
        if cost is not None and self._lowest is not None and self._lowest < cost:
            progress.best_cost, progress.best_step = self._best_on_file()
            return
        if self._is_best_foreign:
            os.replace(self.best, self.path / OTHER_BEST_FILE)
            self._is_best_foreign = False
        training = {"step": progress.best_step, "best_cost": progress.best_cost}
        header = {**model_header(model), "training": training}
        write_checkpoint(self.best, network_tensors(model.network), header, make_folder=False)
        self._lowest = progress.best_cost

    def write_last(self, state: TrainingState, settings: RunSettings, progress: Progress) -> None:
        """Writes everything that the run needs to go on; what was written before is kept."""
        model = SketchRNN(state.network, settings.profile)
        training = {
            "step": state.step,
            "progress": asdict(progress),
            "fixed": settings.fixed(),
            "config": settings.train.to_dict(),
        }
        tensors = network_tensors(state.network)
        tensors |= {_FIRST + name: value for name, value in state.optimizer.first.items()}
        tensors |= {_SECOND + name: value for name, value in state.optimizer.second.items()}
        if state.average is not None:
            averaged = state.average.state_dict()
            tensors |= {_AVERAGE + name: value for name, value in averaged.items()}
        header = {**model_header(model), "training": training}
        keep = self.previous if self._keeps_last else None
        write_checkpoint(self.last, tensors, header, keep=keep, make_folder=False)
        self._keeps_last = True

    def read_last(self, settings: RunSettings, device: torch.device) -> SavedRun:
        """Returns the newest state that `write_last` wrote and that can be read, on `device`.

        Raises:
            SketchRNNError: if there is none, or it belongs to a run with other settings: naming
                each that differs.
        """
        self._seen = _identity(self.last)
        checkpoint, notices = read_state(self.path)
        # What is damaged must not take the place of what is not.
        self._keeps_last = checkpoint.path == self.last
        training = checkpoint.parse("training", resumable)
        changes = list(settings.changes(training["fixed"]))
        if changes:
            raise SketchRNNError(
                f"{self.path}: cannot resume with other settings: {'; '.join(changes)}; undo "
                "that, or start anew in another folder" + settings.force_hint(training["fixed"])
            )
        progress = checkpoint.parse("training", lambda v: Progress.from_dict(v["progress"]))
        self._forget_rollbacks(progress, training["config"], settings.train)
        if settings.has_other_data(training["fixed"]):
            notices += self._set_best_aside(progress)
        else:
            notices += self._compare_best(progress)
        averaged = settings.train.ema_decay > 0
        state = _state(checkpoint, training["step"], device, averaged=averaged)
        return SavedRun(state, progress, tuple(notices))

    def _forget_rollbacks(
        self, progress: Progress, before: Mapping[str, Any], now: TrainConfig
    ) -> None:
        """Lets a learning rate that was set anew act in full."""
        names = ("learning_rate", "min_learning_rate", "decay_rate", "grad_clip")
        if any(before.get(name) != getattr(now, name) for name in names):
            progress.num_rollbacks, progress.learning_rate_factor = 0, 1.0

    def _compare_best(self, progress: Progress) -> list[str]:
        """Remembers what the best model cost, and forgets a best model that is lost."""
        if progress.best_step is None and not self.best.exists():
            return []
        try:
            self._lowest = self._best_on_file()[0]
        except SketchRNNError as error:
            progress.best_cost = progress.best_step = None
            return [f"{error}; the next validation chooses a new best model"]
        return []

    def _set_best_aside(self, progress: Progress) -> list[str]:
        """Forgets what the best model cost on other data; it stays under another name."""
        progress.best_cost = progress.best_step = self._lowest = None
        progress.num_stale = 0
        self._is_best_foreign = self.best.exists()
        notice = (
            "the data is another than before, and costs on it cannot be compared: the best model "
            f"is chosen anew, and the one so far becomes {OTHER_BEST_FILE}"
        )
        return [notice]

    def _best_on_file(self) -> tuple[float, int]:
        values = read_checkpoint(self.best).parse("training", dict)
        cost, step = values.get("best_cost"), values.get("step")
        if not isinstance(cost, float) or not isinstance(step, int):
            raise SketchRNNError(f"{self.best}: does not say what it cost")
        return cost, step


def _state(
    checkpoint: Checkpoint, step: int, device: torch.device, *, averaged: bool
) -> TrainingState:
    """The state in a checkpoint. An average that it does not hold begins with its weights."""
    network = checkpoint.model().network
    parameters = dict(network.named_parameters())
    first, second = (checkpoint.fitting(p, parameters) for p in (_FIRST, _SECOND))
    optimizer = AdamState(
        {name: value.to(device) for name, value in first.items()},
        {name: value.to(device) for name, value in second.items()},
    )
    state = TrainingState(network.to(device), optimizer, step)
    if averaged:
        state.average = network_copy(state.network)
        if any(name.startswith(_AVERAGE) for name in checkpoint.tensors):
            state.average.load_state_dict(checkpoint.fitting(_AVERAGE, network.state_dict()))
    return state


def _identity(path: Path) -> tuple[int, int] | None:
    """Returns what changes whenever another file takes this one's place."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
