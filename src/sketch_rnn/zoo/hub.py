"""Models on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sketch_rnn.errors import SketchRNNError


def fetch_from_hub(name: str, file: str, hint: str = "") -> Path:
    """The path of a file on the hub, downloaded unless it is in the hub's cache.

    Args:
        name: `user/name`, or `user/name@revision` for a branch, tag or commit.
        file: its name there.
        hint: similar names, for the error message.

    Raises:
        SketchRNNError: if `huggingface_hub` is not installed, there is no such file, or the hub
            cannot be reached and the file is not in its cache.
    """
    try:
        import huggingface_hub as hub  # noqa: PLC0415
        from huggingface_hub.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise SketchRNNError(
            f"no model {name} here{hint}; to load it from the Hugging Face hub install "
            "sketch-rnn[hub]"
        ) from error
    repository, _, named = name.partition("@")
    revision = named or None
    with _quiet(logging):
        try:
            # The download would retry a dead connection six times, for half a minute.
            hub.get_hf_file_metadata(hub.hf_hub_url(repository, file, revision=revision))
            return Path(hub.hf_hub_download(repository, file, revision=revision))
        except Exception as error:  # The types depend on the version of the hub's HTTP client.
            cached = _in_cache(hub, repository, file, revision)
            if cached is None:
                reason = _reason(error, repository)
                raise SketchRNNError(f"no model {name} here{hint}, and {reason}") from error
            return cached


def _in_cache(hub: Any, repository: str, file: str, revision: str | None) -> Path | None:
    """The file's place in the cache of the hub's library, or None."""
    try:
        cached = hub.try_to_load_from_cache(repository, file, revision=revision)
    except ValueError:  # not a valid name of a repository
        return None
    return Path(cached) if isinstance(cached, str) else None


def _reason(error: Exception, repository: str) -> str:
    """Why the hub sent nothing, and what to do, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status == HTTPStatus.UNAUTHORIZED:  # So that nobody learns which private ones exist.
        return (
            f"the Hugging Face hub has no {repository}, or a private one (401); for a private one "
            "log in with: hf auth login"
        )
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"the Hugging Face hub refuses access to {repository} (403); ask for it on the model's "
            "page there, log in with: hf auth login; or check your proxy"
        )
    if isinstance(error, ValueError) or response is not None:
        return f"none on the Hugging Face hub: {lines[0]}"
    return f"the Hugging Face hub does not answer: {lines[0]}"


@contextmanager
def _quiet(log: Any) -> Iterator[None]:
    """Silences the log of the hub's library, which would repeat our error message."""
    before = log.get_verbosity()
    log.set_verbosity_error()
    try:
        yield
    finally:
        log.set_verbosity(before)
