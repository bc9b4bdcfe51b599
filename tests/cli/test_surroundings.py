"""Error: what a command finds around it, and Ctrl-C before it has begun."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sketch_rnn.cli import terminal

SECONDS = 60


def run(script, folder, **environment):
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def run_words(*words):
    return f"from sketch_rnn.cli import app; import sys; sys.exit(app.run({list(words)!r}))"


def test_ctrl_c_while_the_program_is_loaded(tmp_path):
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    script = "from sketch_rnn.cli.entry import sketch_rnn; sketch_rnn()"
    done = run(script, tmp_path, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (130, "sketch-rnn: stopped\n")


def test_a_current_folder_that_is_gone(tmp_path):
    folder = tmp_path / "gone"
    leave = f"import os; os.chdir({str(folder)!r}); os.rmdir({str(folder)!r}); "
    folder.mkdir()
    done = run(leave + run_words("models"), tmp_path)
    expected = "sketch-rnn: error: the current folder is gone; change to another one\n"
    assert (done.returncode, done.stderr) == (2, expected)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_an_output_that_is_full(tmp_path):
    full = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1); "
    done = run(full + run_words("models"), tmp_path)
    expected = "sketch-rnn: error: the output cannot be used: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_names_that_the_output_cannot_show(tmp_path):
    script = "from sketch_rnn.cli.terminal import exit_status; exit_status('p', lambda: print('é'))"
    done = run(script, tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "\\xe9\n")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] can't allocate memory: 9 bytes")]
)
def test_too_little_memory_is_one_line(capsys, error):
    def action():
        raise error

    assert terminal.exit_status("p", action) == 2
    assert capsys.readouterr().err.startswith("p: error: there is not enough memory; ask for")


def test_other_errors_of_pytorch_are_not_hidden():
    def action():
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        terminal.exit_status("p", action)


@pytest.mark.parametrize(
    ("words", "place"), [(["train", "--out", ""], "--out"), (["train", "--init="], "--init")]
)
def test_an_empty_argument_is_not_taken_for_none(command, words, place):
    result = command(*words)
    expected = f"sketch-rnn: error: an empty argument at {place}; give a value, or leave it out\n"
    assert (result.status, result.err) == (2, expected)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["draw", "run", "--out", 126 * "é" + ".svg"], "File name too long"),
        (["data", "prepare", "data.npz", "--out", 300 * "x"], "File name too long"),
        (["data", "prepare", 300 * "x", "--out", "a.npz"], "File name too long"),
        (["train", 256 * "x"], "File name too long"),
    ],
)
def test_a_name_that_no_file_can_have(command, words, reason):
    result = command(*words)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert reason in result.err


@pytest.mark.parametrize("name", [".", "/"])
def test_a_dataset_needs_a_name(command, name):
    result = command("data", "prepare", "data.npz", "--out", name)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "exists already; remove it, or give another name" in result.err


def test_a_symlink_to_itself(command, workplace):
    (workplace / "loop.json").symlink_to("loop.json")
    result = command("draw", "run", "--out", "a.svg", "--steps", "loop.json", "-n", 1)
    assert (result.status, result.err.count("\n")) in ((0, 0), (2, 1))


def test_a_name_as_long_as_a_file_system_takes(command, workplace):
    name = 251 * "x" + ".svg"
    assert command("draw", "run", "-n", 1, "--out", name).status == 0
    assert (workplace / name).is_file()


def test_a_count_beyond_all_memory(command):
    result = command("draw", "run", "-n", 2**63)
    assert result.err.endswith(f"count={2**63} must be at most 1,000,000,000\n")
