"""Which precision a network is trained in, and what is said where it cannot be."""

from __future__ import annotations

import pytest
import torch
from small_networks import small_config, small_network
from unroll_problems import needs_compiler

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.cells import Cell
from sketch_rnn.model.kernels import precision
from sketch_rnn.model.kernels.build import compiled_engine, half_speedup
from sketch_rnn.model.kernels.precision import set_precision


def network_of(size=32, **settings):
    config = small_config(enc_rnn_size=size, dec_rnn_size=size, **settings)
    return small_network(config, dtype=torch.float32)


def precisions(network):
    return {cell.precision for cell in network.modules() if isinstance(cell, Cell)}


@pytest.fixture(autouse=True)
def fresh():
    """Forgets what was measured before, and by a test."""
    half_speedup.cache_clear()
    yield
    half_speedup.cache_clear()


@pytest.fixture
def speedup(monkeypatch):
    """Sets what this processor is taken to be capable of."""

    def set_to(value):
        monkeypatch.setattr(precision, "half_speedup", lambda: value)

    return set_to


@needs_compiler
@pytest.mark.parametrize(("value", "expected"), [(3.0, "bfloat16"), (1.0, "float32")])
def test_auto_is_what_is_faster(speedup, value, expected):
    speedup(value)
    network = network_of()
    assert set_precision(network, "auto") == expected
    assert precisions(network) == {expected}
    assert set_precision(network, "float32") == "float32"
    assert precisions(network) == {"float32"}


@needs_compiler
def test_bfloat16_can_be_had_where_it_is_not_faster(speedup):
    speedup(0.5)
    assert set_precision(network_of(), "bfloat16") == "bfloat16"


@needs_compiler
def test_hyper_cells_have_it_on_request_only(speedup, monkeypatch):
    with monkeypatch.context() as nothing_measured:
        nothing_measured.setattr(precision, "half_speedup", None)
        assert set_precision(network_of(decoder="hyper"), "auto") == "float32"
    speedup(3.0)
    assert set_precision(network_of(decoder="hyper"), "bfloat16") == "bfloat16"


@needs_compiler
def test_the_small_cell_of_hyper_has_a_size_too(speedup, monkeypatch):
    speedup(3.0)
    network = network_of(decoder="hyper")
    assert set_precision(network, "bfloat16") == "bfloat16"
    assert precisions(network) == {"bfloat16"}
    monkeypatch.setattr(network.decoder.cell.inner, "hidden_size", 40)
    with pytest.raises(SketchRNNError, match="not 40 units"):
        set_precision(network, "bfloat16")


@needs_compiler
@pytest.mark.parametrize(
    ("settings", "value", "reason"),
    [
        ({"size": 48}, 3.0, "it is for cells whose size 32 divides, not 48 units"),
        (
            {"size": 48, "decoder": "hyper"},
            3.0,
            "it is for cells whose size 32 divides, not 48 units",
        ),
        ({}, 0.0, "this processor or system does not multiply such numbers rightly"),
    ],
)
def test_where_bfloat16_cannot_be_had(speedup, settings, value, reason):
    speedup(value)
    with pytest.raises(SketchRNNError) as caught:
        set_precision(network_of(**settings), "bfloat16")
    assert str(caught.value) == f"precision=bfloat16: {reason}; choose float32, or auto"
    assert set_precision(network_of(**settings), "auto") == "float32"


def test_without_the_compiled_kernels(speedup, monkeypatch):
    speedup(3.0)
    monkeypatch.setenv("SKETCH_RNN_KERNELS", "off")
    assert set_precision(network_of(), "auto") == "float32"
    with pytest.raises(SketchRNNError, match="it needs the compiled kernels"):
        set_precision(network_of(), "bfloat16")


@needs_compiler
def test_the_measurement_is_right_and_kept(monkeypatch):
    assert compiled_engine("on", may_compile=True) is not None
    measured = half_speedup()
    assert measured > 0
    monkeypatch.setattr("sketch_rnn.model.kernels.build._MEASURE_HALF", "print(99)")
    half_speedup.cache_clear()
    assert half_speedup() == measured


@needs_compiler
def test_a_measurement_that_is_killed_says_that_there_is_nothing(monkeypatch, tmp_path):
    library = tmp_path / "sequence.so"
    monkeypatch.setattr("sketch_rnn.model.kernels.build._library_path", lambda **_: library)
    monkeypatch.setattr(
        "sketch_rnn.model.kernels.build._MEASURE_HALF",
        "import os, signal; print(3.0, flush=True); os.kill(os.getpid(), signal.SIGILL)",
    )
    half_speedup.cache_clear()
    assert half_speedup() == 0


@needs_compiler
def test_what_cannot_be_measured_now_is_said_and_tried_again(monkeypatch, tmp_path, caplog):
    library = tmp_path / "sequence.so"
    monkeypatch.setattr("sketch_rnn.model.kernels.build._library_path", lambda **_: library)
    monkeypatch.setattr("sketch_rnn.model.kernels.build._MEASURE_HALF", "raise OSError('no room')")
    assert half_speedup() == 0
    assert "bfloat16 products could not be measured: OSError: no room" in caplog.text
    assert not library.with_suffix(".half").exists()
    half_speedup.cache_clear()
    monkeypatch.setattr(
        "sketch_rnn.model.kernels.build._library_path", lambda **_: tmp_path / "gone/a"
    )
    assert half_speedup() == 0
    assert "gone" in caplog.text
