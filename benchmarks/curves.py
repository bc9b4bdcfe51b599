"""Trains with several backends from one seed and draws their losses in one chart.

`python benchmarks/curves.py DATA OUT`: `native` is what training uses, `plain` the loop that says
what it computes, and `native_bfloat16` what training uses with such products. Writes OUT.svg and
OUT.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "results"))

from charts import save_curves
from networks import OwnTraining

from sketch_rnn import ModelConfig, SketchRNN, TrainConfig, evaluate, load_dataset
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.training.subnormals import flushed_subnormals


def main() -> None:
    """Trains, measures, draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("out", type=Path, help="name of the files, without a suffix")
    parser.add_argument("--backends", nargs="+", default=["native", "plain"])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--every", type=int, default=50, help="steps between validations")
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--enc-rnn-size", type=int, default=64)
    parser.add_argument("--dec-rnn-size", type=int, default=128)
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--seed", type=int, default=0, help="of weights, batches and noise")
    options = parser.parse_args()
    dataset = load_dataset([options.data])
    curves = {name: trained(dataset, name, options) for name in options.backends}
    series = {
        f"{what}, {name}": (curve["steps"], curve[what])
        for name, curve in curves.items()
        for what in ("training", "validation")
    }
    save_curves(series, options.out.with_suffix(".svg"), title="L_R from one seed", y_label="L_R")
    options.out.with_suffix(".json").write_text(json.dumps(curves, indent=1) + "\n")
    first, *others = curves
    for other in others:
        for what in ("training", "validation"):
            pairs = zip(curves[first][what], curves[other][what], strict=True)
            most = max(abs(a - b) for a, b in pairs)
            print(f"{what} L_R, {first} and {other}: differ by {most:.2g} at most")


def trained(dataset, backend, options):
    """Returns the losses along a training, dropout, augmentation and annealing as by default."""
    model = ModelConfig(
        enc_model=options.cell,
        dec_model=options.cell,
        enc_rnn_size=options.enc_rnn_size,
        dec_rnn_size=options.dec_rnn_size,
    )
    train = TrainConfig(
        batch_size=options.batch_size,
        num_steps=options.steps,
        seed=options.seed,
    )
    batches = TrainingBatches(dataset.train, dataset.profile, train)
    training = OwnTraining(model, train, batches[0], dataset.profile.max_seq_len, backend)
    curve = {"steps": [], "training": [], "validation": []}
    start = time.perf_counter()
    with flushed_subnormals():
        for step in range(options.steps):
            training.batch = batches[step]
            terms = training.step()
            if (step + 1) % options.every:
                continue
            losses = evaluate(SketchRNN(training.state.network, dataset.profile), dataset.valid)
            curve["steps"].append(step + 1)
            curve["training"].append(terms.reconstruction.item())
            curve["validation"].append(losses.reconstruction)
    took = time.perf_counter() - start
    print(f"{backend}: {took:.0f} s, validation L_R {curve['validation'][-1]:.4f}")
    return curve


if __name__ == "__main__":
    main()
