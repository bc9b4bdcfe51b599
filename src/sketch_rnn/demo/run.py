"""From nothing to a page of drawings."""

from __future__ import annotations

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
from sketch_rnn.training.presets import load_preset


def run_demo(
    out: Path,
    *,
    seed: int = 0,
    num_steps: int | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Returns the page it wrote, after training on doodles and drawing with the result.

    Args:
        out: folder of the page and its pictures; the run is in its `run` folder.
        seed: fixes the training and the drawings.
        num_steps: training steps; by default those of the preset `demo`.
        report: told in a line what is being done.

    Raises:
        SketchRNNError: if `out` has a run already, or cannot be written.
    """
    settings = load_preset("demo").values() | {"seed": seed}
    if num_steps is not None:
        settings["num_steps"] = num_steps
    dataset = load_dataset("doodles")
    result, seconds = _train(dataset, settings, out / "run", report)
    model = SketchRNN.from_pretrained(result.folder)
    report(f"Drawing pictures into {out} ...")
    pictures = draw_pictures(model, dataset, out, seed=seed)
    facts = Facts(result=result, seconds=seconds, model=model, pictures=pictures)
    page = write_page(facts, out)
    report(f"Open {page}")
    return page


def _train(
    dataset: Dataset, settings: dict[str, object], folder: Path, report: Callable[[str], None]
) -> tuple[TrainResult, float]:
    model_config, train_config = split_settings(settings)
    trainer = Trainer(dataset, model_config, train_config, folder)
    report(
        f"Training on {len(dataset.train)} doodles for {trainer.num_steps} steps; "
        "this takes a few minutes, and Ctrl-C shows what was learned by then."
    )
    begun = time.perf_counter()
    return trainer.fit(), time.perf_counter() - begun
