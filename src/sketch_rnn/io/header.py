"""The settings beside the arrays in a checkpoint file: JSON text in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import HEADER, opened

FORMAT_VERSION: Final = 1
METADATA_KEY: Final = "sketch_rnn"
_LENGTH_BYTES: Final = 8


class DamagedFileError(SketchRNNError):
    """A file whose content was damaged after it was written."""


def read_header(path: Path, data: bytes) -> dict[str, Any]:
    """The settings in the bytes of a well-formed safetensors file.

    Raises:
        DamagedFileError: if they cannot be read.
        SketchRNNError: if the file is of another program, or of a newer version of this one.
    """
    metadata = read_metadata(data)
    if METADATA_KEY not in metadata:
        raise SketchRNNError(
            f"{path}: not a checkpoint of sketch-rnn (no '{METADATA_KEY}' in its metadata)"
        )
    try:
        header = json.loads(metadata[METADATA_KEY])
        version = header["format_version"]
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path}: damaged: its metadata cannot be read") from error
    if not isinstance(version, int) or version < 1:
        raise DamagedFileError(f"{path}: damaged: format version {version!r}")
    if version > FORMAT_VERSION:
        raise SketchRNNError(
            f"{path}: format version {version}, but this sketch-rnn reads versions up to "
            f"{FORMAT_VERSION}; upgrade sketch-rnn"
        )
    return dict(header)


def read_header_only(path: Path) -> dict[str, Any]:
    """The settings in a checkpoint, without reading its tensors or verifying its checksum.

    Raises:
        DamagedFileError: if they cannot be read.
        SketchRNNError: if the file is missing, of another program or of a newer version.
    """
    if not path.is_file():
        raise SketchRNNError(f"{path}: no such file; give the path of a checkpoint")
    try:
        with opened(path, "checkpoint") as (file, meter):
            data = file.read(_LENGTH_BYTES)
            length = int.from_bytes(data, "little")
            if length > min(meter.size, meter.left(HEADER)):
                raise DamagedFileError(f"{path}: damaged or not a checkpoint")
            data += file.read(length)
        return read_header(path, data)
    except DamagedFileError:
        raise
    except SketchRNNError as error:
        raise DamagedFileError(str(error)) from error
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path}: damaged or not a checkpoint") from error
    except OSError as error:
        raise DamagedFileError(f"{path}: cannot be read: {error}") from error


def read_metadata(data: bytes) -> Mapping[str, str]:
    """The metadata in the bytes of a well-formed safetensors file."""
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    header = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])
    metadata: Mapping[str, str] = header.get("__metadata__") or {}
    return metadata
