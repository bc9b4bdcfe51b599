"""The decoder: from a condition and the movements so far to the distribution of the next one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sketch_rnn.config import ModelConfig
from sketch_rnn.model.backends import AUTO
from sketch_rnn.model.cells import cell_class
from sketch_rnn.model.cells.cell import Context, State, glorot_uniform_
from sketch_rnn.model.condition import Condition, ConditionSizes
from sketch_rnn.model.dropout import draw_dropout
from sketch_rnn.model.mixture import StrokeMixture
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import unroll


class Decoder(nn.Module):
    """An autoregressive recurrent network with a mixture density output.

    Attributes:
        backend: the name of the backend that runs its cell, see `model.backends`.
        label_share: `(4 * hidden,)` what a label that is fixed adds to the bias, see `fixed_label`.
    """

    label_share: Tensor | None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.condition_sizes = sizes = ConditionSizes.of(config)
        self.backend = AUTO
        self.keep_probs = config.input_keep_prob, config.output_keep_prob
        self.recurrent_keep_prob = config.recurrent_keep_prob
        self.cell = cell_class(config.dec_model)(5 + sum(sizes), config.dec_rnn_size)
        self.initial_state = nn.Linear(sizes.z, self.cell.state_size) if sizes.z else None
        self.output = nn.Linear(config.dec_rnn_size, 3 + 6 * config.num_mixture)
        self.register_buffer("label_share", None, persistent=False)

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws the original's starting weights."""
        self.cell.reset_parameters(generator)
        if self.initial_state is not None:
            nn.init.normal_(self.initial_state.weight, std=0.001, generator=generator)
            nn.init.zeros_(self.initial_state.bias)
        glorot_uniform_(self.output.weight, generator)
        glorot_uniform_(self.output.bias, generator)

    def start(self, condition: Condition, batch: int) -> State:
        """The state before the first movement: tanh(W z + b), or zero without z.

        It does not depend on the label.
        """
        if condition.z is None or self.initial_state is None:
            return self.cell.zero_state(batch)
        return self.cell.split_state(torch.tanh(self.initial_state(condition.z)))

    def context(self, condition: Condition, batch: int) -> Context:
        """The condition's share of the gates, the same at every step."""
        return self.cell.context(condition.vectors(self.condition_sizes), batch)

    def start_pairs(self, condition: Condition) -> tuple[Context, State]:
        """Context and first state of each drawing, followed by those without its label."""
        pairs, rows = condition.with_unlabelled(), 2 * condition.rows
        context, state = self.context(pairs, rows), self.start(pairs, rows)
        if self.label_share is not None:
            is_unlabelled = torch.arange(rows, device=self.label_share.device) % 2
            context = (context[0] - is_unlabelled[:, None] * self.label_share,)
        return context, state

    def step(self, stroke: Tensor, context: Context, state: State) -> tuple[StrokeMixture, State]:
        """The distribution after one more movement, without dropout, and the new state.

        Args:
            stroke: `(B, 5)` normalised stroke-5 movement; the start token at first.
            context: from `context`.
            state: from `start`, or the last `step`.
        """
        state = self.cell.step(stroke, context, state, None)
        return StrokeMixture.from_outputs(self.output(self.cell.output(state))), state

    def forward(
        self,
        strokes: Tensor,
        packing: Packing,
        condition: Condition,
        generator: torch.Generator | None = None,
    ) -> tuple[StrokeMixture, State]:
        """The distributions of all next movements, packed, and the final state.

        Args:
            strokes: `(B, T, 5)` normalised movements, start token first.
            packing: how many steps of each sketch are run.
            condition: of the B sketches.
            generator: draws dropout while training.
        """
        batch = len(strokes)
        inputs = packing.pack(strokes)  # (P, 5)
        keep_input, keep_output = self.keep_probs if self.training else (1.0, 1.0)
        keep_recurrent = self.recurrent_keep_prob if self.training else 1.0
        context = self.context(condition, batch)
        if keep_input < 1 and sum(self.condition_sizes) > self.condition_sizes.z:
            # In class-conditional models only the strokes are dropped.
            inputs = self._dropped_inputs(inputs, packing, None, keep_input, generator)
        elif keep_input < 1:
            # Fresh dropout at every step: z can no longer be projected once a sketch.
            inputs = self._dropped_inputs(inputs, packing, condition.z, keep_input, generator)
            context = self.cell.context(None, batch)
        shape = (len(inputs), self.cell.hidden_size)
        dropout = draw_dropout(shape, keep_recurrent, generator, inputs.device)
        state = self.start(condition, batch)
        hidden, state = unroll(self.cell, inputs, packing, context, state, dropout, self.backend)
        output_dropout = draw_dropout(shape, keep_output, generator, inputs.device)
        hidden = hidden if output_dropout is None else output_dropout.apply(hidden)
        return StrokeMixture.from_outputs(self.output(hidden)), state

    @staticmethod
    def _dropped_inputs(
        inputs: Tensor,
        packing: Packing,
        z: Tensor | None,
        keep_prob: float,
        generator: torch.Generator | None,
    ) -> Tensor:
        """The packed `[stroke, z]` rows `(P, 5 + Z)` with input dropout."""
        if z is not None:
            sorted_z = z[packing.order]
            rows = torch.cat([sorted_z[:active] for active in packing.active])
            inputs = torch.cat([inputs, rows], dim=1)
        dropout = draw_dropout(tuple(inputs.shape), keep_prob, generator, inputs.device)
        return inputs if dropout is None else dropout.apply(inputs)
