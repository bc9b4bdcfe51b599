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
        """Returns the state before the first step."""
        named = list(parameters)
        return cls(
            {name: torch.zeros_like(value) for name, value in named},
            {name: torch.zeros_like(value) for name, value in named},
        )


@torch.no_grad()
def adam_step(
    parameters: dict[str, nn.Parameter], state: AdamState, step: int, learning_rate: float
) -> None:
    """Moves the parameters along their gradients, in place.

    lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps): epsilon is added before the bias
    correction (Kingma & Ba 2015, end of section 2), unlike in PyTorch's Adam.

    Args:
        parameters: by name, with gradients.
        state: running means, updated.
        step: number of steps taken before this one.
        learning_rate: step size.
    """
    trained = {name: value for name, value in parameters.items() if value.grad is not None}
    names, values = list(trained), [value.detach() for value in trained.values()]
    gradients = [grad for value in trained.values() if (grad := value.grad) is not None]
    first = [state.first[name] for name in names]
    second = [state.second[name] for name in names]
    torch._foreach_lerp_(first, gradients, 1 - BETA1)
    torch._foreach_mul_(second, BETA2)
    torch._foreach_addcmul_(second, gradients, gradients, 1 - BETA2)
    scale = learning_rate * math.sqrt(1 - BETA2 ** (step + 1)) / (1 - BETA1 ** (step + 1))
    denominators = torch._foreach_sqrt(second)
    torch._foreach_add_(denominators, EPSILON)
    torch._foreach_addcdiv_(values, first, denominators, -scale)
