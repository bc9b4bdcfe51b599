from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.options import (
    REQUIRED,
    TEXT,
    YES_OR_NO,
    Options,
    many,
    number,
    one_of,
    option,
    optional,
    unknown_names,
    whole,
)
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.render.style import Style
from sketch_rnn.sources.options import ReadingOptions

CLASSES = (
    *(ModelConfig, TrainConfig, PrepareOptions, ReadingOptions),
    *(DrawingOptions, Style, DataProfile, DrawingHabits),
)


@dataclass(frozen=True, kw_only=True)
class Brush(Options):
    kind = "brush"

    width: float = option(REQUIRED, number(above=0), "Width in pixels.")
    tip: str = option("round", one_of("round", "flat"), "Shape.", flag="--shape")
    layers: int | None = option(None, optional(whole(at_least=1)), "Layers.", unset="all")
    colors: tuple[str, ...] = option((), many(TEXT, "a list of names"), "Colours.", flag=None)
    soft: bool = option(False, YES_OR_NO, "Blurred edges.")

    def conflicts(self):
        return ["a soft brush must be round"] if self.soft and self.tip != "round" else []


@pytest.mark.parametrize(
    ("rule", "values", "others", "text"),
    [
        (whole(at_least=1), [1, 9, np.int64(3)], [0, 1.0, True, "1", None], "of at least 1"),
        (whole(at_least=1, at_most=9000), [1, 9000], [0, 9001], "from 1 to 9,000"),
        (number(above=0, at_most=1), [1, 0.5, np.float32(0.5)], [0, 1.1], "above 0 and at most 1"),
        (number(at_least=0, below=1), [0, 0.9], [-0.1, 1], "of at least 0 and below 1"),
        (
            number(),
            [-3, Fraction(1, 2)],
            [math.nan, math.inf, 10**400, False, "x"],
            "a finite number",
        ),
        (one_of("a", "b"), ["a"], ["c", None, ["a"]], "one of a, b"),
        (optional(one_of("a")), ["a", None], ["b", 0], "one of a, or none"),
        (many(number(), "two numbers", count=2), [(1, 2), np.ones(2)], [(1,), "12", 1], "two"),
        (many(TEXT, "names"), [[], ["a"], ("a", "b")], ["ab", [1]], "names"),
        (YES_OR_NO, [True, False], [0, 1, "yes", None], "true or false"),
    ],
)
def test_rules(rule, values, others, text):
    assert [value for value in values if not rule.holds(value)] == []
    assert [value for value in others if rule.holds(value)] == []
    assert text in rule.text


def test_values_are_stored_as_pythons_own():
    brush = Brush(width=np.float32(0.5), layers=np.int64(2), colors=["red", "blue"])
    assert brush == Brush(width=0.5, layers=2, colors=("red", "blue"))
    kinds = [type(getattr(brush, name)) for name in ("width", "layers", "colors")]
    assert kinds == [float, int, tuple]
    assert Brush.from_dict(json.loads(json.dumps(brush.to_dict()))) == brush


def test_all_bad_values_are_named_in_one_line():
    with pytest.raises(SketchRNNError) as error:
        Brush(width=0, tip="x\ny", colors=3 * [5])
    assert str(error.value) == (
        "brush: width=0 must be a finite number above 0; tip='x\\ny' must be one of round, flat; "
        "colors=[5, 5, 5] must be a list of names"
    )


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(SketchRNNError) as error:
        Brush(width=1, tip=10_000 * "x")
    assert len(str(error.value)) < 100


def test_conflicts_are_found_when_every_value_is_good():
    with pytest.raises(SketchRNNError, match=r"^brush: a soft brush must be round$"):
        Brush(width=1, soft=True, tip="flat")
    assert Brush(width=1, soft=True).soft


def test_missing_and_unknown_names():
    with pytest.raises(SketchRNNError) as error:
        Brush.from_dict({"tipp": "flat"})
    assert str(error.value) == "brush: unknown 'tipp' (did you mean 'tip'?); missing 'width'"
    assert unknown_names(["one", "xyz"], ["one", "two"]) == ["unknown 'xyz' (known: one, two)"]


def test_many_and_long_unknown_names_are_cut():
    faults = unknown_names(["x" * 10**6, *map(str, range(99))], ["one"])
    assert len(faults) == 21
    assert len(faults[0]) < 150
    assert faults[-1] == "and 80 more unknown"


def test_changed():
    brush = Brush(width=1)
    assert brush.changed({}) is brush
    assert brush.changed({"tip": "flat"}) == Brush(width=1, tip="flat")
    with pytest.raises(SketchRNNError, match="unknown 'tib'"):
        brush.changed({"tib": "flat"})
    with pytest.raises(SketchRNNError, match="width=-1"):
        brush.changed({"width": -1})


def test_flags_follow_from_names_unless_declared():
    flags = {declared.name: declared.flag for declared in Brush.declarations()}
    assert flags == {
        "width": "--width",
        "tip": "--shape",
        "layers": "--layers",
        "colors": None,
        "soft": "--soft",
    }


@pytest.mark.parametrize("options", CLASSES)
def test_every_option_explains_itself_and_takes_its_default(options):
    for declared in options.declarations():
        assert declared.help.endswith(".")
        assert declared.default is REQUIRED or declared.rule.holds(declared.default)


@pytest.mark.parametrize("options", CLASSES)
def test_options_are_frozen_and_keyword_only(options):
    first = dataclasses.fields(options)[0]
    required = {d.name: 1 for d in options.declarations() if d.default is REQUIRED}
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(options(**required), first.name, first.default)
    with pytest.raises(TypeError):
        options(first.default)
