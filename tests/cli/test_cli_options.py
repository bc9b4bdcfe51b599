"""Flags generated from declared options."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import typer

from sketch_rnn.cli.options import Given, with_flags
from sketch_rnn.cli.terminal import exit_status
from sketch_rnn.options import TEXT, YES_OR_NO, Options, many, number, one_of, option, optional


@dataclass(frozen=True, kw_only=True)
class Pen(Options):
    help_panel = "Pen"

    width: float = option(2.0, number(above=0), "Width.")
    tip: str = option("round", one_of("round", "flat"), "Shape.", flag="--shape")
    fade: float | None = option(None, optional(number()), "Fading.", unset="as the ink does")
    soft: bool = option(False, YES_OR_NO, "Soft edges.")
    ink: bool = option(True, YES_OR_NO, "With ink.")
    wet: bool | None = option(None, optional(YES_OR_NO), "Wet or dry.", flag="--wet/--dry")
    colors: tuple[str, ...] = option((), many(TEXT, "names"), "Colour.", flag="--color")
    hidden: int = option(3, number(), "Not for the command line.", flag=None)


@dataclass(frozen=True, kw_only=True)
class Paper(Options):
    width: float = option(100.0, number(), "Width.", flag="--paper-width")


def run(command, line=""):
    """Runs a command with the words of a line, and returns its exit status."""
    app = typer.Typer(add_completion=False)
    app.command()(with_flags(command))
    words = line.split()
    return exit_status("test", lambda: app(words, prog_name="test", standalone_mode=False))


def seen(line="", default=None):
    found = []

    def plain(name: str = "x", *, pen: Pen, paper: Paper) -> None:
        found.append((name, pen, paper))

    def with_default(name: str = "x", *, pen: Pen = default, paper: Paper) -> None:
        found.append((name, pen, paper))

    assert run(plain if default is None else with_default, line) == 0
    return found[0]


def test_values_without_flags_are_the_declared_ones():
    assert seen() == ("x", Pen(), Paper())


def test_flags_set_the_options_of_their_own_class():
    line = "--width 3 --shape flat --fade 0.5 --soft --no-ink --dry --color red --color blue"
    pen = Pen(
        width=3, tip="flat", fade=0.5, soft=True, ink=False, wet=False, colors=("red", "blue")
    )
    assert seen(line) == ("x", pen, Paper())
    assert seen("--paper-width 7 --name y") == ("y", Pen(), Paper(width=7))


def test_a_command_has_its_own_defaults():
    default = Pen(width=9, soft=True, hidden=7)
    assert seen("", default)[1] == default
    assert seen("--shape flat", default)[1] == default.changed({"tip": "flat"})
    assert seen("--no-soft --width 2", default)[1] == Pen(hidden=7)


def test_only_what_was_given():
    found = []

    def command(*, pen: Given[Pen]) -> None:
        found.append(pen)

    assert run(command) == run(command, "--no-soft --width 2 --color red") == 0
    assert found == [{}, {"soft": False, "width": 2.0, "colors": ["red"]}]


def test_a_bad_value_is_one_line(capsys):
    def command(*, pen: Pen) -> None:
        raise AssertionError

    assert run(command, "--width 0 --shape oval") == 2
    assert capsys.readouterr().err == (
        "test: error: width=0.0 must be a finite number above 0; "
        "tip='oval' must be one of round, flat\n"
    )


@pytest.mark.parametrize("given", [False, True])
def test_help_shows_every_flag_with_its_default(capsys, monkeypatch, given):
    def whole_values(*, pen: Pen) -> None: ...

    def some_values(*, pen: Given[Pen]) -> None: ...

    monkeypatch.setenv("COLUMNS", "200")
    assert run(some_values if given else whole_values, "--help") == 0
    text = capsys.readouterr().out
    assert "Pen" in text
    for flag in ("--width", "--shape", "--fade", "--soft", "--ink", "--wet", "--color"):
        assert flag in text
    assert "hidden" not in text
    assert ("--no-soft" in text) == given
    for default in ("as the ink does", "round", "2.0"):
        assert default in text
