"""Find the folder, the settings, the drawings and the first weights of a run, new or resumed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import torch

from sketch_rnn.config import ModelConfig
from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.known import known_sources, load_known
from sketch_rnn.errors import SketchRNNError, expect
from sketch_rnn.io.atomic import check_place
from sketch_rnn.sketch import FirstRow
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.distributed import Workers, is_restarted, may_be_restarted
from sketch_rnn.training.presets import load_preset
from sketch_rnn.training.run.files import reject_existing_run
from sketch_rnn.training.run.report import recorded_origins
from sketch_rnn.training.run.resume import (
    RunSettings,
    has_checkpoint,
    saved_profile,
    saved_settings,
)

DEFAULT_DATA: Final = ("doodles",)

# Settings that may differ: no shape depends on them, or the data's labels decide them.
_FREE: Final = ("recurrent_keep_prob", "input_keep_prob", "output_keep_prob", "num_labels")


def new_folder(data: Sequence[str] | None) -> Path:
    """A folder that does not exist yet, named after the first source."""
    name = Path((data or DEFAULT_DATA)[0]).stem
    folders = (Path("runs", f"{name}-{number}") for number in count(1))
    return next(folder for folder in folders if not folder.exists())


def run_folder(
    out: Path | None, data: Sequence[str] | None, *, resume: bool, workers: Workers
) -> tuple[Path, Path | None]:
    """The folder of a run, and the same folder again if the run is resumed, else None.

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
    preset: str | None, resumed: Path | None, initial: SketchRNN | None = None
) -> dict[str, Any]:
    """The settings of a run by name, before those of the command line.

    Args:
        preset: name or file of a preset.
        resumed: the folder of a run to be resumed, whose settings the preset is laid over.
        initial: a model that a new run starts from, whose architecture it takes over.
    """
    values: dict[str, Any] = {} if initial is None else initial.config.to_dict()
    values.pop("num_labels", None)  # The new data decides this.
    for config in saved_settings(resumed) if resumed else ():
        values |= config.to_dict()
    return values | (load_preset(preset).values() if preset is not None else {})


def run_sources(data: Sequence[str] | None, resumed: Path | None) -> list[str]:
    """The sources of a run's drawings: those that are named, or its previous ones.

    Args:
        data: sources; by default the built-in data, or that of the run to be resumed.
        resumed: the folder of a run to be resumed.
    """
    if resumed is None or data:
        return list(data or DEFAULT_DATA)
    return known_sources(saved_profile(resumed), recorded_origins(resumed))


def run_data(
    sources: Sequence[str],
    resumed: Path | None,
    *,
    max_seq_len: int | None = None,
    first_row: FirstRow | None = None,
) -> Dataset:
    """The drawings of a run.

    Their random choices do not follow the run's seed: `doodles` is one dataset, not many.

    Args:
        sources: see `run_sources`.
        resumed: the folder of a run to be resumed, whose drawings are measured as before.
        max_seq_len: drop longer drawings.
        first_row: what row 0 of a drawing means.
    """
    if resumed is None:
        return load_dataset(sources, max_seq_len=max_seq_len, first_row=first_row)
    profile = saved_profile(resumed)
    return load_known(profile, sources, max_seq_len=max_seq_len, first_row=first_row)


def check_architecture(config: ModelConfig, initial: ModelConfig) -> None:
    """Raises SketchRNNError if a run of this config cannot start from such a model's weights."""
    ours, theirs = config.to_dict(), initial.to_dict()
    if bool(config.num_labels) != bool(initial.num_labels):
        have = "has" if initial.num_labels else "does not have"
        raise SketchRNNError(
            f"the model to start from {have} labels, and this run "
            f"{'has' if config.num_labels else 'does not'}; a model with labels is trained on with "
            "--class-conditional, another one without"
        )
    # The encoder's settings do not matter for a decoder-only model, and so on.
    unused = set() if config.conditional else {"enc_model", "enc_rnn_size", "z_size"}
    unused |= set() if config.num_labels else {"label_size"}
    faults = [
        f"{name} is {theirs[name]} there and {value} here"
        for name, value in ours.items()
        if name not in {*_FREE, *unused} and value != theirs[name]
    ]
    if faults:
        raise SketchRNNError(
            f"the model to start from has another architecture: {'; '.join(faults)}; leave these "
            "settings out"
        )


@torch.no_grad()
def new_model(settings: RunSettings, initial: SketchRNN | None) -> SketchRNN:
    """The model that a run starts with: random weights of its seed, or those of a trained model.

    Label vectors are taken by name; labels unknown to `initial` start at the zero vector, with
    which it has learned to draw without a label.

    Args:
        settings: of the run.
        initial: the trained model, of the same architecture.

    Raises:
        SketchRNNError: if the architectures differ.
    """
    model = SketchRNN.new(settings.model, settings.profile, settings.train.seed)
    if initial is None:
        return model
    expect(initial, SketchRNN, "initial")
    check_architecture(model.config, initial.config)
    weights = dict(initial.network.state_dict())
    vectors = weights.pop("label_vectors", None)
    if vectors is not None:
        known = dict(zip(initial.profile.labels, vectors, strict=True))
        unknown = vectors.new_zeros(vectors.shape[1:])
        rows = [known.get(name, unknown) for name in model.profile.labels]
        weights["label_vectors"] = torch.stack(rows)
    model.network.load_state_dict(weights)
    return model
