"""Budgets refuse what costs too much, and make one line of whatever goes wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import (
    BUDGETS,
    BYTES,
    Allowance,
    Budget,
    Meter,
    opened,
    read_file,
    reading,
    unpacking_at_most,
)
from sketch_rnn.io.toml import read_toml
from sketch_rnn.text import printable

BUDGET = Budget("a thing", 1000, {BYTES: Allowance(10, 0.5)})


def test_an_allowance_grows_with_the_file():
    meter = Meter("x", BUDGET, 40)
    meter.spend(BYTES, 29)
    assert meter.left(BYTES) == 1
    meter.check(BYTES, 30)
    message = "^x: more than 30 bytes when unpacked, the limit for a thing of 40 bytes; refused$"
    with pytest.raises(SketchRNNError, match=message):
        meter.check(BYTES, 31)
    with pytest.raises(SketchRNNError, match=message):
        meter.spend(BYTES, 2)


def test_a_server_can_lower_what_files_may_unpack_to():
    with unpacking_at_most(20):
        meter = Meter("x", BUDGET, 40)
        with pytest.raises(SketchRNNError, match="more than 20 bytes when unpacked"):
            meter.check(BYTES, 21)
    assert meter.left(BYTES) == 20
    assert Meter("x", BUDGET, 40).left(BYTES) == 30


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SketchRNNError("as it is"), "^as it is$"),
        (OSError(5, "Input/output error"), "^x: cannot be read: Input/output error$"),
        (MemoryError(), "^x: needs more memory than there is$"),
        (RecursionError(), "^x: too deeply nested for an SVG; the file is damaged$"),
        (SystemError("a\nb"), r"^x: damaged or not an SVG \(a b\); copy it again$"),
        (KeyError(), r"^x: damaged or not an SVG \(KeyError\); copy it again$"),
    ],
)
def test_what_goes_wrong_is_one_line(error, message):
    with pytest.raises(SketchRNNError, match=message), reading("x", "svg"):
        raise error


def test_ctrl_c_is_not_a_damaged_file():
    with pytest.raises(KeyboardInterrupt), reading("x", "svg"):
        raise KeyboardInterrupt


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    for name in ("fifo", "zero"):
        with pytest.raises(SketchRNNError, match=f"{name}: not a regular file; give the path"):
            read_file(tmp_path / name, "svg")
    with pytest.raises(SketchRNNError, match="folder: cannot be read: Is a directory"):
        read_file(tmp_path / "folder", "svg")
    with opened(tmp_path / "link", "svg") as (file, meter):
        assert (file.read(), meter.size) == (b"abc", 3)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setitem(BUDGETS, "svg", Budget("an SVG", 2 * 2**20))
    with (tmp_path / "x").open("wb") as file:
        file.truncate(2 * 2**20 + 1)
    with pytest.raises(SketchRNNError, match="x: larger than 2 MiB, the limit for an SVG"):
        read_file(tmp_path / "x", "svg")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "9" * 100_000,
        "a" + ".a" * 20_000 + " = 1",
        "[" + "a." * 20_000 + "a]",
        "a = [" * 9999,
    ],
)
def test_toml_that_takes_long_is_refused(tmp_path, text):
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(SketchRNNError, match=r"x\.toml: (a name or number of more|not TOML)"):
        read_toml(tmp_path / "x.toml")


def test_what_a_terminal_could_obey_is_escaped():
    assert printable("häuser 家") == "häuser 家"
    assert printable("a\x1b[31mb\n\ud800") == "a\\x1b[31mb\\n\\ud800"


def rows_of_budgets():
    def number(value):
        for size, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB")):
            if value % size == 0 and value:
                return f"{value // size:,} {unit}"
        return f"{value:,}"

    for budget in BUDGETS.values():
        kind = budget.kind.partition(" ")[2]
        yield f"| {kind} | bytes of the file | {number(budget.max_bytes)} | |"
        for unit, (free, per_byte) in budget.units.items():
            more = f"{per_byte:g}" if per_byte else ""
            yield f"| {kind} | {unit} | {number(free)} | {more} |".replace("|  |", "| |")


def test_security_shows_the_budget_of_every_reader():
    text = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    table = text.split("| file | counted |")[1].split("\n\n")[0].splitlines()[2:]
    assert table == list(rows_of_budgets())
