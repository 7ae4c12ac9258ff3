"""A file of calls is as scan writes it, or one line names it and what is wrong."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from mutations import each_change
from reporting.results import called, gene
from riboswitch.data.calls import CALL_COLUMNS, KINDS, STATES, Calls
from riboswitch.errors import InputError
from riboswitch.io.parquet import read_parquet, write_parquet


@pytest.fixture
def path(tmp_path):
    calls = called([gene(mechanism="", pmid=""), gene("candidate", identity=np.nan)])
    calls.save(tmp_path / "calls.parquet")
    return tmp_path / "calls.parquet"


def refused(path, match="calls"):
    with pytest.raises(InputError, match=match) as told:
        Calls.load(path)
    line = str(told.value)
    assert line.startswith(str(path)) and "\n" not in line and "scan" in line
    return line


def test_calls_come_back(path):
    table, meta = read_parquet(path)
    calls = Calls.load(path)
    pd.testing.assert_frame_equal(calls.table, table)
    assert calls.meta == meta and list(table["status"]) == list(STATES)
    assert len(calls.confident) == len(calls.candidates) == 1
    Calls(table[:0], {}).save(path)
    assert Calls.load(path).table.empty


@pytest.mark.parametrize("name", CALL_COLUMNS)
def test_a_column_that_is_lost_or_of_another_kind_is_named(path, name):
    table, meta = read_parquet(path)
    write_parquet(table.drop(columns=name), path, meta)
    refused(path)
    others = {"lists": [[1], [2]], "text": ["a", "b"], "a number": [0.5, 1.5], "gap": [None, None]}
    for what, values in others.items():
        if what not in KINDS[name]:
            write_parquet(table.assign(**{name: values}), path, meta)
            refused(path, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "maybe"), ("start", 0), ("start", 9999), ("probability", 1.5), ("contig", "elsewhere")],
)
def test_a_value_that_no_call_has_is_named_with_its_row(path, name, value):
    table, meta = read_parquet(path)
    table.loc[1, name] = value
    write_parquet(table, path, meta)
    refused(path, f"row 2: .*{value}")


def test_every_change_of_the_header_is_read_or_refused(path):
    table, meta = read_parquet(path)
    told = 0
    for _, changed in each_change(meta, random.Random(0), some=3):
        if not isinstance(changed, dict):
            continue
        write_parquet(table, path, changed)
        try:
            Calls.load(path)
        except InputError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
            told += 1
    assert told > 60
