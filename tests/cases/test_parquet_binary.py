"""Bytes without the mark of text are text; ids of any type come out as they are, or are rejected."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riboswitch.cli import main
from riboswitch.data.library import Library
from riboswitch.data.records import Record, read_rejected
from riboswitch.modalities.molecule.read import read

CASE = Path(__file__).parents[1] / "data/cases/parquet_binary"


def prepared(path, folder):
    main(["prepare", str(path), "--reading", '{"id_column": "id"}', "--output", str(folder)])
    rejected = read_rejected(folder / "rejected.tsv")
    return Library.open(folder).table(), dict(zip(rejected["row"], rejected["code"], strict=True))


def test_bytes_of_ids_are_text(tmp_path):
    table, rejected = prepared(CASE / "p_bytes.parquet", tmp_path / "lib")
    assert table["id"].tolist() == ["ab", "cd"]
    assert rejected == {3: "BAD_ENCODING"}


def test_bytes_of_structures_are_text(tmp_path):
    table, rejected = prepared(CASE / "p_smibytes.parquet", tmp_path / "lib")
    assert table["id"].tolist() == ["a", "b", "c"]
    assert table["raw_smiles"].tolist() == ["CCO", "CCCO", "CCCCO"]
    assert rejected == {}


def rows(tmp_path, ids, kind, smiles=("CCO", "CCCO", "CCN"), **options):
    table = pa.table({"id": pa.array(ids, kind), "smiles": pa.array(smiles)})
    pq.write_table(table, tmp_path / "x.parquet")
    return [item.id if isinstance(item, Record) else item.code
            for item in read(tmp_path / "x.parquet", id_column="id", **options)]  # fmt: skip


@pytest.mark.parametrize(
    ("ids", "kind", "wanted"),
    [
        ([17.0, 2.5, None], pa.float64(), ["17", "BAD_ID", "MISSING_ID"]),
        ([float("nan"), 2.0**53, float("inf")], pa.float64(), ["MISSING_ID", "BAD_ID", "BAD_ID"]),
        ([17, -1, None], pa.int32(), ["17", "-1", "MISSING_ID"]),
        ([b"a ", b"\xff", None], pa.large_binary(), ["a ", "BAD_ENCODING", "MISSING_ID"]),
        ([b"ab", b"cd", b"\xff\xff"], pa.binary(2), ["ab", "cd", "BAD_ENCODING"]),
        (["a", "b", "a"], pa.dictionary(pa.int8(), pa.string()), ["a", "b", "DUPLICATE_ID"]),
        ([b"a", b"b", b"\xff"], pa.dictionary(pa.int8(), pa.binary()), ["a", "b", "BAD_ENCODING"]),
        ([Decimal("17.00"), Decimal("2.50"), None], pa.decimal128(9, 2), ["17", "BAD_ID", "MISSING_ID"]),
        ([datetime.date(2020, 1, 1), None, None], pa.date32(), ["2020-01-01", "MISSING_ID", "MISSING_ID"]),
        ([True, False, None], pa.bool_(), ["True", "False", "MISSING_ID"]),
        ([["a"], None, []], pa.list_(pa.string()), ["BAD_ID", "MISSING_ID", "BAD_ID"]),
        ([{"a": 1}, None, {"a": 2}], pa.struct({"a": pa.int8()}), ["BAD_ID", "MISSING_ID", "BAD_ID"]),
    ],
)  # fmt: skip
def test_ids_of_every_type(tmp_path, ids, kind, wanted):
    assert rows(tmp_path, ids, kind) == wanted


def test_a_structure_that_is_no_text(tmp_path):
    assert rows(tmp_path, ["a", "b", "c"], pa.string(), pa.array([["CCO"], None, ["C"]])) == [
        "BAD_SMILES", "EMPTY", "BAD_SMILES"
    ]  # fmt: skip


def test_bytes_that_are_no_text_matter_only_in_columns_that_are_kept(tmp_path):
    table = pa.table({"id": ["a"], "smiles": ["CCO"], "fp": pa.array([b"\xff"])})
    pq.write_table(table, tmp_path / "x.parquet")
    (rejected,) = read(tmp_path / "x.parquet", id_column="id")
    assert rejected.code == "BAD_ENCODING" and "'fp'" in rejected.reason
    (kept,) = read(tmp_path / "x.parquet", id_column="id", columns=[])
    assert kept.id == "a"


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_list_is_no_label(tmp_path, kind):
    table = pa.table({"smiles": ["CCO", "CCN", "CCC"], "y": pa.array([[1], None, [2]])})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(SystemExit):
        main(["parse", str(tmp_path / "x.parquet"), "--kind", kind, "--target", "y", "--max-rejected", "1",
              "--output", str(tmp_path / "out.parquet")])  # fmt: skip


def test_classes_that_are_numbers_in_a_column_with_gaps(tmp_path):
    table = pa.table({"smiles": ["CCO", "CCN", "CCC"], "y": pa.array([1.0, None, 2.0])})
    pq.write_table(table, tmp_path / "x.parquet")
    main(["parse", str(tmp_path / "x.parquet"), "--kind", "multiclass", "--target", "y",
          "--max-rejected", "1", "--output", str(tmp_path / "out.parquet")])  # fmt: skip
    assert pq.read_table(tmp_path / "out.parquet")["y"].to_pylist() == ["1", "2"]
