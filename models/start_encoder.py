"""Makes a start for a conditional model: the decoder of `quickdraw`, with a new encoder.

    python models/start_encoder.py start.safetensors

z enters the decoder with small weights, so the network begins by drawing as `quickdraw` does.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import torch

from sketch_rnn import SketchRNN
from sketch_rnn.model.vae import SketchVAE

Z_SIZE, SHARE = 64, 0.3
STROKE = 5  # The first rows of the input weights are the movement's, then come z's and the label's.


def main(path: str) -> None:
    """Writes the model to `path`."""
    base = SketchRNN.from_pretrained("quickdraw")
    config = replace(base.config, conditional=True, z_size=Z_SIZE)
    network = SketchVAE(config, torch.Generator().manual_seed(0))
    known, new = base.network.state_dict(), network.state_dict()
    inputs, old_inputs = (weights.pop("decoder.cell.input_weight") for weights in (new, known))
    for name, values in known.items():
        new[name].copy_(values)
    inputs[:STROKE] = old_inputs[:STROKE]
    inputs[STROKE : STROKE + Z_SIZE] *= SHARE
    inputs[STROKE + Z_SIZE :] = old_inputs[STROKE:]
    replace(base, network=network).save_pretrained(path)


if __name__ == "__main__":
    main(sys.argv[1])
