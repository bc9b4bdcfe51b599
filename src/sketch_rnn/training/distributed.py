"""Data-parallel training: the processes that train one model together."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import Tensor, distributed, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from sketch_rnn.errors import SketchRNNError

# Other workers wait while the first one validates. A worker that dies is noticed at once anyway.
_PATIENCE: Final = timedelta(hours=2)
_RESTARTS: Final = "TORCHELASTIC_RESTART_COUNT"


class Workers:
    """A process that trains alone; the base class of several that train together.

    Attributes:
        rank: rank of this process.
        size: number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this worker writes the files and the messages."""
        return self.rank == 0

    def replica(self, network: nn.Module) -> nn.Module:
        """The network, with gradients averaged over all workers."""
        return network

    def summed(self, value: Tensor) -> Tensor:
        """The sum of all workers' values, on their device."""
        return value

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any worker."""
        return flag

    def shared(self, make: Callable[[], Any]) -> Any:
        """Broadcasts the plain values that `make` returns on the first worker.

        Raises:
            SketchRNNError: if `make` raised it.
        """
        return make()


ALONE: Final = Workers()


class Group(Workers):
    """Several processes, which have joined PyTorch's default process group."""

    def __init__(self) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        # A second group for small values on the CPU, so that they do not wait for a GPU.
        self._control = distributed.new_group(backend="gloo", timeout=_PATIENCE)

    def replica(self, network: nn.Module) -> nn.Module:
        """The network with gradient averaging in its backward pass."""
        return DistributedDataParallel(network)

    def summed(self, value: Tensor) -> Tensor:
        """The sum of all workers' values, on their device."""
        total = value.clone()
        distributed.all_reduce(total)
        return total

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any worker."""
        count = torch.tensor(int(flag))
        distributed.all_reduce(count, group=self._control)
        return bool(count.item())

    def shared(self, make: Callable[[], Any]) -> Any:
        """Broadcasts the plain values that `make` returns on the first worker."""
        message: list[Any] = [None]
        if self.is_first:
            try:
                message = [{"value": make()}]
            except SketchRNNError as error:
                message = [{"error": str(error)}]
        distributed.broadcast_object_list(message, src=0, group=self._control)
        if "error" in message[0]:
            raise SketchRNNError(message[0]["error"])
        return message[0]["value"]


def current_workers() -> Workers:
    """The workers of this process: those of its process group, if it has joined one."""
    if distributed.is_available() and distributed.is_initialized():
        return Group()
    return ALONE


@contextmanager
def joined_workers(device: str) -> Iterator[Workers]:
    """The workers that `torchrun` started this process with, as a context.

    Args:
        device: where to compute. Where that is a GPU, each worker of a machine takes its own.

    Raises:
        SketchRNNError: if they cannot find each other.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "MASTER_ADDR" not in os.environ:
        yield ALONE
        return
    backend: Literal["nccl", "gloo"] = "nccl" if device.startswith("cuda") else "gloo"
    try:
        store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
        if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
            # After a restart, torchrun still has the addresses of the dead workers.
            attempt = os.environ.get(_RESTARTS, "0")
            store = distributed.PrefixStore(f"attempt {attempt}", store)  # type: ignore[attr-defined]
        distributed.init_process_group(
            backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE
        )
    except (RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise SketchRNNError(
            f"the workers cannot find each other ({reason}); start them with torchrun"
        ) from error
    try:
        yield Group()
    finally:
        distributed.destroy_process_group()


def lost_worker(workers: Workers, step: int, folder: Path, error: RuntimeError) -> SketchRNNError:
    """The error of a worker whose connection to another one broke at `step`."""
    return SketchRNNError(
        f"worker {workers.rank} of {workers.size} lost another one at step {step:,} "
        f"({textwrap.shorten(str(error), 100)}); the last checkpoint in {folder} is unharmed: "
        "start again with --resume, or let torchrun do so with --max-restarts"
    )


def chosen_device(name: str | None) -> str:
    """The device of this worker: as named, or a GPU if there is one.

    Under torchrun, `cuda` is the GPU of the worker's local rank.
    """
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    is_any_gpu = isinstance(name, str) and name == "cuda"
    return f"cuda:{os.environ['LOCAL_RANK']}" if is_any_gpu and _is_torchrun() else name


def is_restarted() -> bool:
    """Whether `torchrun` has started this process again after a failure."""
    return int(os.environ.get(_RESTARTS, "0")) > 0


def may_be_restarted() -> bool:
    """Whether `torchrun` would start this process again after a failure."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0")) > 0


def _is_torchrun() -> bool:
    return "LOCAL_RANK" in os.environ
