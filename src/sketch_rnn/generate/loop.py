"""The loop that makes all drawings, and its random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, expect_whole, wrong_type
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.drawing import drawing_loop, state_rows
from sketch_rnn.model.fixed_label import has_fixed_label
from sketch_rnn.model.mixture import StrokeNoise, TemperatureScales, temperature_scales
from sketch_rnn.model.unroll import select_rows
from sketch_rnn.sketch import FloatArray, Sketch, number_array
from sketch_rnn.trained import SketchRNN

# Movements whose random numbers are drawn at once. Changing it would change every seed's drawings.
BLOCK_STEPS: Final = 256
# Pixels; what is computed of larger numbers overflows.
_LARGEST: Final = 1e30
_Z_STREAM: Final = 0
_FIRST_MOVEMENT_STREAM: Final = 1


def checked_seed(seed: int) -> int:
    """`seed` itself, checked.

    Raises:
        SketchRNNError: if it is not a whole number of at least 0.
    """
    return expect_whole(seed, 0, "seed")


def latent_noise(seed: int, drawings: Iterable[int], z_size: int) -> Tensor:
    """The `(B, Z)` standard normal numbers for z of the drawings with these numbers."""
    rows = [_stream(seed, i, _Z_STREAM).standard_normal(z_size, np.float32) for i in drawings]
    return torch.from_numpy(np.stack(rows))


def stroke_noise_block(
    seed: int, drawings: Iterable[int], block: int, num_candidates: int = 1
) -> StrokeNoise:
    """The noise of `BLOCK_STEPS` movements, `(BLOCK_STEPS, C, B, 2)` each, on the CPU.

    Args:
        seed: the seed.
        drawings: B drawing numbers.
        block: the movements start at `block * BLOCK_STEPS`.
        num_candidates: C, for each movement; the first is the same whatever their number.
    """
    numbers = list(drawings)
    shape = (BLOCK_STEPS, num_candidates, len(numbers), 2)
    uniforms, normals = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for place, number in enumerate(numbers):
        for candidate in range(num_candidates):
            stream = _stream(seed, number, _FIRST_MOVEMENT_STREAM + block, candidate)
            # float32 from the start: a float64 just below 1 would be rounded up to 1.
            uniforms[:, candidate, place] = stream.random((BLOCK_STEPS, 2), np.float32)
            normals[:, candidate, place] = stream.standard_normal((BLOCK_STEPS, 2), np.float32)
    return StrokeNoise(torch.from_numpy(uniforms), torch.from_numpy(normals))


def _stream(seed: int, drawing: int, stream: int, candidate: int = 0) -> np.random.Generator:
    return np.random.default_rng([seed, drawing, stream, *([candidate] if candidate else [])])


class Plan(NamedTuple):
    """`DrawingOptions` for one model, with the model's defaults filled in.

    Attributes:
        scales: the effect of the temperature.
        num_candidates: for each movement, of which the most telling is taken.
        seed: fixes the random numbers.
        max_steps: movements after which an unfinished drawing is cut off.
        batch_size: drawings made at a time.
    """

    scales: TemperatureScales
    num_candidates: int
    seed: int
    max_steps: int
    batch_size: int

    @classmethod
    def of(
        cls, options: DrawingOptions, model: SketchRNN, condition: Condition, num_given: int = 0
    ) -> Plan:
        """The plan for drawings of a model, of which `num_given` rows are given."""
        is_labelled = condition.label is not None or has_fixed_label(model.network)
        candidates = options.label_candidates or model.habits.label_candidates
        return cls(
            scales=temperature_scales(
                options.temperature, options.rule or model.habits.temperature_rule
            ),
            num_candidates=candidates if is_labelled else 1,
            seed=options.seed,
            max_steps=length_limit(options, model) - num_given,
            batch_size=options.batch_size,
        )


class Task(NamedTuple):
    """Drawings to be made.

    Attributes:
        numbers: N drawing numbers, which fix the random numbers.
        prefix: `(P, 5)` normalised movements that all begin with, start token first.
        condition: each part with N rows, or one for all; if the model takes z and there is none,
            it is drawn from N(0, 1).
        plan: how movements are chosen.
        scale: pixels per normalised unit.
        given: the part of the drawings that is given, in pixels; None for new drawings.
    """

    numbers: Sequence[int]
    prefix: Tensor
    condition: Condition
    plan: Plan
    scale: float
    given: Sketch | None = None


class Opening(NamedTuple):
    """The state of drawings when the loop starts.

    Attributes:
        stroke: `(B, 5)` normalised movement to be fed next.
        context: the decoder's context, see `state_rows`.
        state: its state before that movement.
    """

    stroke: Tensor
    context: Context
    state: State

    def select(self, drawings: Tensor, num_candidates: int) -> Opening:
        """The drawings at these indices, which may repeat."""
        rows = state_rows(drawings, num_candidates)
        context, state = select_rows(self.context, rows), select_rows(self.state, rows)
        return Opening(self.stroke[drawings], context, state)


class Drawn(NamedTuple):
    """Finished drawings of one batch.

    Attributes:
        rows: `(B, T, 5)` normalised movements; after an end-of-sketch row come zeros.
        ended: `(B,)` whether the drawing ended before it was cut off.
        condition: of the B drawings, on the CPU.
    """

    rows: FloatArray
    ended: npt.NDArray[np.bool_]
    condition: Condition


def length_limit(options: DrawingOptions, model: SketchRNN) -> int:
    """The most rows of a drawing: by default the longest drawing of the model's data."""
    return model.profile.max_seq_len if options.max_len is None else options.max_len


def start_token(options: DrawingOptions, model: SketchRNN) -> Tensor:
    """The `(1, 5)` first input: by default that of the model's library."""
    token = model.habits.start_token if options.start_token is None else options.start_token
    return torch.tensor([token], dtype=torch.float32)


def checked_numbers(values: npt.ArrayLike | Tensor, name: str) -> Tensor:
    """`values` as a floating point tensor, the tensor itself if it is one.

    Raises:
        SketchRNNError: if they are not numbers, or not finite as 32-bit floats.
    """
    listed = values if isinstance(values, list | tuple) else [values]
    if any(isinstance(value, np.ndarray) for value in listed):
        # A copy that PyTorch takes: of the machine's byte order, without negative steps.
        array = number_array(values, name)
        values = array.astype(array.dtype.newbyteorder("="), order="C")
    try:
        numbers = torch.as_tensor(values)
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        raise wrong_type(values, name, "a tensor or array of numbers") from error
    if numbers.is_complex() or numbers.is_meta or numbers.layout != torch.strided:
        raise wrong_type(values, name, "a plain tensor or array of real numbers")
    if not numbers.is_floating_point():
        numbers = numbers.float()
    if not numbers.float().isfinite().all():
        raise SketchRNNError(f"{name} has NaN or infinite values")
    return numbers


@torch.no_grad()
def open_drawings(
    decoder: Decoder, prefix: Tensor, condition: Condition, num_candidates: int = 1
) -> Opening:
    """The state after `prefix` of one drawing for each row of the condition.

    Args:
        decoder: the decoder.
        prefix: `(P, 5)` normalised movements, start token first.
        condition: of B drawings.
        num_candidates: for each movement; with several, the state without the label is kept too.
    """
    rows = condition.rows
    if num_candidates == 1:
        context, state = decoder.context(condition, rows), decoder.start(condition, rows)
    else:
        context, state = decoder.start_pairs(condition)
    for row in prefix[:-1]:
        _, state = decoder.step(row.expand(len(state[0]), -1), context, state)
    return Opening(prefix[-1].expand(rows, -1), context, state)


def draw_batches(model: SketchRNN, task: Task) -> Iterator[Drawn]:
    """Draws in batches; a drawing is a function of the seed, its number and its condition."""
    device = device_of(model)
    prefix, plan = task.prefix.to(device), task.plan
    for first in range(0, len(task.numbers), plan.batch_size):
        places = slice(first, first + plan.batch_size)
        chosen = task.numbers[places]
        batch = batch_condition(model, task, places)
        candidates = plan.num_candidates
        opening = open_drawings(model.network.decoder, prefix, batch.to(device), candidates)
        if len(opening.stroke) < len(chosen):
            shared = torch.zeros(len(chosen), dtype=torch.long, device=device)
            opening = opening.select(shared, candidates)
        rows = draw(model.network.decoder, opening, chosen, plan).cpu().numpy()
        if not np.isfinite(rows).all():
            raise SketchRNNError(
                "the model draws NaN: its weights are not finite, or z is far too large"
            )
        if float(np.abs(rows).max(initial=0)) * task.scale > _LARGEST:
            raise SketchRNNError(
                f"the model draws lines of more than {_LARGEST:g} pixels: its weights, its scale "
                "or the drawing are far too large"
            )
        ended = np.asarray(rows[:, :, 4].any(axis=1))
        yield Drawn(rows, ended, batch.expanded(len(chosen)))


@torch.inference_mode()
def draw(decoder: Decoder, opening: Opening, numbers: Sequence[int], plan: Plan) -> Tensor:
    """The `(B, T, 5)` normalised movements drawn after an opening, zeros after the end.

    Finished drawings leave the batch, so steps become cheaper.

    Args:
        decoder: the decoder.
        opening: B drawings.
        numbers: their numbers, which fix their random numbers.
        plan: how movements are chosen.
    """
    batch = len(opening.stroke)
    active = torch.arange(batch, device=opening.stroke.device)
    draw_block = drawing_loop(decoder, batch)
    scales = opening.stroke.new_tensor(plan.scales)
    parts = []
    for block, first in enumerate(range(0, plan.max_steps, BLOCK_STEPS)):
        num_steps = min(BLOCK_STEPS, plan.max_steps - first)
        noise = _noise_block(plan, numbers, active, block, num_steps)
        drawn = draw_block(*opening, noise, scales.expand(len(active), -1))
        rows = opening.stroke.new_zeros(batch, num_steps, 5)
        parts.append(rows.index_copy(0, active, drawn.rows))
        left = state_rows(drawn.running, plan.num_candidates)
        opening = Opening(drawn.stroke, select_rows(opening.context, left), drawn.state)
        active = active[drawn.running]
        if not len(active):
            break
    return torch.cat(parts, dim=1)


def device_of(model: SketchRNN) -> torch.device:
    """The device of the network's weights."""
    return next(model.network.parameters()).device


def _noise_block(
    plan: Plan, numbers: Sequence[int], active: Tensor, block: int, num_steps: int
) -> StrokeNoise:
    chosen = [numbers[i] for i in active.tolist()]
    noise = stroke_noise_block(plan.seed, chosen, block, plan.num_candidates)
    return StrokeNoise(*(part[:num_steps].to(active.device) for part in noise))


def batch_condition(model: SketchRNN, task: Task, places: slice) -> Condition:
    """The condition of the drawings at these indices; one row if all share it."""
    condition = task.condition.select(places)
    if condition.z is not None or not model.config.conditional:
        return condition
    noise = latent_noise(task.plan.seed, task.numbers[places], model.config.z_size)
    return condition.with_z(noise)
