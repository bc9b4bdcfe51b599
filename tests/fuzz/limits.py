"""Runs readers in a process of their own, with limits on processor time and memory per input."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sketch_rnn.errors import SketchRNNError

SECONDS = 30
MEGABYTES = 1024


class Outcome(NamedTuple):
    """What became of one input.

    Attributes:
        kind: read, refused, or how it escaped: traceback, killed, memory.
        text: the message.
        seconds: processor time.
        megabytes: of memory by which reading made the process grow at most.
    """

    kind: str
    text: str
    seconds: float
    megabytes: float

    @property
    def escaped(self) -> bool:
        return self.kind not in ("read", "refused")


def outcomes(
    read: Callable[[bytes], object],
    inputs: Iterable[bytes],
    *,
    seconds: int = SECONDS,
    megabytes: int = MEGABYTES,
) -> Iterator[tuple[bytes, Outcome]]:
    """Yields what becomes of each input; a process that one kills is started again."""
    rest = iter(inputs)
    while True:
        here, there = os.pipe()
        child = os.fork()
        if not child:
            os.close(here)
            _serve(read, rest, there, seconds, megabytes)
        os.close(there)
        data = None
        with open(here, "rb") as answers:
            while (data := next(rest, None)) is not None:
                try:
                    yield data, pickle.load(answers)
                except EOFError:
                    break
        _, status = os.waitpid(child, 0)
        if data is None:
            return
        number = os.waitstatus_to_exitcode(status)
        name = signal.Signals(-number).name if number < 0 else f"status {number}"
        yield data, Outcome("killed", name, float(seconds), 0.0)


def _serve(
    read: Callable[[bytes], object],
    inputs: Iterator[bytes],
    answers: int,
    seconds: int,
    megabytes: int,
) -> None:
    """Reads inputs until they end or a limit ends this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_DATA)
    with open(answers, "wb", 0) as file:
        for data in inputs:
            start = _used()
            # RLIMIT_CPU counts in ticks from the start of the process: beside other programs it
            # comes to differ by seconds from the processor time used. A timer starts anew.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + (megabytes << 20), most[1]))
            before = _restarted_peak()
            kind, text = _outcome(read, data)
            resource.setrlimit(resource.RLIMIT_DATA, most)
            # Making the next input is not the reader's work.
            signal.setitimer(signal.ITIMER_PROF, 0)
            outcome = Outcome(kind, text, _used() - start, (_peak_kb() - before) / 2**10)
            file.write(pickle.dumps(outcome))
    os._exit(0)


def _outcome(read: Callable[[bytes], object], data: bytes) -> tuple[str, str]:
    try:
        read(data)
    except SketchRNNError as error:
        is_memory = "more memory than there is" in str(error)
        return "memory" if is_memory else "refused", str(error)
    except MemoryError:
        return "memory", "MemoryError"
    except Exception:
        return "traceback", traceback.format_exc()
    return "read", ""


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _data_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def _restarted_peak() -> int:
    """Forgets the peak of making the input, and returns the memory of now, in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_kb()


def _peak_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
