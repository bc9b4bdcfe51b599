"""Pickles of numbers are read; nothing in a pickle is ever run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BYTES, DRAWINGS, INSTRUCTIONS, Allowance, Budget, Meter
from sketch_rnn.sources._safe_pickle import read_object_array
from sketch_rnn.sources.npz import read_npz

ONE = np.array([[1, -2, 0], [300, 4, 0], [-5, 0, 1]], np.int16)
TWO = np.array([[7, 7, 1], [0, -1, 0]], np.int16)


def objects(*items: object) -> np.ndarray:
    array = np.empty(len(items), object)
    for number, item in enumerate(items):
        array[number] = item
    return array


def meter(max_bytes: int = 10**6) -> Meter:
    units = {BYTES: max_bytes, INSTRUCTIONS: 10**5, DRAWINGS: 10**4}
    allowances = {unit: Allowance(free) for unit, free in units.items()}
    return Meter("here", Budget("a pickle", 0, allowances), 0)


class Command:
    """Pickles to a call of `function(*args)`."""

    def __init__(self, function: object, *args: object) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call  # type: ignore[return-value]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_pickle_protocols(protocol: int) -> None:
    fortran = np.asfortranarray(TWO)
    data = pickle.dumps(objects(ONE, fortran, np.zeros((0, 3), ">f4")), protocol)
    found = read_object_array(data, "here", meter())
    np.testing.assert_array_equal(found[0], ONE)
    np.testing.assert_array_equal(found[1], TWO)
    assert found[2].shape == (0, 3)


def test_a_pickle_that_runs_a_command_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "created"
    path = tmp_path / "evil.npz"
    sketches = objects(ONE, Command(os.system, f"touch {victim}"))
    np.savez(path, train=sketches, valid=sketches, test=sketches)
    message = rf"evil\.npz, train: refuses to load '{os.system.__module__}\.system'.*not a stroke"
    with pytest.raises(SketchRNNError, match=message):
        read_npz(path)
    assert not victim.exists()
    with np.load(path, allow_pickle=True) as unsafe:
        assert len(unsafe["train"]) == 2
    assert victim.exists(), "the file carried no command, so the test proved nothing"


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (eval, ("1",)),
        (getattr, (1, "real")),
        (np.load, ("x",)),
        (np.fromfile, ("x",)),
        (open, ("x",)),
    ],
)
def test_other_functions_are_refused(function: object, args: tuple[object, ...]) -> None:
    for item in (Command(function, *args), objects(Command(function, *args))):
        for protocol in (0, 2, 4):
            with pytest.raises(SketchRNNError, match="refuses to load"):
                read_object_array(pickle.dumps(item, protocol), "here", meter())


def test_names_with_dots_do_not_reach_attributes() -> None:
    data = b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.fromfile\x93."
    with pytest.raises(SketchRNNError, match=r"refuses to load 'numpy\.ndarray\.fromfile'"):
        read_object_array(data, "here", meter())


def test_stand_ins_cannot_be_altered() -> None:
    data = b"\x80\x02cnumpy\ndtype\n(U\x05_maketb."
    with pytest.raises(SketchRNNError, match="a function has no state"):
        read_object_array(data, "here", meter())


def test_claimed_sizes_are_not_believed() -> None:
    data = pickle.dumps(objects(ONE), 2)
    lying = data.replace(b"K\x03K\x03\x86", b"J\x00\x00\x00\x7fK\x03\x86")
    assert lying != data
    with pytest.raises(SketchRNNError, match="an array of shape"):
        read_object_array(lying, "here", meter())


def test_one_array_named_very_often_is_refused() -> None:
    big = np.zeros((1000, 3))
    data = pickle.dumps(objects(*[big] * 1000), 4)
    assert len(data) < 30_000
    with pytest.raises(
        SketchRNNError,
        match=r"^here: more than 1,000,000 bytes when unpacked, ",
    ):
        read_object_array(data, "here", meter())
    assert len(read_object_array(data, "here", meter(10**8))) == 1000


def test_damaged_pickles_never_fail_otherwise() -> None:
    data = pickle.dumps(objects(ONE, TWO, [[1, 2, 0]]), 2)
    rng = np.random.default_rng(0)
    messages = []
    for _ in range(2000):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        try:
            read_object_array(bytes(damaged), "here", meter())
        except SketchRNNError as error:
            messages.append(str(error))
    assert len(messages) > 500
    assert all(message.startswith("here: ") for message in messages)


@pytest.mark.parametrize("put", [b"r\xff\xff\xff\xff", b"p4000000000\n"])
def test_a_place_far_away_takes_no_memory(put: bytes) -> None:
    data = pickle.dumps(objects(ONE), 2)
    with pytest.raises(SketchRNNError, match=r"here: cannot be read as arrays of numbers .place 4"):
        read_object_array(data[:-1] + put + b".", "here", meter())


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        (b"(" + b"\x8f" * 10**7 + b"l.", "the instruction EMPTY_SET"),
        (b"(" + b"}" * 10**7 + b"l.", "the instruction EMPTY_DICT"),
        (b"(" + b"]" * 10**7 + b"l.", "more than 100,000 pickle instructions"),
        (b"\x8b\xff\x00\x00\x00" + b"\x01" * 255 + b".", "the instruction LONG4"),
        (b"\x8a\x0a" + b"\x01" * 10 + b".", "a number of more than 64 bits"),
    ],
)
def test_what_arrays_do_not_need_is_refused_before_it_takes_memory(
    instructions: bytes, message: str
) -> None:
    with pytest.raises(SketchRNNError, match=rf"^here: .*{message}"):
        read_object_array(b"\x80\x04" + instructions, "here", meter())


@pytest.mark.parametrize("shape", [(2**62, 2**62), (1,) * 9, (-1, -3), (True, 3)])
def test_shapes_that_cannot_be_are_refused(shape: tuple[int, ...]) -> None:
    def rebuilt(function: object, state: object) -> bytes:
        class Rebuilt:
            def __reduce__(self) -> object:
                return function, (np.ndarray, (0,), b"b"), state

        return pickle.dumps(Rebuilt(), 2)

    function = np.zeros(1).__reduce__()[0]
    data = rebuilt(function, (1, shape, np.dtype("f8"), False, bytes(24)))
    with pytest.raises(
        SketchRNNError, match=r"^here: cannot be read as arrays of numbers .an array of shape"
    ):
        read_object_array(data, "here", meter())
