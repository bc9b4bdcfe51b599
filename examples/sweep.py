"""Searches hyperparameters with Optuna: `pip install 'sketch-rnn[sweep]'`, then

    python examples/sweep.py data.npz --out sweeps/mine --trials 20

Every trial is a run in a folder of its own, which `sketch-rnn runs sweeps/mine` lists. Trials that
fall behind the others are stopped. Started again, the sweep goes on; several may share a folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import optuna

from sketch_rnn import ModelConfig, SketchRNNError, TrainConfig, Trainer, load_dataset
from sketch_rnn.training.callbacks import Callback, ValidationReport
from sketch_rnn.training.run.report import RunReport


class Pruner(Callback):
    """Tells Optuna of every validation, and stops the run when it says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def on_validation(self, validation: ValidationReport) -> None:
        self._trial.report(validation.valid.cost, validation.step)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", default=["doodles"])
    parser.add_argument("--out", type=Path, default=Path("sweeps/sweep"))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--num-steps", type=int, default=2000)
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256, 512])
    options = parser.parse_args()
    dataset = load_dataset(options.data)

    def objective(trial: optuna.Trial) -> float:
        size = trial.suggest_categorical("dec_rnn_size", options.sizes)
        model = ModelConfig(
            dec_rnn_size=size,
            enc_rnn_size=max(size // 2, 1),
            z_size=trial.suggest_categorical("z_size", [16, 32, 64, 128]),
            recurrent_keep_prob=trial.suggest_float("recurrent_keep_prob", 0.7, 1.0),
        )
        train = TrainConfig(
            num_steps=options.num_steps,
            save_every=options.save_every,
            learning_rate=trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
            # Costs are compared between trials, so the weights in them must be the same.
            kl_weight=0.5,
        )
        folder = options.out / f"trial-{trial.number}"
        watchers = [RunReport(), Pruner(trial)]
        try:
            result = Trainer(dataset, model, train, folder, callbacks=watchers).fit()
        except SketchRNNError as error:
            print(f"trial {trial.number}: {error}")
            raise optuna.TrialPruned from error
        if result.best_cost is None:
            raise optuna.TrialPruned
        return result.best_cost

    options.out.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{options.out / 'sweep.db'}",
        study_name="sketch-rnn",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )
    study.optimize(objective, n_trials=options.trials)
    print(f"best: trial {study.best_trial.number}, cost {study.best_value:.4f}")
    for name, value in study.best_params.items():
        print(f"  {name} = {value}")


if __name__ == "__main__":
    main()
