"""One yes-or-no question to calibration rows, as "is it active?", and what a list of answers is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from riboswitch.learning.trust.calibration import Calibration
from riboswitch.learning.trust.groupwise import CountedRates, Exceeding, adjusted, count_groups
from riboswitch.learning.trust.promise import LEAST_GROUPS, LEVEL, Dispersion, interval


@dataclass(frozen=True)
class Question:
    """Calibrated probabilities of yes, and the true answers, of rows that no network saw.

    Attributes
    ----------
    p, truth : ndarray
        Shape (rows,); truth is 0 or 1.
    groups : ndarray
        Shape (rows,).
    stands_for : ndarray, optional
        How many rows of the experiment each stands for, shape (rows,); None: each for itself.
    """

    p: np.ndarray
    truth: np.ndarray
    groups: np.ndarray
    stands_for: np.ndarray | None = None

    @classmethod
    def of(cls, calibration: Calibration, outputs: Sequence[int], complement: bool) -> Question | None:
        """The question that the sum of these outputs answers; None if the outputs are numbers.

        Parameters
        ----------
        calibration : Calibration
        outputs : sequence of int
            One target of a binary task, or classes.
        complement : bool
            Whether yes is that none of them is true.
        """
        task = calibration.task
        if not task.of_probabilities:
            return None
        if task.kind == "binary" and len(outputs) != 1:
            raise ValueError("one question is about one target")
        p = calibration.outputs[:, list(outputs)].astype(np.float64).sum(1)
        column = 0 if task.kind == "multiclass" else outputs[0]
        label = calibration.labels[:, column]
        known = ~np.isnan(label)
        truth = np.isin(label, outputs) if task.kind == "multiclass" else label > 0.5
        p, truth = (1 - p, ~truth) if complement else (p, truth)
        each = calibration.stands_for
        return cls(np.clip(p, 0, 1)[known], truth[known] * 1.0, calibration.groups[known],
                   None if each is None else each[known].astype(np.float64))  # fmt: skip

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.ones(len(self.p)) if self.stands_for is None else self.stands_for

    @property
    def refusal(self) -> str:
        """Why nothing can be promised; empty if it can."""
        for name, answer in (("a yes", 1), ("a no", 0)):
            found = count_groups(self.groups[self.truth == answer])
            if found < LEAST_GROUPS:
                return f"{found} groups of held-out rows have {name}, fewer than {LEAST_GROUPS}"
        return ""

    def promise(self, p: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
        """How many of a list are true, with 90 %, if they are rows of new groups.

        Parameters
        ----------
        p : ndarray
            Calibrated probabilities, shape (rows,).
        groups : ndarray
            Group of each row, shape (rows,).

        Returns
        -------
        dict
            ``rows``, ``expected``, ``low``, ``high``, ``level``; or the ``reason`` why there is no promise.
        """
        if self.refusal:
            return {"reason": self.refusal}
        if not len(p):
            return {"rows": 0, "expected": 0.0, "low": 0, "high": 0, "level": LEVEL}
        dispersion = Dispersion.fit(self.p, self.truth, self.groups, float(p.min()), self._weights)
        mean = float(dispersion.corrected(p).sum())
        low, high = interval(mean, dispersion.variance(p, groups), len(p))
        return {"rows": len(p), "expected": round(mean, 3), "low": low, "high": high, "level": LEVEL}

    def discovery_rates(self, p: np.ndarray) -> np.ndarray:
        """The smallest false-discovery rate at which each row is selected among these, shape (rows,).

        NaN if nothing can be promised.
        """
        if self.refusal:
            return np.full(len(p), np.nan)
        return adjusted(self._p_values(p))

    def counted_rates(self) -> CountedRates:
        """`discovery_rates` of rows that come block by block."""
        return CountedRates(self._p_values)

    @cached_property
    def _p_values(self) -> Exceeding:
        return Exceeding(self.p, self.truth < 0.5, self.groups, self._weights)

    def precision(self, p: np.ndarray) -> np.ndarray:
        """The share of yes among rows with at least this probability, shape (rows,): it never falls with it.

        The mean probability of the calibration rows above; where there is none, the probability itself.
        """
        order = np.argsort(-self.p, kind="stable")
        ordered, weights = self.p[order], self._weights[order]
        means = np.append(0.0, np.cumsum(weights * ordered) / np.cumsum(weights))
        return np.maximum(means[np.searchsorted(-ordered, -p, side="right")], p)
