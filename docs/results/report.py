"""Writes the pictures and figures of a trained model: `python docs/results/report.py RUN DATA OUT`.

Every picture shows the first drawings of seed 0 or of the test split, none chosen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from charts import save_curves
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sketch_rnn import SketchRNN, evaluate, load_dataset, reconstruct, sample
from sketch_rnn.render import Style, grid, pairs, save

NUM_SAMPLES = 25
NUM_RECONSTRUCTIONS = 15
NUM_COUNTED = 1000
TEMPERATURE = 0.3
STYLE = Style(ink="points")


def main() -> None:
    """Draws, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run", "data", "out"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    model = SketchRNN.from_pretrained(arguments.run)
    dataset = load_dataset([str(arguments.data)])
    draw_samples(model, arguments.out)
    draw_reconstructions(model, dataset, arguments.out)
    draw_curves(arguments.run, arguments.out)
    print_losses(model, dataset)
    print_endings(model, dataset)


def draw_samples(model, out):
    sketches = sample(model, NUM_SAMPLES, temperature=TEMPERATURE).sketches
    save(grid(sketches, columns=5, style=STYLE), out / "samples.png")


def draw_reconstructions(model, dataset, out):
    originals = [dataset.sketch("test", index) for index in range(NUM_RECONSTRUCTIONS)]
    drawn = reconstruct(model, originals, temperature=0.1, fit=False).sketches
    save(pairs(originals, drawn, columns=5, style=STYLE), out / "reconstructions.png")


def draw_curves(run, out):
    events = EventAccumulator(str(run), size_guidance={"scalars": 0})
    events.Reload()

    def curve(tag):
        scalars = events.Scalars(tag)
        return [point.step for point in scalars], [point.value for point in scalars]

    series = {
        "training L_R": curve("Train_Reconstr_Cost"),
        "validation L_R": curve("Valid_Reconstr_Cost"),
        "validation L_KL": curve("Valid_KL_Cost"),
    }
    save_curves(series, out / "losses.svg")


def print_losses(model, dataset):
    print("split  L_R     L_KL    L_R with shuffled z   (masked form)")
    for split in ("valid", "test"):
        store = dataset.split(split)
        losses = evaluate(model, store)
        shuffled = evaluate(model, store, shuffle_z=True)
        print(
            f"{split:5}  {losses.reconstruction:.4f}  {losses.kl:.4f}  "
            f"{shuffled.reconstruction:.4f}"
        )


def print_endings(model, dataset):
    samples = sample(model, NUM_COUNTED, temperature=TEMPERATURE)
    lengths = sorted(len(sketch) for sketch in samples.sketches)
    print(
        f"{samples.share_ended:.1%} of {NUM_COUNTED} samples at temperature {TEMPERATURE} ended "
        f"by themselves; median length {lengths[len(lengths) // 2]} points, "
        f"of the data {sorted(dataset.test.lengths)[len(dataset.test) // 2]}"
    )


if __name__ == "__main__":
    main()
