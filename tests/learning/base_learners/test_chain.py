"""The conditional random field agrees with sums over all rows of classes, spelled out."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from riboswitch.learning.base_learners.chain import Chain, Rows
from riboswitch.numeric.row_steps import row_steps

LENGTHS = np.array([2, 0, 4, 1])
CLASSES = 3


def spelled(emitted, pairs):
    """Log of the sum, probabilities and expected pairs of one row, over all rows of classes."""
    every = list(product(range(CLASSES), repeat=len(emitted)))
    scores = np.array([
        sum(emitted[t, c] for t, c in enumerate(row)) + sum(pairs[pair] for pair in pairwise(row))
        for row in every
    ])  # fmt: skip
    total = logsumexp(scores)
    p, classes, expected = np.exp(scores - total), np.zeros(emitted.shape), np.zeros((CLASSES, CLASSES))
    for chance, row in zip(p, every, strict=True):
        classes[np.arange(len(row)), row] += chance
        for a, b in pairwise(row):
            expected[a, b] += chance
    return total, classes, expected


def test_sums_are_those_over_all_rows_of_classes():
    rng = np.random.default_rng(0)
    emitted, pairs = rng.normal(size=(LENGTHS.sum(), CLASSES)), rng.normal(size=(CLASSES, CLASSES))
    found = Rows(LENGTHS).sums(emitted, pairs)
    parts = [spelled(emitted[e - n : e], pairs) for n, e in zip(LENGTHS, LENGTHS.cumsum(), strict=True) if n]
    assert found.total == pytest.approx(sum(total for total, _, _ in parts))
    np.testing.assert_allclose(found.classes, np.concatenate([c for _, c, _ in parts]))
    np.testing.assert_allclose(found.pairs, sum(e for _, _, e in parts))


@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.1, 3.0, 30.0]))
def test_scaled_sums_are_those_of_logarithms(seed, spread):
    """High scores, classes that cannot be, and weights of rows among them."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 7, 4)
    emitted = rng.normal(0, spread, (lengths.sum(), CLASSES))
    emitted[np.arange(len(emitted)), rng.integers(0, CLASSES, len(emitted))] = -np.inf
    pairs, weights = rng.normal(0, spread, (CLASSES, CLASSES)), rng.uniform(0, 2, 4)
    found, total, expected = Rows(lengths, weights).sums(emitted, pairs), 0.0, np.zeros((CLASSES, CLASSES))
    for end, length, weight in zip(lengths.cumsum(), lengths, weights, strict=True):
        if length:
            own, classes, both = spelled(emitted[end - length : end], pairs)
            total, expected = total + weight * own, expected + weight * both
            np.testing.assert_allclose(found.classes[end - length : end], classes, atol=1e-9)
    assert found.total == pytest.approx(total, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(found.pairs, expected, atol=1e-9)


def test_steps_of_rows_are_those_of_the_longest_first():
    assert [step.tolist() for step in row_steps(LENGTHS)] == [[2, 0, 6], [3, 1], [4], [5]]
    assert row_steps(np.array([], np.int64)) == []


def test_what_follows_is_learned_from_the_pairs():
    """Features say nothing: only the class before tells the next one."""
    labels = np.tile([0.0, 1, 2, 0, 1, 2], 30)
    made = Chain.fit(csr_matrix(np.ones((180, 1))), np.full(30, 6), labels, CLASSES, 10.0)
    assert made.pairs[0].argmax() == 1 and made.pairs[1].argmax() == 2 and made.pairs[2].argmax() == 0


def test_the_order_of_rows_does_not_matter_and_unknown_classes_are_left_to_the_chain():
    rng = np.random.default_rng(1)
    x, labels = rng.integers(0, 2, (60, 5)).astype(float), rng.integers(0, 3, 60).astype(float)
    labels[::7] = np.nan
    lengths = np.array([10, 20, 30])
    one = Chain.fit(csr_matrix(x), lengths, labels, CLASSES, 1.0)
    order = np.concatenate([np.arange(30, 60), np.arange(10), np.arange(10, 30)])
    other = Chain.fit(csr_matrix(x[order]), lengths[[2, 0, 1]], labels[order], CLASSES, 1.0)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-3)
    assert one(csr_matrix(x), lengths).sum(1) == pytest.approx(1)
