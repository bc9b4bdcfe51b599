"""The compiled kernels: when they are built, and what is said when they cannot be."""

from __future__ import annotations

import logging

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch


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
