"""Checks and times what is made for a GPU: `python benchmarks/gpu.py`, on a machine that has one.

First it compares the Triton kernels with the plain loop, outputs and gradients, at many sizes, and
the losses of whole training steps; then it times such steps. The day this has printed "all agree"
the kernels may be on by default. `--rehearse` goes through the same in Triton's interpreter on the
CPU, tiny, and says nothing about speed: `TRITON_INTERPRET=1 python benchmarks/gpu.py --rehearse`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import torch
from limits import machine
from measure import time_in_turns
from networks import OwnTraining

from sketch_rnn import ModelConfig, TrainConfig, load_dataset
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.kernels.triton.launch import Grid
from sketch_rnn.model.cells import hyper
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.model.packing import Packing

sys.path.append(str(Path(__file__).parents[1] / "tests" / "kernels"))
from unroll_problems import Problem, make_problem

CELLS = ("lstm", "layer_norm", "hyper")
BACKENDS = {"plain": "plain loop", "eager": "PyTorch, own backward", "triton": "Triton"}
# Sketches, their longest, and units: one program; not full; a default encoder and decoder; more
# than run at once.
PROBLEMS = ((5, 7, 16), (40, 30, 50), (100, 250, 256), (100, 250, 512), (1500, 20, 512))
TINY = ((3, 3, 20), (18, 2, 5))
# Of the small cells of hyper ones, whose 256 units take the interpreter minutes a step.
TINY_HYPER = {"HYPER_SIZE": 20, "HYPER_EMBEDDING_SIZE": 8}
# Rounding grows along a sequence: how much more of it than the plain loop has in float32.
ALLOWED = 5.0
FLOOR = 1e-6
# Of losses about 1 that rounding drives apart, a little more with each step.
ALLOWED_LOSS = 1e-3


def main() -> None:
    """Compares, measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="doodles", help="a dataset; doodles by default")
    parser.add_argument("--rounds", type=int, default=10, help="runs of each case")
    parser.add_argument("--rehearse", action="store_true", help="on the CPU, tiny")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    reason = reason_against(options.rehearse)
    if reason:
        sys.exit(f"gpu.py: {reason}")
    device = torch.device("cpu" if options.rehearse else "cuda")
    if options.rehearse:
        mock.patch.multiple(hyper, **TINY_HYPER).start()
    results = {"machine": machine() | device_of(device), "data": options.data}
    print("\n".join(f"{name:13} {text}" for name, text in results["machine"].items()))
    results["errors"] = show_errors(device, TINY if options.rehearse else PROBLEMS)
    dataset = load_dataset([options.data])
    results["losses"] = show_losses(device, dataset)
    is_right = all(case["agrees"] for case in results["errors"] + results["losses"])
    print("all agree" if is_right else "NOT ALL AGREE")
    results["training"] = show_training(device, dataset, 1 if options.rehearse else options.rounds)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, default=asdict) + "\n")
    if not is_right:
        sys.exit(
            "gpu.py: the Triton kernels do not compute what the plain loop does: leave them off"
        )


def reason_against(is_rehearsal: bool) -> str:
    """Returns why this cannot run here; nothing if it can."""
    if is_rehearsal and os.environ.get("TRITON_INTERPRET") != "1":
        return "a rehearsal needs Triton's interpreter: set TRITON_INTERPRET=1"
    if not is_rehearsal and not torch.cuda.is_available():
        return "there is no GPU here that PyTorch can use; nothing was checked or measured"
    try:
        import triton  # noqa: F401
    except ModuleNotFoundError:
        return "Triton is not installed, which comes with PyTorch for CUDA: pip install triton"
    return ""


def device_of(device: torch.device) -> dict[str, str]:
    import triton

    if device.type == "cpu":
        return {"device": "the CPU, a rehearsal", "triton": triton.__version__}
    about = torch.cuda.get_device_properties(device)
    name = f"{about.name}, {about.multi_processor_count} multiprocessors"
    return {"device": name, "CUDA": str(torch.version.cuda), "triton": triton.__version__}


def on_device(problem: Problem, device: torch.device, dtype: torch.dtype) -> Problem:
    """Returns the same problem elsewhere, in other numbers."""
    leaves = {
        name: leaf.detach().to(device, dtype).requires_grad_()
        for name, leaf in problem.leaves.items()
    }
    lengths = torch.tensor(problem.packing.active)
    each = (lengths[:, None] > torch.arange(lengths[0])).sum(dim=0)[problem.packing.inverse]
    packing = Packing.of(each, len(lengths), device)
    dropout = problem.dropout and Dropout(problem.dropout.kept.to(device), problem.dropout.scale)
    return Problem(problem.cell.to(device, dtype), packing, leaves, dropout)


def largest_error(ours, exact) -> float:
    """Returns the largest difference, each array's relative to one and its largest number."""
    errors = []
    for name, expected in exact.items():
        size = 1 + expected.abs().max().item()
        errors.append((ours[name].double() - expected).abs().max().item() / size)
    # Not Python's max, which may pass over what is not a number.
    return torch.tensor(errors).max().item()


def show_errors(device: torch.device, sizes) -> list[dict]:
    """Distances from the plain loop in float64, of it and of the Triton kernels in float32."""
    title = "largest error, outputs and gradients"
    print(f"\n{title:45} {'plain':>9} {'Triton':>9}")
    found = []
    for cell in CELLS:
        for sketches, longest, size in sizes:
            for dropped in (True, False):
                lengths = torch.linspace(1, longest, sketches).long().tolist()
                problem = make_problem(cell, lengths, dropped=dropped, size=size)
                exact = on_device(problem, device, torch.float64).results("plain")
                problem = on_device(problem, device, torch.float32)
                plain = largest_error(problem.results("plain"), exact)
                triton = largest_error(problem.results("triton"), exact)
                agrees = triton <= ALLOWED * max(plain, FLOOR)
                name = f"{cell}, {sketches} x {longest}, {size} units{', dropout' * dropped}"
                print(f"{name:45} {plain:9.1e} {triton:9.1e} {'' if agrees else 'DIFFERS'}")
                found.append({"case": name, "plain": plain, "triton": triton, "agrees": agrees})
    return found


def show_losses(device: torch.device, dataset) -> list[dict]:
    """Losses of the last of some training steps."""
    num_steps = 2 if device.type == "cpu" else 20
    title = f"loss after {num_steps} training steps"
    print(f"\n{title:45} {'PyTorch':>9} {'Triton':>9}")
    found = []
    for cell in CELLS:
        losses = {}
        for backend in ("eager", "triton"):
            step = training_case(dataset, cell, "true_length", backend, device)
            losses[backend] = [step().total.item() for _ in range(num_steps)][-1]
        agrees = abs(losses["triton"] - losses["eager"]) <= ALLOWED_LOSS
        ours, theirs = losses["eager"], losses["triton"]
        print(f"{cell:45} {ours:9.5f} {theirs:9.5f} {'' if agrees else 'DIFFERS'}")
        found.append({"case": cell, "losses": losses, "agrees": agrees})
    return found


def show_training(device: torch.device, dataset, rounds: int):
    """Seconds of a training step of the default sizes, batches of 100, by each path."""
    if device.type == "cuda":
        count = torch.cuda.get_device_properties(device).multi_processor_count
        print(f"\nprograms of a default decoder: {Grid.of(100, 512, count)}")
    cases = {}
    for cell in CELLS:
        for form in ("true_length", "padded"):
            for backend, name in BACKENDS.items():
                case = training_case(dataset, cell, form, backend, device)
                cases[f"{cell}, {form}, {name}"] = case
    times = time_in_turns(cases, rounds)
    batch = 2 if device.type == "cpu" else 100
    title = f"one training step of {batch} drawings"
    print(f"\n{title:45} {'seconds':>9} {'range':>17} {'a second':>9}")
    for name, timing in times.items():
        spread = f"{timing.fastest:.4f}-{timing.slowest:.4f}"
        print(f"{name:45} {timing.median:9.4f} {spread:>17} {batch / timing.median:9.0f}")
    return times


def training_case(dataset, cell, form, backend, device):
    """Returns a function that takes a step and waits until it is done."""
    is_tiny = device.type == "cpu"
    sizes = {"enc_rnn_size": 8, "dec_rnn_size": 8, "z_size": 4} if is_tiny else {}
    model = ModelConfig(enc_model=cell, dec_model=cell, **sizes)
    train = TrainConfig(loss_form=form, batch_size=2 if is_tiny else 100)
    batch = TrainingBatches(dataset.train, dataset.profile, train)[0]
    length = dataset.profile.max_seq_len
    if is_tiny:
        length = 3
        batch = type(batch)(batch.strokes[:, :4], batch.lengths.clamp_max(2), batch.labels)
    training = OwnTraining(model, train, batch, length, backend, device)

    def step() -> LossTerms:
        losses = training.step()
        if not is_tiny:
            torch.cuda.synchronize(device)
        return losses

    return step


if __name__ == "__main__":
    main()
