"""Curation: one identity is one row, and every row that leaves says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.curation import curate, label_lines
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.read import SAME, identity, read_list

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


@given(measured, regression_options)
def test_every_label_has_one_fate(data: list[Row], options: dict[str, Any]) -> None:
    result = run(data, "regression", **options)
    tally, table = result.meta["ledger"]["labels"]["y"], result.curation
    assert table is not None
    fates = ("kept", "left_out", "averaged", "voided", "rejected")
    assert tally["labels"] == len(data) == tally["single"] + sum(tally[fate] for fate in fates)
    assert {fate: (table["fate"] == fate).sum() for fate in fates} == {fate: tally[fate] for fate in fates}
    assert tally["labels_after"] == result.table["y"].notna().sum()
    assert not table.duplicated(["target", "source", "row"]).any()
    final = dict(zip(result.table["id"], result.table["y"].map(str), strict=True))
    assert (table["after"] == table["input"].map(lambda name: final.get(name, ""))).all()


def test_the_table_says_what_became_of_each_label() -> None:
    result = of_targets(
        [("a", "1", "0"), ("A", "1", "1"), ("b", "0", None), ("B", "1", None), ("c", "1", "1")]
    )
    assert result.curation is not None
    assert result.curation.to_numpy().tolist() == [
        ["y", "r1", "", 1, "r1", "1.0", "yes", "kept", "1.0"],
        ["y", "r1", "", 2, "r2", "1.0", "yes", "left_out", "1.0"],
        ["z", "r1", "", 1, "r1", "0.0", "no", "voided", ""],
        ["z", "r1", "", 2, "r2", "1.0", "no", "voided", ""],
        ["y", "r3", "", 3, "r3", "0.0", "no", "rejected", ""],
        ["y", "r3", "", 4, "r4", "1.0", "no", "rejected", ""],
    ]
    averaged = run([("a", 1.0), ("A", 2.0), ("b", 3.0)], "regression").curation
    assert averaged is not None
    assert averaged["fate"].tolist() == ["averaged"] * 2 and averaged["after"].tolist() == ["1.5"] * 2


def test_duplicates_name_the_first() -> None:
    result = run([("a", "1"), ("b", "0"), ("A", "1")])
    assert codes(result) == {3: "DUPLICATE"}
    assert result.rejected["reason"].tolist() == ["the same input as r1 (row 1)"]
    assert result.rejected["id"].tolist() == ["r3"]
    assert run([("a", "1"), ("A", "1")], duplicates="reject").table.empty


def test_conflicts_reject_all_by_default() -> None:
    result = run([("a", "1"), ("A", "0"), ("a", "1"), ("b", "1")])
    assert codes(result) == dict.fromkeys([1, 2, 3], "CONFLICTING_LABEL")
    assert result.rejected["reason"][0] == (
        "the same input as r2 (row 2); of its 3 rows y is 0 in one row and 1 in another"
    )
    assert run([("a", "1"), ("A", "0")], conflicts="first").table["y"].tolist() == [1.0]


def test_regression_means_and_tolerance() -> None:
    close = [("a", 1.0), ("A", 1.2), ("a", 1.1)]
    assert run(close, "regression").table["y"].tolist() == [pytest.approx(1.1)]
    refused = run(close, "regression", conflicts="reject")
    assert codes(refused) == dict.fromkeys([1, 2, 3], "CONFLICTING_LABEL")
    assert run(close, "regression", tolerance=0.2, duplicates="first").table["y"].tolist() == [1.0]
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
    assert first.table[["y", "z"]].to_numpy().tolist() == [[1.0, 0.0]]  # no label of either row is lost
    merged = curate(both, lower_case, targets=["y", "z"], kind="binary", duplicates="mean").table
    assert merged[["y", "z"]].to_numpy().tolist() == [[1.0, 0.0]]


def of_targets(rows: list[tuple[Any, ...]], kind: str = "binary", **options: Any) -> Records:
    """Rows of a key and the labels y and z, curated."""
    stream = [Record(i, f"r{i}", {"molecule": k}, {"y": y, "z": z}) for i, (k, y, z) in enumerate(rows, 1)]
    both = Records.collect(stream, ["molecule"])
    return curate(both, lower_case, targets=["y", "z"], kind=kind, **options)  # type: ignore[arg-type]


def test_a_conflict_takes_one_label_and_not_the_row() -> None:
    result = of_targets(
        [("a", "1", "0"), ("A", "1", "1"), ("b", "0", None), ("B", "1", None), ("c", "1", "1")]
    )
    assert result.table[["row", "y", "z"]].fillna(-1).to_numpy().tolist() == [[1, 1, -1], [5, 1, 1]]
    assert codes(result) == {2: "DUPLICATE", 3: "CONFLICTING_LABEL", 4: "CONFLICTING_LABEL"}
    assert "z is 0 in one row and 1 in another" in result.rejected["reason"][0]
    ledger = result.meta["ledger"]
    assert ledger["labels"]["y"] == {
        "labels": 5, "positives": 4, "single": 1, "kept": 1, "left_out": 1, "averaged": 0, "voided": 0,
        "rejected": 2, "labels_after": 2, "lost_to_conflicts": 2, "positives_lost": 1,
        "repeated_inputs": 2, "disagreeing_inputs": 1, "disagreeing_share": 0.5,
    }  # fmt: skip
    assert label_lines(ledger) == [
        "target y: 2 of 5 labels lost to conflicts (1 of 4 positives)",
        "target z: 2 of 3 labels lost to conflicts (1 of 2 positives)",
    ]


cells = st.sampled_from(["0", "1", None])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(keys, cells, cells), min_size=1, max_size=14))
def test_each_target_keeps_what_it_would_keep_alone(data: list[tuple[Any, ...]]) -> None:
    """The other targets of a set cost a target none of its labels."""
    both = of_targets(data)
    assert both.read == len(data)
    for target, at in (("y", 1), ("z", 2)):
        alone = run([(row[0], row[at]) for row in data], duplicates="first", conflicts="reject")
        alone_labels = dict(zip(alone.table["molecule"].str.lower(), alone.table["y"], strict=True))
        kept = both.table.dropna(subset=[target])
        assert dict(zip(kept["molecule"].str.lower(), kept[target], strict=True)) == alone_labels
        tally = both.meta["ledger"]["labels"][target]
        given_labels = sum(row[at] is not None for row in data)
        assert tally["labels"] == given_labels
        merged = sum(len(group) - 1 for group in agreeing(data, at))
        assert given_labels - tally["lost_to_conflicts"] - merged == len(alone_labels)


def agreeing(data: list[tuple[Any, ...]], at: int) -> list[list[Any]]:
    """The labels of each input that agree."""
    groups: dict[str, list[Any]] = {}
    for row in data:
        groups.setdefault(row[0].lower(), []).extend([row[at]] * (row[at] is not None))
    return [labels for labels in groups.values() if labels and len({*labels}) == 1]


def test_the_share_of_numbers_that_disagree_is_told() -> None:
    rows = [("a", 1.0), ("A", 1.2), ("b", 2.0), ("B", 2.05), ("c", 3.0)]
    ledger = run(rows, "regression", tolerance=0.1).meta["ledger"]
    assert ledger["policy"] == {"duplicates": "mean", "conflicts": "mean", "tolerance": 0.1}
    assert label_lines(ledger) == [
        "target y: 1 of 2 inputs with several labels disagree by more than 0.1 (50.0%); averaged"
    ]
    assert label_lines(run(rows, "regression", tolerance=0.3).meta["ledger"]) == []


def test_a_key_that_was_compared_is_named() -> None:
    read = Records.collect(
        read_list(["Oc1ccccn1", "O=c1cccc[nH]1"], ["U1", "U2"]), ["molecule"], modality="molecule"
    )
    read.table["y"] = ["0", "1"]
    result = curate(read, identity, targets=["y"], kind="binary", same=SAME)
    assert result.rejected["reason"].tolist() == [
        f"same InChIKey as {other}, UBQKCCHYAOITMY-UHFFFAOYSA-N: tautomers or other drawings of one "
        "compound; of its 2 rows y is 0 in one row and 1 in another"
        for other in ("U2 (row 2)", "U1 (row 1)")
    ]


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
