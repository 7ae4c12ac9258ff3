"""Ids come out of every reader as they stand in the file, and out of every table as they went in."""

from __future__ import annotations

import csv

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.records import Records
from riboswitch.io.table_writer import read_written, write_table
from riboswitch.modalities.molecule import read as molecules
from riboswitch.modalities.sequence import read as sequences

ODD = st.text(st.sampled_from(" \t\r\n\x0b\x0c\x1c\x85\xa0\u2028,;\"'=-@aA1é"), min_size=1, max_size=5)
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
NAMES = st.lists((ODD | PLAIN).filter(str.strip), min_size=1, max_size=5, unique=True)
ONE_LINE = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\n\t \x0b\x0c"), min_size=1, max_size=6
)


def delimited(separator):
    def write(path, ids):
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
            rows.writerows([["id", "smiles", "sequence"], *([name, "CCO", "MKV"] for name in ids)])

    return write


def parquet(path, ids):
    pq.write_table(pa.table({"id": ids, "smiles": ["CCO"] * len(ids)}), path)


MOLECULES = {"csv": delimited(","), "tsv": delimited("\t"), "parquet": parquet}


@pytest.mark.parametrize("format", [*MOLECULES])
@settings(max_examples=40)
@given(NAMES)
def test_ids_of_molecules(tmp_path_factory, format, ids):
    folder = tmp_path_factory.mktemp("ids")
    MOLECULES[format](folder / f"x.{format}", ids)
    found = Records.collect(molecules.read(folder / f"x.{format}", id_column="id"), ["molecule"])
    assert found.ids == ids
    for suffix, separator in ((".csv", ","), (".tsv", "\t")):
        write_table(found.table, folder / f"out{suffix}")
        assert read_written(folder / f"out{suffix}", separator)["id"].tolist() == ids
    write_table(found.table, folder / "out.parquet")
    assert pd.read_parquet(folder / "out.parquet")["id"].tolist() == ids


@pytest.mark.parametrize("format", ["csv", "tsv"])
@settings(max_examples=40)
@given(NAMES)
def test_ids_of_sequences_in_tables(tmp_path_factory, format, ids):
    path = tmp_path_factory.mktemp("ids") / f"x.{format}"
    MOLECULES[format](path, ids)
    assert [item.id for item in sequences.read(path, alphabet="protein", id_column="id")] == ids


@settings(max_examples=40)
@given(st.lists(ONE_LINE, min_size=1, max_size=5, unique=True))
def test_ids_of_fasta_end_at_a_blank_and_nowhere_else(tmp_path_factory, ids):
    path = tmp_path_factory.mktemp("ids") / "x.faa"
    path.write_text("".join(f">{name} or other\nMKV\n" for name in ids), "utf-8")
    assert [item.id for item in sequences.read(path, alphabet="protein")] == ids
