"""Tries mutated inputs on every reader: `python tests/fuzz/fuzz.py [COUNT] [READER]`.

Prints a table: inputs tried, how many were read and refused, the slowest, and the most memory. An
input that escapes (a traceback, a warning, a limit of time or memory) ends it, and is written to a
file.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from limits import outcomes  # noqa: E402
from mutations import of_bytes  # noqa: E402
from readers import Reader, make_readers  # noqa: E402

_SHARE_OF_BYTES = 0.4
# Gigabytes take time to read whatever the reader does.
_MAX_BYTES = 2**22


@dataclass
class Counts:
    """What became of a reader's inputs."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    largest: float = 0.0


def fuzz(reader: Reader, count: int, folder: Path, seed: int = 0) -> Counts:
    """Returns what became of `count` inputs, each of which was read or refused."""
    rng, counts, path = Random(seed), Counts(), folder / "input.safetensors"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with warnings.catch_warnings(record=True) as caught:
            try:
                reader.read(path)
            finally:
                if caught:
                    raise RuntimeError(f"warned: {caught[0].message}")

    def mutated() -> bytes:
        mutate = of_bytes if rng.random() < _SHARE_OF_BYTES else reader.mutate
        return mutate(rng, rng.choice(reader.seeds))[:_MAX_BYTES]

    for data, outcome in outcomes(read, (mutated() for _ in range(count))):
        if outcome.escaped:
            escaped = Path(tempfile.gettempdir()) / "escaped"
            escaped.write_bytes(data)
            raise AssertionError(f"input {counts.tried} ({escaped}): {outcome}")
        counts.tried += 1
        counts.read += outcome.kind == "read"
        counts.refused += outcome.kind == "refused"
        counts.slowest = max(counts.slowest, outcome.seconds)
        counts.largest = max(counts.largest, outcome.megabytes)
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
                    f"{c.largest:>7.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, *sys.argv[2:3])
