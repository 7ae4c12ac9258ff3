"""Metrics of predictions: of rows, of a ranking, of a confusion table.

A weight says how many times a row counts. Weights of shape ``(resamples, rows)`` give one value for each
resample: a bootstrap is one call, and no row is copied. A metric that cannot be computed (no positives,
constant labels) is NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.numeric.survival import pair_weights

Array = np.ndarray

BINS = 10


def _weights(weight: Array | None, rows: int) -> Array:
    return np.ones(rows) if weight is None else np.asarray(weight, np.float64)


def ratio(top: Array, bottom: Array) -> Array:
    """``top / bottom``, NaN where ``bottom`` is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, np.float64), np.asarray(bottom, np.float64))
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)[()]


def mean_defined(values: Array, axis: int) -> Array:
    """Mean over the values that are not NaN; NaN where there are none."""
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0.0).sum(axis), defined.sum(axis))


def mean(values: Array, weight: Array | None = None) -> Array:
    """Mean of one value for each row; NaN without rows."""
    weights = _weights(weight, len(values))
    return ratio(weights @ values, weights.sum(-1))


class Ranking(NamedTuple):
    """Rows taken from the best score down, in one step for each block of ties.

    Attributes
    ----------
    found, taken : ndarray
        Weight of the positives, and of all rows, after each step, from 0; shape (..., steps + 1).
    """

    found: Array
    taken: Array


def rank(truth: Array, score: Array, weight: Array | None = None) -> Ranking:
    """Sort once, for all metrics of a `Ranking`. ``truth`` is 0 or 1; the highest score comes first."""
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    ordered = np.asarray(score)[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))[: len(order)]
    weights = _weights(weight, len(order))[..., order]
    start = np.zeros((*weights.shape[:-1], 1))
    found = np.cumsum(weights * np.asarray(truth)[order], axis=-1)[..., last]
    taken = np.cumsum(weights, axis=-1)[..., last]
    return Ranking(np.concatenate([start, found], axis=-1), np.concatenate([start, taken], axis=-1))


def auroc(ranking: Ranking) -> Array:
    """Area under the ROC curve; a tie counts one half."""
    found, taken = ranking
    missed = taken - found
    area = (np.diff(missed) * (found[..., 1:] + found[..., :-1])).sum(-1) / 2
    return ratio(area, found[..., -1] * missed[..., -1])


def average_precision(ranking: Ranking) -> Array:
    """Precision, summed over the steps of recall; as scikit-learn defines it."""
    found, taken = ranking
    precision = np.nan_to_num(ratio(found[..., 1:], taken[..., 1:]))
    return ratio((np.diff(found) * precision).sum(-1), found[..., -1])


def enrichment(ranking: Ranking, fraction: float = 0.01) -> Array:
    """Hit rate among the best ``fraction`` of the rows, divided by the hit rate among all.

    The number of rows taken is rounded up. If it ends within a block of ties, the hits are those expected
    from a random order of the block.
    """
    found, taken = ranking
    take = _taken(taken[..., -1:], fraction)
    taken_of_step = np.clip(np.nan_to_num(ratio(take - taken[..., :-1], np.diff(taken))), 0, 1)
    hits = (np.diff(found) * taken_of_step).sum(-1)
    return ratio(hits * taken[..., -1], take[..., 0] * found[..., -1])


def max_enrichment(ranking: Ranking, fraction: float = 0.01) -> Array:
    """The highest `enrichment` that any ranking of these labels could reach."""
    positives, rows = ranking.found[..., -1], ranking.taken[..., -1]
    take = _taken(rows, fraction)
    return ratio(np.minimum(take, positives) * rows, take * positives)


def _taken(rows: Array, fraction: float) -> Array:
    return np.ceil(fraction * rows - 1e-9)  # 0.07 * 100 is a little more than 7


def bedroc(ranking: Ranking, alpha: float = 20.0) -> Array:
    """Boltzmann-enhanced discrimination of ROC (Truchon and Bayly, J. Chem. Inf. Model. 2007, 47:488).

    1 if all positives come first, 0 if they come last. Each of several tied rows gets the mean exponential
    of their ranks: the value expected from a random order among them.
    """
    found, taken = ranking
    positives, rows = found[..., -1:], taken[..., -1:]
    fall = -np.diff(np.exp(-alpha * ratio(taken, rows)))
    per_row = np.nan_to_num(ratio(fall, np.diff(taken)))
    total = (np.diff(found) * per_row).sum(-1, keepdims=True)
    rie = ratio(rows * total, positives * (1 - np.exp(-alpha)))
    share = ratio(positives, rows)
    best = ratio(1 - np.exp(-alpha * share), share * (1 - np.exp(-alpha)))
    worst = ratio(1 - np.exp(alpha * share), share * (1 - np.exp(alpha)))
    return np.where(share == 1, np.nan, ratio(rie - worst, best - worst))[..., 0][()]


def work_saved(ranking: Ranking, recall: float = 0.95) -> Array:
    """Fraction of the rows that need not be read to find 95 % of the positives, less the 5 % missed (WSS@95).

    Rows are read from the best score down; a random order saves nothing (Cohen et al., J. Am. Med. Inform.
    Assoc. 2006, 13:206). If the last positive lies within a block of ties, as much of the block is read as
    expected in a random order.
    """
    found, taken = ranking
    need = np.minimum(_taken(found[..., -1:], recall), found[..., -1:])
    before, rows, positives = found[..., :-1], np.diff(taken), np.diff(found)
    # In a random order the j-th of w positives among m rows is expected at j (m + 1) / (w + 1).
    last = (need - before) * (rows + 1) / (positives + 1)
    read = np.where(found[..., 1:] < need, rows, np.where(before < need, last, 0.0)).sum(-1)
    saved = ratio(taken[..., -1] - read, taken[..., -1]) - (1 - recall)
    return np.where(found[..., -1] > 0, saved, np.nan)[()]


def prevalence(ranking: Ranking) -> Array:
    """Fraction of the rows that are positive."""
    return ratio(ranking.found[..., -1], ranking.taken[..., -1])


def confusion(truth: Array, predicted: Array, classes: int, weight: Array | None = None) -> Array:
    """Counts of shape (..., classes, classes): true class by predicted class."""
    pair = np.asarray(truth, np.int64) * classes + np.asarray(predicted, np.int64)
    counts = _counted(pair, _weights(weight, len(pair)), classes * classes)
    return counts.reshape(*counts.shape[:-1], classes, classes)


def _counted(index: Array, weights: Array, size: int) -> Array:
    """Sum of the weights at each index, shape (..., size)."""
    counts = np.empty((*weights.shape[:-1], size))
    for resample in np.ndindex(counts.shape[:-1]):
        counts[resample] = np.bincount(index, weights[resample], size)
    return counts


def accuracy(table: Array) -> Array:
    """Fraction of the rows on the diagonal of a `confusion`."""
    return ratio(np.trace(table, axis1=-2, axis2=-1), table.sum((-2, -1)))


def recall(table: Array) -> Array:
    """Recall of each class, NaN for a class without rows."""
    return ratio(np.diagonal(table, axis1=-2, axis2=-1), table.sum(-1))


def precision(table: Array) -> Array:
    """Precision of each class, NaN for a class never predicted."""
    return ratio(np.diagonal(table, axis1=-2, axis2=-1), table.sum(-2))


def f1(table: Array) -> Array:
    """F1 of each class, NaN for a class without rows."""
    true, predicted = table.sum(-1), table.sum(-2)
    values = ratio(2 * np.diagonal(table, axis1=-2, axis2=-1), true + predicted)
    return np.where(true > 0, values, np.nan)


def mcc(table: Array) -> Array:
    """Matthews correlation, for several classes Gorodkin's R_K; 0 if only one is true or predicted."""
    true, predicted, rows = table.sum(-1), table.sum(-2), table.sum((-2, -1))
    correct = np.trace(table, axis1=-2, axis2=-1)
    variances = (rows**2 - (true**2).sum(-1)) * (rows**2 - (predicted**2).sum(-1))
    value = np.nan_to_num(ratio(correct * rows - (true * predicted).sum(-1), np.sqrt(variances)))
    return np.where(rows > 0, value, np.nan)[()]


def brier(truth: Array, p: Array, weight: Array | None = None) -> Array:
    """Mean squared difference of probability and outcome."""
    return mean((np.asarray(truth) - p) ** 2, weight)


def bin_of(p: Array, bins: int = BINS) -> Array:
    """The equal-width bin of each probability; 1 belongs to the last."""
    return np.minimum((np.asarray(p) * bins).astype(np.int64), bins - 1)


def calibration_error(truth: Array, p: Array, weight: Array | None = None, bins: int = BINS) -> Array:
    """Expected calibration error: |mean outcome - mean probability| of equal-width bins, weighted by size."""
    weights = _weights(weight, len(p))
    gaps = (np.asarray(truth) - p)[:, None] * (bin_of(p, bins)[:, None] == np.arange(bins))
    return ratio(np.abs(weights @ gaps).sum(-1), weights.sum(-1))


def rmse(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Root of the mean squared error."""
    return np.sqrt(mean((truth - value) ** 2, weight))


def mae(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Mean absolute error."""
    return mean(np.abs(truth - value), weight)


def r2(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Coefficient of determination against the mean of these labels; NaN if they are all equal."""
    weights = _weights(weight, len(truth))
    centre = np.asarray(mean(truth, weights))[..., None]
    total = _nonzero((weights * (truth - centre) ** 2).sum(-1), (weights * np.square(truth)).sum(-1))
    return 1 - ratio((weights * (truth - value) ** 2).sum(-1), total)


def pearson(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Pearson correlation; NaN if truth or values are constant. Its square is the r² of a fitted line."""
    weights = _weights(weight, len(truth))
    one, other = (np.asarray(v, np.float64) for v in (truth, value))
    centred = [v - np.asarray(mean(v, weights))[..., None] for v in (one, other)]
    scales = [(weights * np.square(v)).sum(-1) for v in (one, other)]
    sums = [_nonzero((weights * c**2).sum(-1), scale) for c, scale in zip(centred, scales, strict=True)]
    return ratio((weights * centred[0] * centred[1]).sum(-1), np.sqrt(sums[0] * sums[1]))


def spearman(truth: Array, value: Array, weight: Array | None = None) -> Array:
    """Pearson correlation of the mid-ranks; NaN if truth or values are constant."""
    weights = _weights(weight, len(truth))
    one, other = (_centred_ranks(np.asarray(v), weights) for v in (truth, value))
    variances = (weights * one**2).sum(-1) * (weights * other**2).sum(-1)
    return ratio((weights * one * other).sum(-1), np.sqrt(_nonzero(variances, weights.sum(-1))))


def _centred_ranks(values: Array, weights: Array) -> Array:
    distinct, inverse = np.unique(values, return_inverse=True)
    size = _counted(inverse, weights, len(distinct))
    ranks = (np.cumsum(size, axis=-1) - size / 2)[..., inverse]
    return ranks - np.asarray(ratio((weights * ranks).sum(-1), weights.sum(-1)))[..., None]


def c_index(time: Array, event: Array, risk: Array, weight: Array | None = None) -> Array:
    """Harrell's C of risks, see `numeric.survival.concordance`; NaN if no pair can be compared."""
    weights = np.atleast_2d(_weights(weight, len(time)))
    right, pairs = pair_weights(time, event, risk, weights)
    found = np.asarray(ratio(right, pairs))
    return found if weight is not None and np.ndim(weight) > 1 else found[0]


def _nonzero(value: Array, scale: Array) -> Array:
    """``value`` with rounding noise set to 0."""
    return np.where(value <= 1e-20 * scale, 0.0, value)
