"""The files of a foreign model, in a folder or a zip archive, read with bounded memory."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Protocol

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import BROKEN_ZIP, read_member
from sketch_rnn.io.budget import BUDGETS, BYTES, Meter, read_file


class Files(Protocol):
    """The files of one folder.

    Attributes:
        where: the folder, for messages.
        names: the files' names, without folders.
    """

    where: str
    names: tuple[str, ...]

    def read(self, name: str) -> bytes:
        """The content of one of the files."""


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
        """The content of one of the files."""
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
        # Based on the archive's real size, for all members together: the packed sizes that an
        # archive declares are not checked, and members may overlap.
        self._meter = Meter(self.where, BUDGETS["foreign"], _size(archive))

    def read(self, name: str) -> bytes:
        """The content of one of the files."""
        with _opened(self._archive) as archive:
            content = read_member(
                archive, self._members[name], self._meter.left(BYTES), f"{self.where}/{name}"
            )
        self._meter.spend(BYTES, len(content))
        return content


def zip_members(archive: Path) -> list[zipfile.ZipInfo]:
    """The members of a zip archive, without folders.

    Raises:
        SketchRNNError: if it is damaged or not a zip archive.
    """
    with _opened(archive) as opened:
        return [member for member in opened.infolist() if not member.is_dir()]


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise _unreadable(str(path), error) from error
    except BROKEN_ZIP as error:
        raise SketchRNNError(
            f"{path}: damaged or not a zip archive ({error}); download or copy it again"
        ) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(str(path), error) from error


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        SketchRNNError: if it cannot be read.
    """
    return read_file(path, "foreign")


def _unreadable(where: str, error: OSError) -> SketchRNNError:
    return SketchRNNError(f"{where}: cannot be read: {error.strerror or error}")
