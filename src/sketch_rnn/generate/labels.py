"""Labels as vectors: by name, by number, or blended."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, expect_names
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.loop import checked_numbers
from sketch_rnn.generate.options import DRAWING, DrawingOptions
from sketch_rnn.model.condition import UNCONDITIONAL, Condition
from sketch_rnn.model.fixed_label import has_fixed_label, known_label, require_labels
from sketch_rnn.trained import SketchRNN

LabelLike = str | Sequence[str] | Tensor


def label_vectors(model: SketchRNN, labels: str | Sequence[str]) -> Tensor:
    """The learned vectors `(R, L)` of labels, on the CPU; blends of vectors are labels too.

    Args:
        model: a class-conditional model.
        labels: one name or several, or `all`.

    Raises:
        SketchRNNError: if the model has no labels, or one is not among them.
    """
    expect_model(model)
    require_labels(model.config)
    wanted = [labels] if isinstance(labels, str) else expect_names(labels, "label")
    if wanted == ["all"] and "all" not in model.profile.labels:
        wanted = list(model.profile.labels)
    if not wanted:
        raise SketchRNNError("no label given; name one, or leave it out")
    numbers = [known_label(name, model.config, model.profile) for name in wanted]
    vectors = model.network.label_vectors
    assert vectors is not None  # noqa: S101
    return vectors.detach().cpu()[numbers]


def label_condition(
    model: SketchRNN, label: LabelLike | None, count: int, options: DrawingOptions = DRAWING
) -> Condition:
    """The condition, without z, of `count` drawings of each of R names, `R * count` rows.

    Label vectors are multiplied by the strength of the label.

    Args:
        model: a class-conditional model.
        label: names, or vectors `(L,)` or `(count, L)`, one for all drawings or for each.
        count: how many drawings.
        options: hold the strength; without one, the model's own.

    Returns:
        A single row if all drawings share it.

    Raises:
        SketchRNNError: as `label_vectors`; if vectors are of another shape or not finite; if there
            is a strength without a label.
    """
    strength = options.label_strength
    if label is None:
        candidates = None if has_fixed_label(model.network) else options.label_candidates
        for name, value in (("label_strength", strength), ("label_candidates", candidates)):
            if value is not None:
                raise SketchRNNError(f"{name}={value:g} without a label; name one")
        return UNCONDITIONAL
    if strength is None:
        strength = model.habits.label_strength
    if isinstance(label, Tensor):
        return Condition(label=strength * _checked_vectors(model, label, count))
    rows = strength * label_vectors(model, label)
    return Condition(label=rows if len(rows) == 1 else rows.repeat_interleave(count, dim=0))


def _checked_vectors(model: SketchRNN, label: Tensor, count: int) -> Tensor:
    require_labels(model.config)
    size = model.config.label_size
    vectors = checked_numbers(label, "label").detach().to("cpu", torch.float32)
    if vectors.ndim == 1:
        vectors = vectors.unsqueeze(0)
    if vectors.shape not in ((count, size), (1, size)):
        raise SketchRNNError(
            f"label of shape {tuple(label.shape)}, expected names, ({count}, {size}), or ({size},) "
            "for all drawings"
        )
    return vectors
