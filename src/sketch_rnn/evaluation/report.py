"""The losses of a model as a table that says what each number means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sketch_rnn.config import EVALUATION_FORM, PenLossForm, TrainConfig
from sketch_rnn.dataset.store import Split
from sketch_rnn.errors import SketchRNNError, expect_one_of
from sketch_rnn.evaluation.losses import Losses, evaluate, evaluate_labels
from sketch_rnn.text import aligned
from sketch_rnn.trained import SketchRNN

_KL_WEIGHT: Final = TrainConfig().kl_weight
FORMS: Final = {
    "masked": "masked: pen states count at drawn points, as when the original evaluates",
    "true_length": "true_length: pen states count up to the end of the drawing",
    "padded": "padded: pen states count on all padding, as when the original trains",
}
_NEGATIVE: Final = (
    "Lower is better, and negative values are normal: L_R is the negative logarithm of a "
    "probability density, which may be above 1."
)


def check_form(form: str) -> None:
    """Raises SketchRNNError if there is no such form of the loss."""
    expect_one_of(form, FORMS, "form")


def check_weight(kl_weight: float) -> None:
    """Raises SketchRNNError if L_KL cannot have this weight."""
    if not 0 <= kl_weight < math.inf:
        raise SketchRNNError(f"kl_weight={kl_weight!r} must be a finite number of at least 0")


def loss_report(
    model: SketchRNN,
    drawings: Split,
    *,
    labels: Sequence[str] = (),
    form: PenLossForm = EVALUATION_FORM,
    kl_weight: float = _KL_WEIGHT,
    shuffle_z: bool = False,
    seed: int = 0,
) -> LossReport:
    """The losses of a model on these drawings, ready to be printed with their meaning.

    Args:
        model: the model.
        drawings: the drawings.
        labels: names of the drawings' classes.
        form: which pen states count.
        kl_weight: weight of L_KL in the total.
        shuffle_z: measure with the z of other drawings, too.
        seed: fixes z.

    Raises:
        SketchRNNError: if an argument cannot be used.
    """
    check_form(form)
    check_weight(kl_weight)
    measured, shuffled, by_label = evaluate(model, drawings, form=form, seed=seed), None, {}
    if shuffle_z:
        shuffled = evaluate(model, drawings, form=form, seed=seed, shuffle_z=True)
    if len(labels) > 1:
        by_label = evaluate_labels(model, drawings, labels, form=form, seed=seed)
    return LossReport(
        model=model,
        measured=measured,
        shuffled=shuffled,
        by_label=by_label,
        form=form,
        kl_weight=kl_weight,
    )


@dataclass(frozen=True, kw_only=True)
class LossReport:
    """Losses and what is needed to explain them.

    Attributes:
        model: the model.
        measured: its losses.
        shuffled: its losses with each drawing's z replaced by another's, if they were asked for.
        by_label: its losses for each label, if there are several.
        form: which pen states count.
        kl_weight: weight of L_KL in the total.
    """

    model: SketchRNN
    measured: Losses
    shuffled: Losses | None
    by_label: Mapping[str, Losses]
    form: PenLossForm
    kl_weight: float

    def to_dict(self) -> dict[str, Any]:
        """The losses by name, ready for JSON."""
        by_label = {name: asdict(losses) for name, losses in self.by_label.items()}
        shuffled = None if self.shuffled is None else asdict(self.shuffled)
        losses = {"losses": asdict(self.measured), "shuffled": shuffled, "labels": by_label}
        return {**losses, "form": self.form, "kl_weight": self.kl_weight}

    def form_in_words(self) -> str:
        """The pen states that count, in words."""
        return FORMS[self.form]

    def text(self) -> str:
        """A line for each number, what their sign means, and a line for each label."""
        text = f"{aligned(self._rows(), right=(1,))}\n{_NEGATIVE}"
        return f"{text}\n\n{self._label_text()}" if self.by_label else text

    def _label_text(self) -> str:
        rows = [("label", "drawings", "L_R", "L_KL", "total")]
        for name, losses in self.by_label.items():
            parts = (losses.reconstruction, losses.kl, losses.total(self.kl_weight))
            recon, kl, total = (f"{value:.4f}" for value in parts)
            rows.append((name, f"{losses.num_sketches:,}", recon, kl, total))
        return aligned(rows, right=(1, 2, 3, 4))

    def _rows(self) -> list[tuple[str, str, str]]:
        losses, profile = self.measured, self.model.profile
        steps = f"over the N_max = {profile.max_seq_len} steps of a drawing"
        rows = [
            ("L_s", losses.offset, f"negative log density of the offsets, averaged {steps}"),
            ("L_p", losses.pen, f"cross-entropy of the pen states, averaged {steps}"),
            ("L_R", losses.reconstruction, "reconstruction: L_s + L_p"),
        ]
        if self.shuffled is not None:
            meaning = "the same with the z of other drawings: hardly higher means z is not used"
            rows.append(("L_R shuffled", self.shuffled.reconstruction, meaning))
        size = self.model.config.z_size
        meaning = f"how far z is from N(0, 1), averaged over its {size} numbers"
        if not self.model.config.conditional:
            meaning = "0: a decoder-only model has no z"
        rows.append(("L_KL", losses.kl, meaning))
        total = losses.total(self.kl_weight)
        rows.append(("total", total, f"L_R + {self.kl_weight:g} * L_KL"))
        return [(name, f"{value:.4f}", meaning) for name, value, meaning in rows]
