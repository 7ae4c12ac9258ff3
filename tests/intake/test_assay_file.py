"""Labels of an assay: what they mean, and when a model cannot learn from them."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.files import ORGANIC, assay
from riboswitch.data.labels import label, renamed
from riboswitch.errors import InputError, UsageError
from riboswitch.intake.assay_file import PAIRS, file_and_column, look_at_assay

ENOUGH = 30


def look(path, column="active", **told):
    return look_at_assay(path, column, None, None, **told)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("assays")


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["1", "0", "", "NA", "1.0"]), max_size=30), st.integers(0, 99))
def test_every_row_is_counted_once_and_labels_are_those_of_parse(folder, more, number):
    labels = ["1", "0"] * ENOUGH + more
    found = look(assay(folder / "a.csv", labels))
    assert found.kind == "binary" and found.labels == {}
    assert sum(found.counts.values()) + sum(found.unused.values()) == len(labels)
    parsed = [label(cell, found.kind) for cell in labels]
    assert found.counts == {"active": parsed.count(1.0), "inactive": parsed.count(0.0)}


@pytest.mark.parametrize("pair", PAIRS)
def test_words_for_active_and_inactive_are_known_and_mean_the_same_to_parse(folder, pair):
    active, inactive = (word.title() for word in pair)
    found = look(assay(folder / "a.csv", [active, inactive, inactive] * ENOUGH))
    assert found.counts == {"active": ENOUGH, "inactive": 2 * ENOUGH}
    assert [label(renamed(word, found.labels), "binary") for word in (active, inactive)] == [1, 0]


def test_numbers_are_learned_as_numbers_and_limits_are_listed(folder):
    found = look(assay(folder / "a.csv", [f"{i / 7:.3f}" for i in range(70)] + [">64", ""]))
    assert found.kind == "regression" and found.counts == {"rows": 70, "different": 70}
    assert found.unused == {"no label": 1, ">64": 1}


def test_a_user_says_what_texts_mean(folder):
    path = assay(folder / "a.csv", ["S", "I", "R"] * ENOUGH)
    told = look(path, active=["S"], inactive=["R", "I"])
    assert told.labels == {"S": 1, "R": 0, "I": 0} and told.counts == {"active": 30, "inactive": 60}
    left_out = look(path, active=["S"], inactive=["R"])
    assert left_out.unused == {"I": 30}
    with pytest.raises(UsageError, match=r"--inactive names them; found 'I .30 rows., R .30 rows.'"):
        look(path, active=["S"])
    with pytest.raises(UsageError, match=r"no row has this label; found 'T'"):
        look(path, active=["T"])
    two = assay(folder / "b.csv", ["2", "5"] * ENOUGH)
    assert look(two, active=["5"]).labels == {"5": 1, "2": 0}


@pytest.mark.parametrize(
    ("labels", "column", "told"),
    [
        (["1"] * 80, "active", "all rows have the same label; found '1'"),
        (["active"] * 80, "active", "all rows have the same label; found 'active .80 rows.'"),
        (["+", "-"] * 40, "active", "write 1 for . and 0 for -"),
        (["1", "0"] * 20, "active", "only 40 rows have a label"),
        (["1"] * 9 + ["0"] * 90, "active", "only 9 rows are active"),
        (["1", "2"] * 40, "active", "two numbers that are not 0 and 1; found '1 and 2'.*--active 2"),
        (["S", "I", "R"] * 40, "active", "3 different texts.*--active S --inactive I.*write 0, 1"),
        (["red", "blue"] * 40, "active", "not clear which is active.*--active red, or --active blue"),
        (
            ["1.5", "high", "2.5"] * 40,
            "active",
            "row 2: some labels are numbers and others are not; found 'high'",
        ),
        (["1.5", "2.5", "8"] * 40, "MIC", "a low number means an active.*pMIC"),
        (["1.5", "2.5", "8"] * 40, "log10 MIC_ug/mL", "a low number means an active"),
        (["1.5", "2.5", "8"] * 40, "IC50 (nM)", "a low number means an active"),
        ([""] * 40, "active", "no row has a label"),
        (["1", "0"] * 40, "actve", "no such column; found 'actve'. Did you mean 'active'"),
        (["1", "0"] * 40, "smiles", "holds the structures"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused_with_what_to_do(folder, labels, column, told):
    head = f"id,smiles,{column if 'C' in column else 'active'}"
    path = assay(folder / "a.csv", labels, head)
    with pytest.raises((InputError, UsageError), match=told):
        look(path, column)


def test_pmic_is_no_mic(folder):
    for column in ("pMIC", "pIC50", "-log10 MIC", "inhibition", "ki_class"):
        path = assay(folder / "a.csv", ["1.5", "2.5", "8"] * 40, f"id,smiles,{column}")
        assert look(path, column).kind == "regression"


def test_truth_values_of_parquet_and_data_of_sd_files_are_labels(folder):
    structures = [ORGANIC[i % len(ORGANIC)] for i in range(60)]
    table = pd.DataFrame({"smiles": structures, "active": [i % 3 == 0 for i in range(60)]})
    table.to_parquet(folder / "a.parquet")
    found = look(folder / "a.parquet")
    assert found.counts == {"active": 20, "inactive": 40}
    assert label(renamed(True, found.labels), "binary") == 1


def test_file_and_column_may_hold_colons_and_blanks(folder):
    path = assay(folder / "it's: a [b].csv", ["1", "0"], "id,smiles,a:b c")
    assert file_and_column(f"{path}:a:b c") == (path, "a:b c")
    with pytest.raises(UsageError, match=r"no column of the activity is named.*Columns: id, smiles, a:b c"):
        file_and_column(str(path))
    with pytest.raises(UsageError, match=r"no column of the activity"):
        file_and_column(f"{path}:")
    with pytest.raises(InputError, match=r"no such file.*FILE:COLUMN"):
        file_and_column(f"{folder / 'none.csv'}:active")
