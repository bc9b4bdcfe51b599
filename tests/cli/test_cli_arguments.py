"""That every option of the drawing commands arrives where it acts."""

from __future__ import annotations

import pytest

from sketch_rnn.evaluation import report
from sketch_rnn.generate import completion, files, sampling
from sketch_rnn.generate.options import DrawingOptions

OPTIONS = "--temperature 0.7 --temperature-rule js --seed 6 --max-len 9"
EXPECTED = {"options": DrawingOptions(temperature=0.7, rule="js", seed=6, max_len=9)}


@pytest.fixture
def spy(monkeypatch):
    """Notes the keyword arguments of each call of a function, which still does its work."""

    def watch(module, name):
        calls = []
        function = getattr(module, name)

        def noted(*args, **kwargs):
            calls.append(kwargs)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, noted)
        return calls

    return watch


@pytest.mark.parametrize(
    ("line", "function", "more"),
    [
        ("draw run", (sampling, "iter_samples"), {}),
        ("reconstruct run doodles/cat:test/0", (files, "reconstruct"), {"fit": False}),
        ("reconstruct run data.npz:test/0", (files, "reconstruct"), {"fit": True}),
        ("interpolate run data.npz:test/0 data.npz:test/1", (sampling, "sample"), {}),
        ("complete run data.npz:test/0 --rows 3", (completion, "complete"), {"fit": True}),
        ("complete run doodles/cat:test/0 --rows 3", (completion, "complete"), {"fit": False}),
        (
            "complete run data.npz:test/0 --rows 3 --pen-down --latent prior",
            (completion, "complete"),
            {"pen_down": True, "latent": "prior"},
        ),
    ],
)
def test_options_of_drawing(command, spy, line, function, more):
    calls = spy(*function)
    assert command(*line.split(), *OPTIONS.split()).status == 0
    assert len(calls) == 1
    assert calls[0].items() >= {**EXPECTED, **more}.items()


def test_options_of_evaluate(command, spy):
    calls = spy(report, "evaluate")
    line = "evaluate run data.npz --form true_length --seed 6 --shuffle-z"
    assert command(*line.split()).status == 0
    expected = {"form": "true_length", "seed": 6}
    assert calls == [expected, {**expected, "shuffle_z": True}]
