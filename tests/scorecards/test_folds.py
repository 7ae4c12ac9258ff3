"""Shared folds: laws."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.splits import LEFT_OUT, Split
from riboswitch.errors import InputError
from riboswitch.scorecards.folds import CROSS, FIXED, GIVEN, cross_validation, of_split

GROUPS = st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=60, max_size=120).filter(
    lambda groups: len({*groups}) > 20
)


def folds_of(groupings, folds=3, repeats=2, seed=0):
    many = len(next(iter(groupings.values())))
    ids = [f"r{i}" for i in range(many)]
    return cross_validation(ids, groupings, ["all"] * many, folds=folds, repeats=repeats, seed=seed, meta={})


def parts(made):
    return made.split.table[[f"part_{i}" for i in range(made.split.repeats)]]


@given(GROUPS, st.integers(2, 4), st.integers(1, 3), st.integers(0, 9))
def test_each_row_is_tested_once_a_repeat_and_groups_stay_whole(groups, folds, repeats, seed):
    made = folds_of({"g": groups}, folds, repeats, seed)  # Split itself refuses torn groups
    table = parts(made)
    assert (made.design, made.split.repeats, made.tests_of_row) == (CROSS, folds * repeats, repeats)
    for repeat in range(repeats):
        of_repeat = table.iloc[:, repeat * folds : (repeat + 1) * folds]
        assert ((of_repeat == "test").sum(axis=1) == 1).all()
    assert not (table == LEFT_OUT).any(axis=None)


@given(GROUPS, st.integers(0, 9))
def test_more_repeats_add_folds_and_change_none(groups, seed):
    few, many = (parts(folds_of({"g": groups}, 3, repeats, seed)) for repeats in (1, 3))
    pd.testing.assert_frame_equal(few, many[few.columns])


@pytest.mark.parametrize("seed", range(3))
def test_of_two_groupings_no_group_stands_on_two_sides_and_rows_between_are_left_out(seed):
    one = [f"g{i % 60}" for i in range(4800)]
    other = [f"h{i // 60}" for i in range(4800)]  # each pair of groups once: most rows are left out
    made = folds_of({"one": one, "other": other}, 2, 1, seed)  # Split itself refuses torn groups
    assert made.split.groupings == ["group_one", "group_other"]
    table = parts(made)
    assert (table == LEFT_OUT).any(axis=None)
    assert ((table == "test").sum(axis=1) <= 1).all()
    equal = folds_of({"one": one, "same": one}, 2, 1, seed)
    assert not (parts(equal) == LEFT_OUT).any(axis=None)


def test_classes_are_divided_evenly():
    strata = [i % 2 for i in range(200)]
    ids = [f"r{i}" for i in range(200)]
    made = cross_validation(ids, {"g": ids}, strata, folds=5, repeats=1, seed=0, meta={})
    for fold in range(5):
        test = made.split.rows("test", fold)
        assert len(test) == 40 and sum(strata[i] for i in test) == 20


def test_too_few_groups_are_refused():
    with pytest.raises(InputError, match=r"no rows are left for .* of fold"):
        folds_of({"g": ["a", "b"] * 10}, 5)


def given_split(repeats=1):
    ids = [f"r{i}" for i in range(40)]
    part = ["train"] * 24 + ["valid"] * 8 + ["test"] * 8
    table = pd.DataFrame({"id": ids, "group": ids})
    for repeat in range(repeats):
        table[f"part_{repeat}"] = part[repeat:] + part[:repeat]
    return Split(table, {"name": "own"})


def test_a_single_test_set_stays_and_its_first_training_set_is_its_own():
    own = given_split()
    made = of_split(own, ["all"] * 40, draws=4, seed=0, meta={"name": "own"})
    table = parts(made)
    assert (made.design, made.split.repeats, made.tests_of_row) == (FIXED, 4, 4)
    assert table["part_0"].tolist() == own.table["part_0"].tolist()
    assert ((table == "test").sum(axis=1) % 4 == 0).all()
    assert len({tuple(table[name]) for name in table}) == 4
    assert all(abs((table[name] == "valid").sum() - 8) <= 1 for name in table)


def test_several_repeats_are_the_folds_as_they_are():
    own = given_split(3)
    made = of_split(own, ["all"] * 40, draws=10, seed=0, meta={})
    assert made.design == GIVEN and made.split is own


def test_repeats_with_one_test_set_are_judged_as_a_fixed_one():
    own = of_split(given_split(), ["all"] * 40, draws=3, seed=0, meta={"name": "own"}).split
    made = of_split(own, ["all"] * 40, draws=10, seed=0, meta={})
    assert (made.design, made.tests_of_row) == (FIXED, 3) and made.split is own
