"""A table of text is read back equal by everyone, and no cell of it is a formula."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.io.cells import guarded, number, unguarded
from riboswitch.io.delimited import read_small_table
from riboswitch.io.table_writer import read_written, text_rows, write_table
from riboswitch.screening.scorefile import open_scores

LINE_ENDS = "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
odd = st.text(st.sampled_from(f"{LINE_ENDS}\t,;\"'=+-@ a5é"), max_size=5)
plain = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
rows = st.lists(st.tuples(odd | plain, odd | plain), min_size=1, max_size=6)
separators = pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])


def table_of(cells, kind="str"):
    return pd.DataFrame(cells, columns=["=id", "name"], dtype=kind)


def by_csv(path, separator):
    with open(path, encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file, delimiter=separator)]


def by_pandas(path, separator):
    table = pd.read_csv(path, sep=separator, dtype="str", keep_default_na=False, header=None)
    return [*table.itertuples(index=False, name=None)]


def by_us(path, separator):
    columns, lines = read_small_table(path, separator)
    return [tuple(columns), *(tuple(line.cells) for line in lines)]


@separators
@given(rows)
def test_every_reader_gives_the_same_cells(tmp_path_factory, suffix, separator, cells):
    path = tmp_path_factory.mktemp("written") / f"table{suffix}"
    write_table(table_of(cells), path)
    wanted = [("'=id", "name"), *((guarded(a), guarded(b)) for a, b in cells)]
    assert by_csv(path, separator) == by_pandas(path, separator) == by_us(path, separator) == wanted
    back = read_written(path, separator)
    assert ([*back], [*back.itertuples(index=False, name=None)]) == (["=id", "name"], cells)
    for cell in (cell for row in wanted for cell in row):
        if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and len(cell) > 1:
            number(cell)


@separators
@given(rows, rows)
def test_a_file_of_scores_is_the_same_table(tmp_path_factory, suffix, separator, first, second):
    folder = tmp_path_factory.mktemp("scores")
    with open_scores(folder / f"scores{suffix}") as file:
        file.write(table_of(first))
        file.write(table_of(second))
    write_table(table_of([*first, *second]), folder / f"table{suffix}")
    assert (folder / f"scores{suffix}").read_bytes() == (folder / f"table{suffix}").read_bytes()


@given(rows)
def test_how_pandas_holds_the_texts_does_not_matter(cells):
    kinds = ("str", "object", "category")
    assert len({text_rows(table_of(cells).astype(kind), ",") for kind in kinds}) == 1


def test_numbers_gaps_and_parquet_stay(tmp_path):
    table = pd.DataFrame({"id": ["-5", "=x"], "y": [float("-inf"), None], "n": [-1, 2], "z": [None, "-a"]})
    assert text_rows(table, ",") == "id,y,n,z\n-5,-inf,-1,\n'=x,,2,'-a\n"
    write_table(table, tmp_path / "table.parquet")
    assert pd.read_parquet(tmp_path / "table.parquet")["id"].tolist() == ["-5", "=x"]
    assert unguarded("'=x") == "=x"
