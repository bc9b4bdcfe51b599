"""The card that goes with a model: what it is, for people and for the Hugging Face hub."""

from __future__ import annotations

from typing import Final

from sketch_rnn.config import ModelConfig
from sketch_rnn.dataset.published import credits_of
from sketch_rnn.profile import DataProfile, DrawingHabits

_HEAD: Final = """\
---
library_name: sketch-rnn
tags:
- sketch-rnn
- vector-drawings
---
"""
CITATION: Final = (
    "David Ha and Douglas Eck. *A Neural Representation of Sketch Drawings.* 2017. "
    "arXiv:1704.03477."
)


def model_card(
    config: ModelConfig, profile: DataProfile, habits: DrawingHabits, num_parameters: int
) -> str:
    """Returns the card of a model as Markdown.

    Whose drawings they were is said where their names are those of published data sets, and is left
    for people to add where not.

    Args:
        config: its architecture.
        profile: the measures of its drawings.
        habits: how it draws.
        num_parameters: the numbers it has learned.
    """
    sources = ", ".join(profile.sources) or "unknown drawings"
    rows = {
        "network": describe_network(config),
        "parameters": f"{num_parameters:,}",
        "drawings": sources,
        "whose": "; ".join(credits_of(profile.sources)) or "not known to this program",
        "labels": labels_in_words(config, profile),
        "longest drawing": f"{profile.max_seq_len} rows",
        "scale": f"{profile.scale:.6g} pixels",
        "temperature rule": habits.temperature_rule,
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"""{_HEAD}
# Sketch-RNN: {sources}

A model that draws, in the format of [sketch-rnn](https://arxiv.org/abs/1704.03477). In this folder:

```python
from sketch_rnn import SketchRNN, sample

model = SketchRNN.from_pretrained(".")
sample(model, 10, temperature=0.4).sketches[0]
```

| | |
|---|---|
{table}

Please cite: {CITATION}
"""


def labels_in_words(config: ModelConfig, profile: DataProfile) -> str:
    """The labels of a model's drawings, and how many it can be told."""
    names = ", ".join(profile.labels) or "none"
    return f"{config.num_labels} to choose from: {names}" if config.num_labels else names


def describe_network(config: ModelConfig) -> str:
    """Returns an architecture in a few words."""
    parts = [f"{config.dec_model} decoder of {config.dec_rnn_size}"]
    if config.conditional:
        parts.insert(0, f"{config.enc_model} encoder of {config.enc_rnn_size} each way")
        parts.append(f"z of {config.z_size}")
    if config.num_labels:
        parts.append(f"{config.num_labels} labels of {config.label_size}")
    number = config.num_mixture
    return ", ".join([*parts, f"{number} {'Gaussian' if number == 1 else 'Gaussians'}"])
