"""Train in one call and report in lines of text, like the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.generate.sampling import sample
from sketch_rnn.model.numbers import num_parameters
from sketch_rnn.profile import DataProfile
from sketch_rnn.render.files import to_image
from sketch_rnn.render.tables import grid
from sketch_rnn.text import aligned, in_words, listed
from sketch_rnn.threads import limit_threads
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import (
    Callback,
    TrainResult,
)
from sketch_rnn.training.distributed import ALONE, Workers, chosen_device
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.presets import FEW_DRAWINGS, suggested_flags
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.tensorboard import TensorBoardLog
from sketch_rnn.training.validation import SplitCosts, ValidationForm
from sketch_rnn.zoo.card import describe_network

Report = Callable[[str], None]

_NUM_LOGGED_SAMPLES: Final = 12
_MOST_LABELS: Final = 5


def announce_data(dataset: Dataset, report: Report, note: Report, *, is_new: bool = False) -> None:
    """Reports the data of a training, and notes changes and suspicious properties.

    Args:
        dataset: the drawings.
        report: takes the line that describes them.
        note: takes each remark.
        is_new: whether a model is trained on them from scratch, which needs many.
    """
    for text in dataset.notes:
        note(text)
    report(describe_data(dataset))
    if is_new and (advice := few_drawings(dataset)):
        note(advice)


def describe_data(dataset: Dataset) -> str:
    """The data of a training in one line."""
    profile = dataset.profile
    splits = {"train": dataset.train, "valid": dataset.valid, "test": dataset.test}
    counts = ", ".join(f"{len(drawings):,} {name}" for name, drawings in splits.items())
    return (
        f"data   {listed(profile.sources)}{_labels(profile)}: {counts} drawings; "
        f"N_max {profile.max_seq_len}, scale {profile.scale:.4f} pixels"
    )


def few_drawings(dataset: Dataset) -> str | None:
    """Advice if there are too few drawings to train a model from scratch, else None."""
    count = len(dataset.train)
    if count >= FEW_DRAWINGS:
        return None
    return (
        f"{in_words(count, 'training drawing')}: a model trained from scratch needs a few thousand "
        f"to draw well; {' '.join(suggested_flags(count))} fine-tunes a trained one instead"
    )


def train_and_report(
    dataset: Dataset,
    model: ModelConfig,
    train: TrainConfig,
    out: Path,
    *,
    report: Report,
    resume: bool = False,
    force: bool = False,
    device: str | None = None,
    validation: ValidationForm = "full",
    callbacks: Sequence[Callback] = (),
    initial: SketchRNN | None = None,
    workers: Workers = ALONE,
) -> TrainResult:
    """Trains with a progress bar, a TensorBoard log and a report of the course and the result.

    Args:
        dataset: the drawings.
        model: the architecture.
        train: how it is trained.
        out: the folder of the run.
        report: takes each line, such as `print`; only the first worker reports.
        resume: resume the run in the folder.
        force: resume even though the training data has changed.
        device: where to compute; by default on a GPU, if there is one.
        validation: see `split_costs`.
        callbacks: called before those that write to the terminal.
        initial: the model to start from, see `Trainer`.
        workers: the processes that train together.
    """
    limit_threads()
    chosen = chosen_device(device)
    record = RunReport()
    trainer = Trainer(
        dataset,
        model,
        train,
        out,
        resume=resume,
        force=force,
        validation=validation,
        device=chosen,
        callbacks=[*callbacks, TensorBoardLog(_samples_picture), record],
        initial=initial,
        workers=workers,
    )
    if not workers.is_first:
        return trainer.fit()
    report(f"model  {_architecture(trainer.model)}")
    epochs = trainer.num_steps * train.batch_size / len(dataset.train)
    steps = f"{in_words(trainer.num_steps, 'step')} of {in_words(train.batch_size, 'drawing')}"
    half = ", bfloat16 products" if trainer.config.precision == "bfloat16" else ""
    shared = f" with {workers.size} workers" if workers.size > 1 else ""
    report(f"run    {out}: {steps} ({epochs:,.2f} epochs), on {chosen}{shared}{half}")
    result = trainer.fit()
    weight = train.kl_weight_start if validation == "original" else train.kl_weight
    kl_part = f" + {weight:g} * max(L_KL, {train.kl_tolerance:g})"
    formula = f"cost = L_R{kl_part if model.conditional else ''}"
    _report_result(report, result, record.best, formula, train.patience)
    return result


def _labels(profile: DataProfile) -> str:
    """The names of a few classes, or their number; empty if the sources already name them."""
    if profile.labels == profile.sources:
        return ""
    if len(profile.labels) > _MOST_LABELS:
        return f" ({len(profile.labels)} kinds)"
    return f" ({listed(profile.labels)})"


def _architecture(model: SketchRNN) -> str:
    count = num_parameters(model.network)
    return f"{describe_network(model.config)}: {in_words(count, 'parameter')}"


def _samples_picture(model: SketchRNN) -> npt.NDArray[Any]:
    """The picture of new drawings that the TensorBoard log shows.

    A class-conditional model draws one of each of its first labels.
    """
    labels = model.profile.labels[:_NUM_LOGGED_SAMPLES] if model.config.num_labels else None
    count = 1 if labels else _NUM_LOGGED_SAMPLES
    return np.asarray(to_image(grid(sample(model, count, label=labels).sketches), scale=1.0))


def _report_result(
    report: Report,
    result: TrainResult,
    best: Mapping[str, SplitCosts],
    formula: str,
    patience: int | None,
) -> None:
    """Writes how the run ended, the costs of its best model, and the files."""
    ends = {
        "finished": "finished",
        "interrupted": "stopped by a signal",
        "no_improvement": f"stopped after {patience} validations without a better one",
    }
    at = f"step {result.step:,} of {result.num_steps:,}"
    found = "no validation yet" if result.best_step is None else f"best at {result.best_step:,}"
    report(f"{ends[result.outcome]} at {at}; {found}")
    if best:
        rows = [[name, *_numbers(costs)] for name, costs in best.items()]
        report(aligned([["", "L_R", "L_KL", "cost"], *rows], right=(1, 2, 3)))
        report(formula)
    names = (path.name for path in result.folder.iterdir() if path.is_file())
    files = sorted(name for name in names if not name.startswith("."))
    report(f"in {result.folder}: {', '.join(files)}")


def _numbers(costs: SplitCosts) -> list[str]:
    return [f"{value:.4f}" for value in (costs.reconstruction, costs.kl, costs.cost)]
