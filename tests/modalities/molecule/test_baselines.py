from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drugs import DRUGS
from riboswitch.chem.similarity import fingerprints
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.modalities.molecule import baselines
from riboswitch.modalities.molecule.baselines import BASELINES, describe
from riboswitch.modalities.molecule.encode import encode

DISTINCT = [DRUGS[i] for i in np.unique(fingerprints(DRUGS), axis=0, return_index=True)[1]]
REGRESSION = Task("regression", ("y",))
BINARY = Task("binary", ("a", "b"))
CLASSES = Task("multiclass", ("c",), ("p", "q", "r"))
TASKS = {task.kind: task for task in (REGRESSION, BINARY, CLASSES)}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "TREES", 20)


def random_labels(task: Task, n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if task.kind == "regression":
        return rng.normal(size=(n, 1))
    high = len(task.classes) or 2
    return rng.integers(0, high, (n, len(task.targets))).astype(float)


def as_outputs(labels: np.ndarray, task: Task) -> np.ndarray:
    return np.eye(len(task.classes))[labels[:, 0].astype(int)] if task.kind == "multiclass" else labels


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("name", BASELINES)
def test_shapes_and_ranges(name: str, kind: str) -> None:
    task = TASKS[kind]
    out = BASELINES[name](
        {"molecule": DISTINCT[:50]}, random_labels(task, 50), {"molecule": DISTINCT[50:]}, task, seed=0
    )
    assert out.shape == (len(DISTINCT) - 50, len(task.outputs))
    assert np.isfinite(out).all()
    if kind != "regression":
        assert (out >= 0).all()
        assert (out <= 1).all()
    if kind == "multiclass":
        np.testing.assert_allclose(out.sum(1), 1)
    none = BASELINES[name](
        {"molecule": DISTINCT[:50]}, random_labels(task, 50), {"molecule": []}, task, seed=0
    )
    assert none.shape == (0, len(task.outputs))


@pytest.mark.parametrize("kind", TASKS)
def test_nearest_gives_a_training_molecule_its_own_label(kind: str) -> None:
    task = TASKS[kind]
    labels = random_labels(task, len(DISTINCT))
    out = BASELINES["nearest"]({"molecule": DISTINCT}, labels, {"molecule": DISTINCT}, task, seed=0)
    np.testing.assert_allclose(out, as_outputs(labels, task), atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(sorted(TASKS)))
def test_nearest_does_not_see_the_order_of_the_training_rows(seed: int, kind: str) -> None:
    task, rng = TASKS[kind], np.random.default_rng(seed)
    labels, weights = random_labels(task, 60, seed), rng.uniform(0.1, 2, 60)
    order = rng.permutation(60)
    known = [DISTINCT[i] for i in order]
    one = BASELINES["nearest"](
        {"molecule": DISTINCT[:60]}, labels, {"molecule": DISTINCT[60:]}, task, seed=0, weights=weights
    )
    other = BASELINES["nearest"](
        {"molecule": known}, labels[order], {"molecule": DISTINCT[60:]}, task, seed=0, weights=weights[order]
    )
    np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("name", BASELINES)
def test_predictions_come_in_the_order_of_the_inputs(name: str) -> None:
    labels, order = random_labels(BINARY, 50), np.random.default_rng(1).permutation(20)
    asked = DISTINCT[50:70]
    out = BASELINES[name]({"molecule": DISTINCT[:50]}, labels, {"molecule": asked}, BINARY, seed=0)
    permuted = BASELINES[name](
        {"molecule": DISTINCT[:50]}, labels, {"molecule": [asked[i] for i in order]}, BINARY, seed=0
    )
    np.testing.assert_allclose(permuted, out[order], atol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
def test_a_gap_is_as_if_the_row_were_not_there(name: str) -> None:
    labels = random_labels(BINARY, 50)
    labels[10:30, 1] = np.nan
    kept = np.r_[0:10, 30:50]
    both = BASELINES[name]({"molecule": DISTINCT[:50]}, labels, {"molecule": DISTINCT[50:]}, BINARY, seed=0)
    alone = BASELINES[name](
        {"molecule": [DISTINCT[i] for i in kept]},
        labels[kept, 1:],
        {"molecule": DISTINCT[50:]},
        Task("binary", ("b",)),
        seed=0,
    )
    np.testing.assert_allclose(both[:, 1:], alone, atol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_target_of_one_class_is_answered_with_it(name: str, value: float) -> None:
    labels = random_labels(BINARY, 50)
    labels[:, 1] = value
    out = BASELINES[name]({"molecule": DISTINCT[:50]}, labels, {"molecule": DISTINCT[50:]}, BINARY, seed=0)
    np.testing.assert_allclose(out[:, 1], value, atol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
def test_a_class_without_examples_gets_probability_zero(name: str) -> None:
    labels = random_labels(BINARY, 50)[:, :1] * 2
    out = BASELINES[name]({"molecule": DISTINCT[:50]}, labels, {"molecule": DISTINCT[50:]}, CLASSES, seed=0)
    assert (out[:, 1] == 0).all()


@pytest.mark.parametrize("name", BASELINES)
def test_a_target_without_labels_is_named(name: str) -> None:
    labels = random_labels(BINARY, 10)
    labels[:, 1] = np.nan
    with pytest.raises(InputError, match="'b'"):
        BASELINES[name]({"molecule": DISTINCT[:10]}, labels, {"molecule": DISTINCT[10:]}, BINARY, seed=0)


@pytest.mark.parametrize("kind", TASKS)
def test_forest_depends_on_the_seed_and_not_on_the_threads(kind: str) -> None:
    task = TASKS[kind]
    labels = random_labels(task, 50)
    one, same, other = (
        BASELINES["forest"](
            {"molecule": DISTINCT[:50]}, labels, {"molecule": DISTINCT[50:]}, task, seed=seed, threads=threads
        )
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_weights_move_the_nearest_vote() -> None:
    train, labels = ["CCCCCO", "CCCCCN"], np.array([[0.0], [1.0]])
    task = Task("binary", ("a",))
    heavy, light = (
        BASELINES["nearest"](
            {"molecule": train}, labels, {"molecule": ["CCCCCS"]}, task, seed=0, weights=np.array([1.0, w])
        )[0, 0]
        for w in (5.0, 0.2)
    )
    assert light < 0.5 < heavy


def test_forest_learns_what_is_in_the_descriptors() -> None:
    sizes = np.array([[len(s)] for s in DISTINCT], float)
    out = BASELINES["forest"](
        {"molecule": DISTINCT[::2]}, sizes[::2], {"molecule": DISTINCT[1::2]}, REGRESSION, seed=0
    )
    assert np.corrcoef(out[:, 0], sizes[1::2, 0])[0, 1] > 0.8


def test_descriptors_are_finite_for_single_atoms() -> None:
    assert np.isfinite(describe(["C", "O", "[Na+]", "[H][H]"])).all()


def test_descriptors_that_are_encoded_are_those_that_the_forest_computes(monkeypatch):
    inputs = {"molecule": DISTINCT}
    computed = baselines.describe(DISTINCT)
    arrays = encode(inputs, [str(n) for n in range(len(DISTINCT))])
    monkeypatch.setattr(baselines, "_HELD", {})
    baselines._described.cache_clear()
    baselines.reuse(inputs, encode(inputs, arrays.ids, {"descriptors": "none"}))
    assert not baselines._HELD
    baselines.reuse(inputs, arrays)
    monkeypatch.setattr(baselines, "descriptors", None)
    np.testing.assert_array_equal(baselines.describe(DISTINCT), computed)
    baselines._described.cache_clear()
