"""The error by distance: laws, with a plain computation as the oracle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.task import Task
from riboswitch.scorecards.errors import BINS, bin_of, bins, by_part, squared_errors

NUMBERS, YES_OR_NO = Task("regression", ("y",)), Task("binary", ("y", "z"))
CLASSES = Task("multiclass", ("y",), ("a", "b", "c"))


@given(st.lists(st.floats(0, 1) | st.just(np.nan), max_size=30))
def test_each_similarity_is_in_the_part_that_holds_it(values):
    found = bin_of(np.array(values, np.float64))
    for value, number in zip(values, found, strict=True):
        if np.isnan(value):
            assert number == -1
        else:
            part = bins()[number]
            assert part["from"] - 1e-6 <= value <= part["to"]


def test_the_parts_cover_all_similarities():
    edges = bins()
    assert (edges[0]["from"], edges[-1]["to"], len(edges)) == (0, 1, BINS)
    assert all(one["to"] == other["from"] for one, other in itertools.pairwise(edges))


def test_errors_are_those_of_a_plain_computation():
    labels, outputs = np.array([[1.0], [np.nan], [3.0]]), np.array([[2.0], [9.0], [1.0]])
    np.testing.assert_array_equal(squared_errors(NUMBERS, labels, outputs), [1, np.nan, 4])
    labels, outputs = np.array([[1.0, np.nan], [0.0, 1.0]]), np.array([[0.5, 0.1], [0.5, 0.5]])
    np.testing.assert_allclose(squared_errors(YES_OR_NO, labels, outputs), [0.25, 0.25])
    outputs = np.array([[0.5, 0.25, 0.25], [0, 1, 0]])
    found = squared_errors(CLASSES, np.array([[0.0], [1.0]]), outputs)
    np.testing.assert_allclose(found, [0.25 + 2 * 0.0625, 0])


ROWS = st.integers(1, 60).flatmap(
    lambda many: st.tuples(
        st.lists(st.integers(-1, 1), min_size=many, max_size=many),
        st.lists(st.floats(0, 9), min_size=many, max_size=many),
        st.lists(st.sampled_from("abcdefghij"), min_size=many, max_size=many),
    )
)


@given(ROWS)
def test_rows_groups_and_errors_add_up(rows):
    part_of, errors, groups = rows
    parts = by_part(
        YES_OR_NO, [{"n": 0}, {"n": 1}], np.array(part_of), {"m": np.array(errors)}, groups, 50, 0
    )
    for number, part in enumerate(parts):
        mine = [i for i, p in enumerate(part_of) if p == number]
        assert (part["n"], part["rows"]) == (number, len(mine))
        assert part["groups"] == len({groups[i] for i in mine})
        if part["groups"] < 5:
            assert part["methods"] == {} and "fewer than 5" in part["reason"]
        else:
            assert part["methods"]["m"]["error"] == pytest.approx(np.mean([errors[i] for i in mine]))


def test_numbers_have_the_root_and_intervals_hold_the_error():
    rng = np.random.default_rng(0)
    errors, groups = rng.exponential(size=200), [str(i % 40) for i in range(200)]
    (part,) = by_part(NUMBERS, [{}], np.zeros(200, np.int64), {"m": errors}, groups, 500, 0)
    found = part["methods"]["m"]
    assert found["error"] == pytest.approx(np.sqrt(errors.mean()))
    assert found["low"] < found["error"] < found["high"]


def test_rows_of_one_group_are_one_piece_of_evidence():
    """The same rows with a group each have a narrower interval than with ten rows a group."""
    rng = np.random.default_rng(1)
    errors = np.repeat(rng.exponential(size=30), 10)
    width = {}
    for name, groups in {"alone": range(300), "together": np.arange(300) // 10}.items():
        (part,) = by_part(NUMBERS, [{}], np.zeros(300, np.int64), {"m": errors}, [*map(str, groups)], 400, 0)
        width[name] = part["methods"]["m"]["high"] - part["methods"]["m"]["low"]
    assert width["together"] > 2 * width["alone"]
