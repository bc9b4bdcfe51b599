"""Fine-tuning: a run that starts from the weights of a trained model."""

from __future__ import annotations

from typing import Final

import torch

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.run.resume import RunSettings

# What a run may choose anew: no weight's shape depends on it, or labels decide it.
_FREE: Final = ("recurrent_keep_prob", "input_keep_prob", "output_keep_prob", "num_labels")


def check_architecture(config: ModelConfig, initial: ModelConfig) -> None:
    """Raises SketchRNNError if a run of this config cannot start from such a model's weights."""
    ours, theirs = config.to_dict(), initial.to_dict()
    if bool(config.num_labels) != bool(initial.num_labels):
        have = "has" if initial.num_labels else "does not have"
        raise SketchRNNError(
            f"the model to start from {have} labels, and this run "
            f"{'has' if config.num_labels else 'does not'}; a model with labels is trained on with "
            "--class-conditional, another one without"
        )
    # Of a decoder-only model the encoder's settings say nothing, and so on.
    unused = set() if config.conditional else {"enc_model", "enc_rnn_size", "z_size"}
    unused |= set() if config.num_labels else {"label_size"}
    faults = [
        f"{name} is {theirs[name]} there and {value} here"
        for name, value in ours.items()
        if name not in {*_FREE, *unused} and value != theirs[name]
    ]
    if faults:
        raise SketchRNNError(
            f"the model to start from has another architecture: {'; '.join(faults)}; leave these "
            "settings out"
        )


@torch.no_grad()
def new_model(settings: RunSettings, initial: SketchRNN | None) -> SketchRNN:
    """The model that a run starts with: random weights of its seed, or those of a trained model.

    Label vectors are taken by name; labels that `initial` does not know start at the zero vector,
    which it has learned to draw without any label.

    Args:
        settings: of the run.
        initial: the trained model, of the same architecture.

    Raises:
        SketchRNNError: if the architectures differ.
    """
    model = SketchRNN.new(settings.model, settings.profile, settings.train.seed)
    if initial is None:
        return model
    check_architecture(model.config, initial.config)
    weights = dict(initial.network.state_dict())
    vectors = weights.pop("label_vectors", None)
    if vectors is not None:
        known = dict(zip(initial.profile.labels, vectors, strict=True))
        unknown = vectors.new_zeros(vectors.shape[1:])
        rows = [known.get(name, unknown) for name in model.profile.labels]
        weights["label_vectors"] = torch.stack(rows)
    model.network.load_state_dict(weights)
    return model
