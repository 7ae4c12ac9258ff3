"""Paired differences of two methods: corrected intervals, and verdicts with a margin of practical effect."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.resampling import LEVEL

LEAST_FOLDS = 3  # a spread over fewer says nothing
RESAMPLED = "corrected resampled t"
CROSSED = "crossed bootstrap"


class Interval(NamedTuple):
    """A mean over folds, with the ends of its 95 % interval.

    Attributes
    ----------
    mean, low, high : float
        NaN if there are too few folds.
    folds : int
        Folds with a value.
    """

    mean: float
    low: float
    high: float
    folds: int

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return bool(np.isfinite([self.mean, self.low, self.high]).all())


def corrected_interval(values: Array, test_per_train: float) -> Interval:
    """Interval of a mean over folds whose training sets overlap: the corrected resampled t.

    The variance of the mean is taken as (1 / J + n2 / n1) s² instead of s² / J, with J folds of n1 training
    and n2 test rows and the variance s² over the folds, on J - 1 degrees of freedom. Values of overlapping
    folds are not independent, and without the correction such intervals are far too narrow.

    Parameters
    ----------
    values : ndarray
        A metric of a method, or the difference of two, in each fold; NaN where it could not be computed.
        Their order does not matter.
    test_per_train : float
        n2 / n1.

    References
    ----------
    Nadeau and Bengio, Inference for the generalization error, Machine Learning 2003, 52, 239. For repeated
    cross-validation: Bouckaert and Frank, PAKDD 2004, LNCS 3056, 3.
    """
    known = np.sort(values[np.isfinite(values)])  # in one order, so that the last digit is the same, too
    folds = len(known)
    if folds < LEAST_FOLDS:
        return Interval(float(known.mean()) if folds else np.nan, np.nan, np.nan, folds)
    mean, variance = float(known.mean()), float(known.var(ddof=1))
    reach = stdtrit(folds - 1, (1 + LEVEL) / 2) * np.sqrt((1 / folds + test_per_train) * variance)
    return Interval(mean, mean - float(reach), mean + float(reach), folds)


def crossed_interval(values: Array, draws: Array | None, seed: int = 0) -> Interval:
    """Interval of a mean over trainings that are tested on the same rows: a bootstrap of both.

    Trainings and groups of test rows are drawn with replacement, independently of each other.

    Parameters
    ----------
    values : ndarray
        A metric, or a difference, of each training, shape (trainings,).
    draws : ndarray, optional
        The same with test groups drawn anew, shape (trainings, resamples); None: there are no groups to draw.
    seed : int
        Of the draw of trainings.

    References
    ----------
    Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007, 1, 386.
    """
    known = values[np.isfinite(values)]
    mean, folds = float(known.mean()) if len(known) else np.nan, len(known)
    if folds < LEAST_FOLDS or draws is None or not draws.size:
        return Interval(mean, np.nan, np.nan, folds)
    trainings, resamples = draws.shape
    chosen = np.random.default_rng(seed).integers(trainings, size=(trainings, resamples))
    means = mean_defined(np.take_along_axis(draws, chosen, axis=0), 0)
    means = means[np.isfinite(means)]
    if len(means) < resamples / 2:
        return Interval(mean, np.nan, np.nan, folds)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(mean, float(low), float(high), folds)


class Verdict(NamedTuple):
    """A verdict, and the reason for it in words."""

    word: str
    reason: str


def judged(difference: Interval, margin: float, lower_is_better: bool, folds: int) -> Verdict:
    """Judge the difference between a model and a rival.

    Parameters
    ----------
    difference : Interval
        Metric of the model minus that of the rival.
    margin : float
        Smallest difference of practical effect.
    lower_is_better : bool
    folds : int
        Folds that were planned.

    Returns
    -------
    Verdict
        ``wins`` or ``loses`` if the interval leaves out zero and the difference is at least the margin; else
        ``ties``; ``not evaluable`` if fewer than three folds, or than half of them, have a value.
    """
    if difference.folds < max(LEAST_FOLDS, folds / 2):
        needed = max(LEAST_FOLDS, int(np.ceil(folds / 2)))
        return Verdict("not evaluable", f"{difference.folds} of {folds} folds have a value, {needed} must")
    if not difference.known:
        return Verdict("not evaluable", "there is no interval: the test rows are too few groups")
    mean, low, high = difference[:3]
    if lower_is_better:
        mean, low, high = -mean, -high, -low
    for word, gain, near in (("wins", mean, low), ("loses", -mean, -high)):
        if near > 0 and gain >= margin:
            if near >= margin:
                return Verdict(word, "the whole interval is beyond the margin")
            return Verdict(word, "the interval leaves out zero, the difference is at least the margin")
    return Verdict("ties", _why_no_winner(mean, low, high, margin))


def _why_no_winner(mean: float, low: float, high: float, margin: float) -> str:
    if -margin <= low and high <= margin:
        return "the interval lies within the margin: no difference of practical effect"
    if low > 0 or high < 0:
        return f"{'better' if mean > 0 else 'worse'}, but by less than the margin"
    if abs(mean) >= margin:
        return "the interval includes zero: the difference may be chance"
    return "the interval is wider than the margin: more rows or folds would be needed to tell"
