"""The encoder: a bidirectional recurrent network from a sketch to a distribution of z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from sketch_rnn.config import ModelConfig
from sketch_rnn.model.backends import AUTO
from sketch_rnn.model.cells import cell_class
from sketch_rnn.model.cells.cell import Cell
from sketch_rnn.model.dropout import draw_dropout
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import unroll

# Beyond it the KL divergence overflows float32; trained models stay far inside.
MAX_LOG_VAR: Final = 30.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """A diagonal Gaussian over z: `mean` and `log_var` `(B, Z)` (Ha & Eck 2017, eq. 2)."""

    mean: Tensor
    log_var: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """A sample of z `(B, Z)` from standard normal noise of that shape."""
        return self.mean + torch.exp(self.log_var / 2) * noise

    def kl_divergence(self) -> Tensor:
        """The KL divergence from N(0, 1), mean over batch and latent (eq. 10)."""
        return -0.5 * (1 + self.log_var - self.mean**2 - self.log_var.exp()).mean()


class Encoder(nn.Module):
    """Reads each sketch forwards and backwards, to its true length.

    Attributes:
        backend: the name of the backend that runs its cells, see `model.backends`.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size = config.enc_rnn_size
        self.backend = AUTO
        self.recurrent_keep_prob = config.recurrent_keep_prob
        self.forward_cell = cell_class(config.enc_model)(5, size)
        self.backward_cell = cell_class(config.enc_model)(5, size)
        self.mean = nn.Linear(2 * size, config.z_size)
        self.log_var = nn.Linear(2 * size, config.z_size)

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws the original's starting weights."""
        self.forward_cell.reset_parameters(generator)
        self.backward_cell.reset_parameters(generator)
        for head in (self.mean, self.log_var):
            nn.init.normal_(head.weight, std=0.001, generator=generator)
            nn.init.zeros_(head.bias)

    def forward(
        self, strokes: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Posterior:
        """The posterior of z.

        Args:
            strokes: `(B, T, 5)` normalised stroke-5 rows without start token.
            lengths: `(B,)` true lengths on the CPU, from 1 to T.
            generator: draws the recurrent dropout while training.
        """
        packing = Packing.of(lengths, strokes.shape[1], strokes.device)
        outputs = [
            self._last_output(cell, strokes, packing, generator, reverse=cell is self.backward_cell)
            for cell in (self.forward_cell, self.backward_cell)
        ]
        summary = torch.cat(outputs, dim=1)  # (B, 2 * enc_rnn_size)
        log_var = self.log_var(summary).clamp(-MAX_LOG_VAR, MAX_LOG_VAR)
        return Posterior(self.mean(summary), log_var)

    def _last_output(
        self,
        cell: Cell,
        strokes: Tensor,
        packing: Packing,
        generator: torch.Generator | None,
        *,
        reverse: bool,
    ) -> Tensor:
        inputs = packing.pack(strokes, reverse=reverse)
        batch = len(strokes)
        keep_prob = self.recurrent_keep_prob if self.training else 1.0
        shape = (len(inputs), cell.hidden_size)
        dropout = draw_dropout(shape, keep_prob, generator, inputs.device)
        context, state = cell.context(None, batch), cell.zero_state(batch)
        _, final = unroll(cell, inputs, packing, context, state, dropout, self.backend)
        return cell.output(final)
