"""Models on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sketch_rnn.errors import SketchRNNError


def fetch_from_hub(name: str, file: str, hint: str = "") -> Path:
    """Returns the path of a file of the hub, downloaded unless it was before.

    Args:
        name: `user/name`.
        file: its name there.
        hint: what else may have been meant, for the message.

    Raises:
        SketchRNNError: if `huggingface_hub` is not installed, there is no such file, or the hub
            cannot be reached and the file was never downloaded.
    """
    try:
        import huggingface_hub as hub  # noqa: PLC0415
        from huggingface_hub.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise SketchRNNError(
            f"no model {name}{hint}; to load it from the Hugging Face hub install sketch-rnn[hub]"
        ) from error
    with _quiet(logging):
        try:
            # Asked here, since the download asks a dead connection six times, half a minute long.
            hub.get_hf_file_metadata(hub.hf_hub_url(name, file))
            return Path(hub.hf_hub_download(name, file))
        except Exception as error:  # Its kinds change with the version of the hub's HTTP client.
            cached = _in_cache(hub, name, file)
            if cached is None:
                raise SketchRNNError(f"no model {name}{hint}, and {_reason(error)}") from error
            return cached


def _in_cache(hub: Any, name: str, file: str) -> Path | None:
    """Returns where the hub's library has kept a file, None if it has not."""
    try:
        cached = hub.try_to_load_from_cache(name, file)
    except ValueError:  # The name cannot be one.
        return None
    return Path(cached) if isinstance(cached, str) else None


def _reason(error: Exception) -> str:
    """Returns why the hub has sent nothing, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    is_refusal = isinstance(error, ValueError) or getattr(error, "response", None) is not None
    found = "none on the Hugging Face hub" if is_refusal else "the Hugging Face hub does not answer"
    return f"{found}: {lines[0]}"


@contextmanager
def _quiet(log: Any) -> Iterator[None]:
    """Keeps the hub's library from telling what our one line tells."""
    before = log.get_verbosity()
    log.set_verbosity_error()
    try:
        yield
    finally:
        log.set_verbosity(before)
