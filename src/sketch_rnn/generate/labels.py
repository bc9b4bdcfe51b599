"""Labels as vectors: by name, by number, or blended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.errors import SketchRNNError, expect
from sketch_rnn.generate.loop import checked_numbers
from sketch_rnn.model.fixed_label import fixed_label
from sketch_rnn.profile import label_number

LabelLike = str | Sequence[str] | Tensor


def label_vectors(model: SketchRNN, labels: str | Sequence[str]) -> Tensor:
    """The learned vectors `(R, L)` of labels by name, on the CPU; blends of them are labels, too.

    Args:
        model: a class-conditional model.
        labels: one name or several, or `all`.

    Raises:
        SketchRNNError: if the model has no labels, or one is not among them.
    """
    expect(model, SketchRNN, "model")
    learned = _learned(model)
    names = model.profile.labels
    wanted = [labels] if isinstance(labels, str) else list(labels)
    if wanted == ["all"] and "all" not in names:
        return learned
    if not wanted:
        raise SketchRNNError("no label given; name one, or leave it out")
    return learned[[label_number(name, names) for name in wanted]]


def with_fixed_label(model: SketchRNN, label: str) -> SketchRNN:
    """The model without labels that draws what a class-conditional one does given this label.

    Raises:
        SketchRNNError: as `label_vectors`, or if the decoder is not an lstm.
    """
    vector = label_vectors(model, label)[0]
    name = model.profile.labels[label_number(label, model.profile.labels)]
    profile = replace(model.profile, labels=(name,))
    return SketchRNN(fixed_label(model.network, vector), profile, model.habits)


def checked_labels(model: SketchRNN, label: LabelLike, count: int) -> Tensor:
    """The label vectors `(R * count, L)` of `count` drawings of each of R names.

    Args:
        model: a class-conditional model.
        label: names, or vectors `(L,)` or `(count, L)`, one for all drawings or for each.
        count: how many drawings.

    Returns:
        A single row if all drawings share it.

    Raises:
        SketchRNNError: as `label_vectors`, or if vectors are of another shape or not finite.
    """
    if not isinstance(label, Tensor):
        rows = label_vectors(model, label)
        return rows if len(rows) == 1 else rows.repeat_interleave(count, dim=0)
    size = _learned(model).shape[1]
    vectors = checked_numbers(label, "label").detach().to("cpu", torch.float32)
    if vectors.ndim == 1:
        vectors = vectors.unsqueeze(0)
    if vectors.shape not in ((count, size), (1, size)):
        raise SketchRNNError(
            f"label of shape {tuple(label.shape)}, expected names, ({count}, {size}), or ({size},) "
            "for all drawings"
        )
    return vectors


def _learned(model: SketchRNN) -> Tensor:
    learned = model.network.label_vectors
    if learned is None:
        raise SketchRNNError(
            "this model was trained without labels; leave the label out, or train one with "
            "--class-conditional"
        )
    return learned.detach().cpu()
