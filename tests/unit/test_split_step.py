"""split: every refusal in words, predefined splits taken as they are."""

from __future__ import annotations

import pytest

from riboswitch.errors import InputError, UsageError
from riboswitch.records import Record, Records
from riboswitch.steps.split import split


@pytest.fixture
def records():
    rows = [
        Record(i, f"i{i}", "ACDEFGHIKL"[i % 10 :] + "MNPQRSTVWY" * (1 + i // 10),
               {"part": ("Train", " test", "valid")[i % 3], "y": float(i % 2) if i % 5 else None})
        for i in range(60)
    ]  # fmt: skip
    return Records.collect(rows, modality="sequence")


def test_repeats_differ_and_all_is_reproducible(records):
    made = split(records, repeats=3, seed=4)
    assert made.repeats == 3 and made.digest == split(records, repeats=3, seed=4).digest
    parts = [made.table[f"part_{r}"].tolist() for r in range(3)]
    assert parts[0] != parts[1] != parts[2]
    assert parts[1] == split(records, repeats=1, seed=5).table["part_0"].tolist()
    assert made.digest != split(records, repeats=3, seed=5).digest


def test_labels_with_gaps_can_be_shared_out(records):
    made = split(records, target="y")
    for repeat in range(3):
        held = made.table[f"part_{repeat}"]
        assert {(str(y), p) for y, p in zip(records.table["y"], held, strict=True)} >= {
            (y, p) for y in ("0.0", "1.0") for p in ("train", "test")
        }


def test_a_predefined_split_is_taken_as_it_is(records):
    made = split(records, "predefined", column="part", repeats=2)
    assert made.table["part_0"].tolist() == ["train", "test", "valid"] * 20
    assert made.table["part_1"].tolist() == made.table["part_0"].tolist()
    records.table.loc[7, "part"] = "judge"
    with pytest.raises(InputError, match=r"record i7.*found 'judge'"):
        split(records, "predefined", column="part")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"method": "scaffolds"}, "no such way to group"),
        ({"method": "family", "options": {"cutof": 1}}, "Did you mean 'cutoff'"),
        ({"method": "predefined"}, "needs a column"),
        ({"method": "predefined", "column": "prt"}, "needs a column"),
        ({"target": "z"}, "no such column"),
        ({"fractions": {"train": 0.5, "test": 0.4}}, "sum to 1"),
        ({"fractions": {"train": 0.5, "tests": 0.5}}, "sum to 1"),
        ({"fractions": {"train": 1.5, "test": -0.5}}, "sum to 1"),
        ({"fractions": {"train": float("nan"), "test": 0.5}}, "sum to 1"),
        ({"fractions": {}}, "sum to 1"),
        ({"repeats": 0}, "repeats must be"),
        ({"repeats": 1.5}, "repeats must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_what_makes_no_sense_is_refused(records, how, told):
    with pytest.raises((UsageError, InputError), match=told):
        split(records, **how)


def test_too_few_groups_are_told(records):
    few = Records.collect([Record(i, f"i{i}", "ACDEF") for i in range(9)], modality="sequence")
    with pytest.raises(InputError, match=r"no rows are left for .*1 groups"):
        split(few)
