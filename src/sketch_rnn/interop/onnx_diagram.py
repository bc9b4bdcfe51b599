"""The graph of an ONNX model as a diagram."""

from __future__ import annotations

from typing import Any, Final

from sketch_rnn.render.diagram import Block, diagram
from sketch_rnn.render.figure import Figure

_FLOAT: Final = 1


def onnx_diagram(model: Any) -> Figure:
    """Returns the figure of a graph's nodes; those of a loop's body are beside the loop's own.

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
