"""Noise on answers: the budget adds up, means stay right, and nobody can take the noise away."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.learning.distilling.noise import Budget, noisy

budgets = st.builds(Budget, st.floats(0.01, 50), st.floats(1e-12, 0.1))


@given(budgets)
def test_the_budget_is_that_of_its_concentrated_form(budget):
    """Bun and Steinke, proposition 1.3: rho-zCDP is (rho + 2 sqrt(rho log(1/delta)), delta)-DP."""
    spent = budget.rho + 2 * math.sqrt(budget.rho * math.log(1 / budget.delta))
    assert spent == pytest.approx(budget.epsilon, rel=1e-6)


@given(budgets, st.integers(1, 10**6), st.floats(0.1, 10))
def test_noise_grows_with_the_root_of_the_number_of_answers(budget, answers, width):
    one = budget.deviation(1, width)
    assert budget.deviation(answers, width) == pytest.approx(one * math.sqrt(answers))
    assert answers * width**2 / (2 * budget.deviation(answers, width) ** 2) == pytest.approx(budget.rho)
    assert Budget(2 * budget.epsilon, budget.delta).deviation(answers, width) < budget.deviation(
        answers, width
    )


def test_means_stay_right_gaps_stay_and_two_runs_differ():
    answers = np.full((20_000, 1), 0.75)
    answers[::2] = np.nan
    found, deviation = noisy(answers, 0.0, 1.0, Budget(5000.0, 1e-6))
    assert np.isnan(found[::2]).all()
    values = found[1::2]
    assert values.mean() == pytest.approx(0.75, abs=5 * deviation / 100)
    assert values.std() == pytest.approx(deviation, rel=0.05)
    assert not np.array_equal(found, noisy(answers, 0.0, 1.0, Budget(5000.0, 1e-6))[0], equal_nan=True)


def test_answers_are_clipped_before_not_after():
    found, _ = noisy(np.full((5000, 1), 9.0), 0.0, 1.0, Budget(1e5, 1e-6))
    assert found.mean() == pytest.approx(1.0, abs=0.05) and (found > 1).any()
