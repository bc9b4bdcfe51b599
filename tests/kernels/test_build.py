"""The compiled kernels: when they are built, and what is said when they cannot be."""

from __future__ import annotations

import logging
import os

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch, library_path


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Forgets libraries that were loaded before, and those of the test afterwards."""
    compiled_library.cache_clear()
    yield
    compiled_library.cache_clear()


def test_switch(monkeypatch):
    monkeypatch.delenv("SKETCH_RNN_KERNELS", raising=False)
    assert kernel_switch() == "auto"
    monkeypatch.setenv("SKETCH_RNN_KERNELS", "off")
    assert kernel_switch() == "off"
    monkeypatch.setenv("SKETCH_RNN_KERNELS", "fast")
    with pytest.raises(SketchRNNError, match=r"SKETCH_RNN_KERNELS='fast' must be one of auto, on"):
        kernel_switch()


def test_off_gives_no_library():
    assert compiled_library("off", may_compile=True) is None


def test_without_compiler(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with caplog.at_level(logging.WARNING):
        assert compiled_library("auto", may_compile=True) is None
    assert "install g++ or clang++" in caplog.text
    with pytest.raises(SketchRNNError, match=r"SKETCH_RNN_KERNELS=on: no C\+\+ compiler was found"):
        compiled_library("on", may_compile=True)


def test_with_a_compiler_that_fails(monkeypatch, tmp_path, caplog):
    compiler = tmp_path / "broken"
    compiler.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo 1 && exit\necho "fatal error: no" >&2\nexit 1\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    with caplog.at_level(logging.WARNING):
        assert compiled_library("auto", may_compile=True) is None
    assert "could not compile the fast kernels (fatal error: no)" in caplog.text
    assert not list((tmp_path / "cache").rglob("*.so"))


def test_nothing_is_compiled_for_drawing(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    assert compiled_library("auto", may_compile=False) is None
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and a compiler that counts how often it runs."""
    compiler = tmp_path / "compiler"
    compiler.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo 1 && exit\necho >> {tmp_path}/runs\n'
        'while [ "$1" != -o ]; do shift; done\necho a library > "$2"\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path)
    return tmp_path / "kernels"


def num_runs(cache):
    return (cache.parent / "runs").read_text().count("\n")


@pytest.mark.parametrize("content", [b"", b"a lib", b"another library"])
def test_a_damaged_library_is_compiled_again(cache, content):
    path = library_path(may_compile=True)
    assert (path.read_bytes(), num_runs(cache)) == (b"a library\n", 1)
    assert library_path(may_compile=True) == path
    assert num_runs(cache) == 1
    path.write_bytes(content)
    assert compiled_library("auto", may_compile=False) is None
    assert library_path(may_compile=True) == path
    assert (path.read_bytes(), num_runs(cache)) == (b"a library\n", 2)


def test_what_killed_compilations_left_is_removed(cache):
    path = library_path(may_compile=True)
    path.unlink()
    stem = path.name.rpartition("-")[0]
    other = cache / "sequence-0123456789abcdef-x"
    left = [
        cache / f"{stem}-x",
        cache / f".{path.name}.1.tmp",
        cache / "tmp0",
        cache / "tmp1",
        other,
    ]
    for place in left:
        place.mkdir()
    os.utime(cache / "tmp1", (0, 0))
    assert library_path(may_compile=True) == path
    found = {place.name for place in cache.iterdir()}
    # What another process may be writing stays.
    assert found == {path.name, f"{stem}.lock", "tmp0", other.name}
