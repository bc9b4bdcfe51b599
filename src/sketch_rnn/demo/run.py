"""Train a small model on doodles, and write a page of its drawings."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from sketch_rnn.config import split_settings
from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.demo.page import write_page
from sketch_rnn.demo.pictures import Facts, draw_pictures
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import TrainResult
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.run.files import METRICS_FILE
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.run.resume import has_checkpoint
from sketch_rnn.training.start import run_settings


def run_demo(
    out: Path,
    *,
    seed: int = 0,
    num_steps: int | None = None,
    overwrite: bool = False,
    report: Callable[[str], None] = print,
) -> Path:
    """Trains on doodles, draws with the result, and returns the page that shows it.

    A demo that is in `out` already is resumed; if its training has finished, only its pictures are
    drawn again.

    Args:
        out: folder of the page and its pictures; the run is in its `run` folder.
        seed: fixes the training and the drawings.
        num_steps: training steps; by default those of the preset `demo`.
        overwrite: delete the run in `out` and train again.
        report: takes each line of progress.

    Raises:
        SketchRNNError: if the run in `out` has another seed or cannot be resumed, or a file cannot
            be written.
    """
    folder = out / "run"
    before = folder if has_checkpoint(folder) else None
    if before and overwrite:
        shutil.rmtree(before)
        before = None
    settings = run_settings(None if before else "demo", before) | {"seed": seed}
    if num_steps is not None:
        settings["num_steps"] = num_steps
    dataset = load_dataset("doodles")
    begun = time.perf_counter()
    result = _train(dataset, settings, folder, report, resume=before is not None)
    seconds = None if before else time.perf_counter() - begun
    model = SketchRNN.from_pretrained(result.folder)
    report(f"Drawing pictures into {out} ...")
    pictures = draw_pictures(model, dataset, out, seed=seed, metrics=folder / METRICS_FILE)
    facts = Facts(result=result, seconds=seconds, model=model, pictures=pictures)
    page = write_page(facts, out)
    report(f"Open {page}")
    return page


def _train(
    dataset: Dataset,
    settings: dict[str, object],
    folder: Path,
    report: Callable[[str], None],
    *,
    resume: bool,
) -> TrainResult:
    model_config, train_config = split_settings(settings)
    trainer = Trainer(
        dataset, model_config, train_config, folder, resume=resume, callbacks=[RunReport()]
    )
    report(
        f"{'Resuming' if resume else 'Training'} on {len(dataset.train):,} doodles, up to step "
        f"{trainer.num_steps:,}; this takes minutes, and Ctrl-C shows what was learned by then."
    )
    return trainer.fit()
