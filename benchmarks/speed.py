"""Prints how fast this machine trains and draws: `python benchmarks/speed.py [--quick]`.

Comparisons are between cases that were measured in turns, within one run.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from limits import Limits, machine, measured_limits
from measure import Timing, peak_memory, time_in_turns
from networks import (
    LibraryTraining,
    OwnTraining,
    bytes_moved,
    floating_point_operations,
)
from other_processor import built_for

from sketch_rnn import ModelConfig, SketchRNN, TrainConfig, load_dataset, sample
from sketch_rnn.dataset.batches import StrokeBatch, TrainingBatches, make_batch
from sketch_rnn.model.loss import counted_steps

DRAWN_POINTS = 125
FORMS = ("true_length", "padded")
BACKENDS = {
    "native": "compiled",
    "native_products": "compiled, its own sums",
    "native_bfloat16": "compiled, bfloat16",
    "eager": "PyTorch, own backward",
    "plain": "plain loop",
}
LIBRARY = "lstm, padded, torch.nn.LSTM"


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="doodles", help="a dataset; doodles by default")
    parser.add_argument("--quick", action="store_true", help="fewer cases and rounds")
    parser.add_argument("--rounds", type=int, help="runs of each case; 5, or 2 if quick")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--march", help="build for another processor, such as haswell for AVX2")
    options = parser.parse_args()
    dataset = load_dataset([options.data])
    with built_for(options.march):
        measure(dataset, options)


def measure(dataset, options):
    """Measures, prints and writes what the options ask for."""
    torch.set_num_threads(options.threads)
    options.rounds = options.rounds or (2 if options.quick else 5)
    results = {"machine": machine(), "data": options.data, "march": options.march or "native"}
    print("\n".join(f"{name:13} {text}" for name, text in results["machine"].items()))
    results["limits"] = show_limits(options)
    results["training"] = show_training(dataset, options, results["limits"])
    results["drawing"] = show_drawing(options)
    results["batch"] = show_batches(dataset, options)
    if not options.quick:
        results["growth"] = show_growth(options)
        results["memory"] = show_memory(options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, default=asdict) + "\n")


def show_limits(options) -> Limits:
    limits = measured_limits(max(5, options.rounds))
    print()
    for dtype, rate in limits.gflops.items():
        print(f"{dtype:9} {rate:5.0f} GFLOP/s by {limits.product[dtype]}")
    print(f"a copy    {limits.copy_gbytes:5.1f} GB/s")
    return limits


def show_training(dataset, options, limits):
    """Default sizes, batches of 100, for each cell and loss form, against what else there is."""
    cases, floors = {}, {}
    for cell in ("lstm", "layer_norm", "hyper"):
        for form in FORMS[:1] if options.quick else FORMS:
            for backend, name in BACKENDS.items():
                if not is_measured(cell, form, backend, quick=options.quick):
                    continue
                label = f"{cell}, {form}, {name}"
                cases[label], floors[label] = training_case(dataset, cell, form, backend, limits)
    cases[LIBRARY] = library_case(dataset)
    times = time_in_turns(cases, options.rounds)
    print(
        f"\n{'one training step of 100 drawings':45} {'seconds':>8} {'range':>14} {'a second':>9}"
        f" {'of limit':>9} {'nn.LSTM':>8}"
    )
    for name, timing in times.items():
        share = f"{timing.median / floors[name]:8.2f}x" if name in floors else ""
        ratio = times[LIBRARY].median / timing.median
        print(f"{name:45} {row(timing)} {100 / timing.median:9.0f} {share:>9} {ratio:7.2f}x")
    return {name: {"time": time, "limit": floors.get(name)} for name, time in times.items()}


def is_measured(cell, form, backend, *, quick):
    """Returns whether a case is worth its time."""
    is_native = backend.startswith("native")
    if quick:
        return is_native or backend == "eager"
    return is_native or form == "true_length" or cell == "lstm"


def training_case(dataset, cell, form, backend, limits):
    """Returns a training step, and the least time that its products and memory need."""
    model = ModelConfig(enc_model=cell, dec_model=cell)
    train = TrainConfig(loss_form=form)
    length = dataset.profile.max_seq_len
    batch = TrainingBatches(dataset.train, dataset.profile, train)[0]
    steps = counted_steps(batch.lengths, form, length)
    cells, outputs = floating_point_operations(model, batch.lengths, steps)
    moved = bytes_moved(model, batch.lengths, steps)
    rates = limits.gflops
    dtype = "bfloat16" if backend.endswith("bfloat16") else "float32"
    products = cells / rates[dtype] + outputs / rates["float32"]
    floor = max(products, moved / limits.copy_gbytes) / 1e9
    return OwnTraining(model, train, batch, length, backend).step, floor


def library_case(dataset):
    batch = TrainingBatches(dataset.train, dataset.profile, TrainConfig(loss_form="padded"))[0]
    return LibraryTraining(ModelConfig(), batch, dataset.profile.max_seq_len).step


def show_drawing(options):
    """Drawings of 125 movements each at the default decoder's size."""
    many = 200 if options.quick else 1000
    cases = {}
    for cell in ("lstm", "layer_norm") if options.quick else ("lstm", "layer_norm", "hyper"):
        for backend in ("native", "plain"):
            model = endless_model(cell, backend)
            for count in (1, many):
                if backend == "plain" and count > 1 and (options.quick or cell != "lstm"):
                    continue
                name = f"{cell}, {'compiled' if backend == 'native' else 'plain loop'}, {count:,}"
                cases[name] = lambda model=model, count=count: sample(
                    model, count, max_len=DRAWN_POINTS
                )
    times = time_in_turns(cases, options.rounds)
    title = f"drawings of {DRAWN_POINTS} movements"
    print(f"\n{title:45} {'seconds':>8} {'range':>14} {'a second':>9}")
    for name, timing in times.items():
        count = int(name.split(", ")[-1].replace(",", ""))
        print(f"{name:45} {row(timing)} {count / timing.median:9.1f}")
    return times


def endless_model(cell: str, backend: str) -> SketchRNN:
    """Returns an untrained model of the default sizes whose drawings never end by themselves."""
    doodles = load_dataset(["doodles/leaf"])
    config = ModelConfig(enc_model=cell, dec_model=cell)
    model = SketchRNN.new(config, doodles.profile, seed=0)
    with torch.no_grad():
        model.network.decoder.output.bias[2] = -50
    model.network.use_backend(backend)
    return model


def show_batches(dataset, options):
    train = TrainConfig()
    batches = TrainingBatches(dataset.train, dataset.profile, train)
    numbers = iter(range(10**9))
    times = time_in_turns({"batch": lambda: batches[next(numbers)]}, 20 * options.rounds)
    print(f"\na batch of 100, augmented: {1000 * times['batch'].median:.2f} ms")
    return times


def show_growth(options):
    """Seconds of a training step as one size grows, the others as by default, all drawings 125."""
    base = {"batch": 100, "size": 512, "length": 125}
    grown = {"batch": (25, 100, 400), "size": (128, 256, 512, 1024), "length": (62, 125, 250)}
    cases = {}
    for what, values in grown.items():
        for value in values:
            sizes = base | {what: value}
            model = ModelConfig(dec_rnn_size=sizes["size"], enc_rnn_size=sizes["size"] // 2)
            batch = made_batch(sizes["batch"], sizes["length"])
            cases[f"{what} {value}"] = OwnTraining(
                model, TrainConfig(batch_size=sizes["batch"]), batch, 250
            ).step
    times = time_in_turns(cases, min(3, options.rounds))
    print(f"\n{'growth of a step (lstm, 100 x 125, size 512)':45} {'seconds':>8} {'range':>14}")
    for name, timing in times.items():
        print(f"{name:45} {row(timing)}")
    return times


def made_batch(count: int, length: int) -> StrokeBatch:
    """Returns drawings of one length, made of doodles."""
    store = load_dataset(["doodles"]).train
    rows = torch.from_numpy(store.rows[: count * length].copy()).view(count, length, 3)
    one = replace(
        store,
        rows=rows.flatten(0, 1).numpy(),
        offsets=torch.arange(0, count * length + 1, length).numpy(),
        labels=store.labels[:count],
    )
    return make_batch(one, range(count), scale=20.0)


def show_memory(options):
    program = str(Path(__file__).parent / "memory.py")
    print("\npeak memory of training, everything included (Linux)")
    used = {}
    for cell in ("lstm", "layer_norm", "hyper"):
        for form in FORMS:
            arguments = [program, options.data, cell, form, str(options.threads)]
            used[f"{cell}, {form}"] = peak_memory(arguments)
            print(f"{f'{cell}, {form}':45} {used[f'{cell}, {form}']:8.2f} GB")
    return used


def row(timing: Timing) -> str:
    spread = f"{timing.fastest:.3f}-{timing.slowest:.3f}"
    return f"{timing.median:8.3f} {spread:>14}"


if __name__ == "__main__":
    main()
