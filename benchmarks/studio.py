"""How many people can play at once: clients that ask for endings, one after the other.

    python benchmarks/studio.py --seconds 120 --clients 1 8 64
    python benchmarks/studio.py --soak 900 --rest 1

Prints a table: drawings a second, the time to the first points and to the whole drawing, the memory
of the server before and after, and how many answers were not whole.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np

BEGINNING = [
    [[100 + 75 * np.sin(a / 3), 100 - 65 * np.cos(a / 3)] for a in range(20)],
    [[45, 55], [40, -5], [85, 38]],
]


@dataclass
class Load:
    """What came of the requests of some clients."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    lost: int = 0

    def row(self, name: str, seconds: float, memory: tuple[float, float]) -> str:
        times = [
            f"{np.percentile(values, share) * 1000:.0f}" if values else "-"
            for values in (self.first, self.whole)
            for share in (50, 99)
        ]
        rate = f"{len(self.whole) / seconds:.0f}"
        used = f"{memory[0]:.0f} to {memory[1]:.0f}"
        return f"| {' | '.join([name, str(len(self.whole)), rate, *times, used, str(self.lost)])} |"


@dataclass(frozen=True)
class Studio:
    """A studio that runs, and what it is asked for."""

    port: int
    model: str
    labels: list[str]
    candidates: int | None

    @classmethod
    def at(cls, port: int, model: str, candidates: int | None) -> Studio:
        """The studio at a port, asked for cats, or for what comes first of the model's labels."""
        body = json.dumps({"model": model}).encode()
        kind = {"Content-Type": "application/json"}
        request = Request(f"http://127.0.0.1:{port}/api/open", body, kind)
        with urlopen(request, timeout=120) as answer:
            labels = json.load(answer)["labels"]
        return cls(port, model, ["cat"] if "cat" in labels else labels[:1], candidates)

    def request(self, seed: int) -> bytes:
        lines = [[[round(float(x), 1), round(float(y), 1)] for x, y in line] for line in BEGINNING]
        wanted = {"model": self.model, "labels": self.labels, "lines": lines, "seed": seed}
        if self.candidates is not None:
            wanted["candidates"] = self.candidates
        body = json.dumps(wanted).encode()
        head = (
            f"POST /api/draw HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def ask(studio: Studio, seed: int, load: Load) -> None:
    """Asks for one ending, and notes when its first points and its end came."""
    begin = time.perf_counter()
    first = 0.0
    is_whole = False
    reader, writer = await asyncio.open_connection("127.0.0.1", studio.port)
    try:
        writer.write(studio.request(seed))
        while line := await reader.readline():
            if not first and line.startswith(b'data: [{"drawing":0,"points":[['):
                first = time.perf_counter() - begin
            is_whole = is_whole or b'"end":"model"' in line or b'"end":"limit"' in line
    finally:
        writer.close()
    if is_whole:
        load.first.append(first or time.perf_counter() - begin)
        load.whole.append(time.perf_counter() - begin)
    else:
        load.lost += 1


async def client(number: int, studio: Studio, until: float, rest: float, load: Load) -> None:
    seed = number * 1_000_000
    while time.perf_counter() < until:
        await ask(studio, seed, load)
        await asyncio.sleep(rest)
        seed += 1


async def run_clients(count: int, seconds: float, studio: Studio, rest: float = 0.0) -> Load:
    load = Load()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(client(n, studio, until, rest, load) for n in range(count)))
    return load


def resident(process: int) -> float:
    """Memory of a process in MB."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="quickdraw")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 8, 64])
    parser.add_argument("--soak", type=float, help="seconds with 8 clients, memory ten times")
    parser.add_argument("--candidates", type=int, help="for each movement, else the model's own")
    parser.add_argument("--rest", type=float, default=0.0, help="seconds between requests")
    options = parser.parse_args()
    words = [sys.executable, "-m", "sketch_rnn", "studio", options.model, "--no-open", "--port=0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        port = int(re.search(r":(\d+)/", server.stdout.readline())[1])
        studio = Studio.at(port, options.model, options.candidates)
        asyncio.run(run_clients(1, 2, studio))  # warm
        print(
            "| clients | drawings | a second | first p50, ms | p99 | whole p50 | p99 | MB | lost |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        plan = [(count, options.seconds) for count in options.clients]
        if options.soak:
            plan = [(8, options.soak / 10)] * 10
        for count, seconds in plan:
            before = resident(server.pid)
            begin = time.perf_counter()
            load = asyncio.run(run_clients(count, seconds, studio, options.rest))
            took = time.perf_counter() - begin
            print(load.row(str(count), took, (before, resident(server.pid))), flush=True)
        server.terminate()


if __name__ == "__main__":
    main()
