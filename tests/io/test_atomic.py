from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import check_place, remove_leftovers, write_atomically, write_json


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def fail(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(file, monkeypatch, failing):
    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(SketchRNNError) as caught:
        write_atomically(file, b"new")
    assert str(caught.value) == (
        f"{file}: cannot be written: No space left on device; free some space and try again"
    )
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_place_is_looked_at_and_left_as_it_is(tmp_path, monkeypatch):
    check_place(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("tempfile.TemporaryFile", missing)
    with pytest.raises(SketchRNNError, match=f"b: .* nothing can be made in {tmp_path}; choose"):
        check_place(tmp_path / "a" / "b")


def missing(**_):
    raise FileNotFoundError


def test_what_the_disk_changes_does_not_take_the_place(file, monkeypatch):
    real = hashlib.file_digest

    def digest(stream, name):
        stream.read(1)
        return real(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", digest)
    with pytest.raises(SketchRNNError, match="the disk returns other bytes"):
        write_atomically(file, b"new", keep=file.with_name("kept"))
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_in_the_place_of_a_folder(file):
    with pytest.raises(SketchRNNError, match="cannot be written"):
        write_atomically(file / "inside", b"new")


def test_a_folder_that_has_vanished_is_not_made_again(tmp_path):
    path = tmp_path / "gone" / "file"
    with pytest.raises(SketchRNNError) as caught:
        write_atomically(path, b"new", make_folder=False)
    assert str(caught.value) == (
        f"{path}: cannot be written: No such file or directory; its folder is gone"
    )
    assert not path.parent.exists()
    write_json(path, {})
    assert path.read_text() == "{}\n"


def test_a_file_is_never_seen_half_written(file, monkeypatch):
    seen = []
    real = os.replace

    def look(source, destination):
        seen.append((file.read_bytes(), source.read_bytes(), source.parent))
        real(source, destination)

    monkeypatch.setattr(os, "replace", look)
    write_atomically(file, b"new")
    assert seen == [(b"old", b"new", file.parent)]
    assert file.read_bytes() == b"new"


def no_links(*_):
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.mark.parametrize("has_links", [True, False])
def test_the_file_before_is_kept(file, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    kept = file.with_name("kept")
    for content in (b"new", b"newer"):
        write_atomically(file, content, keep=kept)
    assert (file.read_bytes(), kept.read_bytes()) == (b"newer", b"new")
    assert sorted(path.name for path in file.parent.iterdir()) == ["file", "kept"]


DIES = """
import os, sys
from pathlib import Path
from sketch_rnn.io.atomic import write_atomically

file, call, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
real, before = getattr(os, call), iter(range(1, number))
setattr(os, call, lambda *a: real(*a) if next(before, None) else os._exit(9))
write_atomically(file, b"new", keep=file.with_name("kept"))
"""


@pytest.mark.parametrize(
    ("call", "number"), [("fsync", 1), ("link", 1), ("replace", 1), ("replace", 2), ("fsync", 2)]
)
def test_a_process_that_dies_while_writing(file, call, number):
    kept = file.with_name("kept")
    kept.write_bytes(b"older")
    words = [sys.executable, "-c", DIES, str(file), call, str(number)]
    assert subprocess.run(words, check=False).returncode == 9
    assert file.read_bytes() == (b"new" if (call, number) == ("fsync", 2) else b"old")
    assert kept.read_bytes() in (b"older", b"old")
    remove_leftovers(file.parent)
    assert sorted(path.name for path in file.parent.iterdir()) == ["file", "kept"]


def test_only_leftovers_are_removed(file):
    mine = [file.with_name(name) for name in (".file.tmp", "file.12.tmp", ".hidden")]
    for path in mine:
        path.touch()
    file.with_name(".file.123.tmp").touch()
    remove_leftovers(file.parent)
    assert sorted(file.parent.iterdir()) == sorted([file, *mine])


def test_a_disk_that_is_full(small_disk):
    path, kept = small_disk / "file", small_disk / "kept"
    write_atomically(path, b"1" * 80_000, keep=kept)
    write_atomically(path, b"2" * 80_000, keep=kept)
    with pytest.raises(SketchRNNError, match="No space left on device; free some space"):
        write_atomically(path, b"3" * 160_000, keep=kept)
    assert path.read_bytes() == b"2" * 80_000
    assert kept.read_bytes() == b"1" * 80_000
    assert sorted(file.name for file in small_disk.iterdir()) == ["file", "kept"]


def test_a_disk_that_can_only_be_read(small_disk):
    path = small_disk / "file"
    write_atomically(path, b"old")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(SketchRNNError, match="Read-only file system; choose a place that can"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_pipe_or_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SketchRNNError, match="pipe: cannot be written: not a regular file; give"):
        check_place(tmp_path / "pipe")
