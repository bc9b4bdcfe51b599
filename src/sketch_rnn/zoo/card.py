"""Model cards, for people and for the Hugging Face hub."""

from __future__ import annotations

from typing import Final

from sketch_rnn.config import ModelConfig
from sketch_rnn.dataset.published import credit_line, credits_of
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.text import in_words

CITATION: Final = (
    "David Ha and Douglas Eck. *A Neural Representation of Sketch Drawings.* 2017. "
    "arXiv:1704.03477."
)
# Names of labels and datasets come from anyone's files.
_AS_TEXT: Final = str.maketrans({"|": "\\|", "<": "&lt;", "[": "\\["})


def hub_header(profile: DataProfile) -> str:
    """The YAML block at the top of a card, from which the Hugging Face hub sorts models.

    The licence is that of the drawings, or left out if the licence of any drawing is unknown.
    """
    licences = list(dict.fromkeys(each.licence.lower() for each in credits_of(profile.sources)))
    is_known = bool(licences) and all(credits_of([source]) for source in profile.sources)
    lines = ["---", "library_name: sketch-rnn", "pipeline_tag: unconditional-image-generation"]
    if is_known and len(licences) == 1:
        lines.append(f"license: {licences[0]}")
    elif is_known:
        lines += ["license:", *(f"- {name}" for name in licences)]
    tags = ["sketch-rnn", "vector-drawings", "pytorch"]
    return "\n".join([*lines, "tags:", *(f"- {tag}" for tag in tags), "---"])


def model_card(
    config: ModelConfig, profile: DataProfile, habits: DrawingHabits, num_parameters: int
) -> str:
    """The card of a model as Markdown, with the YAML header of the Hugging Face hub.

    It credits the drawings if they come from published datasets; otherwise their owner can be
    added by hand.

    Args:
        config: its architecture.
        profile: the measures of its drawings.
        habits: how it draws.
        num_parameters: the number of its parameters.
    """
    sources = ", ".join(profile.sources) or "unknown drawings"
    rows = {
        "network": describe_network(config),
        "parameters": f"{num_parameters:,}",
        "drawings": sources,
        "whose": credit_line(profile.sources) or "unknown",
        "labels": labels_in_words(config, profile),
        "longest drawing": f"{profile.max_seq_len} rows",
        "scale": f"{profile.scale:.6g} pixels",
        "temperature rule": habits.temperature_rule,
        "label strength": f"{habits.label_strength:g}",
        "label candidates": str(habits.label_candidates),
    }
    table = "\n".join(f"| {name} | {value.translate(_AS_TEXT)} |" for name, value in rows.items())
    return f"""{hub_header(profile)}

# Sketch-RNN: {sources.translate(_AS_TEXT)}

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
    """The labels of the data, and how many of them a class-conditional model chooses from."""
    names = ", ".join(profile.labels) or "none"
    return f"{config.num_labels} to choose from: {names}" if config.num_labels else names


def describe_network(config: ModelConfig) -> str:
    """The architecture in a few words."""
    parts = [f"{config.dec_model} decoder of {config.dec_rnn_size}"]
    if config.conditional:
        parts.insert(0, f"{config.enc_model} encoder of {config.enc_rnn_size} each way")
        parts.append(f"z of {config.z_size}")
    if config.num_labels:
        parts.append(f"{in_words(config.num_labels, 'label')} of {config.label_size}")
    number = config.num_mixture
    return ", ".join([*parts, f"{number} {'Gaussian' if number == 1 else 'Gaussians'}"])
