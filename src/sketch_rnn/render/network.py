"""The network of a model as a diagram."""

from __future__ import annotations

from sketch_rnn.config import ModelConfig
from sketch_rnn.render.diagram import Block, chain, diagram
from sketch_rnn.render.scene import Figure


def network_diagram(config: ModelConfig) -> Figure:
    """Returns the figure of a network: what goes through which layers, with their sizes."""
    size, mixtures = config.dec_rnn_size, config.num_mixture
    gaussians = "Gaussian" if mixtures == 1 else "Gaussians"
    blocks = {
        "stroke": Block("movement", ("dx, dy, pen down, up, end", "the one before"), "data"),
        "decoder": Block(f"{config.dec_model} decoder", (f"{size} units", "one step"), "layer"),
        "output": Block("output layer", (f"3 + 6 x {mixtures} numbers",), "layer"),
        "pen": Block("pen state", ("down, up or end",), "random"),
        "offset": Block("next offset", (f"{mixtures} {gaussians} of dx, dy",), "random"),
    }
    arrows = [*chain("stroke", "decoder", "output", "pen"), ("output", "offset")]
    if config.conditional:
        encoder = Block(
            f"{config.enc_model} encoder", (f"{config.enc_rnn_size} units each way",), "layer"
        )
        blocks = {
            "drawing": Block("drawing", ("dx, dy, pen down, up, end", "all movements"), "data"),
            "encoder": encoder,
            "mean": Block("mean", (f"{config.z_size} numbers",), "layer"),
            "log_var": Block("log variance", (f"{config.z_size} numbers",), "layer"),
            "z": Block("latent vector z", (f"{config.z_size} numbers",), "random"),
            "initial_state": Block("first state", ("tanh, a linear layer",), "layer"),
            **blocks,
        }
        arrows += [*chain("drawing", "encoder", "mean", "z", "decoder")]
        arrows += [*chain("encoder", "log_var", "z", "initial_state", "decoder")]
    if config.num_labels:
        sizes = (f"one of {config.num_labels}", f"{config.label_size} numbers")
        blocks = {"label": Block("label", sizes, "data"), **blocks}
        arrows.append(("label", "decoder"))
    return diagram(blocks, arrows, title="Sketch-RNN")
