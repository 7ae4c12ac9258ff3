"""The verb split: groupings, predefined splits, relatives, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.records import Record, Records
from riboswitch.data.splits import LEFT_OUT, Split
from riboswitch.errors import InputError, LeakError, UsageError
from riboswitch.steps.split import split


@pytest.fixture
def records():
    rows = [
        Record(i, f"i{i}", {"sequence": "ACDEFGHIKL"[i % 10 :] + "MNPQRSTVWY" * (1 + i // 10)},
               {"part": ("Train", " test", "valid")[i % 3], "y": float(i % 2) if i % 5 else None})
        for i in range(60)
    ]  # fmt: skip
    return Records.collect(rows, ["sequence"], modality="sequence")


def test_repeats_differ_and_all_is_deterministic(records):
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
    made = split(records, "predefined", column="part", relatives="ignore")
    assert made.table["part_0"].tolist() == ["train", "test", "valid"] * 20
    for wrong, found in (("judge", "judge"), (None, "nothing"), (" ", "nothing")):
        records.table.loc[7, "part"] = wrong
        with pytest.raises(InputError, match=rf"record i7.*found '{found}'"):
            split(records, "predefined", column="part")
    records.table["part"] = "train"
    with pytest.raises(InputError, match="column 'part' has no row for test; found 'train'"):
        split(records, "predefined", column="part")


def test_a_predefined_split_has_no_copies_for_repeats(records, capsys):
    made = split(records, "predefined", column="part", repeats=5, relatives="ignore")
    assert made.repeats == 1 and made.meta["name"] == "predefined-r1-s0"
    told = capsys.readouterr().err
    assert "split: a predefined split has one repeat, not 5: the others would be copies of it" in told
    assert "no column of groups is given" in told


@pytest.mark.parametrize("name", ["val", "Validation", " valid "])
def test_the_names_of_other_programs_are_read_and_told(records, capsys, name):
    records.table["part"] = ["train", "test", name] * 20
    made = split(records, "predefined", column="part", repeats=1, relatives="ignore")
    assert made.table["part_0"].tolist() == ["train", "test", "valid"] * 20
    other = name.strip().lower()
    assert (f"{other} in column 'part' is read as valid (20 rows)" in capsys.readouterr().err) == (
        other != "valid"
    )


def test_groups_of_a_predefined_split_stay_whole_and_are_kept(records, capsys):
    records.table["lab"] = [f"L{i % 3} " for i in range(60)]
    made = split(records, "predefined", column="part", groups="lab", relatives="report")
    assert made.table["group"].tolist() == ["L0", "L1", "L2"] * 20 and made.meta["groups"] == "lab"
    assert "no column of groups" not in capsys.readouterr().err
    for value, error, told in (
        ("L1", LeakError, "1 groups stand on more than one side of repeat 0; found 'L1'"),
        (None, InputError, "record i0: column 'lab' must name the group of every row; found 'nothing'"),
    ):
        records.table.loc[0, "lab"] = value
        with pytest.raises(error, match=told):
            split(records, "predefined", column="part", groups="lab")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"method": "scaffolds"}, "no such way to group"),
        ({"method": "family", "options": {"cutof": 1}}, "Did you mean 'cutoff'"),
        ({"method": "predefined"}, "needs a column"),
        ({"method": "predefined", "column": "part", "groups": "labb"}, "no such column of groups"),
        ({"groups": "part"}, "only a predefined split has groups"),
        ({"method": "predefined", "column": "prt"}, "needs a column"),
        ({"target": "z"}, "no such column"),
        ({"relatives": "warn"}, "no such relatives"),
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
def test_wrong_options_are_refused(records, how, told):
    with pytest.raises((UsageError, InputError), match=told):
        split(records, **how)


def test_too_few_groups_are_reported(records):
    few = Records.collect(
        [Record(i, f"i{i}", {"sequence": "ACDEF"}) for i in range(9)], ["sequence"], modality="sequence"
    )
    with pytest.raises(InputError, match=r"no rows are left for .*1 groups"):
        split(few)


HALVES = {"train": 0.6, "test": 0.4}
TWO_FAMILIES = ["ACDEFGHIKLMNPQRST", "ACDEFGHIKLMNPQRSW", "YWVTSRQPNMLKIHGFE", "YWVTSRQPNMLKIHGFC"]
LONERS = ["MMWWHHMMWW", "GGPPGGLLGG", "CCDDCCDDYY", "FFRRFFRRQQ", "NNIINNIIVV", "SSEESSEETT"]


def of_genes(parts, **columns):
    rows = [Record(i, f"g{i}", {"sequence": s}, {"part": p, **{c: v[i] for c, v in columns.items()}})
            for i, (s, p) in enumerate(zip(TWO_FAMILIES + LONERS, parts, strict=False))]  # fmt: skip
    return Records.collect(rows, ["sequence"], modality="sequence")


TORN = ["train", "test", "train", "train", "test", "valid", "train"]
WHOLE = ["train", "train", "test", "test", "test", "valid", "train"]


def test_a_predefined_split_with_relatives_on_two_sides_is_refused_by_name():
    with pytest.raises(LeakError, match=r"1 families .* repeat 0; found 'g0 \(train\) and g1 \(test\)'"):
        split(of_genes(TORN), "predefined", column="part")


def test_a_predefined_split_that_keeps_them_together_has_families_as_groups():
    made = split(of_genes(WHOLE), "predefined", column="part", repeats=1)
    assert made.table["group"].nunique() == 5
    assert made.table["group"][0] == made.table["group"][1] and made.weights()[0] < made.weights()[4]
    assert made.meta["relatives"] == {
        "method": "family", "letters": "protein", "k": 4, "cutoff": 0.1,
        "test_rows": [3], "with_relative_in_training": [0],
    }  # fmt: skip


def test_relatives_are_counted_where_they_are_only_reported(capsys):
    made = split(of_genes(TORN), "predefined", column="part", relatives="report")
    assert made.meta["relatives"]["with_relative_in_training"] == [1]
    assert made.meta["relatives"]["test_rows"] == [2]
    assert "split: 1 of 2 test rows have a relative in training (family, letters protein, k 4" in (
        capsys.readouterr().err
    )
    strict = split(of_genes(TORN), "predefined", column="part", relatives="report", options={"cutoff": 1})
    assert strict.meta["relatives"]["with_relative_in_training"] == [0]
    assert "relatives" not in split(of_genes(TORN), "predefined", column="part", relatives="ignore").meta


def test_a_random_split_counts_the_relatives_it_separates(records):
    made = split(of_genes([""] * 10), repeats=5, fractions=HALVES)
    found = made.meta["relatives"]
    families = split(of_genes([""] * 10), "family", repeats=1, fractions=HALVES).table["group"]
    for repeat, (count, size) in enumerate(
        zip(found["with_relative_in_training"], found["test_rows"], strict=True)
    ):
        test, train = made.rows("test", repeat), made.rows("train", repeat)
        assert size == len(test) and count == sum(families[i] in set(families[train]) for i in test)
    assert max(found["with_relative_in_training"]) > 0
    assert "relatives" not in split(of_genes([""] * 10), "family", fractions=HALVES).meta
    with pytest.raises(LeakError, match="families stand on more than one side"):
        split(of_genes([""] * 10), repeats=5, fractions=HALVES, relatives="fail")


def test_relatives_of_molecules_are_sought_only_when_asked():
    rows = [Record(i, f"m{i}", {"molecule": f"c1ccccc1{'C' * i}"}) for i in range(1, 12)]
    molecules = Records.collect(rows, ["molecule"], modality="molecule")
    assert split(molecules).meta.keys() == {"name", "method", "seed", "options", "fractions"}
    with pytest.raises(LeakError, match="1 families"):
        split(molecules, relatives="fail")


def test_groups_can_be_a_column():
    blocks = [i // 2 for i in range(10)]
    made = split(of_genes([""] * 10, block=blocks), "column", column="block", fractions=HALVES)
    assert made.table["group"].tolist() == [str(b) for b in blocks]
    assert made.meta["relatives"]["test_rows"] and "grouping" not in made.meta
    with pytest.raises(UsageError, match="holds the groups"):
        split(of_genes([""] * 10), "column", column="block")
    with pytest.raises(InputError, match="record g3: column 'block' must name the group"):
        split(of_genes([""] * 10, block=[0, 1, 2, None, 4, 5, 6, 7, 8, 9]), "column", column="block")


def test_a_group_with_most_of_the_rows_is_reported(capsys):
    genes = [Record(i, f"d{i}", {"sequence": "ACGTTGCAAGCTTAGCATGCCGATAGGCTAAC"[i:] * 2}) for i in range(12)]
    other = [
        Record(20 + i, f"e{i}", {"sequence": word * 8})
        for i, word in enumerate(("ACC", "GTT", "CAG", "TTC", "GAA"))
    ]
    records = Records.collect(genes + other, ["sequence"], modality="sequence")
    made = split(records, "family", fractions=HALVES, options={"k": 4})
    assert made.meta["grouping"] == {"letters": "nucleic", "k": 4, "cutoff": 0.1}
    assert made.meta["notes"][0].startswith("one group holds ") and "k 4" in made.meta["notes"][0]
    assert made.meta["notes"][0] in capsys.readouterr().err
    assert "notes" not in split(of_genes([""] * 10), "family", fractions=HALVES).meta


def test_relatives_in_large_data_are_sought_only_when_asked(monkeypatch, capsys):
    monkeypatch.setitem(split.__globals__, "MOST_LETTERS", 20)
    genes = of_genes([""] * 10)
    assert split(genes, fractions=HALVES).meta["relatives"] == "not looked for"
    assert "ask for it with relatives report" in capsys.readouterr().err
    assert split(genes, fractions=HALVES, relatives="report").meta["relatives"]["method"] == "family"


def assayed(rows=60):
    """Measurements of six scaffolds in five laboratories, ten molecules a scaffold."""
    rings = ["C1CCCCC1", "c1ccccc1", "c1ccncc1", "C1CCNCC1", "C1CCOC1", "c1ccsc1"]
    made = [
        Record(i, f"m{i}", {"molecule": rings[i % 6] + "C" * (1 + i // 6)},
               {"lab": f"L{i * 7 % 5}", "plate": f"P{i // 12}", "part": "train"})
        for i in range(rows)
    ]  # fmt: skip
    return Records.collect(made, ["molecule"], modality="molecule")


def test_one_grouping_gives_the_split_that_it_always_gave(records):
    """Digests of splits made by the code that knew one grouping only."""
    records.table["block"] = [f"b{i // 4}" for i in range(60)]
    for asked, digest in (
        ({}, "83cf4f0e5b7a532363f1f014439c34fd761e0ab9d5724f32fcaaca42954fde7e"),
        ({"target": "y"}, "3572cbef902f931c8a0d75bb677175f88d3275496e7314ee5d00f6564848e89b"),
        ({"method": "family", "options": {"cutoff": 0.95}},
         "8091087dd371c1f6ade0f778f654e2df58aa7c4ecdd041dbf7e567a8c32b9987"),
        ({"method": "column", "column": "block", "target": "y", "seed": 3},
         "1909f7da72045d6da0e97c119835ea554289c1ee86a7c9c428373ddf285a1a2d"),
        ({"method": "predefined", "column": "part", "relatives": "ignore"},
         "aa3b2f37d47e83752e5f5e63f28b3be220cfecfc012c6cfe65d3dee2a29aae30"),
    ):  # fmt: skip
        made = split(records, **asked)
        in_a_list = {key: [asked[key]] for key in ("method", "column") if key in asked}
        listed = split(records, **(asked | in_a_list))
        assert made.digest == listed.digest == digest and made.meta == listed.meta


def test_a_method_and_a_column_are_kept_apart_at_once(capsys, tmp_path):
    records = assayed()
    made = split(records, ["scaffold", "column"], column="lab", seed=3, fractions=HALVES)
    assert [*made.table][:4] == ["id", "group", "group_scaffold", "group_lab"]
    assert made.table["group_lab"].tolist() == records.table["lab"].tolist()
    alone = split(records, "scaffold", fractions=HALVES)
    assert made.table["group_scaffold"].tolist() == alone.table["group"].tolist()
    assert made.table["group"][0] == "C1CCCCC1 | L0" and made.table["group"].nunique() == 30
    for repeat in range(3):
        train, test = (made.table.iloc[made.rows(part, repeat)] for part in ("train", "test"))
        assert len(train) and len(test) and made.meta["left_out"][repeat] == 60 - len(train) - len(test)
        for column in made.groupings:
            assert not {*train[column]} & {*test[column]}
    counts = ", ".join(map(str, made.meta["left_out"]))
    assert f"split: {counts} of 60 rows are left out of the repeats" in capsys.readouterr().err
    assert made.meta["method"] == ["scaffold", "column"] and made.meta["name"] == "scaffold,column-r3-s3"
    assert made.meta["groupings"] == {"scaffold": {}, "lab": {"column": "lab"}}
    made.save(tmp_path / "split.parquet")
    again = Split.load(tmp_path / "split.parquet")
    assert again.groupings == ["group_scaffold", "group_lab"] and again.digest == made.digest
    assert again.meta == made.meta


def test_several_columns_are_kept_apart_at_once():
    made = split(assayed(), "column", column=["lab", "plate"], repeats=1, fractions=HALVES)
    assert made.groupings == ["group_lab", "group_plate"]
    other = split(assayed(), "column", column=["plate", "lab"], repeats=1, fractions=HALVES)
    assert made.table["part_0"].tolist() == other.table["part_0"].tolist()
    assert LEFT_OUT in set(made.table["part_0"])
    assert set(split(assayed(), "column", column="lab", fractions=HALVES).table["part_0"]) == {
        "train",
        "test",
    }


def test_families_beside_a_column_are_not_searched_for_relatives():
    genes = of_genes([""] * 10, block=[i // 2 for i in range(10)], site=["s", "t"] * 5)
    made = split(genes, ["family", "column"], column="block", fractions=HALVES, seed=1, relatives=None)
    assert "relatives" not in made.meta
    assert made.meta["groupings"]["family"] == {"letters": "protein", "k": 4, "cutoff": 0.1}
    by_columns = split(genes, "column", column=["block", "site"], fractions=HALVES, seed=1)
    assert by_columns.meta["relatives"]["test_rows"] == [len(by_columns.rows("test", r)) for r in range(3)]


def test_a_note_names_the_grouping(capsys):
    genes = of_genes([""] * 10, site=["s"] * 7 + ["t"] * 3, block=[i // 2 for i in range(10)])
    made = split(genes, "column", column=["block", "site"], fractions=HALVES, repeats=1, seed=2)
    note = "one group of site holds 7 of 10 rows (column site): use a stricter grouping"
    assert made.meta["notes"] == [note] and note in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"method": []}, "a split needs a method"),
        ({"method": ["scaffold", "scaffold"]}, "two groupings .* same name; found 'scaffold'"),
        ({"method": ["lab", "column"], "column": "lab"}, "two groupings .* same name; found 'lab'"),
        ({"method": "column", "column": ["lab", "lab"]}, "two groupings .* same name; found 'lab'"),
        ({"method": ["scaffold", "column"]}, "needs a column that holds the groups"),
        ({"method": ["scaffold", "column"], "column": ["lab", "pl"]}, "holds the groups; found 'pl'"),
        ({"method": "scaffold", "column": ["lab", "plate"]}, "several columns need the method column"),
        ({"method": ["scaffold", "predefined"], "column": "part"}, "one column and no other method"),
        ({"method": "predefined", "column": ["part", "lab"]}, "one column and no other method"),
        ({"method": ["scaffold", "families"]}, "no such way to group"),
    ],
)  # fmt: skip
def test_groupings_that_make_no_sense_are_refused(asked, problem):
    with pytest.raises(UsageError, match=problem):
        split(assayed(), **asked)


def test_a_part_that_the_groupings_leave_empty_is_refused():
    records = assayed(12)
    records.table["half"] = [str(i % 6 // 3) for i in range(12)]
    problem = r"no rows are left for valid \(\d+ of 12 are left out\)"
    groups = (
        "found '6 groups of scaffold, 2 groups of half'. Use a finer grouping or more data, or raise valid."
    )
    with pytest.raises(InputError, match=f"{problem}; {groups}"):
        split(records, ["scaffold", "column"], column="half")


def test_a_fixed_test_set_gets_other_validation_rows_in_each_repeat(records):
    records.table["part"] = ["test" if i % 3 == 1 else "train" for i in range(60)]
    records.table["kin"] = [f"k{i % 20}" if i % 3 != 1 else f"t{i}" for i in range(60)]
    asked = {"column": "part", "groups": "kin", "repeats": 3, "redraw": True, "relatives": "ignore"}
    made = split(records, "predefined", **asked)
    assert made.repeats == 3 and made.digest == split(records, "predefined", **asked).digest
    tests = [made.rows("test", repeat).tolist() for repeat in range(3)]
    assert tests == [list(range(1, 60, 3))] * 3
    valid = [made.rows("valid", repeat).tolist() for repeat in range(3)]
    assert all(valid) and valid[0] != valid[1]
    made.check()  # no group stands on two sides


def test_only_the_test_rows_of_a_predefined_split_can_be_fixed(records):
    with pytest.raises(UsageError, match=r"only of a predefined split the test rows stay; found 'random'"):
        split(records, "random", redraw=True)


def kin_of_two_parts():
    rng = np.random.default_rng(0)
    protein = "".join(rng.choice([*"ACDEFGHIKLMNPQRSTVWY"], 80))
    texts = [protein, protein + "AC", *("".join(rng.choice([*"ACDEFGHIKLMNPQRSTVWY"], 80)) for _ in range(8))]
    parts = ["test", "train", "train", "valid", *["train"] * 5, "test"]
    rows = [Record(i + 1, f"i{i}", {"sequence": text}, {"part": part})
            for i, (text, part) in enumerate(zip(texts, parts, strict=True))]  # fmt: skip
    return Records.collect(rows, ["sequence"], modality="sequence")


def test_training_rows_with_a_relative_in_the_test_set_can_be_left_out(capsys):
    records = kin_of_two_parts()
    with pytest.raises(LeakError):
        split(records, "predefined", column="part")
    made = split(records, "predefined", column="part", relatives="exclude")
    assert made.table["part_0"].tolist() == ["test", LEFT_OUT, *records.table["part"][2:]]
    assert made.meta["left_out"] == [1] and made.meta["relatives"]["with_relative_in_training"] == [0]
    assert made.table["group"][0] == made.table["group"][1] != made.table["group"][2]
    assert "1 of 10 rows are left out" in capsys.readouterr().err


def test_rows_that_are_equal_in_several_columns_are_a_group(records):
    records.table["up"] = [f"u{i % 4}" for i in range(60)]
    records.table["down"] = [f"d{i % 6}" for i in range(60)]
    made = split(records, "column", column="up+down")
    assert made.table["group"].nunique() == 12 and made.meta["column"] == "up+down"
    assert made.table["group"][0] == made.table["group"][12] == "u0 d0"
    with pytest.raises(UsageError, match="found 'up\\+left'"):
        split(records, "column", column="up+left")
    records.table["up+down"] = "one"  # a column of this very name goes before
    assert set(
        split(records, "column", column=["up+down", "up"], fractions={"train": 1.0}).table["group_up+down"]
    ) == {"one"}
