"""How much base learners count beside a network: laws of the blend, and of the choice."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.learning.stacking import Blend, offered
from riboswitch.modalities import find

TASKS = {
    "regression": Task("regression", ("u", "v")),
    "binary": Task("binary", ("a", "b")),
    "multiclass": Task("multiclass", ("c",), ("p", "q", "r")),
}
KINDS = st.sampled_from(sorted(TASKS))
ROWS = 400
ALONE = Blend((1.0, 0.0))


def case(kind, noises=(1.0,), seed=0, rows=ROWS):
    """Labels, and the answers of methods whose errors are independent and of these sizes."""
    task, rng = TASKS[kind], np.random.default_rng(seed)
    signal = rng.normal(size=(rows, len(task.outputs))) * 3
    if kind == "regression":
        labels, squash = signal * 1.0, lambda x: x
    elif kind == "binary":
        labels, squash = (rng.random(signal.shape) < expit(signal)) * 1.0, expit
    else:
        labels = (signal + rng.gumbel(size=signal.shape)).argmax(1, keepdims=True) * 1.0  # a softmax's draws
        squash = partial(softmax, axis=1)
    labels[rng.random(labels.shape) < 0.1] = np.nan
    return task, labels, [squash(signal + n * rng.normal(size=signal.shape)) for n in noises]


@settings(max_examples=30, deadline=None)
@given(
    kind=KINDS,
    weight=st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0)),
    temperature=st.floats(0.2, 5),
    seed=st.integers(0, 99),
)
def test_a_mean_of_predictions_is_a_prediction(kind, weight, temperature, seed):
    task, _, (network, forest) = case(kind, (1, 2), seed, rows=20)
    out = Blend((weight, 1 - weight), temperature)(task, [network, forest])
    assert out.shape == network.shape and np.isfinite(out).all()
    if kind != "regression":
        assert ((out >= 0) & (out <= 1)).all()
    if kind == "multiclass":
        np.testing.assert_allclose(out.sum(1), 1)
    if weight == 1:
        np.testing.assert_array_equal(out, network)
    same = Blend((weight, 1 - weight))(task, [network, network])
    np.testing.assert_allclose(same, network, atol=1e-5)


@pytest.mark.parametrize("kind", TASKS)
def test_methods_with_different_errors_are_combined(kind):
    task, labels, (network, forest) = case(kind, (2.0, 2.0))
    blend = Blend.choose(task, [network, forest], labels, np.ones(ROWS))
    assert blend.weight in (0.25, 0.5, 0.75)


@pytest.mark.parametrize("kind", TASKS)
def test_a_forest_without_skill_is_left_out(kind):
    task, labels, (network,) = case(kind, (0.1,))
    nothing = np.full_like(network, np.nanmean(labels) if kind == "regression" else 1 / network.shape[1])
    assert Blend.choose(task, [network, nothing], labels, np.ones(ROWS)) == ALONE


@pytest.mark.parametrize("kind", TASKS)
def test_a_network_without_skill_is_left_out(kind):
    task, labels, (forest,) = case(kind, (0.1,))
    nothing = np.full_like(forest, np.nanmean(labels) if kind == "regression" else 1 / forest.shape[1])
    assert Blend.choose(task, [nothing, forest], labels, np.ones(ROWS)).weight == 0


@pytest.mark.parametrize("kind", TASKS)
def test_a_forest_with_the_same_predictions_is_left_out(kind):
    task, labels, (network,) = case(kind, (0.5,))
    fitted = Blend.choose(task, [network, network], labels, np.ones(ROWS))
    calibrated = Blend((0.5, 0.5), fitted.temperature)(task, [network, network])
    assert Blend.choose(task, [calibrated, calibrated], labels, np.ones(ROWS)) == ALONE


@pytest.mark.parametrize("kind", TASKS)
def test_rows_without_weight_do_not_choose(kind):
    task, labels, (good, bad) = case(kind, (0.1, 9.0))
    weights = np.r_[np.ones(ROWS // 2), np.zeros(ROWS // 2)]
    first = weights[:, None] == 1
    blend = Blend.choose(task, [np.where(first, bad, good), np.where(first, good, bad)], labels, weights)
    assert blend.weight < 0.5


@pytest.mark.parametrize("kind", TASKS)
def test_without_labels_the_network_stays_alone(kind):
    task, labels, (network, forest) = case(kind, (1, 1))
    assert Blend.choose(task, [network, forest], labels * np.nan, np.ones(ROWS)) == ALONE
    none = network[:0]
    assert Blend.choose(task, [none, none], labels[:0], np.ones(0)) == ALONE


def test_the_temperature_of_sure_wrong_predictions_is_finite():
    task = TASKS["binary"]
    truth = np.array([[0.0, 1.0]] * 50)
    blend = Blend.choose(task, [np.full((50, 2), 0.5), 1 - truth], truth, np.ones(50))
    assert np.isfinite(blend.temperature)


def test_of_three_the_two_that_know_are_chosen():
    task, labels, (one, other) = case("multiclass", (2.0, 2.0))
    nothing = np.full_like(one, 1 / 3)
    weights = Blend.choose(task, [nothing, one, other], labels, np.ones(ROWS)).weights
    assert weights[0] == 0 and min(weights[1:]) > 0 and sum(weights) == 1


def test_the_middle_of_weights_is_the_median_of_each():
    blends = [Blend((1, 0), 1), Blend((0.5, 0.5), 1.2), Blend((0.25, 0.75), 2)]
    assert Blend.middle(blends) == Blend((0.5, 0.5), 1.2)
    assert Blend.middle([ALONE, ALONE]) == ALONE
    three = [Blend((0.5, 0.5, 0)), Blend((0.5, 0, 0.5)), Blend((0.25, 0.5, 0.25))]
    assert sum(Blend.middle(three).weights) == pytest.approx(1)
    apart = [Blend((1, 0, 0)), Blend((0, 1, 0)), Blend((0, 0, 1))]
    assert Blend.middle(apart).weights == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_tasks_for_each_position_have_no_base_learners():
    task = Task("multiclass", ("y",), ("a", "b"), "position")
    with pytest.raises(UsageError, match="only networks predict a label for each position"):
        offered(task, find("sequence"), {"modality": "sequence", "alphabet": "dna"})


@pytest.mark.parametrize("kind", TASKS)
def test_fixed_weights_stay_and_only_the_temperature_is_fitted(kind):
    task, labels, answers = case(kind, (1.0, 0.1, 3.0))
    start = (0.2, 0.5, 0.3)
    blend = Blend.choose_near(start, np.inf, task, answers, labels, np.ones(ROWS))
    assert blend.weights == start
    assert (blend.temperature == 1) == (kind == "regression")
    assert Blend.choose_near(start, np.inf, task, answers, labels * np.nan, np.ones(ROWS)) == Blend(start)


@pytest.mark.parametrize("kind", TASKS)
def test_few_rows_stay_near_the_start_and_many_leave_it(kind):
    task, labels, answers = case(kind, (3.0, 0.1))
    start, few = (0.9, 0.1), slice(0, 4)
    far = Blend.choose_near(start, 10, task, answers, labels, np.ones(ROWS))
    near = Blend.choose_near(start, 1e4, task, [a[few] for a in answers], labels[few], np.ones(4))
    assert far.weight < 0.5 and near.weights == start
