"""Our models as ONNX graphs: start, one step and whole sequence of the decoder, and encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from torch import Tensor, nn

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.onnx.cells import STATE_NAMES, CellWriter
from sketch_rnn.interop.onnx.graph import GraphWriter, onnx_modules
from sketch_rnn.model.cells.cell import Cell
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.encoder import Encoder
from sketch_rnn.model.mixture import MAX_ATANH_RHO, MAX_LOG_SIGMA
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile, DrawingHabits

OPSET: Final = 17
_IR_VERSION: Final = 8
_BATCH, _STEPS = "batch", "steps"


def onnx_models(network: SketchVAE, profile: DataProfile, habits: DrawingHabits) -> dict[str, Any]:
    """The ONNX models of a network by name, checked by the package onnx.

    - `decoder_step`: stroke `(batch, 5)`, z `(batch, Z)` and the state's parts to the next state
      and the fields of `StrokeMixture`: log_pi, mean, log_sigma, atanh_rho, pen_logits.
    - `decoder_sequence`: strokes `(batch, steps, 5)` and z to the same fields after each step;
      at least one step, because with none onnxruntime divides by zero and crashes.
    - Both also take label `(batch, L)` in a class-conditional network: the rows of the learned
      `label_vectors`, which the metadata holds by name, or blends of them, or zeros.
    - `start`: z to the state before the first step; without it a decoder-only model starts at zero.
    - `encoder`: strokes without start token and lengths `(batch,)` to mean and log_var of z.

    Offsets are normalised: divide pixels by the scale. It stands with the other settings as JSON
    in the metadata `sketch_rnn`.

    Args:
        network: the network, of any cells.
        profile: the measures of its drawings.
        habits: how it draws.

    Raises:
        SketchRNNError: if a cell has no graph, or the package onnx is not installed.
    """
    _check_cells(network)
    onnx = onnx_modules()
    graphs = {"decoder_step": _step(network), "decoder_sequence": _sequence(network)}
    if network.encoder is not None:
        graphs |= {"start": _start(network), "encoder": _encoder(network.encoder)}
    settings = {"config": network.config, "profile": profile, "habits": habits}
    described = {name: value.to_dict() for name, value in settings.items()}
    if network.label_vectors is not None:
        rows = network.label_vectors.detach().tolist()
        described["label_vectors"] = dict(zip(profile.labels, rows, strict=True))
    text = json.dumps(described)
    models = {}
    for name, graph in graphs.items():
        opset = onnx.helper.make_opsetid("", OPSET)
        model = onnx.helper.make_model(
            graph,
            opset_imports=[opset],
            ir_version=_IR_VERSION,
            producer_name="sketch-rnn",
        )
        onnx.helper.set_model_props(model, {"sketch_rnn": text})
        onnx.checker.check_model(model, full_check=True)
        models[name] = model
    return models


def _check_cells(network: SketchVAE) -> None:
    config = network.config
    used = [config.dec_model, *([config.enc_model] if config.conditional else [])]
    unknown = [name for name in used if name not in STATE_NAMES]
    if unknown:
        raise SketchRNNError(
            f"export to ONNX: there is no graph for {unknown[0]} cells, "
            f"only for {', '.join(STATE_NAMES)}"
        )


def _step(network: SketchVAE) -> Any:
    graph, decoder, config = GraphWriter(), network.decoder, network.config
    parts = STATE_NAMES[config.dec_model]
    cell = CellWriter(decoder.cell, "decoder")
    context = cell.context(graph, _static(graph, network))
    state = cell.step(graph, "stroke", context, list(parts))
    for part, value in zip(parts, state, strict=True):
        graph.named(value, f"next_{part}")
    hidden = state[decoder.cell.output_part]
    fields = _fields(graph, decoder, hidden, config.num_mixture, (_BATCH,))
    sizes = dict(zip(parts, decoder.cell.state_sizes, strict=True))
    states = [graph.floats(part, (_BATCH, size)) for part, size in sizes.items()]
    next_states = [graph.floats(f"next_{part}", (_BATCH, size)) for part, size in sizes.items()]
    inputs = [graph.floats("stroke", (_BATCH, 5)), *_conditions(graph, network), *states]
    return graph.graph("decoder_step", inputs, [*fields, *next_states])


def _sequence(network: SketchVAE) -> Any:
    graph, decoder, config = GraphWriter(), network.decoder, network.config
    cell = CellWriter(decoder.cell, "decoder")
    context = cell.context(graph, _static(graph, network))
    if config.conditional:
        state = _start_state(graph, decoder)
    else:
        state = _zeros(graph, graph.add("Shape", "strokes", end=1), decoder.cell)
    body = GraphWriter(graph)
    inputs = [f"in_{number}" for number in range(len(state))]
    after = cell.step(body, "stroke", context, inputs)
    outputs = [body.named(value, f"out_{number}") for number, value in enumerate(after)]
    hidden = body.named(after[decoder.cell.output_part], "out_hidden")
    loop = body.graph(
        "step",
        [body.floats(name, None) for name in [*inputs, "stroke"]],
        [body.floats(name, None) for name in [*outputs, hidden]],
    )
    final = [f"final_{part}" for part in STATE_NAMES[config.dec_model]]
    *_, hiddens = graph.add_many(
        "Scan",
        [*state, "strokes"],
        [*final, ""],
        body=loop,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
    )
    fields = _fields(graph, decoder, hiddens, config.num_mixture, (_BATCH, _STEPS))
    declared = [graph.floats("strokes", (_BATCH, _STEPS, 5)), *_conditions(graph, network)]
    sizes = zip(final, decoder.cell.state_sizes, strict=True)
    finals = [graph.floats(name, (_BATCH, size)) for name, size in sizes]
    return graph.graph("decoder_sequence", declared, [*fields, *finals])


def _start(network: SketchVAE) -> Any:
    graph, cell = GraphWriter(), network.decoder.cell
    names = STATE_NAMES[network.config.dec_model]
    for name, value in zip(names, _start_state(graph, network.decoder), strict=True):
        graph.named(value, name)
    sizes = zip(names, cell.state_sizes, strict=True)
    outputs = [graph.floats(name, (_BATCH, size)) for name, size in sizes]
    return graph.graph("start", _latent(graph, network), outputs)


def _encoder(encoder: Encoder) -> Any:
    graph = GraphWriter()
    summary = graph.add(
        "Concat",
        _last_output(graph, encoder.forward_cell, "forward", "strokes"),
        _last_output(
            graph,
            encoder.backward_cell,
            "backward",
            graph.add("ReverseSequence", "strokes", "lengths", batch_axis=0, time_axis=1),
        ),
        axis=1,
    )
    size = encoder.mean.out_features
    for name in ("mean", "log_var"):
        _linear(graph, getattr(encoder, name), summary, name, output=name)
    inputs = [graph.floats("strokes", (_BATCH, _STEPS, 5)), graph.whole("lengths", (_BATCH,))]
    outputs = [graph.floats(name, (_BATCH, size)) for name in ("mean", "log_var")]
    return graph.graph("encoder", inputs, outputs)


def _last_output(graph: GraphWriter, cell: Cell, name: str, strokes: str) -> str:
    """The hidden output at each drawing's last step; later steps change nothing."""
    writer = CellWriter(cell, name)
    state = _zeros(graph, graph.add("Shape", "strokes", end=1), cell)
    num_steps = graph.add("Squeeze", graph.add("Shape", strokes, start=1, end=2))
    zero, one = (graph.weight(f"number_{n}", np.int64(n)) for n in (0, 1))
    places = graph.add("Range", zero, num_steps, one)
    context = writer.context(graph, None)
    body = GraphWriter(graph)
    inputs = [f"{name}_in_{number}" for number in range(len(state))]
    stroke, place = f"{name}_stroke", f"{name}_place"
    after = writer.step(body, stroke, context, inputs)
    running = body.add("Unsqueeze", body.add("Less", place, "lengths"), body.integers(1))
    outputs = [
        body.add("Where", running, new, old, name=f"{name}_out_{number}")
        for number, (new, old) in enumerate(zip(after, inputs, strict=True))
    ]
    loop = body.graph(
        "step",
        [body.floats(value, None) for value in [*inputs, stroke]] + [body.whole(place, ())],
        [body.floats(value, None) for value in outputs],
    )
    final = graph.add_many(
        "Scan",
        [*state, strokes, places],
        [""] * len(state),
        body=loop,
        num_scan_inputs=2,
        scan_input_axes=[1, 0],
    )
    return final[cell.output_part]


def _fields(
    graph: GraphWriter, decoder: Decoder, hidden: str, num_mixture: int, leading: Sequence[str]
) -> list[Any]:
    """Writes the fields of the mixture and returns their declarations."""
    flat = _linear(graph, decoder.output, hidden, "output")
    pen, pi, *moments, rho = graph.split(flat, [3] + [num_mixture] * 6, axis=-1)
    graph.named(pen, "pen_logits")
    graph.add("LogSoftmax", pi, name="log_pi", axis=-1)
    last = graph.integers(-1)
    mean, sigma = (
        graph.add("Concat", *(graph.add("Unsqueeze", part, last) for part in pair), axis=-1)
        for pair in (moments[:2], moments[2:])
    )
    graph.named(mean, "mean")
    for value, name, limit in (
        (sigma, "log_sigma", MAX_LOG_SIGMA),
        (rho, "atanh_rho", MAX_ATANH_RHO),
    ):
        low, high = (graph.weight(f"{name}_{s}", np.float32(s * limit)) for s in (-1, 1))
        graph.add("Clip", value, low, high, name=name)
    shapes = {"log_pi": (num_mixture,), "mean": (num_mixture, 2), "log_sigma": (num_mixture, 2)}
    shapes |= {"atanh_rho": (num_mixture,), "pen_logits": (3,)}
    return [graph.floats(name, (*leading, *shape)) for name, shape in shapes.items()]


def _start_state(graph: GraphWriter, decoder: Decoder) -> list[str]:
    assert decoder.initial_state is not None  # noqa: S101
    vector = graph.add("Tanh", _linear(graph, decoder.initial_state, "z", "initial_state"))
    return graph.split(vector, decoder.cell.state_sizes, axis=1)


def _zeros(graph: GraphWriter, batch: str, cell: Cell) -> list[str]:
    shapes = (graph.add("Concat", batch, graph.integers(n), axis=0) for n in cell.state_sizes)
    return [graph.add("ConstantOfShape", shape) for shape in shapes]


def _latent(graph: GraphWriter, network: SketchVAE) -> list[Any]:
    config = network.config
    return [graph.floats("z", (_BATCH, config.z_size))] if config.conditional else []


def _conditions(graph: GraphWriter, network: SketchVAE) -> list[Any]:
    """The declarations of z and label, as far as the network has them."""
    config = network.config
    label = [graph.floats("label", (_BATCH, config.label_size))] if config.num_labels else []
    return [*_latent(graph, network), *label]


def _static(graph: GraphWriter, network: SketchVAE) -> str | None:
    """The static part of the decoder's input: z and label side by side."""
    names = [declared.name for declared in _conditions(graph, network)]
    if len(names) > 1:
        return graph.add("Concat", *names, axis=1)
    return names[0] if names else None


def _linear(graph: GraphWriter, layer: nn.Linear, value: str, name: str, output: str = "") -> str:
    weight: Tensor = layer.weight
    product = graph.add("MatMul", value, graph.weight(f"{name}_weight", weight.T))
    return graph.add("Add", product, graph.weight(f"{name}_bias", layer.bias), name=output)
