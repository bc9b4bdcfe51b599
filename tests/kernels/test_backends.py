"""Contract of the table of backends: any cell runs, and a network holds no more than a name."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from dataclasses import replace

import pytest
import torch
from torch import nn

from sketch_rnn import SketchRNN, Trainer, sample
from sketch_rnn.config import CELLS
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.onnx.writer import onnx_models
from sketch_rnn.interop.tensorflow.variables import variable_places
from sketch_rnn.model.cells.cell import Cell, glorot_uniform_
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


class GRUCell(Cell):
    """A gated recurrent unit (arXiv:1406.1078), written against `Cell` alone."""

    output_part = 0

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.state_sizes = (hidden_size,)
        self.inputs = nn.Parameter(torch.empty(input_size, 3 * hidden_size))
        self.hidden = nn.Parameter(torch.empty(hidden_size, 3 * hidden_size))

    def reset_parameters(self, generator):
        for weight in (self.inputs, self.hidden):
            glorot_uniform_(weight, generator)

    def context(self, static, batch):
        if static is None:
            return (self.inputs.new_zeros(1, self.inputs.shape[1]).expand(batch, -1),)
        return (static @ self.inputs[-static.shape[1] :],)

    def step(self, inputs, context, state, mask):
        (hidden,) = state
        outside = context[0] + inputs @ self.inputs[: inputs.shape[1]]
        update, reset, candidate = outside.chunk(3, dim=1)
        of_update, of_reset, of_candidate = (hidden @ self.hidden).chunk(3, dim=1)
        update, reset = torch.sigmoid(update + of_update), torch.sigmoid(reset + of_reset)
        candidate = torch.tanh(candidate + reset * of_candidate)
        candidate = candidate if mask is None else candidate * mask
        return (hidden + update * (candidate - hidden),)


@pytest.fixture
def gru(monkeypatch):
    """Adds the cell's row to the table, and returns settings with it."""
    monkeypatch.setitem(CELLS, "gru", f"{__name__}:{GRUCell.__name__}")
    return replace(TINY_MODEL, enc_model="gru", dec_model="gru")


def drawings(model):
    return [sketch.strokes.tolist() for sketch in sample(model, 4, seed=3, max_len=12).sketches]


def test_a_new_cell_trains_draws_saves_and_loads(gru, tmp_path):
    dataset = tiny_dataset()
    trainer = Trainer(dataset, gru, replace(TINY_TRAINING, num_steps=2), tmp_path / "run")
    before = copy.deepcopy(dict(trainer.model.network.named_parameters()))
    assert trainer.fit().step == 2
    after = dict(trainer.model.network.named_parameters())
    assert not any(torch.equal(before[name], after[name]) for name in after)
    assert type(trainer.model.network.decoder.cell) is GRUCell
    trainer.model.save_pretrained(tmp_path / "model")
    assert drawings(SketchRNN.from_pretrained(tmp_path / "model")) == drawings(trainer.model)


def test_a_new_cell_has_no_place_in_a_model_of_the_original(gru):
    with pytest.raises(SketchRNNError, match=r"^the original has no gru cell, only lstm, layer_n"):
        variable_places(gru)


def test_a_new_cell_is_not_exported_to_onnx_unnoticed(gru):
    model = SketchRNN.new(gru, tiny_dataset().profile, seed=1)
    with pytest.raises(SketchRNNError, match=r"^export to ONNX: .* for gru cells, only for lstm, "):
        onnx_models(model.network, model.profile, model.habits)


@pytest.mark.parametrize("backend", ["auto", "plain", "eager"])
def test_a_copy_draws_and_computes_alike(tmp_path, backend):
    model = SketchRNN.new(TINY_MODEL, tiny_dataset().profile, seed=1)
    model.network.use_backend(backend)
    expected = drawings(model)
    assert drawings(copy.deepcopy(model)) == expected
    assert drawings(pickle.loads(pickle.dumps(model))) == expected
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(drawings, (model,)) == expected
