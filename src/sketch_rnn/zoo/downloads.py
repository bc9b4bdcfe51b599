"""Download models into the cache, and keep only files that load."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import BROKEN_ZIP
from sketch_rnn.io.atomic import CHECKSUM, has_checksum
from sketch_rnn.io.downloads import cached_path, fetch_file
from sketch_rnn.io.header import DamagedFileError, read_header
from sketch_rnn.io.transfer import Progress


def fetch_model(address: str, on_progress: Progress | None = None) -> Path:
    """The path of the model at this address, downloaded unless it is in the cache.

    The file is kept only if its content matches the suffix of the address: `.json`, `.zip`, or
    `.safetensors` for all others. So a web page sent instead is not.

    Args:
        address: begins with http:// or https:// and ends with the file's name.
        on_progress: called with the bytes received and the bytes in total.

    Raises:
        SketchRNNError: if it cannot be downloaded, or is not a model.
    """
    check = _CHECKS.get(cached_path(address).suffix, _check_arrays)
    return fetch_file(address, check=check, on_progress=on_progress)


def _check_arrays(path: Path) -> None:
    # Loaded here: most commands download nothing.
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(path, "numpy"):
            pass
    except SafetensorError as error:
        raise ValueError(f"the download is not a complete .safetensors file ({error})") from error
    data = path.read_bytes()
    try:
        checksum = read_header(path, data).get(CHECKSUM)
    except DamagedFileError as error:
        raise ValueError("the download is a damaged model") from error
    except SketchRNNError:
        return  # The reader explains files of other programs or of newer versions.
    if checksum is not None and not has_checksum(data, checksum):
        raise ValueError("the download does not match its own checksum")


def _check_javascript(path: Path) -> None:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError("the download is not a complete .json file") from error
    if not isinstance(content, list):
        raise ValueError("the download is a .json file, but not a list, as models are")


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path):
            pass
    except BROKEN_ZIP as error:
        raise ValueError("the download is not a complete .zip file") from error


_CHECKS: Final[Mapping[str, Callable[[Path], None]]] = {
    ".json": _check_javascript,
    ".zip": _check_archive,
}
