"""Times to an event: likelihood, hazard and concordance against plain sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.evaluation.metrics import c_index
from riboswitch.learning.base_learners.cox import Cox, residuals
from riboswitch.learning.loss import partial_likelihood
from riboswitch.numeric.survival import concordance, cumulative_hazard, disorder, partial_loss


@st.composite
def cohorts(draw):
    rows = draw(st.integers(2, 9))
    time = draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows))
    event = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    risk = draw(st.lists(st.integers(-6, 6), min_size=rows, max_size=rows))
    weight = draw(st.lists(st.integers(1, 3), min_size=rows, max_size=rows))
    return tuple(np.array(each, float) for each in (time, event, np.array(risk) / 2, weight))


def spelled(time, event, risk, weight):
    """Efron's likelihood, tie by tie."""
    loss = 0.0
    for t in np.unique(time[event == 1]):
        dead = (time == t) & (event == 1)
        at_risk, tied = (weight * np.exp(risk))[time >= t].sum(), (weight * np.exp(risk))[dead].sum()
        mean = weight[dead].mean()
        loss -= (weight * risk)[dead].sum()
        loss += mean * sum(np.log(at_risk - k / dead.sum() * tied) for k in range(dead.sum()))
    return loss


@given(cohorts())
def test_the_likelihood_is_that_of_efron_and_its_slope_is_right(cohort):
    time, event, risk, weight = cohort
    loss, slope = partial_loss(risk, time, event, weight)
    assert loss == pytest.approx(spelled(*cohort), abs=1e-9)
    tensor = torch.tensor(risk, requires_grad=True)
    of_torch = partial_likelihood(tensor, torch.tensor(np.stack([time, event], 1)), torch.tensor(weight))
    of_torch.backward()
    events = (weight * event).sum()
    assert of_torch.item() * max(events, 1) == pytest.approx(loss if events else 0, abs=1e-9)
    np.testing.assert_allclose(tensor.grad.numpy() * max(events, 1), slope, atol=1e-9)


@given(cohorts(), st.randoms(use_true_random=False))
def test_order_a_shift_and_rows_without_a_label_change_nothing(cohort, random):
    time, event, risk, weight = cohort
    order = list(range(len(time)))
    random.shuffle(order)
    loss = partial_loss(risk, time, event, weight)[0]
    assert partial_loss((risk + 3)[order], time[order], event[order], weight[order])[0] == pytest.approx(
        loss, abs=1e-8
    )
    labels = np.concatenate([np.stack([time, event], 1), [[np.nan, np.nan]]])
    tensors = [torch.tensor(each) for each in (np.append(risk, 9.0), labels, np.append(weight, 5.0))]
    alone = [torch.tensor(each) for each in (risk, labels[:-1], weight)]
    assert partial_likelihood(*tensors).item() == pytest.approx(partial_likelihood(*alone).item(), abs=1e-9)


@given(cohorts())
def test_concordance_counts_pairs_and_weights_are_copies(cohort):
    time, event, risk, weight = cohort
    right = pairs = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                pairs += weight[i] * weight[j]
                right += weight[i] * weight[j] * (1.0 if risk[i] > risk[j] else 0.5 * (risk[i] == risk[j]))
    found = concordance(time, event, risk, weight)
    assert np.isnan(found) if pairs == 0 else found == pytest.approx(right / pairs)
    copies = np.repeat(np.arange(len(time)), weight.astype(int))
    np.testing.assert_allclose(concordance(time[copies], event[copies], risk[copies]), found, equal_nan=True)
    each = c_index(time, event, risk, np.stack([weight, np.ones(len(time))]))
    np.testing.assert_allclose(each, [found, concordance(time, event, risk)], equal_nan=True)


def test_the_share_of_wrong_pairs_of_each_row():
    wrong = disorder(np.array([1.0, 2, 3, np.nan]), np.array([1.0, 1, 0, np.nan]), np.array([0.0, 1, 1, 5]))
    np.testing.assert_allclose(wrong, [1, 0.75, 0.75, np.nan])


def test_the_hazard_is_events_over_rows_at_risk_and_residuals_sum_to_zero():
    time, event = np.array([1.0, 2, 2, 3]), np.array([1.0, 1, 0, 1])
    np.testing.assert_allclose(
        cumulative_hazard(time, event), [1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3 + 1]
    )
    found = residuals(np.concatenate([np.stack([time, event], 1), [[np.nan, np.nan]]]))
    assert np.isnan(found[-1, 0]) and found[:4].sum() == pytest.approx(0)


def test_cox_in_the_space_of_rows_is_cox_in_that_of_features():
    rng = np.random.default_rng(0)
    x, time, event = rng.normal(size=(12, 4)), rng.permutation(12).astype(float), np.ones(12)
    labels = np.stack([time, event], 1)
    narrow = Cox.fit(x, labels, strength=2.0)
    wide = Cox.fit(np.hstack([x, np.zeros((12, 20))]), labels, strength=2.0)
    np.testing.assert_allclose(wide.factors[:4], narrow.factors, atol=1e-4)
