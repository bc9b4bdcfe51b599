from __future__ import annotations

import pytest

from sketch_rnn.checkpoint import SketchRNN


@pytest.fixture
def table(workplace, monkeypatch):
    """Names a model in a table of the user's; it is in the folder, so nothing is fetched."""
    (workplace / "table.toml").write_text(
        '[model.zigzag]\nabout = "zigzags"\naddress = "http://127.0.0.1:9/zigzag.safetensors"\n'
    )
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(workplace / "table.toml"))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: workplace / "cache")


def test_list(command, table):
    result = command("models")
    assert result.status == 0, result.err
    assert result.out.startswith("NAME")
    assert any(line.split() == ["zigzag", "known", "zigzags"] for line in result.out.splitlines())
    assert "114 known by address, such as alarm clock, decoder only" in result.out
    assert "js/yogabicycle" in result.out


def test_settings_of_a_model(command, workplace):
    result = command("models", "run")
    assert result.status == 0, result.err
    parameters = sum(p.numel() for p in SketchRNN.from_pretrained("run").network.parameters())
    assert f"parameters        {parameters:,}\n" in result.out
    assert "temperature rule  paper\n" in result.out
    assert "temperature       0.4\n" in result.out
    assert command("models", "nothing").status == 2
