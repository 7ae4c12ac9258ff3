"""Curation of censored labels: interval logic, and a ledger in which each bound has one fate."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from riboswitch.data.bounds.agreement import Merging
from riboswitch.data.bounds.bound import Bound
from riboswitch.data.bounds.columns import labels_of
from riboswitch.data.curation import curate, label_lines
from riboswitch.data.labels import label
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError

keys = st.sampled_from(["a", "A", "b", "B", "c"])
cells = (
    st.integers(-5, 5).map(str) | st.integers(-5, 5).map(">{}".format) | st.integers(-5, 5).map("<={}".format)
)
measured = st.lists(st.tuples(keys, cells), min_size=1, max_size=14)
options = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(["first", "mean", "reject"]),
        "conflicts": st.sampled_from(["first", "mean", "reject"]),
        "tolerance": st.sampled_from([0.0, 0.5, 2.0]),
    }
)


def run(rows, **chosen):
    stream = [
        Record(i, f"r{i}", {"molecule": key}, {"y": y, "sign": sign[0] if sign else None}, "test")
        for i, (key, y, *sign) in enumerate(rows, 1)
    ]
    chosen = {"censored": "bounds"} | chosen
    return curate(Records.collect(stream, ["molecule"]), lambda one: one["molecule"].lower(), targets=["y"],
                  kind="regression", **chosen)  # fmt: skip


def read(cell):
    return label(cell, "regression", censored="bounds")


def kept(result):
    return dict(zip(result.table["molecule"].str.lower(), labels_of(result, "y"), strict=True))


@given(measured, options)
def test_every_label_and_every_bound_has_one_fate(rows, chosen):
    result = run(rows, **chosen)
    tally, table = result.meta["ledger"]["labels"]["y"], result.curation
    fates = ("kept", "left_out", "averaged", "voided", "rejected")
    assert tally["labels"] == len(rows) == tally["single"] + sum(tally[fate] for fate in fates)
    assert {fate: (table["fate"] == fate).sum() for fate in fates} == {fate: tally[fate] for fate in fates}
    left = labels_of(result, "y")
    assert tally["labels_after"] == len(left) and None not in left
    given_bounds = [y for _, y in rows if y[0] in "<>"]
    assert ("bounds" in tally) == bool(given_bounds)
    if given_bounds:
        of = tally["bounds"]
        assert of["labels"] == len(given_bounds)
        assert of["labels"] == of["single"] + sum(
            of[fate] for fate in ("kept", "left_out", "voided", "rejected")
        )
        assert of["labels_after"] == sum(isinstance(one, Bound) for one in left)


@given(measured, options)
def test_curating_twice_changes_nothing(rows, chosen):
    once = run(rows, **chosen)
    twice = curate(once, lambda one: one["molecule"].lower(), targets=["y"], kind="regression", **chosen)
    assert twice.table.equals(once.table)


@given(measured, options, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, chosen, random):
    assume(chosen["conflicts"] != "first")  # the first label may be a number or a bound
    other = random.sample(rows, len(rows))
    one, two = run(rows, **chosen), run(other, **chosen)
    assert kept(one).keys() == kept(two).keys()
    assert one.meta["ledger"] == two.meta["ledger"]
    if chosen["duplicates"] == chosen["conflicts"] == "mean":
        assert kept(one) == kept(two)


@given(measured, st.sampled_from([0.0, 0.5, 2.0]))
def test_what_is_kept_of_labels_that_agree_contradicts_none_of_them(rows, tolerance):
    result = run(rows, duplicates="mean", conflicts="reject", tolerance=tolerance)
    how = Merging("regression", "mean", "reject", tolerance, ("", ""))
    for key, final in kept(result).items():
        given_labels = [read(y) for name, y in rows if name.lower() == key]
        assert all(how.agree([final, one]) for one in given_labels)


@given(st.lists(st.tuples(keys, st.integers(-5, 5).map(str)), min_size=1, max_size=9), options)
def test_without_bounds_the_setting_changes_only_what_is_said_of_it(rows, chosen):
    one, other = run(rows, **chosen), run(rows, **chosen, censored="reject")
    assert one.table.equals(other.table) and one.rejected.equals(other.rejected)
    assert one.meta["ledger"].pop("policy") == other.meta["ledger"].pop("policy") | {"censored": "bounds"}
    assert one.meta == other.meta


@pytest.mark.parametrize(
    ("cells", "conflicts", "final", "fates"),
    [
        ([">5", ">5"], "mean", Bound(low=5.0), ["kept", "left_out"]),
        ([">5", ">7"], "mean", Bound(low=7.0), ["left_out", "kept"]),
        ([">5", "<9"], "mean", Bound(5.0, 9.0), ["kept", "kept"]),
        ([">5", "6"], "mean", 6.0, ["left_out", "kept"]),
        ([">5", "6", "8"], "mean", 7.0, ["left_out", "averaged", "averaged"]),
        ([">5", "5"], "mean", 5.0, ["left_out", "kept"]),
        ([">5", "4"], "mean", None, ["rejected", "rejected"]),
        ([">5", "<4"], "mean", None, ["rejected", "rejected"]),
        ([">5", "4", "6"], "mean", None, ["rejected"] * 3),
        ([">5", "4"], "reject", None, ["rejected", "rejected"]),
        ([">5", "4"], "first", Bound(low=5.0), ["kept", "left_out"]),
        (["4", ">5"], "first", 4.0, ["kept", "left_out"]),
    ],
)  # fmt: skip
def test_interval_logic(cells, conflicts, final, fates):
    result = run([("a", cell) for cell in cells], conflicts=conflicts)
    assert kept(result).get("a") == final
    assert result.curation["fate"].tolist() == fates
    if final is None:
        assert set(result.rejected["code"]) == {"CONFLICTING_LABEL"}


def test_a_contradiction_is_named():
    reason = run([("a", ">5"), ("a", "4")]).rejected["reason"].iloc[0]
    assert "y is 4 in one row and >5.0 in another" in reason


def test_the_default_rejects_and_names_the_setting():
    result = run([("a", ">5"), ("b", "3"), ("c", "~5")], censored="reject")
    assert result.rejected["code"].tolist() == ["BAD_LABEL", "BAD_LABEL"]
    assert result.rejected["reason"].tolist() == [
        "y is '>5', not a number but a bound", "y is '~5', not a number but an approximate one"
    ]  # fmt: skip
    assert ["--censored bounds" in hint for hint in result.rejected["hint"]] == [True, False]


def test_signs_may_stand_in_a_column():
    rows = [("a", "5", "'>'"), ("b", "3", "'='"), ("c", "4", None), ("d", "6", "~"), ("e", "7", "<")]
    result = run(rows, relation="sign")
    assert kept(result) == {"a": Bound(low=5.0), "b": 3.0, "c": 4.0, "e": Bound(high=7.0)}
    assert result.rejected["reason"].tolist() == ["y is '6', an approximate number"]
    refused = run(rows, relation="sign", censored="reject")
    assert refused.rejected["code"].tolist() == ["BAD_LABEL"] * 3
    assert refused.rejected["hint"].str.contains("--censored bounds").tolist() == [True, False, True]


def test_what_does_not_go_together_is_refused():
    with pytest.raises(InputError, match="no such column of relations"):
        run([("a", "1")], relation="missing")
    one = Records.collect([Record(1, "r1", {"molecule": "a"}, {"y": "1", "z": "1"}, "t")], ["molecule"])
    for wrong in ({"kind": "binary", "targets": ["y"], "censored": "bounds"},
                  {"kind": "binary", "targets": ["y"], "relation": "z"},
                  {"kind": "regression", "targets": ["y", "z"], "relation": "z"},
                  {"kind": "regression", "targets": ["y"], "censored": "maybe"}):  # fmt: skip
        with pytest.raises(UsageError):
            curate(one, lambda parts: parts["molecule"], **wrong)


def test_the_summary_counts_bounds():
    ledger = run([("a", ">5"), ("a", "6"), ("b", ">5")]).meta["ledger"]
    assert label_lines(ledger)[0] == "target y: 2 of 3 labels are bounds; 1 of 2 inputs have no other"
