"""Losses: gaps teach nothing, weights are repetition, calibration changes no decision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import log_softmax
from sklearn.metrics import matthews_corrcoef

from riboswitch.data.task import Task
from riboswitch.learning.loss import (
    LabelScale,
    Loss,
    activate,
    best_thresholds,
    class_weights,
    fit_temperature,
)

KINDS = {
    "regression": Task("regression", ("x", "y")),
    "binary": Task("binary", ("x", "y")),
    "multiclass": Task("multiclass", ("x",), ("a", "b", "c")),
}
RAW = st.integers(-64, 64).map(lambda n: n / 8)


@st.composite
def cases(draw, least=1):
    task = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    n, targets = draw(st.integers(least, 8)), len(task.targets)
    cell = {
        "regression": RAW,
        "binary": st.sampled_from([0.0, 1.0]),
        "multiclass": st.sampled_from([0.0, 1, 2]),
    }
    labels = draw(hnp.arrays(np.float64, (n, targets), elements=cell[task.kind] | st.just(np.nan)))
    outputs = draw(hnp.arrays(np.float64, (n, len(task.outputs)), elements=RAW))
    weights = draw(hnp.arrays(np.float64, n, elements=st.integers(1, 3).map(float)))
    balance = None if task.kind == "regression" else class_weights(task, labels, draw(st.floats(0, 1)))
    return task, outputs, labels, weights, balance, draw(st.sampled_from([0.0, 0.1]))


def value(task, outputs, labels, weights, balance, smoothing):
    tensors = [torch.tensor(a, dtype=torch.float64) for a in (outputs, labels, weights)]
    tensors[0].requires_grad_()
    loss = Loss(task, balance, smoothing)(*tensors)
    loss.backward()
    return loss.item(), tensors[0].grad.numpy()


@given(cases())
def test_missing_labels_change_no_gradient(case):
    task, outputs, labels, weights, balance, smoothing = case
    loss, gradient = value(*case)
    assert np.isfinite(loss) and np.isfinite(gradient).all()
    gap = np.isnan(labels)
    assert not gradient[np.broadcast_to(gap, gradient.shape)].any()
    kept = ~gap.all(1)
    if kept.any():
        rest = value(task, outputs[kept], labels[kept], weights[kept], balance, smoothing)[0]
        assert loss == pytest.approx(rest)


@given(cases())
def test_a_weight_is_a_number_of_copies(case):
    task, outputs, labels, weights, balance, smoothing = case
    copies = np.repeat(np.arange(len(weights)), weights.astype(int))
    repeated = value(task, outputs[copies], labels[copies], np.ones(len(copies)), balance, smoothing)[0]
    assert value(*case)[0] == pytest.approx(repeated)
    doubled = value(task, outputs, labels, 2 * weights, balance, smoothing)[0]
    assert value(*case)[0] == pytest.approx(doubled)


@given(cases(), st.floats(0.2, 5))
def test_temperature_changes_no_decision(case, temperature):
    task, outputs, labels, weights, *_ = case
    scale = LabelScale((0.0,), (1.0,))
    if task.kind != "regression":
        cool, warm = activate(task, outputs, scale, 1.0), activate(task, outputs, scale, temperature)
        assert ((cool >= 0) & (cool <= 1)).all()
        if task.kind == "multiclass":
            assert (outputs[np.arange(len(outputs)), warm.argmax(1)] == outputs.max(1)).all()
        else:
            assert ((warm > 0.5) == (outputs / temperature > 0)).all()
    fitted = fit_temperature(task, outputs, labels, weights)
    assert np.exp(-2) <= fitted <= np.exp(2)


def test_the_fitted_temperature_is_the_best_of_a_grid():
    rng = np.random.default_rng(0)
    task, raw = KINDS["multiclass"], rng.normal(size=(300, 3)) * 3
    labels = np.array([rng.choice(3, p=np.exp(log_softmax(row / 2.5))) for row in raw])

    def loss(t):
        return -log_softmax(raw / t, axis=1)[np.arange(300), labels].mean()

    fitted = fit_temperature(task, raw, labels[:, None] * 1.0, np.ones(300))
    assert loss(fitted) <= min(map(loss, np.exp(np.linspace(-2, 2, 401)))) + 1e-5
    assert fitted == pytest.approx(2.5, rel=0.3)


@given(hnp.arrays(np.float64, (5, 2), elements=st.floats(-1e3, 1e3) | st.just(np.nan)))
def test_label_scaling_is_undone(labels):
    scale = LabelScale.fit(KINDS["regression"], labels)
    assert np.isfinite([*scale.mean, *scale.sd]).all() and min(scale.sd) > 0
    np.testing.assert_allclose(scale.undo(scale.apply(labels)), labels, atol=1e-9)
    for column in scale.apply(labels).T:
        known = column[~np.isnan(column)]
        assert len(known) == 0 or known.mean() == pytest.approx(0, abs=1e-4)


def test_classes_are_not_scaled():
    assert LabelScale.fit(KINDS["binary"], np.zeros((3, 2))) == LabelScale((0.0, 0.0), (1.0, 1.0))


@given(cases(), st.floats(0, 1))
def test_class_weights_are_one_on_average(case, power):
    task, labels = case[0], case[2]
    if task.kind == "regression":
        return
    for t, weights in enumerate(class_weights(task, labels, power)):
        known = labels[~np.isnan(labels[:, t]), t].astype(int)
        if len(known):
            assert weights[known].mean() == pytest.approx(1)
            assert class_weights(task, labels, 0.0)[t][known] == pytest.approx(np.ones(len(known)))


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, np.nan]), st.sampled_from([1e-9, 2e-9, 0.1, 0.3, 0.5, 0.9])),
        min_size=1,
        max_size=12,
    )
)
def test_no_cut_off_has_a_higher_mcc(rows):
    labels, scores = (np.array(column)[:, None] for column in zip(*rows, strict=True))
    (chosen,) = best_thresholds(Task("binary", ("x",)), labels, scores)
    known = ~np.isnan(labels[:, 0])
    truth, known_scores = labels[known, 0].astype(int), scores[known, 0]
    if len(set(truth.tolist())) < 2:
        assert chosen == 0.5
        return

    def mcc(cut):
        return matthews_corrcoef(truth, (known_scores >= cut).astype(int))

    assert 0 < chosen < 1
    assert mcc(chosen) == pytest.approx(max(mcc(cut) for cut in [*known_scores, 2.0]))


def test_many_rows_do_not_overflow_and_other_tasks_have_no_cut_off():
    truth = np.arange(400_000) % 2 * 1.0
    (chosen,) = best_thresholds(Task("binary", ("x",)), truth[:, None], (0.2 + 0.6 * truth)[:, None])
    assert chosen == pytest.approx(0.5)
    assert best_thresholds(KINDS["regression"], truth[:, None], truth[:, None]) == []


@settings(deadline=None)
@given(cases(least=2), st.floats(0, 1))
def test_sure_probabilities_teach_what_the_labels_themselves_do(case, power):
    task, raw, labels, weights = case[:4]
    if task.kind == "regression":
        return
    soft = labels
    if task.kind == "multiclass":
        soft = np.where(np.isnan(labels), np.nan, labels == np.arange(len(task.classes)))
    tensors = [torch.tensor(a, dtype=torch.float64) for a in (raw, weights)]
    losses = []
    for these in (labels, soft):
        balance = class_weights(task, these, power)
        losses.append(Loss(task, balance)(tensors[0], torch.tensor(these), tensors[1]).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-6, abs=1e-9)


def test_a_network_that_gives_the_probabilities_of_its_teacher_has_the_least_loss():
    task, p = KINDS["multiclass"], np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    loss = Loss(task, None)
    best = loss(torch.log(torch.tensor(p)), torch.tensor(p), torch.ones(2)).item()
    entropy = -(p * np.log(p)).sum(1).mean()
    assert best == pytest.approx(entropy)
    for other in ([[0.3, 0.3, 0.4], [0.7, 0.2, 0.1]], [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]):
        assert loss(torch.log(torch.tensor(other)), torch.tensor(p), torch.ones(2)).item() > best


@st.composite
def censored_cases(draw):
    n = draw(st.integers(1, 6))
    outputs = draw(hnp.arrays(np.float64, (n, 2), elements=RAW))
    labels = draw(hnp.arrays(np.float64, (n, 2), elements=RAW | st.just(np.nan)))
    ends = np.sort(draw(hnp.arrays(np.float64, (n, 2, 2), elements=RAW)), axis=-1)
    kind = draw(hnp.arrays(np.int64, (n, 2), elements=st.integers(0, 3)))
    ends[kind == 1, 1], ends[kind == 2, 0] = np.inf, -np.inf
    ends[(kind == 0) | ~np.isnan(labels)] = np.nan
    return outputs, labels, draw(hnp.arrays(np.float64, n, elements=st.integers(1, 3).map(float))), ends


def censored_value(outputs, labels, weights, bounds):
    tensors = [torch.tensor(a, dtype=torch.float64) for a in (outputs, labels, weights, bounds)]
    tensors[0].requires_grad_()
    loss = Loss(KINDS["regression"], None)(*tensors)
    loss.backward()
    return loss.item(), tensors[0].grad.numpy()


@given(censored_cases())
def test_a_bound_costs_the_squared_distance_to_it(case):
    outputs, labels, weights, bounds = case
    loss, gradient = censored_value(*case)
    truth = np.where(np.isnan(bounds[..., 0]), labels, np.clip(outputs, bounds[..., 0], bounds[..., 1]))
    known, expected = ~np.isnan(truth), 0.0
    if known.any():
        weight = weights[:, None] * known
        expected = (np.nan_to_num(outputs - truth) ** 2 * weight).sum() / weight.sum()
    assert loss == pytest.approx(expected) and np.isfinite(gradient).all()
    within = ~np.isnan(bounds[..., 0]) & (truth == outputs)
    assert not gradient[within].any()


@given(censored_cases(), st.floats(0, 9))
def test_moving_a_bound_that_stays_satisfied_changes_no_gradient(case, by):
    outputs, labels, weights, bounds = case
    satisfied = (outputs >= bounds[..., 0]) & (outputs <= bounds[..., 1])
    moved = bounds.copy()
    moved[..., 0] = np.where(satisfied, np.minimum(bounds[..., 0] + by, outputs), bounds[..., 0])
    moved[..., 1] = np.where(satisfied, np.maximum(bounds[..., 1] - by, outputs), bounds[..., 1])
    one, other = (
        censored_value(outputs, labels, weights, bounds),
        censored_value(outputs, labels, weights, moved),
    )
    assert one[0] == other[0] and np.array_equal(one[1], other[1])


@given(censored_cases(), st.randoms(use_true_random=False))
def test_order_and_rows_without_labels_do_not_matter(case, random):
    order = random.sample(range(len(case[0])), len(case[0]))
    shuffled = [array[order] for array in case]
    assert censored_value(*shuffled)[0] == pytest.approx(censored_value(*case)[0])
    padded = [np.concatenate([array, np.full_like(array[:1], fill)]) for array, fill in
              zip(case, (3.0, np.nan, 1.0, np.nan), strict=True)]  # fmt: skip
    loss, gradient = censored_value(*padded)
    assert loss == pytest.approx(censored_value(*case)[0]) and not gradient[-1].any()


@given(cases())
def test_without_bounds_the_loss_is_the_same_to_the_bit(case):
    task, outputs, labels, weights, *_ = case
    if task.kind == "regression":
        none = np.full((*labels.shape, 2), np.nan)
        assert censored_value(outputs, labels, weights, none)[0] == value(*case)[0]


@given(censored_cases())
def test_scaling_bounds_is_scaling_their_ends(case):
    bounds = case[3]
    scale = LabelScale((1.0, -2.0), (2.0, 0.5))
    for end in (0, 1):
        assert np.array_equal(
            scale.apply_to_bounds(bounds)[..., end], scale.apply(bounds[..., end]), equal_nan=True
        )
