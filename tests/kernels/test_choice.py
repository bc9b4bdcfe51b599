"""The arithmetic that a training chooses, and the message where a wish cannot be met."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from unroll_problems import needs_compiler

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels import choice
from sketch_rnn.kernels.choice import backend_for, chosen_arithmetic
from sketch_rnn.kernels.native import measure
from sketch_rnn.kernels.native.build import compiled_library
from sketch_rnn.kernels.native.measure import half_speedup, products_speedup

FLOATS = {"precision": "float32", "products": "pytorch"}


def config_of(size=32, cell="lstm", **settings):
    return ModelConfig(
        enc_model=cell, dec_model=cell, enc_rnn_size=size, dec_rnn_size=size, **settings
    )


def chosen(model=None, kept=None, device="cpu", **settings):
    return chosen_arithmetic(model or config_of(), TrainConfig(**settings), kept or {}, device)


@pytest.fixture(autouse=True)
def fresh():
    """Forgets what was measured before, and by a test."""
    for measured in (half_speedup, products_speedup):
        measured.cache_clear()
    yield
    for measured in (half_speedup, products_speedup):
        measured.cache_clear()


@pytest.fixture
def processor(monkeypatch):
    """Sets what this processor is taken to be capable of."""

    def set_to(*, half=0.0, products=0.0, has_bfloat16=True, width=16):
        library = SimpleNamespace(has_bfloat16=has_bfloat16, vector_width=width)
        monkeypatch.setattr(choice, "compiled_library", lambda *_, **__: library)
        monkeypatch.setattr(choice, "half_speedup", lambda: half)
        monkeypatch.setattr(choice, "products_speedup", lambda: products)

    return set_to


@pytest.mark.parametrize(("half", "precision"), [(3.0, "bfloat16"), (1.1, "float32")])
@pytest.mark.parametrize(("speedup", "products"), [(1.7, "compiled"), (1.05, "pytorch")])
def test_auto_takes_the_faster_one(processor, half, precision, speedup, products):
    processor(half=half, products=speedup)
    assert chosen() == {"precision": precision, "products": products}
    assert chosen(precision="float32", products="pytorch") == FLOATS


def test_an_explicit_choice_is_taken_even_if_slower(processor):
    processor(half=0.5, products=0.5)
    wish = {"precision": "bfloat16", "products": "compiled"}
    assert chosen(**wish) == wish


def test_a_resumed_run_keeps_its_own(processor):
    kept = {"precision": "bfloat16", "products": "compiled"}
    processor(half=0.5, products=0.5)
    assert chosen(kept=kept) == kept
    assert chosen(kept=kept, precision="float32", products="pytorch") == FLOATS
    processor(has_bfloat16=False)
    with pytest.raises(SketchRNNError, match="no instructions for it"):
        chosen(kept=kept)


def test_hyper_cells_have_bfloat16_on_request_only(processor):
    processor(half=3.0)
    hyper = config_of(cell="hyper")
    assert chosen(hyper) == FLOATS
    assert chosen(hyper, precision="bfloat16")["precision"] == "bfloat16"


@pytest.mark.parametrize(
    ("processor_has", "size", "reason"),
    [
        ({"half": 3.0}, 48, "it is for cells whose size 32 divides, not 48 units"),
        (
            {"has_bfloat16": False},
            32,
            "this processor has no instructions for it (AVX-512 BF16 or AMX)",
        ),
        ({"half": 0.0}, 32, "this processor's bfloat16 products are wrong"),
    ],
)
def test_where_bfloat16_cannot_be_had(processor, processor_has, size, reason):
    processor(**processor_has)
    with pytest.raises(SketchRNNError) as caught:
        chosen(config_of(size), precision="bfloat16")
    assert str(caught.value) == f"precision=bfloat16: {reason}; choose float32"
    assert chosen(config_of(size)) == FLOATS


def test_only_the_cells_that_are_there_count(processor):
    processor(half=3.0)
    decoder = ModelConfig(dec_rnn_size=64, enc_rnn_size=7, conditional=False)
    assert chosen(decoder)["precision"] == "bfloat16"


@pytest.mark.parametrize("wish", [{"precision": "bfloat16"}, {"products": "compiled"}])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_without_the_compiled_kernels(processor, monkeypatch, wish, device):
    processor(half=3.0, products=3.0)
    if device == "cpu":
        monkeypatch.setattr(choice, "compiled_library", lambda *_, **__: None)
    assert chosen(device=device) == FLOATS
    with pytest.raises(SketchRNNError, match="it needs the compiled kernels"):
        chosen(device=device, **wish)


@pytest.mark.parametrize(
    ("precision", "products", "name"),
    [
        ("float32", "pytorch", "auto"),
        ("float32", "compiled", "native_products"),
        ("bfloat16", "pytorch", "native_bfloat16"),
    ],
)
def test_backend(precision, products, name):
    assert backend_for(TrainConfig(precision=precision, products=products)) == name


@needs_compiler
@pytest.mark.parametrize("measured", [half_speedup, products_speedup])
def test_a_measurement_is_kept(monkeypatch, measured):
    assert compiled_library("on", may_compile=True) is not None
    speedup = measured()
    assert speedup > 0
    monkeypatch.setattr(measure, "_MEASURE_HALF", "print(99)")
    monkeypatch.setattr(measure, "_measured_products", lambda _: 99.0)
    measured.cache_clear()
    assert measured() == speedup


@needs_compiler
def test_a_process_killed_by_an_instruction_says_that_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "library_path", lambda **_: tmp_path / "sequence.so")
    monkeypatch.setattr(
        measure,
        "_MEASURE_HALF",
        "import os, signal; print(3.0, flush=True); os.kill(os.getpid(), signal.SIGILL)",
    )
    assert half_speedup() == 0


@needs_compiler
def test_a_failed_measurement_is_tried_again(monkeypatch, tmp_path, caplog):
    library = tmp_path / "sequence.so"
    monkeypatch.setattr(measure, "library_path", lambda **_: library)
    monkeypatch.setattr(measure, "_MEASURE_HALF", "raise OSError('no room')")
    assert half_speedup() == 0
    assert "this processor's half could not be measured: OSError: no room" in caplog.text
    assert not library.with_suffix(".half").exists()
    half_speedup.cache_clear()
    monkeypatch.setattr(measure, "library_path", lambda **_: tmp_path / "gone/a")
    assert half_speedup() == 0
    assert "gone" in caplog.text
