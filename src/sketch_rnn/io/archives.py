"""Read members of zip archives in bounded memory, whatever the archive claims."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Final

from sketch_rnn.errors import SketchRNNError

# Errors of zipfile for damaged or encrypted archives and members.
BROKEN_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    OverflowError,
    ValueError,
)
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHERS: Final = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "lzma"}


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_bytes: int, where: str
) -> bytes:
    """The content of a stored or deflated member.

    Args:
        archive: the open archive.
        member: one of its members.
        max_bytes: the largest size that is read.
        where: the member, for messages.

    Raises:
        SketchRNNError: if it is larger, packed by another method, or damaged.
    """
    method = member.compress_type
    if method not in _METHODS:
        # Other decompressors return everything at once, or take as much memory as the file claims.
        name = _OTHERS.get(method, f"method {method}")
        raise SketchRNNError(
            f"{where} is packed by {name}; only stored and deflated ones are read, so unpack the "
            "archive and make an ordinary one"
        )
    if member.file_size > max_bytes:
        raise SketchRNNError(
            f"{where} claims {member.file_size} bytes, far more than such a file can hold; refused"
        )
    try:
        with archive.open(member) as opened:
            # Without a size, zipfile decompresses up to 2 GiB before it checks.
            return opened.read(member.file_size + 1)
    except BROKEN_ZIP as error:
        raise SketchRNNError(
            f"{where} is damaged or cut short ({error}); download or copy it again"
        ) from error
