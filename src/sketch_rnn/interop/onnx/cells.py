"""One step of each cell as ONNX nodes; `model.cells` defines what they compute."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from sketch_rnn.interop.onnx.graph import GraphWriter
from sketch_rnn.model.cells.cell import FORGET_BIAS, Cell
from sketch_rnn.model.cells.hyper import HYPER_EMBEDDING_SIZE, HyperLSTMCell
from sketch_rnn.model.cells.layer_norm import (
    LAYER_NORM_EPSILON,
    GroupedLayerNorm,
    LayerNormLSTMCell,
)
from sketch_rnn.model.cells.lstm import LSTMCell

# The parts of the state, in their order.
STATE_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "lstm": ("cell", "hidden"),
    "layer_norm": ("hidden", "cell"),
    "hyper": ("hidden", "inner_hidden", "cell", "inner_cell"),
}


class CellWriter:
    """Writes the steps of one cell.

    Args:
        cell: the cell.
        name: the prefix of its weights' names.
        num_inputs: length of the stroke, the leading columns of the cell's input.
    """

    def __init__(self, cell: Cell, name: str, num_inputs: int = 5) -> None:
        self._cell = cell
        self._name = name
        self._num_inputs = num_inputs

    def context(self, graph: GraphWriter, z: str | None) -> list[str]:
        """The cell's `context`: z's share of the gates, zero without z."""
        cell = self._cell
        if isinstance(cell, LSTMCell):
            bias = graph.weight(f"{self._name}.bias", cell.bias)
            if z is None:
                return [bias]
            return [graph.add("Add", self._projected(graph, z, cell.input_weight, "z"), bias)]
        if z is None:
            return [graph.weight("zero", np.zeros(1, np.float32))] * self._num_contexts
        shares = [self._projected(graph, z, cell.input_weight, "z")]  # type: ignore[arg-type]
        if isinstance(cell, HyperLSTMCell):
            inner = cell.inner.input_weight[: cell.input_size]
            shares.append(self._projected(graph, z, inner, "inner.z"))
        return shares

    def step(
        self, graph: GraphWriter, stroke: str, context: list[str], state: list[str]
    ) -> list[str]:
        """The state after one step."""
        cell = self._cell
        if isinstance(cell, LSTMCell):
            return self._lstm(graph, cell, stroke, context[0], state)
        if isinstance(cell, HyperLSTMCell):
            return self._hyper(graph, cell, stroke, context, state)
        assert isinstance(cell, LayerNormLSTMCell)  # noqa: S101
        own = cell.input_weight[: self._num_inputs]
        share = self._times(graph, stroke, own, "input_weight")
        return self._layer_norm(graph, cell, self._name, graph.add("Add", share, context[0]), state)

    @property
    def _num_contexts(self) -> int:
        return 2 if isinstance(self._cell, HyperLSTMCell) else 1

    def _lstm(
        self, graph: GraphWriter, cell: LSTMCell, stroke: str, context: str, state: list[str]
    ) -> list[str]:
        memory, hidden = state
        share = self._times(graph, stroke, cell.input_weight[: self._num_inputs], "input_weight")
        share = graph.add("Add", share, context)
        gates = graph.add(
            "Add", share, self._times(graph, hidden, cell.recurrent_weight, "recurrent_weight")
        )
        parts = graph.split(gates, [cell.hidden_size] * 4, axis=1)
        memory, out = updated(graph, parts, memory)
        return [memory, graph.add("Mul", graph.add("Tanh", memory), out)]

    def _layer_norm(
        self,
        graph: GraphWriter,
        cell: LayerNormLSTMCell,
        name: str,
        share: str,
        state: list[str],
    ) -> list[str]:
        hidden, memory = state
        weight = graph.weight(f"{name}.recurrent_weight", cell.recurrent_weight)
        gates = graph.add("Add", share, graph.add("MatMul", hidden, weight))
        return list(normed_update(graph, cell.gate_norm, cell.cell_norm, name, gates, memory))

    def _hyper(
        self,
        graph: GraphWriter,
        cell: HyperLSTMCell,
        stroke: str,
        context: list[str],
        state: list[str],
    ) -> list[str]:
        hidden, inner_hidden, memory, inner_memory = state
        count = self._num_inputs
        share = graph.add(
            "Add",
            self._times(graph, stroke, cell.inner.input_weight[:count], "inner.input_weight"),
            self._times(
                graph, hidden, cell.inner.input_weight[cell.input_size :], "inner.hidden_weight"
            ),
        )
        share = graph.add("Add", share, context[1])
        inner_hidden, inner_memory = self._layer_norm(
            graph, cell.inner, f"{self._name}.inner", share, [inner_hidden, inner_memory]
        )
        from_stroke = self._times(graph, stroke, cell.input_weight[:count], "input_weight")
        from_stroke = graph.add("Add", from_stroke, context[0])
        recurrent = self._times(graph, hidden, cell.recurrent_weight, "recurrent_weight")
        factors = self._expanded(graph, inner_hidden, "factor")
        input_factor, recurrent_factor = graph.split(factors, [4 * cell.hidden_size] * 2, axis=1)
        gates = graph.add(
            "Add",
            graph.add("Mul", input_factor, from_stroke),
            graph.add("Mul", recurrent_factor, recurrent),
        )
        gates = graph.add("Add", gates, self._expanded(graph, inner_hidden, "shift"))
        gates = graph.add("Add", gates, graph.weight(f"{self._name}.bias", cell.bias))
        hidden, memory = normed_update(
            graph, cell.gate_norm, cell.cell_norm, self._name, gates, memory
        )
        return [hidden, inner_hidden, memory, inner_memory]

    def _expanded(self, graph: GraphWriter, inner_hidden: str, kind: str) -> str:
        """The inner cell's factors and shift of the gates: each group's embedding, expanded."""
        cell = self._cell
        linear = getattr(cell, f"{kind}_embedding")
        weight = getattr(cell, f"{kind}_weight")
        groups, size = weight.shape[0], weight.shape[2]
        flat = self._times(graph, inner_hidden, linear.weight.T, f"{kind}_embedding")
        if linear.bias is not None:
            bias = graph.weight(f"{self._name}.{kind}_embedding_bias", linear.bias)
            flat = graph.add("Add", flat, bias)
        rows = graph.add("Reshape", flat, graph.integers(-1, groups, HYPER_EMBEDDING_SIZE))
        rows = graph.add("Transpose", rows, perm=[1, 0, 2])
        wide = graph.add("MatMul", rows, graph.weight(f"{self._name}.{kind}_weight", weight))
        wide = graph.add("Transpose", wide, perm=[1, 0, 2])
        return graph.add("Reshape", wide, graph.integers(-1, groups * size))

    def _projected(self, graph: GraphWriter, z: str, weight: torch.Tensor, name: str) -> str:
        return self._times(graph, z, weight[self._num_inputs :], f"{name}_weight")

    def _times(self, graph: GraphWriter, value: str, weight: torch.Tensor, name: str) -> str:
        return graph.add("MatMul", value, graph.weight(f"{self._name}.{name}", weight))


def normed_update(
    graph: GraphWriter,
    gate_norm: GroupedLayerNorm,
    cell_norm: GroupedLayerNorm,
    name: str,
    gates: str,
    memory: str,
) -> tuple[str, str]:
    """The hidden output and the cell of the cells with layer normalisation."""
    groups, size = gate_norm.shape
    parts = [
        _normed(graph, part, gate_norm, f"{name}.gate_norm", number)
        for number, part in enumerate(graph.split(gates, [size] * groups, axis=1))
    ]
    memory, out = updated(graph, parts, memory)
    normal = _normed(graph, memory, cell_norm, f"{name}.cell_norm", 0)
    return graph.add("Mul", graph.add("Tanh", normal), out), memory


def _normed(graph: GraphWriter, value: str, norm: GroupedLayerNorm, name: str, group: int) -> str:
    size = norm.shape[1]
    rows = slice(group * size, (group + 1) * size)
    weight = graph.weight(f"{name}_{group}.weight", norm.weight[rows])
    bias = graph.weight(f"{name}_{group}.bias", norm.bias[rows])
    return graph.add("LayerNormalization", value, weight, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)


def updated(graph: GraphWriter, gates: list[str], memory: str) -> tuple[str, str]:
    """The new cell and the opened output gate."""
    write, candidate, forget, out = gates
    forget = graph.add(
        "Add", forget, graph.weight("forget_bias", np.array([FORGET_BIAS], np.float32))
    )
    kept = graph.add("Mul", memory, graph.add("Sigmoid", forget))
    new = graph.add("Mul", graph.add("Sigmoid", write), graph.add("Tanh", candidate))
    return graph.add("Add", kept, new), graph.add("Sigmoid", out)
