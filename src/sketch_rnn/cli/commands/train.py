"""`sketch-rnn train`: train a model."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sketch_rnn.cli.options import Data, Given, RowZero, with_flags
from sketch_rnn.cli.terminal import INTERRUPTED, fetch_missing, note
from sketch_rnn.config import ModelConfig, TrainConfig, split_settings
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hyperparameters import assigned, modern_names

if TYPE_CHECKING:
    from sketch_rnn.dataset.dataset import Dataset
    from sketch_rnn.training.callbacks import Callback, TrainResult

Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any setting, also by the original's name, such as use_recurrent_dropout=0. Repeat "
        "it for several.",
        show_default=False,
    ),
]
ClassConditional = Annotated[
    bool,
    typer.Option(
        "--class-conditional",
        help="Give the decoder the label of each drawing, to draw by label later.",
        rich_help_panel="Model",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(help="Device, such as cpu or cuda.", show_default="cuda if available"),
]
Init = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Fine-tune this model; its architecture is kept.",
        show_default="none",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Resume even though the training data has changed.")
]
MaxSeqLen = Annotated[
    int | None,
    typer.Option(help="Drop drawings with more points than this.", show_default="none"),
]
JudgeEvery = Annotated[
    int | None,
    typer.Option(
        metavar="STEPS",
        help="Measure the quality of the model's drawings every STEPS steps (at the next "
        "validation), and keep the best model as best_drawings.safetensors.",
        show_default="never",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Settings to start from: decoder_only, demo, fine_tune, hyper, quickdraw, small, or a "
        "TOML file.",
        show_default="none",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Resume the run in --out exactly.")]
Run = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="RUN",
        help="Folder of the run, for its checkpoints and logs.",
        show_default="runs/DATA-1, -2, ...",
    ),
]


@with_flags
def train(
    data: Data = None,
    *,
    model: Given[ModelConfig],
    training: Given[TrainConfig],
    class_conditional: ClassConditional = False,
    assignments: Assignments = None,
    init: Init = None,
    out: Run = None,
    preset: Preset = None,
    resume: Resume = False,
    force: Force = False,
    max_seq_len: MaxSeqLen = None,
    first_row: RowZero = None,
    device: Device = None,
    judge_every: JudgeEvery = None,
) -> None:
    """Train a model. DATA defaults to the built-in doodles.

    Example: sketch-rnn train mine.npz --preset small -o runs/mine

    Few drawings: sketch-rnn train mine.npz --init quickdraw --preset fine_tune
    """
    from sketch_rnn.trained import SketchRNN
    from sketch_rnn.training import console, judging, start
    from sketch_rnn.training.distributed import chosen_device, joined_workers

    settings = _merged({**model, **training}, assigned(assignments or ()))
    _check_start(out, resume=resume, init=init)
    with joined_workers(device := chosen_device(device)) as workers:
        folder, resumed = start.run_folder(out, data, resume=resume, workers=workers)
        initial = SketchRNN.from_pretrained(init) if init and not resumed else None
        values = {**start.run_settings(preset, resumed, initial), **settings}
        split_settings(values)  # Report wrong settings before the data is read.
        fetch_missing(sources := start.run_sources(data, resumed))
        dataset = start.run_data(sources, resumed, max_seq_len=max_seq_len, first_row=first_row)
        if class_conditional or (initial and initial.config.num_labels):
            values["num_labels"] = len(dataset.profile.labels)
        callbacks = judging.judge_logs(dataset, judge_every)
        if workers.is_first:
            callbacks += _announced(dataset, values, preset, is_new=not (resumed or initial))
        result = console.train_and_report(
            dataset,
            *split_settings(values),
            folder,
            report=typer.echo,
            resume=resumed is not None,
            force=force,
            device=device,
            callbacks=callbacks,
            initial=initial,
            workers=workers,
        )
        if workers.is_first:
            say_what_next(result, _again(data, folder))
    raise typer.Exit(INTERRUPTED if result.interrupted else 0)


def _announced(
    dataset: Dataset, settings: Mapping[str, Any], preset: str | None, *, is_new: bool
) -> list[Callback]:
    """Describes the data, and notes a run without an end, whose time a callback then estimates.

    Args:
        dataset: the data.
        settings: the settings given on the command line, by name.
        preset: the name of a preset.
        is_new: whether the run starts from random weights.
    """
    from sketch_rnn.training.console import announce_data
    from sketch_rnn.training.presets import suggested_flags
    from sketch_rnn.training.progress_bar import TimeEstimate

    announce_data(dataset, typer.echo, note, is_new=is_new)
    if is_new:
        _note_web(split_settings(settings)[0])
    if settings.keys() & {"num_steps", "epochs", "patience"}:
        return []
    remedy = "--patience 20 stops when validations no longer improve"
    if preset is None:
        flags = suggested_flags(len(dataset.train), fine_tune=not is_new)
        remedy = f"{' '.join(flags)} suits this data and stops automatically"
    note(
        "no --num-steps, --epochs or --patience: the run takes the original's "
        f"{TrainConfig().num_steps:,} steps; {remedy}; Ctrl-C stops it and keeps the best model"
    )
    return [TimeEstimate(note)]


def _note_web(config: ModelConfig) -> None:
    """Says before a training if its model cannot be exported for the JavaScript libraries."""
    from sketch_rnn.interop.javascript import reason_against_javascript

    if reason := reason_against_javascript(config):
        note(f"export --to js will not take this model: {reason} (--to html takes layer_norm, too)")


def _again(data: Sequence[str] | None, folder: Path) -> list[str]:
    return ["sketch-rnn", "train", *(data or ()), "--out", str(folder), "--resume"]


def _check_start(out: Path | None, *, resume: bool, init: str | None) -> None:
    if resume and out is None:
        raise SketchRNNError("--resume needs --out RUN, the folder of the run to resume")
    if resume and init is not None:
        raise SketchRNNError("--init starts a new run; leave it out with --resume")


def say_what_next(result: TrainResult, train: Sequence[str]) -> None:
    """Writes the command that resumes an interrupted run, or draws with the trained model."""
    if result.interrupted:
        typer.echo(f"resume with: {shlex.join(train)}")
    else:
        typer.echo(f"draw with it: {shlex.join(['sketch-rnn', 'draw', str(result.folder)])}")


def _merged(flags: Mapping[str, Any], assignments: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of flags and of `--set`, by our names."""
    twice = [name for name in assignments if name in flags]
    if twice:
        raise SketchRNNError(f"{twice[0]} is given both as an option and with --set; keep one")
    merged = modern_names({**assignments, **flags})
    if "num_steps" in merged:
        merged.setdefault("epochs", None)  # Those of a preset or a resumed run would overrule it.
    return merged
