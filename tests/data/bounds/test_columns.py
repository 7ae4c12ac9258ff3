"""Bounds of records: kept in columns of their own, through files, and hidden with their labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.bounds.arrays import at_bounds, known_labels, read_bounds, with_bounds
from riboswitch.data.bounds.bound import Bound
from riboswitch.data.bounds.columns import bounds_of, labels_of, set_labels, without_labels
from riboswitch.data.records import Record, Records
from riboswitch.data.task import Task
from riboswitch.errors import InputError

numbers = st.floats(-9, 9).map(lambda x: round(x, 2))
bound = numbers.map(lambda x: Bound(low=x)) | numbers.map(lambda x: Bound(high=x)) | st.tuples(
    numbers, numbers
).map(lambda ends: Bound(*sorted(ends)))  # fmt: skip
labels = st.lists(st.none() | numbers | bound, min_size=1, max_size=9)


def records(values, targets=("y",)):
    rows = [
        Record(i, f"r{i}", {"molecule": "C"}, dict.fromkeys(targets), "test")
        for i in range(1, len(values) + 1)
    ]
    made = Records.collect(rows, ["molecule"], modality="molecule")
    for target in targets:
        set_labels(made, target, values, "float64")
    return made


@given(labels)
def test_labels_come_back_as_they_were_set(values):
    made = records(values)
    assert labels_of(made, "y") == values
    found = bounds_of(made, ["y"])
    assert (found is None) == (not any(isinstance(v, Bound) for v in values)) == ("bounds" not in made.meta)
    exact = Task("regression", ("y",)).labels(made.table)
    known = known_labels(exact, found)[:, 0].tolist()
    assert known == [v is not None for v in values]
    filled = at_bounds(exact, found)[:, 0]
    for value, one in zip(values, filled, strict=True):
        assert (
            np.isnan(one)
            if value is None
            else (value.low <= one <= value.high if isinstance(value, Bound) else one == value)
        )


@given(labels)
def test_setting_numbers_again_leaves_no_bounds(values):
    made = records(values)
    before = list(made.table)
    set_labels(made, "y", [0.0] * len(values), "float64")
    assert bounds_of(made, ["y"]) is None and "bounds" not in made.meta
    assert list(made.table) == [name for name in before if not name.startswith("y.")]


def test_records_keep_bounds_in_a_file(tmp_path):
    values = [Bound(low=10.0), 3.0, None, Bound(high=0.5), Bound(1.0, 2.0)]
    made = records(values)
    made.save(tmp_path / "r.parquet")
    loaded = Records.load(tmp_path / "r.parquet")
    assert labels_of(loaded, "y") == values and loaded.table.equals(made.table)
    made.save(tmp_path / "again.parquet")
    assert (tmp_path / "r.parquet").read_bytes() == (tmp_path / "again.parquet").read_bytes()


def test_bounds_are_hidden_with_the_labels():
    made = records([Bound(low=10.0), 3.0, Bound(high=0.5)])
    hidden = without_labels(made, np.array([True, True, False]), ["y"])
    assert labels_of(hidden, "y") == [None, None, Bound(high=0.5)]
    assert labels_of(made, "y")[0] == Bound(low=10.0)


@given(st.lists(st.tuples(bound | st.none(), bound | st.none()), min_size=1, max_size=5))
def test_a_table_of_predictions_keeps_bounds(rows):
    ends = np.array([[(np.nan, np.nan) if b is None else tuple(b) for b in row] for row in rows])
    made = records([None] * len(rows), ("y", "z"))
    table = with_bounds(made.table, ["y", "z"], ends)
    found = read_bounds(table, ["y", "z"], "test")
    assert (found is None) == np.isnan(ends).all()
    assert found is None or np.array_equal(found, ends, equal_nan=True)


@pytest.mark.parametrize("low, high", [(2.0, 1.0), (np.nan, 1.0), (-np.inf, np.inf)])
def test_ends_that_are_no_bound_are_refused(low, high):
    made = records([Bound(low=1.0)])
    made.table["y.above"], made.table["y.below"] = low, high
    with pytest.raises(InputError, match="not in order"):
        bounds_of(made, ["y"])


def test_a_number_beside_a_bound_is_refused():
    made = records([Bound(low=1.0)])
    made.table["y"] = 3.0
    with pytest.raises(InputError, match="a number and a bound"):
        bounds_of(made, ["y"])


def test_a_column_of_a_file_may_not_be_taken_for_bounds():
    made = records([3.0])
    made.table["y.above"] = "mine"
    assert bounds_of(made, ["y"]) is None
    with pytest.raises(InputError, match="one for bounds"):
        set_labels(made, "y", [Bound(low=1.0)], "float64")
