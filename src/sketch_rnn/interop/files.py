"""The files of a foreign model, in a folder or in a zip archive, read with bounded memory."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from sketch_rnn.errors import SketchRNNError

_FREE_BYTES: Final = 16 * 2**20
_MAX_EXPANSION: Final = 20
_BROKEN_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class Files(Protocol):
    """The files beside each other in one place.

    Attributes:
        where: the place, for messages.
        names: the files' names, without folders.
    """

    where: str
    names: tuple[str, ...]

    def read(self, name: str) -> bytes:
        """Returns the content of one of the files."""


class FolderFiles:
    """The files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.where = str(folder)
        try:
            self.names = tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
        except OSError as error:
            raise _unreadable(self.where, error) from error

    def read(self, name: str) -> bytes:
        """Returns the content of one of the files."""
        return read_bytes(self._folder / name)


class ZipFiles:
    """The files in one folder of a zip archive; nothing is ever unpacked to disk."""

    def __init__(self, archive: Path, folder: str = "") -> None:
        self._archive = archive
        self.where = f"{archive.name}/{folder}" if folder else archive.name
        self._members = {
            PurePosixPath(member.filename).name: member
            for member in zip_members(archive)
            if str(PurePosixPath(member.filename).parent) == (folder or ".")
        }
        self.names = tuple(sorted(self._members))

    def read(self, name: str) -> bytes:
        """Returns the content of one of the files."""
        member = self._members[name]
        limit = _FREE_BYTES + _MAX_EXPANSION * member.compress_size
        if member.file_size > limit:
            raise SketchRNNError(
                f"{self.where}/{name} claims {member.file_size} bytes, far more than weights pack "
                "into so few; refused"
            )
        try:
            with zipfile.ZipFile(self._archive) as archive:
                return archive.read(member)
        except OSError as error:
            raise _unreadable(str(self._archive), error) from error
        except _BROKEN_ZIP as error:
            raise _damaged(self._archive, error) from error


def zip_members(archive: Path) -> list[zipfile.ZipInfo]:
    """Returns what a zip archive says it holds, without folders.

    Raises:
        SketchRNNError: if it is damaged or no zip archive.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return [member for member in opened.infolist() if not member.is_dir()]
    except OSError as error:
        raise _unreadable(str(archive), error) from error
    except _BROKEN_ZIP as error:
        raise _damaged(archive, error) from error


def read_bytes(path: Path) -> bytes:
    """Returns the content of a file.

    Raises:
        SketchRNNError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(str(path), error) from error


def _unreadable(where: str, error: OSError) -> SketchRNNError:
    return SketchRNNError(f"{where}: cannot be read: {error.strerror or error}")


def _damaged(archive: Path, error: Exception) -> SketchRNNError:
    return SketchRNNError(
        f"{archive}: damaged or not a zip archive ({error}); download or copy it again"
    )
