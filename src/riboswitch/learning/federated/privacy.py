"""Differential privacy of an owner's rows: clipped gradients of single rows, with noise, and its account.

What is protected is one row of an owner: whoever sees all updates of the owner cannot tell well whether the
row was there (add or remove). Abadi et al., CCS 2016. The account is that of Renyi differential privacy of
whole orders for rows that are drawn independently: Mironov, Talwar and Zhang, arXiv:1908.10530. It becomes
epsilon by proposition 12 of Canonne, Kamath and Steinke, NeurIPS 2020.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammaln, logsumexp

from riboswitch.errors import InputError, UsageError

LEAST_NOISE, MOST_NOISE = 0.2, 1000.0
ORDERS = (*range(2, 65), *range(68, 129, 4), *range(144, 257, 16), 320, 512, 1024)
STEPS = 20
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
    """Epsilon that so many batches spend: the least over the orders, each of which gives a bound.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise, in units of the largest norm of a gradient.
    sampling : Sampling
    batches : int
    delta : float
    """
    if not batches:
        return 0.0
    loss = batches * np.array([_renyi(noise, sampling.rate, order) for order in ORDERS])
    orders = np.array(ORDERS, np.float64)
    bounds = loss + np.log1p(-1 / orders) - (math.log(delta) + np.log(orders)) / (orders - 1)
    return max(0.0, float(bounds.min()))


def _renyi(noise: float, rate: float, order: int) -> float:
    """Renyi divergence of one batch with and without a row, of a whole order above 1."""
    if rate == 1.0:
        return order / (2 * noise**2)
    k = np.arange(order + 1, dtype=np.float64)
    chosen = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
    terms = chosen + (order - k) * math.log1p(-rate) + k * math.log(rate) + k * (k - 1) / (2 * noise**2)
    return float(logsumexp(terms)) / (order - 1)


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
