"""AdamW and the one-cycle schedule.

They are written here for two reasons. Making a `torch.optim` optimiser imports torch's compiler, which takes
longer than many trainings. And a training that continues bit for bit must own the optimiser's state.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

LEAST = 1e-36
"""The least squared gradient: its root changes no bit of ``eps``; the root of 0 takes 15 times as long."""
WARM_UP = 0.2  # fraction of the steps in which the rate rises
START, END = 1 / 25, 1 / 250_000  # as fractions of the peak rate


def one_cycle(step: int, steps: int, peak: float) -> float:
    """Learning rate of a step: up from peak / 25, then down to almost nothing, both along a cosine.

    After Smith and Topin, "Super-convergence", 2019, in the two-phase form.
    """
    top = max(1.0, WARM_UP * steps)
    if step <= top:
        return _cosine(peak * START, peak, step / top)
    return _cosine(peak, peak * END, min(1.0, (step - top) / max(1.0, steps - 1 - top)))


def _cosine(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2


class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).

    Parameters
    ----------
    parameters : iterable of Tensor
        Parameters to train; gradients are read from ``.grad``.
    weight_decay : float
    betas : (float, float)
        Decay of the running means of gradient and squared gradient.
    eps : float
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        weight_decay: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        self.parameters = list(parameters)
        self.weight_decay, self.betas, self.eps, self.steps = weight_decay, betas, eps, 0
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    @property
    def moments(self) -> dict[str, Tensor]:
        """The running means by name. Together with ``steps`` they are the optimiser's whole state."""
        named = {"mean": self.means, "square": self.squares}
        return {f"{name}.{i}": v for name, values in named.items() for i, v in enumerate(values)}

    def restore(self, moments: dict[str, Tensor], steps: int) -> None:
        """Set the state to these `moments` after so many steps."""
        self.steps = steps
        for name, value in self.moments.items():
            value.copy_(moments[name])

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every parameter that has a gradient, at learning rate ``rate``."""
        self.steps += 1
        first, second = self.betas
        unbias_mean, unbias_square = 1 - first**self.steps, 1 - second**self.steps
        for p, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
            if p.grad is None:
                continue
            p.mul_(1 - rate * self.weight_decay)
            mean.lerp_(p.grad, 1 - first)
            square.mul_(second).addcmul_(p.grad, p.grad, value=1 - second)
            size = (square / unbias_square).clamp_(min=LEAST).sqrt_().add_(self.eps)
            p.addcdiv_(mean, size, value=-rate / unbias_mean)
