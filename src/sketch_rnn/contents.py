"""The contents of a model file, described as text."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

from torch import nn

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.dataset.published import credit_line
from sketch_rnn.generate.options import DRAWING
from sketch_rnn.interop.reading import read_foreign
from sketch_rnn.model.numbers import num_parameters
from sketch_rnn.options import number, whole
from sketch_rnn.text import aligned, listed
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo.card import describe_network, labels_in_words
from sketch_rnn.zoo.locate import ModelPlace, find_model


def describe(source: str) -> str:
    """The config, layers, parameters and data of a model, as text.

    Raises:
        SketchRNNError: if there is no such model, or it is damaged.
    """
    model = SketchRNN.from_pretrained(source)
    place = find_model(source)
    sections = (
        ("model", _file_rows(place.path) if place.is_foreign else _model_rows(place.path)),
        ("data", _data_rows(model)),
        ("settings", [(name, str(value)) for name, value in model.config.to_dict().items()]),
        ("layers", _layer_rows(model.network)),
        ("kinds of layer", _kind_rows(model.network)),
    )
    parts = [f"{title}\n{_indented(aligned(rows))}" for title, rows in sections]
    parts.append(f"arrays\n{_indented(aligned(_array_rows(model.network), right=(1, 2)))}")
    return "\n\n".join(parts)


def summary(source: str) -> str:
    """A model in short, as text: network, parameters, data, temperature.

    Raises:
        SketchRNNError: if there is no such model, or it is damaged.
    """
    place = find_model(source)
    model, scale = _described(source, place)
    rows = [
        ("file", str(place.path)),
        ("network", describe_network(model.config)),
        ("parameters", f"{num_parameters(model.network):,}"),
        *_data_rows(model, scale),
        ("temperature", f"{DRAWING.temperature:g}"),
    ]
    return _indented(aligned(rows))


def _described(source: str, place: ModelPlace) -> tuple[SketchRNN, str]:
    """The model, and a remark on its scale if the file does not say it."""
    if place.is_foreign and place.scale is None:
        foreign = read_foreign(place.path, name=place.member)
        if foreign.scale is None:
            advice = f"sketch-rnn import {quote(source)} --scale PIXELS --out MODEL gives it one"
            # It will not draw, so any scale will do.
            return SketchRNN.from_foreign(foreign, foreign.profile(1.0)), f"unknown; {advice}"
    return SketchRNN.from_pretrained(source), ""


def _file_rows(path: Path) -> list[tuple[str, str]]:
    return [("file", str(path)), ("size", f"{path.stat().st_size:,} bytes")]


def _model_rows(path: Path) -> list[tuple[str, str]]:
    checkpoint = read_checkpoint(path)
    training = checkpoint.header.get("training")
    values: dict[str, Any] = training if isinstance(training, dict) else {}
    step, cost = values.get("step"), values.get("best_cost")
    rows = [*_file_rows(path), ("format version", str(checkpoint.header["format_version"]))]
    if whole().holds(step):
        rows.append(("training steps", f"{step:,}"))
    if number().holds(cost):
        rows.append(("validation cost", f"{cost:.4f}"))
    return rows


def _data_rows(model: SketchRNN, scale: str = "") -> list[tuple[str, str]]:
    profile = model.profile
    left, top = profile.typical_corner
    return [
        ("sources", listed(profile.sources) or "unknown"),
        ("whose", credit_line(profile.sources) or "unknown"),
        ("labels", labels_in_words(model.config, profile)),
        ("scale", scale or f"{profile.scale:.6g} pixels"),
        ("N_max", f"{profile.max_seq_len} rows"),
        ("first row", profile.first_row),
        ("typical size", f"{profile.typical_size:.4g} pixels, from ({left:.4g}, {top:.4g})"),
        ("typical spacing", f"{profile.typical_spacing:.4g} pixels"),
        ("temperature rule", model.habits.temperature_rule),
        ("label strength", f"{model.habits.label_strength:g}"),
        ("label candidates", str(model.habits.label_candidates)),
        ("start token", " ".join(f"{number:g}" for number in model.habits.start_token)),
    ]


def _layer_rows(network: nn.Module) -> list[tuple[str, str, str]]:
    """The name, class and number of parameters of each part of encoder and decoder."""
    layers = [
        (f"{name}.{child_name}", child)
        for name, part in network.named_children()
        for child_name, child in part.named_children()
    ]
    return [
        (name, type(layer).__name__, f"{num_parameters(layer):,} parameters")
        for name, layer in layers
    ]


def _kind_rows(network: nn.Module) -> list[tuple[str, str, str]]:
    """The number of layers of each class, and of the parameters they hold themselves."""
    counts: dict[str, list[int]] = {}
    for module in network.modules():
        own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        if own:
            counts.setdefault(type(module).__name__, []).append(own)
    return [
        (kind, f"{len(sizes)}", f"{sum(sizes):,} parameters of their own")
        for kind, sizes in counts.items()
    ]


def array_table(model: SketchRNN) -> str:
    """The arrays of a model as CSV: name, shape, number of elements, and statistics."""
    lines = ["name,shape,numbers,mean,standard deviation,smallest,largest"]
    for name, array in model.network.named_parameters():
        values = array.detach()
        shape = " x ".join(map(str, array.shape))
        spread = values.std(correction=0)
        measures = (values.mean(), spread, values.min(), values.max())
        numbers = ",".join(f"{float(value):.6g}" for value in measures)
        lines.append(f"{name},{shape},{array.numel()},{numbers}")
    return "\n".join(lines) + "\n"


def _array_rows(network: nn.Module) -> list[tuple[str, str, str]]:
    rows = [
        (name, " x ".join(map(str, array.shape)), f"{array.numel():,}")
        for name, array in network.named_parameters()
    ]
    return [*rows, ("total", "", f"{num_parameters(network):,}")]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
