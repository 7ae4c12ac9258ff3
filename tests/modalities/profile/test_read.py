"""Reading profiles: columns are found and kept by name; what is wrong with a file or a row is said."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.profile.read import identity, read, read_list
from riboswitch.modalities.profile.values import profile

GOOD = ["id,a,b,site", "s1,1,2,x", "s2,,0.5,y", "s3,-1e2,3,x"]


@pytest.fixture
def write(tmp_path):
    """Write lines into a file, and return its path."""

    def write(lines, name="file.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


def values_of(stream):
    return [item.components["profile"].tolist() for item in stream]


def same(one, other):
    return np.array_equal(np.array(one, np.float32), np.array(other, np.float32), equal_nan=True)


def test_numbers_are_features_and_all_else_is_kept(write):
    stream = read(write(GOOD))
    records = list(stream)
    assert stream.found.learned == {"feature_names": ["a", "b"]} and stream.found.columns == {"ids": "id"}
    assert [r.id for r in records] == ["s1", "s2", "s3"] and records[0].fields == {"site": "x"}
    assert same(
        [r.components["profile"] for r in records], [[1, 2, np.nan], [np.nan, 0.5, np.nan], [-100, 3, np.nan]]
    )
    assert stream.found.sentence == "reads ids from column 'id'; takes 2 columns as features: a, b"


def test_labels_and_columns_that_are_left_out_are_no_features(write):
    stream = read(write(GOOD), labels=["b"])
    assert next(stream).fields == {"b": "2", "site": "x"} and stream.found.learned["feature_names"] == ["a"]
    assert read(write(GOOD), leave_out=["a"]).found.learned == {"feature_names": ["b"]}
    assert read(write(GOOD), choose=["[ab]"], labels=["y"]).found.learned == {"feature_names": ["a", "b"]}


def test_a_file_is_read_by_the_names_of_a_model_whatever_the_order(write):
    other = write(["b,more,id,a", "2,7,s1,1"])
    stream = read(other, feature_names=["a", "b"])
    assert same(values_of(stream), [[1, 2, np.nan]]) and not stream.found.learned
    assert "leaves out 1 columns of numbers that are no features: more" in stream.found.sentence


def test_features_that_a_file_lacks_are_gaps_if_that_is_asked_for(write):
    stream = read(write(["id,b", "s1,2"]), feature_names=["a", "b"], missing_features="gap")
    assert same(values_of(stream), [[np.nan, 2, np.nan]])
    assert "reads 1 of 2 features as gaps, since the file lacks them: a" in stream.found.sentence


def test_a_transposed_file_a_parquet_and_an_npz_give_the_same(write, tmp_path):
    expected = [[1, 2, np.nan], [np.nan, 0.5, np.nan]]
    assert same(values_of(read(write(["gene,s1,s2", "a,1,", "b,2,0.5"]), transposed=True)), expected)
    table = pd.DataFrame({"id": ["s1", "s2"], "a": [1, np.nan], "b": [2, 0.5], "site": ["x", "y"]})
    table.to_parquet(tmp_path / "file.parquet")
    assert same(values_of(read(tmp_path / "file.parquet")), expected)
    arrays = {"features": np.array(["a", "b"]), "ids": np.array(["s1", "s2"]), "site": np.array(["x", "y"])}
    np.savez(tmp_path / "file.npz", values=np.array(expected)[:, :2], **arrays)
    records = list(read(tmp_path / "file.npz"))
    assert same(values_of(records), expected) and records[1].fields == {"site": "y"} and records[1].id == "s2"
    np.savez(tmp_path / "file.npz", values=np.array(expected)[:, :2].T, **arrays)
    assert same(values_of(read(tmp_path / "file.npz", transposed=True)), expected)


def test_blocks_are_joined_by_id_and_a_missing_one_is_marked(write):
    write(["mir,id", "5,s1", "6,s9"], "mirna.csv")
    stream = read(write(GOOD), blocks=["mi=mirna.csv"])
    records = list(stream)
    assert stream.found.learned["feature_names"] == ["a", "b", "mi:mir"]
    assert same(records[0].components["profile"], [1, 2, 5, np.nan])
    assert np.isnan(records[1].components["profile"][2])
    assert [r.fields["missing_blocks"] for r in records] == ["", "mi", "mi"]
    assert (
        "block mi: 2 samples of the file are not in it and have gaps there; 1 of its" in stream.found.sentence
    )


def test_batches_are_numbered_only_if_asked_for(write):
    stream = read(write(GOOD), batch="site")
    assert [v[-1] for v in values_of(stream)] == [0, 1, 0] and stream.found.learned["batches"] == ["x", "y"]
    assert all(np.isnan(v[-1]) for v in values_of(read(write(GOOD))))


BAD_ROWS = {
    "a word": ("s4,one,2,x", "BAD_NUMBER", "feature 'a' is 'one', not a number"),
    "a comma for a point": ('s4,"1,5",2,x', "BAD_NUMBER", "not a number with a decimal point"),
    "a bound": ("s4,<1,2,x", "BAD_NUMBER", "not a number but a bound"),
    "an underscore": ("s4,1_0,2,x", "BAD_NUMBER", "feature 'a' is '1_0'"),
    "infinity": ("s4,inf,2,x", "NOT_FINITE", "feature 'a' is inf"),
    "minus infinity": ("s4,1,-Infinity,x", "NOT_FINITE", "feature 'b' is -inf"),
    "too large": ("s4,1e300,2,x", "NOT_FINITE", "feature 'a' is 1e+300"),
    "only gaps": ("s4,,NA,x", "NO_VALUES", "all 2 features are gaps"),
    "a cell too few": ("s4,1,x", "RAGGED_ROW", "3 cells where the header has 4"),
    "a cell too many": ("s4,1,2,x,5", "RAGGED_ROW", "5 cells where the header has 4"),
    "no batch": ("s4,1,2,", "NO_BATCH", "the row has no batch"),
    "another batch": ("s4,1,2,z", "UNKNOWN_BATCH", "the batch 'z' is none of x, y"),
    "no id": (",1,2,x", "MISSING_ID", "the row has no id"),
    "an id again": ("s1,1,2,x", "DUPLICATE_ID", "row 1 has the id 's1' already"),
    "a quotation mark": ('s4,"1" 2,2,x', "BAD_QUOTING", "expected after"),
}


@pytest.mark.parametrize("line", BAD_ROWS)
def test_a_bad_row_is_a_rejection_and_no_other_row_is_lost(write, line):
    text, code, reason = BAD_ROWS[line]
    path = write([*GOOD, text, "s5,1,1,x"])
    items = list(read(path, feature_names=["a", "b"], batch="site", batches=["x", "y"], id_column="id"))
    assert [type(item) for item in items] == [Record] * 3 + [Rejection, Record]
    assert items[3].row == 4 and items[3].code == code and reason in items[3].reason and items[3].input


BAD_FILES = {
    "a feature twice": (["id,a,a", "s1,1,2"], {}, "a column name stands twice; found 'a'"),
    "no numbers": (["id,site", "s1,x"], {}, "no column of numbers was found"),
    "empty": ([""], {}, "the file is empty"),
    "features missing": (GOOD, {"feature_names": ["a", "c"]}, "1 of 2 features are missing; found 'c'"),
    "other features": (GOOD, {"feature_names": ["c", "d"]}, "none of the 2 features is in the file"),
    "no such batch column": (GOOD, {"batch": "sit"}, "no such column; found 'sit'. Did you mean 'site'"),
    "no such id column": (GOOD, {"id_column": "name"}, "no such column; found 'name'"),
    "a pattern of nothing": (GOOD, {"choose": ["ENSG*"]}, "no column has a name like this; found 'ENSG"),
    "a label as feature": (GOOD, {"choose": ["b"], "labels": ["b"]}, "cannot be a feature and a label"),
    "a block without a file": (GOOD, {"blocks": ["mi=no.csv"]}, "no such file"),
    "transposed without a name": (["g,s1", ",1"], {"transposed": True}, "a feature has no name"),
    "transposed and ragged": (["g,s1", "a,1,2"], {"transposed": True}, "3 cells where the header has 2"),
    "transposed, twice": (["g,s1", "a,1", "a,2"], {"transposed": True}, "a column name stands twice"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_what_to_do(write, name):
    lines, options, message = BAD_FILES[name]
    with pytest.raises(InputError, match=re.escape(message)):
        list(read(write(lines), **options))


BAD_BLOCKS = {
    "a sample twice": (["id,m", "s1,1", "s1,2"], "a sample stands twice"),
    "a bad number": (["id,m", "s1,1", "s2,x", "s3,1"], "feature 'm' is 'x', not a number"),
    "no ids": (["m", "1"], "no column of ids was found, by which samples are joined"),
}


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_a_bad_block_is_refused(write, name):
    lines, message = BAD_BLOCKS[name]
    write(lines, "more.csv")
    with pytest.raises(InputError, match=message):
        read(write(GOOD), blocks=["mi=more.csv"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing_features": "zero"}, "missing features"),
        ({"repeated_ids": "maybe"}, "repeated ids"),
        ({"blocks": ["mirna.csv"]}, "a block needs a name and a file"),
        ({"blocks": ["a=x.csv", "a=y.csv"]}, "two blocks have one name|no such file"),
        ({"feature_names": ["a", "a"]}, "a feature is named twice"),
        ({"batches": ["x"]}, "batches without a column"),
        ({"format": "xlsx"}, "no such format"),
        ({"skip_lines": -1}, "skip_lines must be"),
    ],
)
def test_a_bad_option_is_refused(write, options, message):
    with pytest.raises((UsageError, InputError), match=message):
        read(write(GOOD), **options)


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "BAD_PROFILE"), ("a", "BAD_PROFILE"), ("a=1 a=2", "BAD_PROFILE"), (7, "BAD_PROFILE"),
     ("a=1", "MISSING_FEATURE"), ("a=1 b=x", "BAD_NUMBER"), ({"a": 1, "b": float("inf")}, "NOT_FINITE")],
)  # fmt: skip
def test_a_bad_value_in_memory_is_a_rejection(value, code):
    (item,) = read_list([value], feature_names=["a", "b"])
    assert item.code == code


def test_an_npz_without_its_arrays_or_of_other_shapes_is_refused(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, values=np.ones((2, 2)))
    with pytest.raises(InputError, match="the array 'features' is missing"):
        read(path)
    np.savez(path, values=np.ones((2, 3)), features=np.array(["a", "b"]), ids=np.array(["1", "2"]))
    with pytest.raises(InputError, match=r"not numbers of shape \(ids, features\)"):
        read(path)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"not a readable \.npz"):
        read(path)


@given(st.lists(st.floats(-(2.0**90), 2.0**90, width=32) | st.none(), min_size=1, max_size=8))
def test_numbers_come_back_from_their_texts(numbers):
    row = ["" if number is None else repr(number) for number in numbers]
    names = [f"f{n}" for n in range(len(row))]
    found = profile(row, names)
    if all(number is None for number in numbers):
        assert found.code == "NO_VALUES"
    else:
        assert same(found, [np.nan if number is None else number for number in numbers])


def test_equal_values_have_one_identity_whatever_the_batch():
    one, other = (np.array([0.0, np.nan, 3, batch], np.float32) for batch in (0, 1))
    assert identity({"profile": one}) == identity({"profile": -other + [0, 0, 6, 0]})
    assert identity({"profile": one}) != identity({"profile": np.add(one, [1, 0, 0, 0])})
