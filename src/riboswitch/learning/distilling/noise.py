"""Noise on answers, so that they say little about any one owner's data: differential privacy.

What is protected is all of an owner's data at once: whatever it was trained on, an answer is a number between
two bounds. The Gaussian mechanism adds noise of one standard deviation to all of them. Its loss is counted as
zero-concentrated differential privacy, which adds up over answers: Bun and Steinke, TCC 2016, propositions
1.3 and 1.6.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

import numpy as np

BUDGET = ("epsilon", "delta")
"""Columns that name what was spent."""


@dataclass(frozen=True)
class Budget:
    """How much the answers may say: ``epsilon`` and ``delta`` of differential privacy."""

    epsilon: float
    delta: float

    @property
    def rho(self) -> float:
        """The same as zero-concentrated differential privacy."""
        log = math.log(1 / self.delta)
        return (math.sqrt(log + self.epsilon) - math.sqrt(log)) ** 2

    def deviation(self, answers: int, width: float) -> float:
        """Standard deviation of the noise on each of some answers, which lie in an interval of a width."""
        return width * math.sqrt(answers / (2 * self.rho))


def noisy(answers: np.ndarray, low: float, high: float, budget: Budget) -> tuple[np.ndarray, float]:
    """Answers with noise, and its standard deviation.

    Parameters
    ----------
    answers : ndarray
        Shape (rows, outputs); NaN where there is none.
    low, high : float
        Answers are clipped to these bounds first: they must not depend on the data.
    budget : Budget

    Returns
    -------
    ndarray, float
        Answers are not clipped again: their means stay right. The random numbers come from the operating
        system and cannot be repeated: who could repeat them could take the noise away.
    """
    deviation = budget.deviation(int((~np.isnan(answers)).sum()), high - low)
    system = secrets.SystemRandom()
    noise = [system.gauss(0.0, deviation) for _ in range(answers.size)]
    return np.clip(answers, low, high) + np.reshape(noise, answers.shape), deviation
