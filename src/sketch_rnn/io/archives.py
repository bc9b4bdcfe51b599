"""Members of zip archives, read with bounded memory whatever an archive says of itself."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Final

from sketch_rnn.errors import SketchRNNError

# What zipfile raises for archives and members that are damaged or encrypted.
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
    """Returns the content of a member, which is stored or deflated as in ordinary archives.

    Args:
        archive: the open archive.
        member: one of its members.
        max_bytes: the most that it may hold.
        where: the member, for messages.

    Raises:
        SketchRNNError: if it is larger, packed by another method, or damaged.
    """
    method = member.compress_type
    if method not in _METHODS:
        # They give back all that a few bytes unfold to at once, or take memory as the file says.
        name = _OTHERS.get(method, f"method {method}")
        raise SketchRNNError(
            f"{where} is packed by {name}; only stored and deflated ones are read, so unpack the "
            "archive and make an ordinary one"
        )
    if member.file_size > max_bytes:
        raise SketchRNNError(
            f"{where} claims {member.file_size} bytes, far more than such a file can fill; refused"
        )
    try:
        with archive.open(member) as opened:
            # Without a number zipfile unfolds up to 2 GiB before it looks at the size.
            return opened.read(member.file_size + 1)
    except BROKEN_ZIP as error:
        raise SketchRNNError(
            f"{where} is damaged or cut short ({error}); download or copy it again"
        ) from error
