"""Kernel ridge: laws of its predictions, with closed forms and brute force as oracles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from riboswitch.learning.base_learners.kernel_ridge import (
    JITTER,
    PENALTIES,
    fit_line,
    fit_lines,
    fit_ridge,
    probabilities,
)

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 3))
VALUES = np.stack([np.sin(POINTS[:, 0]) + POINTS[:, 1], POINTS[:, 2] ** 2], 1) + 0.1 * RNG.normal(
    size=(60, 2)
)
WEIGHTS = RNG.uniform(0.5, 2, 60)
ALL = np.arange(60)


def kernel(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.exp(-((some[:, None] - others[None]) ** 2).sum(2) / 4)


def near(chosen: np.ndarray):
    return lambda rows: kernel(POINTS[rows], POINTS[chosen])


def refitted(penalty: float, kept: np.ndarray, row: int, column: int, mean: float, scale: float) -> float:
    """What a ridge of this penalty without the row predicts for it; mean and weights stay those of all."""
    own = kernel(POINTS[kept], POINTS[kept]) + JITTER * np.eye(len(kept))
    inverse = np.linalg.inv(own + np.diag(penalty / (WEIGHTS[kept] / scale)))
    return float(kernel(POINTS[[row]], POINTS[kept])[0] @ inverse @ (VALUES[kept, column] - mean))


def test_left_out_predictions_are_those_of_fits_without_the_row():
    ridge, without = fit_ridge(near(ALL), ALL, VALUES, WEIGHTS)
    for column in range(2):
        mean = float(ridge.mean[column])
        errors = {}
        for penalty in PENALTIES:
            alone = [refitted(penalty, np.delete(ALL, r), r, column, mean, WEIGHTS.mean()) for r in ALL]
            errors[penalty] = np.average((np.array(alone) + mean - VALUES[:, column]) ** 2, weights=WEIGHTS)
            if errors[penalty] == min(errors.values()):
                best = np.array(alone) + mean
        np.testing.assert_allclose(without[:, column], best, atol=1e-6)


def test_all_rows_as_landmarks_are_the_exact_solution_in_any_order():
    order = np.random.default_rng(1).permutation(60)
    exact, _ = fit_ridge(near(ALL), ALL, VALUES, WEIGHTS)
    turned, _ = fit_ridge(near(order), order, VALUES, WEIGHTS)
    np.testing.assert_allclose(turned.coefficients, exact.coefficients[order], atol=1e-6)


def test_some_landmarks_predict_nearly_as_well_and_left_out_rows_stay_honest():
    some = np.arange(0, 60, 2)
    ridge, without = fit_ridge(near(some), some, VALUES, WEIGHTS)
    fitted = kernel(POINTS, POINTS[some]) @ ridge.coefficients + ridge.mean
    assert np.abs(fitted - VALUES).mean() < 0.5 * np.abs(VALUES - VALUES.mean(0)).mean()
    assert (np.square(without - VALUES).mean(0) > np.square(fitted - VALUES).mean(0)).all()


def test_gaps_are_not_learned_from():
    values = VALUES.copy()
    values[::3, 0] = np.nan
    ridge, without = fit_ridge(near(ALL), ALL, values, WEIGHTS)
    assert (ridge.coefficients[::3, 0] == 0).all() and np.isnan(without[::3, 0]).all()
    known = np.flatnonzero(~np.isnan(values[:, 0]))
    alone, _ = fit_ridge(
        lambda rows: kernel(POINTS[known[rows]], POINTS[known]), np.arange(len(known)), VALUES[known, :1],
        WEIGHTS[known],
    )  # fmt: skip
    np.testing.assert_allclose(ridge.coefficients[known, 0], alone.coefficients[:, 0], atol=1e-9)


@pytest.mark.parametrize("slope", [2.0, 8.0])
def test_the_line_of_the_odds_is_found(slope):
    scores = RNG.uniform(-0.5, 1.5, 20_000)
    labels = (RNG.random(20_000) < expit(slope * scores - 3)) * 1.0
    found = fit_line(scores, labels, np.ones(20_000))
    np.testing.assert_allclose(found, [slope, -3], atol=0.2)


def test_rows_of_one_class_give_finite_odds():
    slope, offset = fit_line(np.zeros(9), np.zeros(9), np.ones(9))
    assert np.isfinite([slope, offset]).all() and expit(offset) < 0.1


def test_probabilities_of_classes_sum_to_one():
    scores = np.eye(3)[RNG.integers(0, 3, 500)] + 0.3 * RNG.normal(size=(500, 3))
    slope, offset = fit_lines(scores, scores.argmax(1), np.ones(500))
    made = probabilities(scores, np.full(3, slope), offset, several=True)
    np.testing.assert_allclose(made.sum(1), 1)
    assert (made.argmax(1) == scores.argmax(1)).mean() > 0.95
