"""The kernel of the stack: similarity with an oracle, and laws of the base learner."""

from __future__ import annotations

import numpy as np
import pytest

from drugs import DRUGS
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError
from riboswitch.modalities.molecule.base_learners import kernel
from riboswitch.modalities.molecule.base_learners.counts import counts, properties
from riboswitch.modalities.molecule.base_learners.kernel import Kernel, landmarks
from riboswitch.modalities.molecule.encode import encode

ARRAYS = encode({"molecule": DRUGS}, [*map(str, range(len(DRUGS)))])
ROWS = np.arange(len(DRUGS))
TASKS = {
    "regression": Task("regression", ("y", "z")),
    "binary": Task("binary", ("a", "b")),
    "multiclass": Task("multiclass", ("c",), ("p", "q", "r")),
}


def labels_of(kind: str) -> np.ndarray:
    rings = np.array([text.count("1") / 2 for text in DRUGS])
    if kind == "multiclass":
        return np.minimum(rings, 2)[:, None]
    other = np.array([text.count("N") for text in DRUGS]) * 1.0
    table = np.stack([rings, other], 1)
    table = table if kind == "regression" else (table > 1) * 1.0
    table[::7, 1] = np.nan
    return table


def fitted(kind: str) -> Kernel:
    return Kernel.fit(ARRAYS, ROWS, labels_of(kind), np.ones(len(ROWS)), TASKS[kind], seed=0)


def test_similarity_is_minmax_of_counts_and_a_gaussian_of_properties():
    one = fitted("regression")
    near = np.ascontiguousarray(one.counts.T), np.ascontiguousarray(one.places.T), one.share[0]
    made = kernel._similarities(one.counts, one.places, *near)
    environments = counts(ARRAYS).astype(float)
    standard = np.clip((properties(ARRAYS, ROWS) - one.mean) / one.sd, -6, 6)
    for i, j in [(0, 0), (0, 1), (3, 9), (11, 4)]:
        least = np.minimum(environments[i], environments[j]).sum()
        minmax = least / np.maximum(environments[i], environments[j]).sum()
        gaussian = np.exp(-((standard[i] - standard[j]) ** 2).mean() / 2)
        assert made[i, j] == pytest.approx(minmax + one.share[0] * gaussian, rel=1e-4)


@pytest.mark.parametrize("kind", TASKS)
def test_a_prediction_does_not_depend_on_the_other_molecules(kind):
    one = fitted(kind)
    whole = one.predict(ARRAYS, ROWS)
    alone = np.concatenate([one.predict(ARRAYS, ROWS[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(whole[:5], alone)
    np.testing.assert_array_equal(one.predict(ARRAYS, ROWS[::-1]), whole[::-1])


@pytest.mark.parametrize("kind", TASKS)
def test_it_learns_what_it_was_shown(kind):
    made, labels = fitted(kind).predict(ARRAYS, ROWS), labels_of(kind)
    if kind == "multiclass":
        assert (made.argmax(1) == labels[:, 0]).mean() > 0.9
        np.testing.assert_allclose(made.sum(1), 1)
    else:
        assert np.corrcoef(made[:, 0], labels[:, 0])[0, 1] > 0.9


def test_landmarks_hold_the_actives_and_are_drawn_from_the_others(monkeypatch):
    monkeypatch.setattr(kernel, "LANDMARKS", 10)
    labels = np.zeros((200, 1))
    labels[[5, 50, 150]] = 1
    chosen = landmarks(labels, TASKS["binary"], seed=0)
    assert len(chosen) == len(set(chosen)) == 10 and {5, 50, 150} <= set(chosen)
    assert len(landmarks(np.ones((200, 1)), TASKS["binary"], seed=0)) == 10
    assert not np.array_equal(chosen, landmarks(labels, TASKS["binary"], seed=1))
    assert landmarks(labels[:10], TASKS["binary"], seed=0).tolist() == [*range(10)]


@pytest.mark.parametrize("kind", TASKS)
def test_with_few_landmarks_it_still_learns(kind, monkeypatch):
    monkeypatch.setattr(kernel, "LANDMARKS", len(ROWS) // 2)
    one = fitted(kind)
    made, labels = one.predict(ARRAYS, ROWS), labels_of(kind)
    assert len(one.counts) == len(ROWS) // 2 and np.isfinite(made).all()
    if kind == "regression":
        assert np.corrcoef(made[:, 0], labels[:, 0])[0, 1] > 0.7


def test_a_target_without_a_label_is_named():
    labels = labels_of("binary")
    labels[:, 1] = np.nan
    with pytest.raises(InputError, match="b"):
        Kernel.fit(ARRAYS, ROWS, labels, np.ones(len(ROWS)), TASKS["binary"], seed=0)


@pytest.mark.parametrize(
    "name", ["counts", "places", "mean", "sd", "share", "coefficients", "level", "slope"]
)
def test_arrays_that_do_not_fit_together_are_refused(name):
    tensors = fitted("binary").tensors()
    with pytest.raises(BundleError):
        Kernel.from_tensors(tensors | {name: tensors[name][:-1]}, TASKS["binary"])
    with pytest.raises(BundleError):
        Kernel.from_tensors(tensors | {name: tensors[name].astype(np.int8)}, TASKS["binary"])
