"""Splits: groups stay on one side, and a split that was changed is noticed."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.splits import LEFT_OUT, PARTS, Split, assign, assign_all, join_labels, without_test
from riboswitch.errors import InputError, LeakError
from riboswitch.io.parquet import read_parquet, write_parquet

FRACTIONS = {"train": 0.65, "valid": 0.1, "test": 0.25}
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["x", "y", 3])), min_size=1, max_size=60
)

# Rows with a label in each of two or three groupings.
SEVERAL = st.integers(2, 3).flatmap(
    lambda n: st.lists(
        st.tuples(*[st.sampled_from(["a", "b", "c", "d", "|", "a | b"])] * n), min_size=1, max_size=40
    )
)


def named(rows):
    """Groupings by name, from one tuple of labels a row."""
    return {f"by{n}": list(labels) for n, labels in enumerate(zip(*rows, strict=True))}


def several(rows, seed, repeats=2):
    """A split that keeps all groupings of these rows apart."""
    groupings, strata = named(rows), ["all"] * len(rows)
    columns = {f"group_{name}": labels for name, labels in groupings.items()}
    parts = {f"part_{r}": assign_all(groupings, strata, FRACTIONS, seed + r) for r in range(repeats)}
    ids = [f"i{n}" for n in range(len(rows))]
    return Split(
        pd.DataFrame({"id": ids, "group": join_labels(groupings), **columns, **parts}), {"name": "a"}
    )


def make(groups, parts, **more):
    table = {
        "id": [f"i{n}" for n in range(len(groups))],
        "group": list(groups),
        "part_0": list(parts),
        **more,
    }
    return Split(pd.DataFrame(table), {"name": "a"})


@given(ROWS, st.integers(0, 9))
def test_no_group_stands_on_two_sides_and_the_seed_decides(rows, seed):
    groups, strata = [g for g, _ in rows], [s for _, s in rows]
    parts = assign(groups, strata, FRACTIONS, seed)
    assert set(parts) <= set(PARTS)
    assert max(Counter(g for g, _ in set(zip(groups, parts, strict=True))).values()) == 1
    assert parts == assign(groups, strata, FRACTIONS, seed)
    make(groups, parts)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from("xyz"), st.lists(st.integers(1, 200), min_size=20, max_size=60), min_size=1
    ),
    st.integers(0, 99),
)
def test_every_class_with_enough_groups_is_in_every_part(sizes, seed):
    """Twenty families a class are enough, however unequal they are."""
    groups, strata = [], []
    for stratum, families in sizes.items():
        for number, size in enumerate(families):
            groups += [f"{stratum}{number}"] * size
            strata += [stratum] * size
    parts = assign(groups, strata, FRACTIONS, seed)
    held = set(zip(strata, parts, strict=True))
    assert held == {(s, p) for s in sizes for p in PARTS}


def test_fractions_are_close_to_those_asked_for():
    parts = assign([f"g{i}" for i in range(400)], ["all"] * 400, FRACTIONS, 0)
    for part, fraction in FRACTIONS.items():
        assert parts.count(part) / 400 == pytest.approx(fraction, abs=0.02)
    assert set(assign(["a", "b", "c"], [0, 0, 0], {"train": 1.0, "test": 0.0}, 0)) == {"train"}
    assert assign([], [], FRACTIONS, 0) == []


@given(ROWS, st.integers(0, 3))
def test_the_digest_changes_with_the_content_and_only_with_it(rows, where):
    groups = [g for g, _ in rows]
    split = make(groups, ["train"] * len(rows))
    assert split.digest == make(groups, ["train"] * len(rows)).digest
    split.meta["name"] = "renamed"
    assert split.digest == make(groups, ["train"] * len(rows)).digest
    row = where % len(rows)
    for column, value in (("id", "new"), ("group", "new"), ("part_0", "test")):
        table = split.table.copy()
        table.loc[row, column] = value
        changed = Split.__new__(Split)
        changed.table, changed.meta = table, {}
        assert changed.digest != split.digest


@settings(max_examples=60)
@given(ROWS, st.integers(0, 3))
def test_torn_families_are_refused_and_counted(rows, seed):
    families = [g for g, _ in rows]
    each = [f"r{i}" for i in range(len(rows))]
    split = make(each, assign(each, [s for _, s in rows], FRACTIONS, seed))
    part = split.table["part_0"]
    train = {f for f, p in zip(families, part, strict=True) if p == "train"}
    found = split.relatives_in_training(families)
    assert found["test_rows"] == [sum(part == "test")]
    assert found["with_relative_in_training"] == [
        sum(p == "test" and f in train for f, p in zip(families, part, strict=True))
    ]
    torn = {f for f in families if len({p for g, p in zip(families, part, strict=True) if g == f}) > 1}
    if torn:
        with pytest.raises(LeakError, match=f"{len(torn)} families stand on .* repeat 0; found 'i"):
            split.refuse_relatives(families)
    else:
        split.refuse_relatives(families)


def test_a_torn_group_is_a_leak():
    with pytest.raises(LeakError, match="1 groups stand on more than one side of repeat 0; found 'a'"):
        make("aab", ["train", "test", "test"])
    with pytest.raises(LeakError, match="repeat 1"):
        make("aab", ["train", "train", "test"], part_1=["train", "test", "test"])


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_a_split_comes_back_and_a_changed_one_is_refused(rows):
    groups = [g for g, _ in rows]
    split = make(groups, assign(groups, [s for _, s in rows], FRACTIONS, 1))
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "split.parquet"), Path(folder, "again.parquet")
        split.save(path)
        loaded = Split.load(path)
        assert loaded.digest == split.digest and loaded.meta == split.meta
        loaded.save(again)
        assert path.read_bytes() == again.read_bytes()
        table, meta = read_parquet(path)
        table["part_0"] = table["part_0"].map({"train": "test", "test": "train", "valid": "train"})
        write_parquet(table, path, meta)
        with pytest.raises(InputError, match=r"split\.parquet: the split was changed after it was made"):
            Split.load(path)


def test_a_file_that_is_no_split_is_refused(tmp_path):
    write_parquet(pd.DataFrame({"id": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="not a split"):
        Split.load(tmp_path / "a.parquet")


@given(ROWS, st.floats(0, 1))
def test_a_family_of_s_rows_counts_s_to_the_power(rows, power):
    groups = np.array([g for g, _ in rows])
    weights = make(groups, ["train"] * len(rows)).weights(power)
    assert weights.mean() == pytest.approx(1)
    totals = {g: weights[groups == g].sum() / np.sum(groups == g) ** (1 - power) for g in groups}
    assert max(totals.values()) == pytest.approx(min(totals.values()))


def test_rows_and_ids():
    split = make("abc", ["train", "test", "train"])
    assert split.rows("train", 0).tolist() == [0, 2] and split.rows("valid", 0).tolist() == []
    assert split.repeats == 1
    split.require_ids(["i0", "i1", "i2"])
    for wrong in (["i0", "i2", "i1"], ["i0", "i1"], []):
        with pytest.raises(InputError, match="the split was made for other rows"):
            split.require_ids(wrong)


@given(SEVERAL, st.integers(0, 9))
def test_no_group_of_any_grouping_is_torn_and_each_row_has_a_part_or_is_left_out(rows, seed):
    split = several(rows, seed)
    assert split.groupings == [f"group_by{n}" for n in range(len(rows[0]))]
    for repeat in range(split.repeats):
        places = [split.rows(part, repeat) for part in (*PARTS, LEFT_OUT)]
        assert sorted(np.concatenate(places)) == [*range(len(rows))]
        for one, other in combinations(places[:3], 2):
            for labels in named(rows).values():
                assert not {labels[i] for i in one} & {labels[i] for i in other}


@given(SEVERAL, st.integers(0, 9), st.randoms())
def test_a_row_is_in_the_part_that_each_grouping_alone_would_give_it(rows, seed, random):
    """Whatever the order of rows or groupings, and whatever the groups are called."""
    random.shuffle(rows)
    groupings, strata = named(rows), ["all"] * len(rows)
    parts = assign_all(groupings, strata, FRACTIONS, seed)
    alone = [assign(labels, strata, FRACTIONS, seed) for labels in groupings.values()]
    for part, *each in zip(parts, *alone, strict=True):
        assert {part} == {*each} or (part == LEFT_OUT and len({*each}) > 1)
    assert parts == assign_all(dict(reversed(groupings.items())), strata, FRACTIONS, seed)
    renamed = {name: [f"new {label}" for label in labels] for name, labels in groupings.items()}
    assert parts == assign_all(renamed, strata, FRACTIONS, seed)


@given(ROWS, st.integers(0, 9))
def test_equal_groupings_lose_no_row(rows, seed):
    groups, strata = [g for g, _ in rows], [s for _, s in rows]
    alone = assign(groups, strata, FRACTIONS, seed)
    for groupings in ({"a": groups}, {"a": groups, "b": groups}):
        assert assign_all(groupings, strata, FRACTIONS, seed) == alone
    assert join_labels({"a": groups}) == groups


@given(SEVERAL)
def test_joined_labels_are_equal_only_if_all_labels_are(rows):
    joined = join_labels(named(rows))
    assert len({*zip(joined, rows, strict=True)}) == len({*joined}) == len({*rows})


@given(SEVERAL, st.integers(0, 9))
def test_the_digest_changes_with_each_grouping(rows, seed):
    split = several(rows, seed)
    for column in ("group", *split.groupings):
        changed = Split.__new__(Split)
        changed.table, changed.meta = split.table.copy(), {}
        changed.table.loc[len(rows) - 1, column] = "new"
        assert changed.digest != split.digest
    whole = Split(split.table.drop(columns=split.groupings), {})
    assert whole.groupings == ["group"] and whole.digest != split.digest


def test_a_torn_group_of_one_of_several_groupings_is_a_leak():
    apart = {"group_drug": ["x", "y", "z"], "group_site": ["p", "p", "q"]}
    with pytest.raises(
        LeakError, match="1 groups of site stand on more than one side of repeat 0; found 'p'"
    ):
        make("abc", ["train", "test", "test"], **apart)
    split = make("abc", ["train", LEFT_OUT, "test"], **apart)
    assert split.rows("train", 0).tolist() == [0] and split.rows("test", 0).tolist() == [2]


def test_rows_that_are_left_out_tear_no_family_and_are_no_relatives():
    split = make("abcd", [LEFT_OUT, "train", "test", LEFT_OUT])
    split.refuse_relatives(["f", "f", "g", "g"])
    assert split.relatives_in_training(["f", "f", "g", "g"]) == {
        "test_rows": [1], "with_relative_in_training": [0],
    }  # fmt: skip
    with pytest.raises(LeakError, match=r"1 families .* found 'i1 \(train\) and i2 \(test\)'"):
        split.refuse_relatives(["f"] * 4)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40), st.floats(0, 1), st.integers(0, 9))
def test_a_split_without_test_rows_draws_whole_groups_for_validation(groups, valid, seed):
    split = without_test([f"r{i}" for i in range(len(groups))], groups, valid, seed, "x")
    drawn = {groups[i] for i in split.rows("valid", 0)}
    assert not drawn & {groups[i] for i in split.rows("train", 0)} and not len(split.rows("test", 0))
    assert len(drawn) == max(1, round(valid * len(set(groups))))


def test_a_repeat_that_there_is_not_is_named():
    split = without_test(["a", "b"], ["a", "b"], 0.5, 0, "x")
    split.require_repeat(0)
    for repeat in (-1, 1):
        with pytest.raises(InputError, match="no such repeat"):
            split.require_repeat(repeat)
