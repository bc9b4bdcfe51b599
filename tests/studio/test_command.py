"""End to end: the command, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from sketch_rnn.cli.app import run


def test_it_serves_until_it_is_interrupted():
    words = [sys.executable, "-m", "sketch_rnn", "studio", "doodles", "--no-open", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        assert line.startswith("studio at http://127.0.0.1:")
        address = line.split()[2]
        with urllib.request.urlopen(f"{address}api/models") as answer:
            assert b'"name":"doodles"' in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130, -signal.SIGINT)


def test_a_port_in_use_is_one_line(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["studio", "doodles", "--no-open", "--port", str(port)]) == 2
    assert "choose another with --port" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dodles", "nothing/at/all"])
def test_a_model_that_does_not_exist_is_one_line(name, capsys):
    assert run(["studio", name, "--no-open"]) == 2
    assert capsys.readouterr().err.startswith("sketch-rnn: error: no model")
