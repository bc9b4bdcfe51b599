"""Checkpoint files: arrays by name and settings as JSON in a safetensors file with a checksum."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, named_in_errors
from sketch_rnn.io.atomic import (
    CHECKSUM,
    NO_CHECKSUM,
    has_checksum,
    with_checksum,
    write_atomically,
)
from sketch_rnn.io.budget import read_file
from sketch_rnn.io.header import FORMAT_VERSION, METADATA_KEY, DamagedFileError, read_header

NETWORK_PREFIX: Final = "network."
OPTIMIZER_PREFIX: Final = "optimizer."
_NUM_FAULTS_SHOWN: Final = 3

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The contents of a checkpoint file.

    Attributes:
        path: the file.
        header: format_version, config, profile, and other sections of the writer.
        tensors: arrays by name, on the CPU.
    """

    path: Path
    header: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def parse(self, section: str, reader: Callable[[Mapping[str, Any]], T]) -> T:
        """A section of the header parsed by `reader`; errors name the file."""
        values = self.header.get(section)
        if not isinstance(values, dict):
            raise SketchRNNError(f"{self.path}: the checkpoint has no section '{section}'")
        with named_in_errors(self.path):
            return reader(values)

    def fitting(self, prefix: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors in float32, by the names and with the shapes of `expected`, after `prefix`.

        Raises:
            SketchRNNError: if one is missing, unexpected or of another shape.
        """
        faults = list(islice(self._faults(prefix, expected), _NUM_FAULTS_SHOWN + 1))
        if faults:
            shown = "; ".join(faults[:_NUM_FAULTS_SHOWN])
            more = "; and more" if len(faults) > _NUM_FAULTS_SHOWN else ""
            raise SketchRNNError(
                f"{self.path}: the weights do not fit the architecture: {shown}{more}"
            )
        return {name: self.tensors[prefix + name].float() for name in expected}

    def _faults(self, prefix: str, expected: Mapping[str, Tensor]) -> Iterator[str]:
        for name, tensor in expected.items():
            shape = tuple(tensor.shape)
            if prefix + name not in self.tensors:
                yield f"{prefix}{name} is missing, expected shape {shape}"
            elif (found := tuple(self.tensors[prefix + name].shape)) != shape:
                yield f"{prefix}{name} has shape {found}, expected {shape}"
            elif not self.tensors[prefix + name].is_floating_point():
                yield f"{prefix}{name} holds {self.tensors[prefix + name].dtype}, not real numbers"
        for name in sorted(self.tensors):
            is_strange = not name.startswith((NETWORK_PREFIX, OPTIMIZER_PREFIX))
            is_extra = name.startswith(prefix) and name.removeprefix(prefix) not in expected
            if is_strange or is_extra:
                yield f"{name} is unexpected"


def write_checkpoint(
    path: Path,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    *,
    keep: Path | None = None,
    make_folder: bool = True,
) -> None:
    """Writes tensors and settings as one file, atomically.

    Args:
        path: the file.
        tensors: arrays by name.
        header: settings, ready for JSON; the format's version and a checksum are added.
        keep: where to keep the existing file, see `write_atomically`.
        make_folder: create the file's folder if it is missing.

    Raises:
        SketchRNNError: if it cannot be written; an existing file is not damaged.
    """
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = json.dumps({"format_version": FORMAT_VERSION, **NO_CHECKSUM, **header})
    data = with_checksum(save(on_cpu, {METADATA_KEY: text}))
    write_atomically(path, data, keep=keep, make_folder=make_folder)


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads the settings and tensors in a file that `write_checkpoint` wrote.

    Raises:
        DamagedFileError: if the file is damaged.
        SketchRNNError: if it is missing, or of another program or a newer version.
    """
    if not path.is_file():
        raise SketchRNNError(f"{path}: no such file; give the path of a checkpoint")
    try:
        data = read_file(path, "checkpoint")
        # Copied, because computing on unaligned memory can round differently on resume.
        tensors = {name: value.clone() for name, value in load(data).items()}
    except (SafetensorError, KeyError, RuntimeError, TypeError, ValueError) as error:
        is_told = isinstance(error, SketchRNNError)
        reason = str(error) if is_told else f"{path}: damaged or not a checkpoint ({error})"
        raise DamagedFileError(reason) from error
    header = read_header(path, data)
    checksum = header.pop(CHECKSUM, None)  # Files of this program's first version have none.
    if checksum is not None and not has_checksum(data, checksum):
        reason = "its content does not match its checksum; copy it again, or use another checkpoint"
        raise DamagedFileError(f"{path}: damaged: {reason}")
    return Checkpoint(path, header, tensors)
