"""Adam as TensorFlow writes it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

BETA1: Final = 0.9
BETA2: Final = 0.999
EPSILON: Final = 1e-8


@dataclass(frozen=True)
class AdamState:
    """Running means of the gradients and of their squares, by parameter name."""

    first: dict[str, Tensor]
    second: dict[str, Tensor]

    @classmethod
    def zeros(cls, parameters: Iterable[tuple[str, nn.Parameter]]) -> AdamState:
        """The state before the first step."""
        named = list(parameters)
        return cls(
            {name: torch.zeros_like(value) for name, value in named},
            {name: torch.zeros_like(value) for name, value in named},
        )

    def copy_from(self, other: AdamState) -> None:
        """Becomes equal to `other`, in the same arrays as before."""
        for ours, theirs in ((self.first, other.first), (self.second, other.second)):
            for name, value in ours.items():
                value.copy_(theirs[name])


@torch.no_grad()
def adam_step(
    parameters: dict[str, nn.Parameter],
    state: AdamState,
    step: int,
    learning_rate: float,
    is_finite: Tensor | None = None,
) -> None:
    """Moves the parameters along their gradients, in place.

    lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps): epsilon is added before the bias
    correction (Kingma & Ba 2015, end of section 2), unlike in PyTorch's Adam.

    Args:
        parameters: by name, with gradients.
        state: running means, updated.
        step: number of steps taken before this one.
        learning_rate: step size.
        is_finite: one truth value on the parameters' device. If it is false, nothing changes; on
            a GPU it is not waited for.
    """
    if is_finite is not None and is_finite.device.type == "cpu":
        # No waiting here, and masks would cost as much as the step itself.
        if not is_finite:
            return
        is_finite = None
    trained = {name: value for name, value in parameters.items() if value.grad is not None}
    names, values = list(trained), [value.detach() for value in trained.values()]
    gradients = [grad for value in trained.values() if (grad := value.grad) is not None]
    first = [state.first[name] for name in names]
    second = [state.second[name] for name in names]
    keep: float | Tensor = BETA2
    epsilon: Tensor | None = None
    if is_finite is not None:
        # Gradients of zero, means that stay, and a step divided by infinity.
        none = torch.zeros((), device=is_finite.device)
        gradients = [torch.where(is_finite, gradient, none) for gradient in gradients]
        weight = torch.where(is_finite, 1 - BETA1, 0.0)
        keep = torch.where(is_finite, BETA2, 1.0)
        epsilon = torch.where(is_finite, EPSILON, torch.inf)
        torch._foreach_lerp_(first, gradients, [weight] * len(first))
    else:
        torch._foreach_lerp_(first, gradients, 1 - BETA1)
    torch._foreach_mul_(second, keep)
    torch._foreach_addcmul_(second, gradients, gradients, 1 - BETA2)
    scale = learning_rate * math.sqrt(1 - BETA2 ** (step + 1)) / (1 - BETA1 ** (step + 1))
    denominators = torch._foreach_sqrt(second)
    if epsilon is None:
        torch._foreach_add_(denominators, EPSILON)
    else:
        # Without alpha, PyTorch would wait for the number and add that.
        torch._foreach_add_(denominators, epsilon, alpha=1)
    torch._foreach_addcdiv_(values, first, denominators, -scale)
