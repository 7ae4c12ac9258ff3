"""Monotone maps from a model's probabilities to calibrated ones, fitted on rows that it never saw.

References
----------
Kull, Silva Filho and Flach, AISTATS 2017 (beta calibration).
Platt, Advances in Large Margin Classifiers 1999.
Guo, Pleiss, Sun and Weinberger, ICML 2017 (temperature and vector scaling).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, softmax

from riboswitch.numeric.logistic import fit_classes, fit_odds
from riboswitch.numeric.logit import logit

CLIP = 1e-6  # log odds of 0 and 1 are infinite
FOLDS = 5
LEAST_GROUPS = 10
"""Groups with each answer (of classes: of all) that a map needs."""
LEAST_GAIN = 0.002
"""Share of the log loss on other groups that a map with more parameters must save, or it is not taken."""
LEAST_NATS = 2.0
"""And so much of their summed log loss: what a needless parameter saves by chance in one of twenty fits."""
RIDGE = 1.0  # pull towards no change, in units of one row: few rows then change little
TWO, SEVERAL = ("platt", "beta"), ("temperature", "vector")


@dataclass(frozen=True)
class ProbabilityMap:
    """A map of the probability of one target, or of the probabilities of all classes.

    Attributes
    ----------
    kind : {"none", "platt", "beta", "temperature", "vector"}
        ``none`` changes nothing.
    parameters : tuple of float
        Of ``platt`` and ``beta``: a, b, c of the log odds a log p - b log(1 - p) + c. Of ``temperature`` and
        ``vector``: the factor of all log probabilities, then what is added to that of each class.
    reason : str
        Why nothing is changed, if so.
    shift : tuple of float
        What is added before the map, where a sample of a label was drawn (`trust.drawn`): one number, to the
        log odds of a target, or one for each class, to the log probabilities. Empty if none was drawn.
    """

    kind: str
    parameters: tuple[float, ...] = ()
    reason: str = ""
    shift: tuple[float, ...] = ()

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """Map probabilities of any shape; of classes the last axis are the classes."""
        p = self._shifted(p)
        if self.kind == "none":
            return p
        if self.kind in TWO:
            a, b, c = self.parameters
            clipped = np.clip(p, CLIP, 1 - CLIP)
            return expit(a * np.log(clipped) - b * np.log1p(-clipped) + c)
        factor, *added = self.parameters
        return softmax(factor * np.log(np.clip(p, CLIP, 1.0)) + np.array(added), axis=-1)

    def _shifted(self, p: np.ndarray) -> np.ndarray:
        if not self.shift:
            return p
        if len(self.shift) == 1:
            return expit(logit(p, CLIP) + self.shift[0])
        return softmax(np.log(np.clip(p, CLIP, 1.0)) + np.array(self.shift), axis=-1)


def fit_map(
    p: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    shift: Sequence[float] = (),
) -> ProbabilityMap:
    """Choose and fit a map.

    Each kind is fitted without one fifth of the groups and judged on that fifth. The simplest is taken unless
    another has a clearly lower log loss: a needless parameter does harm among the best rows.

    Parameters
    ----------
    p : ndarray
        Probabilities of one target, shape (rows,), or of the classes, shape (rows, classes).
    labels : ndarray
        0 or 1, or numbers of classes, shape (rows,).
    groups, weights : ndarray
        Shape (rows,).
    shift : sequence of float
        See `ProbabilityMap`; the map is fitted to the shifted probabilities.
    """
    plain = ProbabilityMap("none", shift=tuple(shift))
    return replace(_chosen(plain(p), labels, groups, weights), shift=plain.shift)


def _chosen(p: np.ndarray, labels: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> ProbabilityMap:
    several = p.ndim == 2
    if short := _too_few(labels, groups, several):
        return ProbabilityMap("none", reason=short)
    fold = fold_of(groups)
    best, least = "none", _loss(p, labels, weights)
    for kind in SEVERAL if several else TWO:
        held = np.empty_like(p)
        for number in range(FOLDS):
            out = fold == number
            held[out] = _fitted(kind, p[~out], labels[~out], weights[~out])(p[out])
        loss = _loss(held, labels, weights)
        if loss < least - max(LEAST_GAIN * least, LEAST_NATS / weights.sum()):
            best, least = kind, loss
    if best == "none":
        return ProbabilityMap("none", reason="no map has a lower log loss on other groups")
    return _fitted(best, p, labels, weights)


def fold_of(groups: np.ndarray, folds: int = FOLDS) -> np.ndarray:
    """The fold of each row, shape (rows,): whole groups, the largest dealt out first."""
    names, code, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(names))
    return rank[code] % folds


def _too_few(labels: np.ndarray, groups: np.ndarray, several: bool) -> str:
    """Why there are too few groups for a map; empty if there are enough."""
    names = {"rows": np.ones(len(labels), bool)} if several else {
        "positives": labels > 0.5, "negatives": labels <= 0.5}  # fmt: skip
    for name, chosen in names.items():
        found = len(np.unique(groups[chosen]))
        if found < LEAST_GROUPS:
            return f"{found} groups with {name}, fewer than {LEAST_GROUPS}"
    return ""


def _loss(p: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean of the log loss."""
    several = p.ndim == 2
    own = p[np.arange(len(p)), labels.astype(int)] if several else np.where(labels > 0.5, p, 1 - p)
    return float(-(weights * np.log(np.clip(own, CLIP, 1.0))).sum() / weights.sum())


def _fitted(kind: str, p: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> ProbabilityMap:
    """The map of this kind with the lowest log loss."""
    if kind in SEVERAL:
        logs = np.log(np.clip(p, CLIP, 1.0))
        free = (None, None) if kind == "vector" else (0.0, 0.0)
        start, bounds = np.append(1.0, np.zeros(p.shape[1])), [(1e-3, None), *[free] * p.shape[1]]
        found = fit_classes(logs, labels.astype(int), weights, start, RIDGE, bounds)
    else:
        start = np.array([1.0, 1.0, 0.0])
        clipped = np.clip(p, CLIP, 1 - CLIP)
        terms = np.stack([np.log(clipped), -np.log1p(-clipped), np.ones_like(p)], 1)
        if kind == "platt":
            start, terms = start[1:], np.stack([terms[:, 0] + terms[:, 1], terms[:, 2]], 1)
        bounds = [*[(1e-3, None)] * (len(start) - 1), (None, None)]
        found = fit_odds(terms, labels, weights, start, RIDGE, bounds)
    if kind == "platt":
        found = found[[0, 0, 1]]
    return ProbabilityMap(kind, tuple(float(f"{v:.6g}") for v in found))
