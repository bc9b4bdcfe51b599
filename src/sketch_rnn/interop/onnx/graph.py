"""The graph of an ONNX model: written operator by operator, and drawn as a diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render.diagrams import Block, diagram
from sketch_rnn.render.figure import Figure

_FLOAT: Final = 1


def onnx_modules() -> Any:
    """The package onnx.

    Raises:
        SketchRNNError: if it is not installed.
    """
    try:
        import onnx  # noqa: PLC0415
    except ImportError as error:
        raise SketchRNNError("ONNX needs another package: install sketch-rnn[onnx]") from error
    return onnx


class GraphWriter:
    """Nodes and weights of a graph that is being written.

    A value is identified by its name, a string. Graphs within a graph, such as loop bodies, see the
    values of the graph around them.

    Args:
        outer: the graph around this one, which holds the weights of both.
    """

    def __init__(self, outer: GraphWriter | None = None) -> None:
        self._onnx = onnx_modules()
        self._root: GraphWriter = outer._root if outer else self
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}
        self._count = 0

    def weight(self, name: str, values: Tensor | npt.ArrayLike) -> str:
        """A constant of this name; the first values under a name stay."""
        root = self._root
        if name not in root._weights:
            array = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
            root._weights[name] = self._onnx.numpy_helper.from_array(
                np.ascontiguousarray(array), name
            )
        return name

    def integers(self, *values: int) -> str:
        """A constant list of whole numbers, as shapes, axes and sizes are."""
        return self.weight(
            "ints_" + "_".join(map(str, values)).replace("-", "m"), np.array(values, np.int64)
        )

    def add(self, operation: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """The one output of a new node."""
        return self.add_many(operation, inputs, [name], **attributes)[0]

    def add_many(
        self, operation: str, inputs: Sequence[str], names: Sequence[str], **attributes: Any
    ) -> list[str]:
        """The outputs of a new node; an empty name is filled in."""
        outputs = [name or self._fresh(operation) for name in names]
        node = self._onnx.helper.make_node(operation, list(inputs), outputs, **attributes)
        self._nodes.append(node)
        return outputs

    def split(self, value: str, sizes: Sequence[int], axis: int) -> list[str]:
        """The parts of a value."""
        names = [""] * len(sizes)
        return self.add_many("Split", (value, self.integers(*sizes)), names, axis=axis)

    def named(self, value: str, name: str) -> str:
        """A value under a chosen name."""
        return self.add("Identity", value, name=name)

    def graph(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """The finished graph; weights go into the outermost."""
        weights = list(self._weights.values())
        return self._onnx.helper.make_graph(self._nodes, name, inputs, outputs, weights)

    def floats(self, name: str, shape: Sequence[int | str] | None) -> Any:
        """The declaration of an array of numbers; letters are sizes that may vary."""
        kind = self._onnx.TensorProto.FLOAT
        return self._onnx.helper.make_tensor_value_info(name, kind, shape)

    def whole(self, name: str, shape: Sequence[int | str]) -> Any:
        """The declaration of an array of whole numbers."""
        kind = self._onnx.TensorProto.INT64
        return self._onnx.helper.make_tensor_value_info(name, kind, shape)

    def _fresh(self, operation: str) -> str:
        self._root._count += 1
        return f"{operation.lower()}_{self._root._count}"


def onnx_diagram(model: Any) -> Figure:
    """The figure of a graph's nodes; those of a loop's body are beside the loop's own.

    Args:
        model: an ONNX model.
    """
    graph = model.graph
    weights = {weight.name: weight for weight in graph.initializer}
    blocks = {
        f"input {value.name}": Block(value.name, (_shape(value),), "data") for value in graph.input
    }
    makers = {value.name: f"input {value.name}" for value in graph.input}
    arrows = _add_nodes(graph, weights, blocks, makers)
    for value in graph.output:
        blocks[f"output {value.name}"] = Block(value.name, (_shape(value),), "data")
        arrows.append((makers[value.name], f"output {value.name}"))
    return diagram(blocks, arrows, title=graph.name)


def _add_nodes(
    graph: Any, weights: dict[str, Any], blocks: dict[str, Block], makers: dict[str, str]
) -> list[tuple[str, str]]:
    """Adds a block for each node, and returns the arrows to it."""
    arrows: list[tuple[str, str]] = []
    for node in graph.node:
        name = f"node {node.output[0]}"
        for attribute in node.attribute:
            if attribute.HasField("g"):
                arrows += _add_body(attribute.g, weights, blocks, makers, name)
        learned = [weights[value] for value in node.input if value in weights]
        large = [w for w in learned if w.data_type == _FLOAT and max(w.dims, default=1) > 1]
        sizes = tuple(" x ".join(map(str, weight.dims)) for weight in large)
        blocks[name] = Block(node.op_type, sizes, "layer" if large else "plain")
        arrows += [(makers[value], name) for value in node.input if value in makers]
        makers |= dict.fromkeys(node.output, name)
    return arrows


def _add_body(
    body: Any, weights: dict[str, Any], blocks: dict[str, Block], makers: dict[str, str], loop: str
) -> list[tuple[str, str]]:
    """Adds the nodes of a loop's body, and returns the arrows to them and from them to the loop."""
    for value in body.input:
        blocks[f"each {value.name}"] = Block(value.name, ("at each step",), "data")
        makers[value.name] = f"each {value.name}"
    arrows = _add_nodes(body, weights, blocks, makers)
    return [*arrows, *((makers[value.name], loop) for value in body.output)]


def _shape(value: Any) -> str:
    sizes = value.type.tensor_type.shape.dim
    return " x ".join(size.dim_param or str(size.dim_value) for size in sizes)
