"""End to end: drawings in, dataset out, shown, trained on."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from tiny_command import TINY

from web import Site, serving


@pytest.fixture
def drawings(workplace):
    """Writes a file of QuickDraw records and a folder of SVG files."""
    rng = np.random.default_rng(0)
    with (workplace / "some.ndjson").open("w") as file:
        for number in range(40):
            lines = [rng.integers(0, 255, (2, 9)).tolist() for _ in range(2)]
            file.write(json.dumps({"word": ("cat", "bus")[number % 2], "drawing": lines}) + "\n")
    (workplace / "icons").mkdir()
    for number in range(10):
        data = " ".join(f"L{x} {y}" for x, y in rng.integers(0, 99, (9, 2)))
        (workplace / "icons" / f"{number}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0 {data}" stroke="red"/></svg>'
        )
    return workplace


def test_prepare_show_info_train_and_evaluate(command, drawings):
    result = command("data", "prepare", "some.ndjson", "icons", "--out", "my.npz", "--workers", "1")
    assert result.status == 0, result.err
    assert "read     50 drawings" in result.out
    assert "wrote my.npz" in result.out
    assert "wrote my.svg" in result.out
    assert result.out.splitlines()[-2:] == [
        "train with it: sketch-rnn train my.npz --init quickdraw --preset fine_tune",
        "or from scratch, to encode drawings too: sketch-rnn train my.npz --preset small",
    ]
    assert (drawings / "my.svg").read_text().startswith("<svg")
    result = command("data", "info", "my.npz")
    assert result.status == 0
    assert "3: cat 20, bus 20, icons 10" in result.out
    result = command("data", "show", "my.npz", "-n", 6, "--label", "icons", "--out", "sheet.svg")
    assert result.status == 0
    assert "wrote sheet.svg" in result.out
    assert command("train", "my.npz", "--out", "own", *TINY).status == 0
    result = command("evaluate", "own", "my.npz", "--split", "train")
    assert result.status == 0
    rows = [line.split() for line in result.out.splitlines()]
    assert {"cat", "bus", "icons"} <= {row[0] for row in rows if row}


def test_labels_of_a_stranger_are_shown_in_a_line_and_obeyed_by_nobody(command, workplace):
    labels = ["x" * 50_000, "\x1b[31mred", "</script><script>", "a\nb", "\ud800"]
    rng = np.random.default_rng(0)
    with (workplace / "some.ndjson").open("w") as file:
        for number in range(50):
            record = {
                "word": labels[number % 5],
                "drawing": rng.integers(0, 255, (2, 2, 9)).tolist(),
            }
            file.write(json.dumps(record) + "\n")
    (workplace / "one.ndjson").write_text((workplace / "some.ndjson").read_text().split("\n")[1])
    shown = [
        command("data", "prepare", "some.ndjson", "--out", "my.npz", "--workers", "1"),
        command("data", "info", "my.npz"),
        command("data", "show", "my.npz", "--out", "sheet.svg"),
        command("train", "my.npz", "--out", "own", "--class-conditional", *TINY),
        command("evaluate", "own", "my.npz"),
        command("recognize", "one.ndjson", "--model", "own"),
        command("export", "own", "--to", "html", "--out", "own.html"),
    ]
    assert [result.err[:300] for result in shown if result.status] == []
    for line in "\n".join(result.out + result.err for result in shown).splitlines():
        assert len(line) < 1000
        assert line.isprintable()
    assert "</script><script>" not in (workplace / "own.html").read_text()
    for picture in ("my.svg", "sheet.svg"):
        assert "<script" not in (workplace / picture).read_text()


def test_preparing_loads_no_torch(drawings):
    words = ["data", "prepare", "some.ndjson", "--out", "my.npz", "--workers", "1"]
    code = (
        "import sys\n"
        "from sketch_rnn.cli import app\n"
        f"assert app.run({words}) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_train_on_a_store(command, drawings):
    words = ("some.ndjson", "--out", "big", "--sheet", "sheet.png", "--workers", "1")
    assert command("data", "prepare", *words).status == 0
    assert (drawings / "sheet.png").is_file()
    result = command("train", "big", "--out", "own", *TINY)
    assert result.status == 0, result.err
    assert command("train", "--out", "own", "--resume", *TINY).status == 0
    assert command("evaluate", "own").status == 0
    result = command("train", "big", "my", "--out", "other", *TINY)
    assert result.status == 2
    assert "a store is used alone" in result.err


def test_mistakes(command, drawings):
    result = command("data", "prepare", "some.ndjson", "--out", "a.npz", "--long", "shorten")
    assert result.status == 2
    assert "long='shorten' must be one of simplify, split, drop" in result.err
    result = command("data", "prepare", "nothing", "--out", "a.npz")
    assert result.err == ("sketch-rnn: error: no file or folder nothing; give what is to be read\n")
    result = command("data", "fetch", "sheep")
    assert "no published dataset sheep" in result.err


def test_too_few_drawings_say_what_became_of_those_that_came(command, workplace):
    (workplace / "bad.csv").write_text("drawing,stroke,x,y\n1,1,0,zero\n")
    (workplace / "empty.ndjson").write_text("")
    result = command("data", "prepare", "bad.csv", "--out", "a.npz", "--workers", 1)
    assert result.status == 2
    assert result.err.startswith("sketch-rnn: error: bad.csv:2: expected columns x, y and perhaps")
    start = "sketch-rnn: error: too few drawings: train, valid and test need at least one each, "
    result = command("data", "prepare", "empty.ndjson", "--out", "a.npz", "--workers", 1)
    assert result.err.startswith(start)
    assert "of 0 read 0 were kept\n" in result.err
    words = ("data.npz", "--out", "a.npz", "--workers", 1, "--box", "1e-9")
    assert "of 23 read 0 were kept, 23 " in command("data", "prepare", *words).err
    assert not (workplace / "a.npz").exists()


def test_fetch(command, drawings, monkeypatch):
    from sketch_rnn.dataset.published import PUBLISHED

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: drawings / "cache" / name)
    with serving(Site()) as site:
        site.files["/kanji.npz"] = (drawings / "data.npz").read_bytes()
        monkeypatch.setitem(PUBLISHED, "kanji", f"{site.address}/kanji.npz")
        result = command("data", "fetch", "kanji")
        assert result.status == 0
        assert result.out.startswith("kanji: ")
        assert command("train", "kanji", "--out", "own", *TINY).status == 0
        assert command("evaluate", "own").status == 0
        assert site.requests == ["/kanji.npz"]
