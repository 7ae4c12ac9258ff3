"""Laws of the base learners of pairs: kernels are those that are written down, no pair depends on others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.modalities.pair.base_learners import kernel as module
from riboswitch.modalities.pair.base_learners.answers_kernel import STAGES, AnswersKernel
from riboswitch.modalities.pair.base_learners.forest import PairForest
from riboswitch.modalities.pair.base_learners.kernel import LeftKernel, PairKernel, RightKernel
from riboswitch.modalities.pair.base_learners.similarity import Similarity
from riboswitch.modalities.pair.base_learners.solving import Pairs, solve
from riboswitch.modalities.pair.base_learners.tables import PairTables, SideTable

NUMBER = Task("regression", ("y",))
KERNELS = [PairKernel, LeftKernel, RightKernel, AnswersKernel]


def tables(seed=0, left=9, right=7, pairs=40):
    """Left inputs with features alone, right ones with counts of parts, too."""
    rng = np.random.default_rng(seed)
    vectors, counts = rng.normal(size=(left, 5)).astype(np.float32), rng.poisson(0.6, (right, 30))
    numbers = np.stack([rng.integers(0, left, pairs), rng.integers(0, right, pairs)])
    return PairTables(SideTable(vectors, vectors),
                      SideTable(counts.astype(np.float32), counts.astype(np.uint8)), numbers)  # fmt: skip


def grid():
    """Each left input with each right input once."""
    return tables(6)._replace(numbers=np.stack(np.indices((9, 7)).reshape(2, -1)))


def whole(left, right, one, other):
    """The matrix that is never made, for pairs by pairs."""
    return left[np.ix_(one[0], other[0])] * right[np.ix_(one[1], other[1])]


@settings(deadline=None)
@given(st.integers(0, 50), st.sampled_from([(9, 7), (4, 12), (1, 1)]))
def test_sums_and_solution_are_those_of_the_whole_matrix(seed, sizes):
    found = tables(seed, *sizes)
    left, right = (Similarity.of(side.compared)(side.compared) for side in found.sides)
    pairs, rng = Pairs(found.numbers, (len(left), len(right))), np.random.default_rng(seed)
    factors, asked = rng.normal(size=40), found.numbers[:, rng.integers(0, 40, 11)]
    expected = factors @ whole(left, right, found.numbers, asked)
    np.testing.assert_allclose(pairs.sums(factors, left, right, asked), expected, atol=1e-4)
    values, penalties = rng.normal(size=40), rng.uniform(0.5, 2, 40)
    exact = np.linalg.solve(whole(left, right, found.numbers, found.numbers) + np.diag(penalties), values)
    np.testing.assert_allclose(solve(pairs, left, right, values, penalties), exact, atol=0.02)


def test_counts_are_compared_by_what_they_share():
    counts = tables(3, right=40).right.compared
    shared = np.minimum(counts[:, None].astype(int), counts[None]).sum(2)
    union = np.maximum(counts[:, None].astype(int), counts[None]).sum(2)
    found = Similarity.of(counts)(counts)
    np.testing.assert_allclose(found, np.where(union > 0, shared / np.maximum(union, 1), 1), atol=1e-6)
    nothing = np.zeros((1, 30), np.uint8)
    np.testing.assert_array_equal(Similarity.of(nothing)(nothing), 1)


def test_features_are_compared_by_their_scaled_distance():
    table = tables(4, left=30).left.vectors
    made = Similarity.of(table)
    scaled = (table - table.mean(0)) / table.std(0)
    apart = ((scaled[:, None] - scaled[None]) ** 2).sum(2)
    expected = np.exp(-apart / np.median(apart[np.triu_indices(30, 1)]))
    np.testing.assert_allclose(made(table), expected, atol=1e-4)
    wide = np.hstack([table, np.full((30, 3), 7.0, np.float32)])  # tells nothing apart
    np.testing.assert_allclose(Similarity.of(wide)(wide), made(table), atol=1e-5)
    np.testing.assert_allclose(Similarity.of(table[:1])(table[:1]), 1)


@pytest.mark.parametrize("kind", [*KERNELS, PairForest])
def test_an_answer_does_not_depend_on_other_pairs(kind):
    known, new = tables(1), tables(2)
    labels = np.random.default_rng(0).normal(size=(40, 1))
    made = kind.of_tables(known, labels, np.ones(40), NUMBER, 0)
    answers = made.answers(new)
    for rows in ([3], [7, 7, 0], np.arange(39, -1, -1)):
        np.testing.assert_allclose(made.answers(new.part(np.array(rows))), answers[rows], atol=1e-5)
    assert made.answers(new.part(np.empty(0, int))).shape == (0, 1)


@pytest.mark.parametrize("kind", KERNELS)
def test_kernels_learn_what_is_of_neither_side(kind):
    known = grid()
    one, other = known.left.vectors[:, 0] > 0, known.right.compared[:, 0] > 0
    labels = (one[known.numbers[0]] != other[known.numbers[1]]).astype(float)[:, None]
    found = kind.of_tables(known, labels, np.ones(63), Task("binary", ("y",)), 0).answers(known)
    assert found[labels == 1].mean() > found[labels == 0].mean() + 0.15


def test_with_near_relatives_alone_a_label_says_little_of_other_pairs_of_that_input():
    """A drug is positive with all proteins but one, which is asked: its other labels speak, or do not."""
    known = grid()
    labels = (known.numbers[1] == 3).astype(float)[:, None]
    rest = (known.numbers != [[4], [3]]).any(0)
    asked = known.part(np.flatnonzero(~rest))
    broad, left = (
        kind.of_tables(known.part(np.flatnonzero(rest)), labels[rest], np.ones(62), NUMBER, 0).answers(asked)
        for kind in (PairKernel, LeftKernel)
    )
    assert left[0, 0] < broad[0, 0] - 0.1


def by_answers(seed=0, left=30, right=20, share=0.7):
    """Pairs whose labels follow from hidden kinds of both inputs, of which their features say nothing."""
    rng = np.random.default_rng(seed)
    known = tables(seed, left, right)
    every = np.stack(np.indices((left, right)).reshape(2, -1))[:, rng.permutation(left * right)]
    one, other = rng.integers(0, 3, left), rng.integers(0, 3, right)
    labels = rng.normal(size=(3, 3))[one[every[0]], other[every[1]]][:, None]
    cut = int(share * every.shape[1])
    return known._replace(numbers=every), labels, np.arange(cut), np.arange(cut, every.shape[1])


def test_inputs_that_answer_alike_are_alike():
    pairs, labels, train, new = by_answers()
    errors = {}
    for kind in (PairKernel, AnswersKernel):
        made = kind.of_tables(pairs.part(train), labels[train], np.ones(len(train)), NUMBER, 0)
        errors[kind] = float(((made.answers(pairs.part(new)) - labels[new]) ** 2).mean())
    assert 1 <= len(made.stages) <= STAGES
    assert errors[AnswersKernel] < 0.5 * errors[PairKernel]


@pytest.mark.parametrize(
    "task", [NUMBER, Task("binary", ("y", "z")), Task("multiclass", ("y",), ("a", "b", "c"))]
)
def test_a_kernel_of_answers_is_the_same_after_a_round_trip_and_in_any_order_of_pairs(task):
    pairs, labels, train, new = by_answers(1)
    truth = {"regression": labels, "binary": np.hstack([labels > 0, labels > 1]).astype(float),
             "multiclass": np.digitize(labels, [-0.5, 0.5]).astype(float)}[task.kind]  # fmt: skip
    made = AnswersKernel.of_tables(pairs.part(train), truth[train], np.ones(len(train)), task, 0)
    assert made.stages
    again = AnswersKernel.from_tensors(made.tensors(), task)
    answers = made.answers(pairs.part(new))
    assert answers.shape == (len(new), len(task.outputs))
    np.testing.assert_array_equal(again.answers(pairs.part(new)), answers)
    np.testing.assert_allclose(made.answers(pairs.part(new[::-1])), answers[::-1], atol=1e-5)
    damaged = made.tensors() | {"stage0.left.weights": made.tensors()["stage0.left.weights"][1:]}
    with pytest.raises(BundleError, match="do not fit together"):
        AnswersKernel.from_tensors(damaged, task)
    with pytest.raises(BundleError, match="found 'first'"):
        AnswersKernel.from_tensors(made.tensors() | {"first": made.first[1:]}, task)
    with pytest.raises(KeyError):
        AnswersKernel.from_tensors(
            {k: v for k, v in made.tensors().items() if k != "stage0.left.width"}, task
        )


def test_a_pair_with_an_input_unlike_those_of_training_is_answered_by_the_first_kernel():
    pairs, labels, train, _ = by_answers(4)
    made = AnswersKernel.of_tables(pairs.part(train), labels[train], np.ones(len(train)), NUMBER, 0)
    far = pairs.left.compared + 1e4, np.zeros_like(pairs.right.compared)
    counts = np.eye(1, far[1].shape[1], dtype=np.uint8).repeat(len(far[1]), 0) * 200  # shares next to nothing
    strange = pairs._replace(
        left=SideTable(far[0], far[0]), right=SideTable(counts.astype(np.float32), counts)
    )
    first = replace(made, coefficients=made.first, stages=())
    np.testing.assert_allclose(made.answers(strange), first.answers(strange), atol=1e-3)
    assert np.abs(made.answers(pairs) - first.answers(pairs)).max() > 0.05


def test_labels_of_held_out_pairs_do_not_enter_the_answers_that_judge_them():
    """Labels of noise: scores of unknown pairs say nothing, and probabilities stay near a half."""
    pairs, labels, train, _ = by_answers(2)
    noise = (np.random.default_rng(3).normal(size=labels.shape) > 0).astype(float)
    task = Task("binary", ("y",))
    made = AnswersKernel.of_tables(pairs.part(train), noise[train], np.ones(len(train)), task, 0)
    assert np.abs(made.answers(pairs.part(train)) - 0.5).mean() < 0.2


def test_of_many_inputs_and_pairs_some_are_drawn(monkeypatch):
    monkeypatch.setattr(module, "MOST_INPUTS", 5)
    monkeypatch.setattr(module, "MOST_PAIRS", 12)
    known = tables(7)
    labels = np.random.default_rng(0).normal(size=(40, 1))
    made, again = (PairKernel.of_tables(known, labels, np.ones(40), NUMBER, 0) for _ in range(2))
    assert len(made.left) <= 5 and len(made.right) <= 5 and made.numbers.shape[1] <= 12
    assert np.isfinite(made.answers(known)).all()
    np.testing.assert_array_equal(made.answers(known), again.answers(known))


def test_damaged_arrays_are_refused():
    known = tables(8)
    made = PairKernel.of_tables(known, np.ones((40, 1)), np.ones(40), NUMBER, 0)
    for name, change in {
        "numbers": lambda v: v + 9, "powers": lambda v: v[:1], "coefficients": lambda v: v[1:],
        "level": lambda v: v * np.nan,
        "left.scale": lambda v: -v, "right.table": lambda v: v.astype(int), "left.width": lambda v: v * 0,
    }.items():  # fmt: skip
        with pytest.raises(BundleError, match="do not fit together"):
            PairKernel.from_tensors({**made.tensors(), name: change(made.tensors()[name])}, NUMBER)
    narrow = {
        name: value[:, 1:] if name == "right.table" else value for name, value in made.tensors().items()
    }
    with pytest.raises(BundleError, match="described otherwise"):  # compiled loops would read beyond it
        PairKernel.from_tensors(narrow, NUMBER).answers(known)
    grown = PairForest.of_tables(known, np.arange(40.0)[:, None], None, NUMBER, 0)
    with pytest.raises(BundleError, match="do not fit together; found 'used'"):
        PairForest.from_tensors({**grown.tensors(), "used": grown.used[::-1].copy()}, NUMBER)
