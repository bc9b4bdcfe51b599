"""The distribution of the next pen movement: a mixture of Gaussians and a pen state."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sketch_rnn.config import TEMPERATURE_RULES, TemperatureRule
from sketch_rnn.errors import SketchRNNError, expect_one_of

__all__ = [
    "TEMPERATURE_RULES",
    "StrokeMixture",
    "StrokeNoise",
    "TemperatureRule",
    "TemperatureScales",
    "stroke_noise",
    "temperature_scales",
]

# Beyond these the density over- or underflows float32; trained models stay far inside.
MAX_ATANH_RHO: Final = 7.0
MAX_LOG_SIGMA: Final = 20.0
MAX_MEAN: Final = 1e6
# Logits divided by less could all overflow to minus infinity, which has no largest.
MIN_LOGIT_DIVISOR: Final = 1e-9


class StrokeNoise(NamedTuple):
    """The random numbers of one movement; the same numbers repeat a drawing.

    Attributes:
        uniforms: `(..., 2)` in [0, 1): for the component and for the pen state.
        normals: `(..., 2)` standard normal: for dx and dy.
    """

    uniforms: Tensor
    normals: Tensor


class TemperatureScales(NamedTuple):
    """The effect of a temperature: factor on sigma, divisors of component and pen logits.

    All three are 0 where only the most likely movement is left.
    """

    sigma_factor: float
    component_divisor: float
    pen_divisor: float


GREEDY: Final = TemperatureScales(0.0, 0.0, 0.0)


def temperature_scales(temperature: float, rule: TemperatureRule) -> TemperatureScales:
    """The effect of a temperature under a rule.

    `paper` is eq. 8 of Ha & Eck 2017; `original` is the first Python implementation's, `js` the
    JavaScript libraries'. `offsets` is this project's: the paper's rule for offsets, and none for
    the pen state, so that drawings end as often as those of the data.

    Raises:
        SketchRNNError: if the temperature is negative or not finite, or the rule unknown.
    """
    try:
        is_usable = math.isfinite(temperature) and temperature >= 0
    except TypeError:
        is_usable = False
    if not is_usable:
        raise SketchRNNError(f"temperature={temperature!r} must be a finite number of at least 0")
    root, half = math.sqrt(temperature), 0.5 + 0.5 * temperature
    by_rule = {
        "paper": TemperatureScales(root, temperature, temperature),
        "original": TemperatureScales(temperature, temperature, temperature),
        "js": TemperatureScales(root, half, half),
        "offsets": TemperatureScales(root, temperature, 1.0),
    }
    expect_one_of(rule, by_rule, "rule")
    scales = by_rule[rule]
    is_greedy = temperature == 0 or scales.component_divisor < MIN_LOGIT_DIVISOR
    return GREEDY if is_greedy else scales


@dataclass(frozen=True, eq=False)
class StrokeMixture:
    """Distributions of one or many next movements (Ha & Eck 2017, eq. 3-6; Graves 2013, eq. 18-26).

    Offsets are in the unit the distribution was made in: the network's are normalised,
    `rescaled` turns them into pixels. M is the number of mixture components.

    Attributes:
        log_pi: `(..., M)` log weights, normalised.
        mean: `(..., M, 2)` centres of dx and dy.
        log_sigma: `(..., M, 2)` log standard deviations of dx and dy.
        atanh_rho: `(..., M)` inverse hyperbolic tangent of the correlation.
        pen_logits: `(..., 3)` unnormalised log-probabilities of p1, p2 and p3.
    """

    log_pi: Tensor
    mean: Tensor
    log_sigma: Tensor
    atanh_rho: Tensor
    pen_logits: Tensor

    @classmethod
    def from_outputs(cls, outputs: Tensor) -> StrokeMixture:
        """The mixture held in the decoder's `(..., 3 + 6M)` output layer.

        Raises:
            SketchRNNError: if the last dimension has another size.
        """
        if not outputs.ndim or outputs.shape[-1] < 9 or outputs.shape[-1] % 6 != 3:
            raise SketchRNNError(
                f"outputs of shape {tuple(outputs.shape)}, expected (..., 3 + 6M): three pen "
                "states, and six numbers for each of M components"
            )
        pen_logits, components = outputs[..., :3], outputs[..., 3:]
        pi, mean_x, mean_y, log_sigma_x, log_sigma_y, atanh_rho = components.chunk(6, dim=-1)
        log_sigma = torch.stack([log_sigma_x, log_sigma_y], dim=-1)
        return cls(
            log_pi=functional.log_softmax(pi, dim=-1),
            mean=torch.stack([mean_x, mean_y], dim=-1),
            log_sigma=log_sigma.clamp(-MAX_LOG_SIGMA, MAX_LOG_SIGMA),
            atanh_rho=atanh_rho.clamp(-MAX_ATANH_RHO, MAX_ATANH_RHO),
            pen_logits=pen_logits,
        )

    def select(self, rows: slice) -> StrokeMixture:
        """Some of the distributions, by their first dimension."""
        return StrokeMixture(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def pi(self) -> Tensor:
        """The weights of the components, `(..., M)`, which sum to 1."""
        return self.log_pi.exp()

    @property
    def sigma(self) -> Tensor:
        """The standard deviations of dx and dy, `(..., M, 2)`."""
        return self.log_sigma.exp()

    @property
    def rho(self) -> Tensor:
        """The correlations of dx and dy, `(..., M)`, between -1 and 1."""
        return torch.tanh(self.atanh_rho)

    @property
    def pen_probs(self) -> Tensor:
        """The probabilities of pen down, pen lifted and sketch ended, `(..., 3)`."""
        return self.pen_logits.softmax(dim=-1)

    def rescaled(self, factor: float) -> StrokeMixture:
        """The distribution of the offsets multiplied by `factor`."""
        return replace(self, mean=self.mean * factor, log_sigma=self.log_sigma + math.log(factor))

    def offset_log_prob(self, offsets: Tensor) -> Tensor:
        """The log density `(...)` of offsets `(..., 2)` (Graves 2013, eq. 24-26)."""
        distances = offsets.unsqueeze(-2) - self.mean.clamp(-MAX_MEAN, MAX_MEAN)
        normal_x, normal_y = (distances * torch.exp(-self.log_sigma)).unbind(-1)
        # log(1 - rho^2) = -2 log cosh(atanh rho), which stays exact where rho rounds to 1. Along
        # the axes x + y and x - y the distance is a sum of squares, 1 / (1 +- rho) being
        # (1 + exp(-+ 2 atanh rho)) / 2; eq. 25 as printed loses all digits for rho near 1.
        size = self.atanh_rho.abs()
        log_one_minus_rho2 = -2 * (size + functional.softplus(-2 * size) - math.log(2))
        ratio = torch.exp(2 * self.atanh_rho)
        distance = (1 + 1 / ratio) * (normal_x + normal_y) ** 2
        distance = torch.addcmul(distance, 1 + ratio, (normal_x - normal_y) ** 2)
        log_density = (
            -0.125 * distance
            - math.log(2 * math.pi)
            - self.log_sigma.sum(-1)
            - 0.5 * log_one_minus_rho2
        )
        return torch.logsumexp(self.log_pi + log_density, dim=-1)

    def pen_log_prob(self, pen: Tensor) -> Tensor:
        """The log probability `(...)` of one-hot pen states `(..., 3)`."""
        return (self.pen_logits.log_softmax(dim=-1) * pen).sum(-1)

    def log_prob(self, strokes: Tensor) -> Tensor:
        """The log density `(...)` of stroke-5 movements `(..., 5)`."""
        return self.offset_log_prob(strokes[..., :2]) + self.pen_log_prob(strokes[..., 2:])

    def mode(self) -> Tensor:
        """The greedy movement `(..., 5)`.

        It is the most likely component's mean with the most likely pen state.
        """
        offsets = _select_component(self.mean, self.log_pi.argmax(dim=-1))
        return _stroke5(offsets, self.pen_logits.argmax(dim=-1))

    def sample(
        self, noise: StrokeNoise, temperature: float = 1.0, rule: TemperatureRule = "paper"
    ) -> Tensor:
        """Random movements `(..., 5)`; at temperature 0 the greedy one.

        Args:
            noise: the random numbers to use, see `stroke_noise`; with leading dimensions that the
                mixture does not have, each gives a movement.
            temperature: 0 is greedy, 1 the distribution itself.
            rule: how the temperature acts, see `temperature_scales`.
        """
        return self.sample_scaled(
            noise, self.log_pi.new_tensor(temperature_scales(temperature, rule))
        )

    def sample_scaled(self, noise: StrokeNoise, scales: Tensor) -> Tensor:
        """Random movements `(..., 5)`, each at a temperature of its own.

        Args:
            noise: as for `sample`.
            scales: `(3,)` or `(..., 3)`: the `TemperatureScales` of all or of each.
        """
        sigma_factor, component_divisor, pen_divisor = scales.unsqueeze(-2).unbind(-1)
        component = _categorical(self.log_pi, component_divisor, noise.uniforms[..., 0])
        pen = _categorical(self.pen_logits, pen_divisor, noise.uniforms[..., 1])
        mean = _select_component(self.mean, component)
        sigma = _select_component(self.log_sigma, component).exp() * sigma_factor
        atanh_rho = _select_component(self.atanh_rho.unsqueeze(-1), component).squeeze(-1)
        first, second = noise.normals.unbind(-1)
        # sqrt(1 - rho^2) = 1 / cosh(atanh rho), which stays exact where rho rounds to 1.
        second = torch.tanh(atanh_rho) * first + second / torch.cosh(atanh_rho)
        return _stroke5(mean + sigma * torch.stack([first, second], dim=-1), pen)


def most_telling(labelled: StrokeMixture, unlabelled: StrokeMixture, candidates: Tensor) -> Tensor:
    """Of each drawing's candidates the movement `(B, 5)` that tells most of its label.

    It has the largest ratio of its offset's density with the label to that without: the guidance
    of Ho & Salimans 2022, for candidates.

    Args:
        labelled: distributions of B movements.
        unlabelled: the same without the label.
        candidates: `(C, B, 5)` movements, samples of `labelled`.
    """
    offsets = candidates[..., :2]
    told = labelled.offset_log_prob(offsets) - unlabelled.offset_log_prob(offsets)
    return candidates[told.argmax(dim=0), torch.arange(candidates.shape[1])]


def stroke_noise(shape: tuple[int, ...], generator: torch.Generator) -> StrokeNoise:
    """The noise of movements of any leading `shape`, drawn on the generator's device."""
    device = generator.device
    return StrokeNoise(
        uniforms=torch.rand((*shape, 2), generator=generator, device=device),
        normals=torch.randn((*shape, 2), generator=generator, device=device),
    )


def _select_component(values: Tensor, component: Tensor) -> Tensor:
    """`(..., K)`: the chosen component's values out of `(..., M, K)`."""
    values = values.expand(*component.shape, *values.shape[-2:])
    index = component[..., None, None].expand(*component.shape, 1, values.shape[-1])
    return values.gather(-2, index).squeeze(-2)


def _categorical(logits: Tensor, divisor: Tensor, uniform: Tensor) -> Tensor:
    """The class `(...)` that a uniform number picks by inverting the cumulative sum.

    Where the divisor `(..., 1)` of the logits is 0, it is the most likely one.
    """
    cumulative = (logits / divisor).softmax(dim=-1).cumsum(dim=-1)
    picked = (uniform.unsqueeze(-1) >= cumulative[..., :-1]).sum(dim=-1)
    return torch.where(divisor.squeeze(-1) == 0, logits.argmax(dim=-1), picked)


def _stroke5(offsets: Tensor, pen: Tensor) -> Tensor:
    one_hot = functional.one_hot(pen, num_classes=3).to(offsets.dtype)
    return torch.cat([offsets, one_hot], dim=-1)
