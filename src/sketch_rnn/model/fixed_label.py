"""A class-conditional network with one label fixed: a plain network with another bias."""

from __future__ import annotations

from dataclasses import replace

import torch

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.vae import SketchVAE, weightless_network
from sketch_rnn.profile import DataProfile, label_number


def require_labels(config: ModelConfig) -> None:
    """Raises SketchRNNError if models of this config have no labels."""
    if not config.num_labels:
        raise SketchRNNError(
            "this model was trained without labels; leave the label out, or train one with "
            "--class-conditional"
        )


def known_label(label: str, config: ModelConfig, profile: DataProfile) -> int:
    """The number of a label by name.

    Raises:
        SketchRNNError: if the model does not have this label; the message suggests similar ones.
    """
    require_labels(config)
    return label_number(label, profile.labels)


def has_fixed_label(network: SketchVAE) -> bool:
    """Whether the network draws one label of another network, see `fixed_label`."""
    return network.decoder.label_share is not None


@torch.no_grad()
def fixed_label(network: SketchVAE, number: int, strength: float = 1.0) -> SketchVAE:
    """The network without labels that predicts what `network` does given one.

    The label's share of the gates, W_label y, becomes part of the decoder's bias, and is kept in
    memory beside it, so that movements can still be chosen among candidates.

    Args:
        network: a class-conditional network whose decoder is an lstm.
        number: of the label.
        strength: factor on the label's vector.

    Raises:
        SketchRNNError: if its decoder is not an lstm: the others normalise after the label comes
            in, so that no bias can stand for it.
    """
    config = network.config
    if config.dec_model != "lstm":
        raise SketchRNNError(
            f"a {config.dec_model} decoder normalises after the label comes in, so a label cannot "
            "be fixed; only lstm decoders can"
        )
    weights = dict(network.state_dict())
    label = weights.pop("label_vectors")[number]
    inputs = weights["decoder.cell.input_weight"]
    rows = len(inputs) - config.label_size
    weights["decoder.cell.input_weight"] = inputs[:rows].clone()
    # In float64, so that only the sum is rounded.
    share = strength * label.double() @ inputs[rows:].double()
    weights["decoder.cell.bias"] = (weights["decoder.cell.bias"].double() + share).to(inputs.dtype)
    plain = weightless_network(replace(config, num_labels=0))
    plain.load_state_dict(weights, assign=True)
    plain.decoder.label_share = share.to(inputs.dtype)
    return plain.eval()
