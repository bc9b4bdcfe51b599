"""Tries mutated inputs on every reader: `python tests/fuzz/fuzz.py [COUNT] [READER]`.

Prints a table: inputs tried, how many were read and refused, the slowest, and the most memory that
one took. Whatever escapes but SketchRNNError ends it, with the input written beside.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from readers import Reader, make_readers  # noqa: E402

from sketch_rnn.errors import SketchRNNError  # noqa: E402

MAX_SECONDS = 20
MAX_BYTES = 400 * 2**20
# What parsers stumble over.
TOKENS = tuple(
    text.encode()
    for text in (
        *("0", "-1", "1e999", "NaN", "null", "true", "[]", "{}", '""', "\ud83d", "\x00", "9" * 40),
        *("[" * 2000, "{" * 2000, '"a":', "__metadata__", "data_offsets", "F64", "\n", "=", ","),
    )
    for text in [text.encode("utf-8", "replace").decode()]
)


@dataclass
class Counts:
    """What became of a reader's inputs."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    largest: int = 0


@st.composite
def mutated(draw, seeds):
    """Draws an input: a valid one with a few bytes changed, cut, doubled or put in; or any."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        # Headers come first, and are where most decisions are made.
        end = len(data) if draw(st.booleans()) else min(len(data), 600)
        place = draw(st.integers(0, end))
        kind = draw(st.sampled_from(("flip", "set", "cut", "remove", "double", "token", "bytes")))
        if kind == "flip" and place < len(data):
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set" and place < len(data):
            data[place] = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
        elif kind == "cut":
            del data[place:]
        elif kind == "remove":
            del data[place : place + draw(st.integers(1, 64))]
        elif kind == "double":
            data[place:place] = data[place : place + draw(st.integers(1, 64))]
        elif kind == "token":
            data[place:place] = draw(st.sampled_from(TOKENS))
        else:
            data[place:place] = draw(st.binary(max_size=16))
    return bytes(data)


def fuzz(reader: Reader, count: int, folder: Path, seed: int = 0) -> Counts:
    """Returns what became of `count` inputs, each of which was read or refused."""
    counts = Counts()

    @with_seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(reader.seeds))
    def attempt(data):
        path = folder / "input.safetensors"
        path.write_bytes(data)
        counts.tried += 1
        tracemalloc.start()
        begun = time.process_time()
        try:
            reader.read(path)
            counts.read += 1
        except SketchRNNError:
            # The command line makes one line of it, whatever names the input holds.
            counts.refused += 1
        finally:
            counts.slowest = max(counts.slowest, time.process_time() - begun)
            counts.largest = max(counts.largest, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    attempt()
    assert counts.slowest < MAX_SECONDS, counts
    assert counts.largest < MAX_BYTES, counts
    return counts


def main(count: int, only: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as place:
        for name in ("seeds", "inputs"):
            (Path(place) / name).mkdir()
        print(f"{'reader':<14}{'tried':>8}{'read':>8}{'refused':>9}{'slowest s':>11}{'MB':>7}")
        for name, reader in make_readers(Path(place) / "seeds").items():
            if only in (None, name):
                c = fuzz(reader, count, Path(place) / "inputs")
                print(
                    f"{name:<14}{c.tried:>8}{c.read:>8}{c.refused:>9}{c.slowest:>11.3f}"
                    f"{c.largest / 2**20:>7.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, *sys.argv[2:3])
