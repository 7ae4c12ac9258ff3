"""Differential privacy of an owner's rows: clipped gradients of single rows, with noise, and its account.

What is protected is one row of an owner: whoever sees all updates of the owner cannot tell well whether
the row was there (add or remove). Abadi et al., CCS 2016. The account is that of Renyi differential
privacy for Poisson sampling, by the package dp-accounting.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from riboswitch.errors import InputError, UsageError
from riboswitch.learning.federated.masks import INSTALL

LEAST_NOISE, MOST_NOISE = 0.2, 1000.0
STEPS = 40
"""Halvings of the interval in which the noise is looked for."""


@dataclass(frozen=True)
class Sampling:
    """How an owner draws rows.

    Attributes
    ----------
    rate : float
        Probability of each row to be in a batch.
    batches : int
        Batches of one pass.
    """

    rate: float
    batches: int

    @classmethod
    def of(cls, rows: int, batch_size: int) -> Sampling:
        """So that a batch has the wanted size on average."""
        return cls(min(1.0, batch_size / rows), -(-rows // batch_size))


def spent(noise: float, sampling: Sampling, batches: int, delta: float) -> float:
    """Epsilon that so many batches spend.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise, in units of the largest norm of a gradient.
    sampling : Sampling
    batches : int
    delta : float
    """
    accounting, rdp = _accounting()
    accountant = rdp.RdpAccountant()
    step = accounting.PoissonSampledDpEvent(sampling.rate, accounting.GaussianDpEvent(noise))
    accountant.compose(step, batches)
    return float(accountant.get_epsilon(delta))


@cache
def least_noise(epsilon: float, delta: float, sampling: Sampling, batches: int) -> float:
    """The least noise with which so many batches spend no more than a budget.

    Raises
    ------
    UsageError
        If the budget is too small for any noise that one would add.
    """
    low, high = LEAST_NOISE, MOST_NOISE
    if spent(high, sampling, batches, delta) > epsilon:
        raise UsageError("no noise is large enough for this budget", where="--epsilon", found=epsilon,
                         hint="Use fewer --rounds, or a larger --epsilon.")  # fmt: skip
    if spent(low, sampling, batches, delta) <= epsilon:
        return low
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if spent(middle, sampling, batches, delta) <= epsilon else (middle, high)
    return high


def require_delta(delta: float, rows: int, where: str) -> None:
    """Raise `InputError` unless the guarantee may fail for fewer than one of the rows."""
    if delta * rows >= 1:
        raise InputError("delta is too large for so many rows: a method that publishes one row would pass",
                         where=where, found=f"{delta:g} for {rows} rows",
                         hint="The coordinator chooses --delta below 1 / rows.")  # fmt: skip


def fresh_generator() -> np.random.Generator:
    """Random numbers that nobody can repeat: who could repeat the noise could take it away."""
    return np.random.default_rng(secrets.randbits(256))


def _accounting() -> tuple[Any, Any]:
    try:
        import dp_accounting
        from dp_accounting import rdp
    except ModuleNotFoundError as error:
        raise UsageError("the account of differential privacy needs dp-accounting, which is not installed",
                         hint=INSTALL) from error  # fmt: skip
    return dp_accounting, rdp
