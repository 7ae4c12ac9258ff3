"""Curation: one identity is one row, and every row that leaves says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.curation import curate
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.read import identity, read_list

Row = tuple[str, Any]


def lower_case(components: Mapping[str, Any]) -> str:
    return str(components["molecule"]).lower()


def records(rows: list[Row], **meta: Any) -> Records:
    stream = [Record(i, f"r{i}", {"molecule": key}, {"y": y}, "test") for i, (key, y) in enumerate(rows, 1)]
    return Records.collect(stream, ["molecule"], **meta)


def run(rows: list[Row], kind: str = "binary", **options: Any) -> Records:
    return curate(records(rows), lower_case, targets=["y"], kind=kind, **options)  # type: ignore[arg-type]


def codes(result: Records) -> dict[int, str]:
    return dict(zip(result.rejected["row"].tolist(), result.rejected["code"], strict=True))


labels = st.sampled_from(["0", "1", "", "x", "nan", None, 1.0, 0, "inf"])
keys = st.sampled_from(["a", "A", "b", "B", "c"])
rows = st.lists(st.tuples(keys, labels), min_size=1, max_size=14)
binary_options = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(["first", "mean", "reject"]),
        "conflicts": st.sampled_from(["first", "reject"]),
    }
)
numbers = st.floats(-5, 5).map(lambda x: round(x, 2))
measured = st.lists(st.tuples(keys, numbers), min_size=1, max_size=14)
regression_options = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(["first", "mean", "reject"]),
        "conflicts": st.sampled_from(["first", "mean", "reject"]),
        "tolerance": st.sampled_from([0.0, 0.5]),
    }
)


@given(rows, binary_options)
def test_no_row_is_lost_and_no_identity_stays_twice(data: list[Row], options: dict[str, Any]) -> None:
    result = run(data, **options)
    assert sorted([*result.table["row"], *result.rejected["row"]]) == list(range(1, len(data) + 1))
    kept = result.table["molecule"].str.lower()
    assert kept.is_unique
    assert set(result.table["y"]) <= {0.0, 1.0}
    assert (result.rejected["stage"] == "curate").all()


@given(measured, regression_options, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(data: list[Row], options: dict[str, Any], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(data)
    random.shuffle(shuffled)
    one, other = run(data, "regression", **options), run(shuffled, "regression", **options)

    def kept(result: Records) -> dict[str, float]:
        return dict(zip(result.table["molecule"].str.lower(), result.table["y"], strict=True))

    assert kept(one).keys() == kept(other).keys()
    assert one.meta["ledger"] == other.meta["ledger"]
    if options["duplicates"] == options["conflicts"] == "mean":
        assert kept(one) == kept(other)


@given(measured, regression_options)
def test_curating_twice_changes_nothing(data: list[Row], options: dict[str, Any]) -> None:
    once = run(data, "regression", **options)
    twice = curate(once, lower_case, targets=["y"], kind="regression", **options)
    assert twice.table.equals(once.table)
    assert twice.meta["ledger"]["rows"] == twice.meta["ledger"]["accepted"]


@given(rows, binary_options)
def test_the_ledger_adds_up(data: list[Row], options: dict[str, Any]) -> None:
    ledger = run(data, **options).meta["ledger"]
    gone = sum(ledger[c] for c in ("bad_label", "missing_label", "duplicate", "conflicting_label"))
    assert ledger["rows"] == len(data) == ledger["accepted"] + gone


def test_duplicates_name_the_first() -> None:
    result = run([("a", "1"), ("b", "0"), ("A", "1")])
    assert codes(result) == {3: "DUPLICATE"}
    assert result.rejected["reason"].tolist() == ["the same input as r1 (row 1)"]
    assert result.rejected["id"].tolist() == ["r3"]
    assert run([("a", "1"), ("A", "1")], duplicates="reject").table.empty


def test_conflicts_reject_all_by_default() -> None:
    result = run([("a", "1"), ("A", "0"), ("a", "1"), ("b", "1")])
    assert codes(result) == dict.fromkeys([1, 2, 3], "CONFLICTING_LABEL")
    assert "y is 0.0 in one and 1.0 in another" in result.rejected["reason"][0]
    assert run([("a", "1"), ("A", "0")], conflicts="first").table["y"].tolist() == [1.0]


def test_regression_means_and_tolerance() -> None:
    close = [("a", 1.0), ("A", 1.2), ("a", 1.1)]
    assert codes(run(close, "regression")) == dict.fromkeys([1, 2, 3], "CONFLICTING_LABEL")
    assert run(close, "regression", tolerance=0.2).table["y"].tolist() == [1.0]
    mean = run(close, "regression", tolerance=0.2, duplicates="mean").table
    assert (mean["row"].tolist(), mean["y"].tolist()) == ([1], [pytest.approx(1.1)])
    assert run(close, "regression", conflicts="mean").table["y"].tolist() == [math.fsum([1, 1.2, 1.1]) / 3]


def test_tolerance_allows_rounded_decimals() -> None:
    assert 1.3 - 1.2 > 0.1
    assert len(run([("a", "1.2"), ("a", "1.3")], "regression", tolerance=0.1)) == 1


@pytest.mark.parametrize(
    ("kind", "label", "code"),
    [
        ("regression", "12 uM", "BAD_LABEL"),
        ("regression", ">10", "BAD_LABEL"),
        ("regression", "inf", "BAD_LABEL"),
        ("regression", float("-inf"), "BAD_LABEL"),
        ("regression", float("nan"), "MISSING_LABEL"),
        ("regression", "NaN", "MISSING_LABEL"),
        ("regression", None, "MISSING_LABEL"),
        ("regression", " ", "MISSING_LABEL"),
        ("binary", "2", "BAD_LABEL"),
        ("binary", "active", "BAD_LABEL"),
        ("binary", "NA", "MISSING_LABEL"),
        ("multiclass", "", "MISSING_LABEL"),
        ("multiclass", None, "MISSING_LABEL"),
    ],
)
def test_labels_that_cannot_be_used(kind: str, label: Any, code: str) -> None:
    result = run([("a", "1"), ("b", label)], kind)
    assert codes(result) == {2: code}


def test_none_is_a_class_of_its_own() -> None:
    result = run([("a", "none"), ("b", "tetracycline"), ("B", "none")], "multiclass")
    assert result.table["y"].tolist() == ["none"]
    assert codes(result) == dict.fromkeys([2, 3], "CONFLICTING_LABEL")


def test_several_targets_with_gaps() -> None:
    table = [("a", "1", None), ("A", None, "0"), ("b", None, None), ("c", "1", "x")]
    stream = [Record(i, f"r{i}", {"molecule": k}, {"y": y, "z": z}) for i, (k, y, z) in enumerate(table, 1)]
    both = Records.collect(stream, ["molecule"])
    first = curate(both, lower_case, targets=["y", "z"], kind="binary")
    assert codes(first) == {2: "DUPLICATE", 3: "MISSING_LABEL", 4: "BAD_LABEL"}
    assert first.table[["y", "z"]].isna().to_numpy().tolist() == [[False, True]]
    merged = curate(both, lower_case, targets=["y", "z"], kind="binary", duplicates="mean").table
    assert merged[["y", "z"]].to_numpy().tolist() == [[1.0, 0.0]]


def test_a_library_without_labels() -> None:
    result = curate(records([("a", ""), ("A", ""), ("b", "")]), lower_case, targets=[], kind="regression")
    assert codes(result) == {2: "DUPLICATE"}


def test_earlier_rejections_and_meta_are_kept() -> None:
    read = Records.collect(
        read_list(["OCC", "C1CC", "CCO", "Oc1ccccn1", "O=c1cccc[nH]1"]), ["molecule"], modality="molecule"
    )
    result = curate(read, identity, targets=[], kind="regression")
    assert result.counts()["by_code"] == {"BAD_SMILES": 1, "DUPLICATE": 2}
    assert result.meta["modality"] == "molecule"
    assert result.meta["ledger"]["rows"] == 4
    assert "ledger" not in read.meta
    assert len(read) == 4


def test_mistakes_are_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'y'"):
        curate(records([("a", 1)]), lower_case, targets=["Y"], kind="binary")
    with pytest.raises(UsageError, match="regression only"):
        run([("a", 1)], conflicts="mean")
    with pytest.raises(UsageError, match="no mean"):
        run([("a", "x")], "multiclass", duplicates="mean")
    with pytest.raises(UsageError, match="policy"):
        run([("a", 1)], duplicates="last")
    with pytest.raises(UsageError, match="kind"):
        run([("a", 1)], "ranking")
