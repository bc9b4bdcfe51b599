"""Prepares a generated corpus of QuickDraw's form as a store, opens it and trains on it.

    python benchmarks/store.py 2000000 --folder /tmp/corpus --copies 8

It trains a small model a few steps on the store, and on one whose training split has each drawing
as often as `--copies` says, in files of its own. It prints a table; with --json FILE the figures go
there too. The corpus is made of doodles, each turned, stretched and shaken a little, so that all
drawings differ.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sketch_rnn.dataset.store import KINDS as KINDS_OF_FILES
from sketch_rnn.dataset.store import MANIFEST
from sketch_rnn.sources.doodles import KINDS, draw_doodle

DRAWINGS_A_KIND = 150
SOME = 200
QUICKDRAW = 50_000_000
NUM_STEPS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("corpus"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given)))
        return
    begun = time.perf_counter()
    raw = make_corpus(given.folder / "raw", given.count)
    figures = {
        "drawings": given.count,
        "workers": given.workers,
        "generating_s": time.perf_counter() - begun,
        "raw_bytes_per_drawing": raw / given.count,
    }
    # Each in a process of its own, whose memory is its own.
    for part in PARTS:
        words = [sys.executable, __file__, str(given.count), "--folder", str(given.folder)]
        words += ["--workers", str(given.workers), "--copies", str(given.copies), "--part", part]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        figures |= json.loads(done.stdout.splitlines()[-1])
    report(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def make_corpus(folder: Path, count: int) -> int:
    """Returns the bytes of the files of records that were written, one a kind."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for place, kind in enumerate(KINDS):
        bases = [draw_doodle(kind, rng).polylines() for _ in range(DRAWINGS_A_KIND)]
        left = count // len(KINDS) + (place < count % len(KINDS))
        with (folder / f"{kind}.ndjson").open("w") as file:
            for number in itertools.count():
                file.writelines(records(kind, bases[number % len(bases)], min(left, SOME), rng))
                left -= SOME
                if left <= 0:
                    break
    return sum(path.stat().st_size for path in folder.iterdir())


def records(kind: str, base: list, count: int, rng: np.random.Generator) -> Iterator[str]:
    """Yields lines of JSON with changed drawings on whole pixels, as QuickDraw simplifies them."""
    matrices = np.eye(2) + rng.normal(0, 0.08, (count, 2, 2))
    points = np.concatenate(base) @ matrices
    points += rng.normal(0, 1.5, points.shape) - points.min(axis=1, keepdims=True)
    ends = np.cumsum([len(line) for line in base])
    parts = np.split(np.rint(points).astype(int), ends[:-1], axis=1)
    pieces = [part.swapaxes(1, 2).tolist() for part in parts]
    for lines in zip(*pieces, strict=True):
        values = {"word": kind, "countrycode": "XX", "recognized": True, "drawing": lines}
        yield json.dumps(values, separators=(",", ":")) + "\n"


def prepare(given: argparse.Namespace) -> dict:
    from sketch_rnn.preparation.run import prepare_files

    out = given.folder / "store"
    shutil.rmtree(out, ignore_errors=True)
    begun = time.perf_counter(), time.process_time()
    done = prepare_files([given.folder / "raw"], out, workers=given.workers)
    seconds = time.perf_counter() - begun[0]
    size = sum(path.stat().st_size for path in out.iterdir())
    return {
        "prepare_s": seconds,
        "prepare_cpu_s": time.process_time() - begun[1],
        "prepare_peak_mb": peak_mb(),
        "written": done.num_written,
        "dropped": dict(done.dropped),
        "rows_per_drawing": sum(n * c for n, c in done.measures.lengths.items()) / done.num_written,
        "bytes_per_drawing": size / done.num_written,
    }


def draw(given: argparse.Namespace) -> dict:
    from sketch_rnn.config import TrainConfig
    from sketch_rnn.dataset.batches import TrainingBatches
    from sketch_rnn.dataset.dataset import load_dataset

    before = peak_mb()
    begun = time.perf_counter()
    dataset = load_dataset([given.folder / "store"])
    opened = time.perf_counter()
    batches = TrainingBatches(dataset.train, dataset.profile, TrainConfig(batch_size=100))
    batches[0]
    first = time.perf_counter()
    for step in range(1, 501):
        batches[step]
    return {
        "open_ms": (opened - begun) * 1e3,
        "first_batch_ms": (first - opened) * 1e3,
        "batch_ms": (time.perf_counter() - first) / 500 * 1e3,
        "imports_mb": before,
        "draw_peak_mb": peak_mb(),
    }


def train(given: argparse.Namespace) -> dict:
    return {"training": train_on(given.folder / "store", given.folder / "run")}


def train_on_copies(given: argparse.Namespace) -> dict:
    store, copied = given.folder / "store", given.folder / "copied"
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(store, copied, ignore=shutil.ignore_patterns("train-*"))
    manifest = json.loads((store / MANIFEST).read_bytes())
    shards = manifest["splits"]["train"]
    manifest["splits"]["train"] = []
    for number in range(given.copies):
        for shard in shards:
            entry = shard | {"name": f"{shard['name']}-{number}"}
            manifest["splits"]["train"].append(entry)
            for kind in KINDS_OF_FILES:
                shutil.copy(store / f"{shard['name']}.{kind}", copied / f"{entry['name']}.{kind}")
    (copied / MANIFEST).write_text(json.dumps(manifest))
    figures = train_on(copied, given.folder / "run_on_copies")
    return {"training_on_copies": figures, "copies": given.copies}


def train_on(store: Path, out: Path) -> dict:
    """Returns how long the start and a step took, and the memory of steps without mapped files."""
    from sketch_rnn import ModelConfig, TrainConfig, Trainer, load_dataset
    from sketch_rnn.training.callbacks import Callback

    class Watch(Callback):
        def __init__(self) -> None:
            self.seconds, self.megabytes = [], 0.0

        def on_step(self, step) -> None:
            self.seconds.append(step.seconds)
            self.megabytes = max(self.megabytes, anonymous_mb())

    shutil.rmtree(out, ignore_errors=True)
    watch, begun = Watch(), time.perf_counter()
    dataset = load_dataset([store])
    model = ModelConfig(enc_rnn_size=64, dec_rnn_size=128, z_size=32)
    config = TrainConfig(num_steps=NUM_STEPS, loss_form="true_length")
    trainer = Trainer(dataset, model, config, out, callbacks=[watch])
    started = time.perf_counter()
    trainer.fit()
    return {
        "drawings": len(dataset.train),
        "start_s": started - begun,
        "step_ms": statistics.median(watch.seconds) * 1e3,
        "peak_anonymous_mb": watch.megabytes,
    }


def anonymous_mb() -> float:
    """Returns the memory of this process that is not mapped files."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s*(\d+) kB", status)[1]) / 1024


def peak_mb() -> float:
    """Returns the most memory this process, or one that it started, has held."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def report(figures: dict) -> None:
    count, written = figures["drawings"], figures["written"]
    scale = QUICKDRAW / count
    rows = [
        ("drawings read", f"{count:,}, of {figures['raw_bytes_per_drawing']:.0f} bytes each"),
        ("drawings written", f"{written:,}, of {figures['rows_per_drawing']:.1f} rows each"),
        ("prepare", f"{count / figures['prepare_s']:,.0f} drawings a second"),
        ("  of processor time", f"{count / figures['prepare_cpu_s']:,.0f} drawings a second"),
        ("  peak memory", f"{figures['prepare_peak_mb']:,.0f} MB"),
        ("store", f"{figures['bytes_per_drawing']:.0f} bytes a drawing"),
        ("open", f"{figures['open_ms']:.1f} ms"),
        ("first batch of 100", f"{figures['first_batch_ms']:.1f} ms"),
        ("batch of 100", f"{figures['batch_ms']:.2f} ms"),
        ("  peak memory", f"{figures['draw_peak_mb']:,.0f} MB ({figures['imports_mb']:,.0f} idle)"),
        (
            "50 million, prepare",
            f"{figures['prepare_cpu_s'] * scale / 60:,.0f} minutes of one core",
        ),
        ("50 million, store", f"{figures['bytes_per_drawing'] * QUICKDRAW / 1e9:,.1f} GB"),
    ]
    for name in ("training", "training_on_copies"):
        figures_of = figures[name]
        rows += [
            (f"train on {figures_of['drawings']:,}", f"{figures_of['start_s']:.1f} s to begin"),
            ("  step of 100", f"{figures_of['step_ms']:.0f} ms"),
            (
                "  memory at a step",
                f"{figures_of['peak_anonymous_mb']:,.0f} MB without mapped files",
            ),
        ]
    for name, text in rows:
        print(f"{name:<22} {text}")


# Each runs in a process of its own.
PARTS = {"prepare": prepare, "draw": draw, "train": train, "train_on_copies": train_on_copies}

if __name__ == "__main__":
    main()
