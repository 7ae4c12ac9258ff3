"""Rows sorted on disk come out as if they had been sorted in memory, however they were cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.io.large.sorted_runs import SortedRuns

rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-(2**63), 2**63 - 1), st.text(max_size=3)), max_size=60
)


def filled(folder, values, cut, **how):
    """Rows in blocks of ``cut``, each with its number as the last key."""
    runs = SortedRuns(folder, piece_rows=3, fan_in=2, **how)
    for start in range(0, max(len(values), 1), cut):
        block = values[start : start + cut]
        keys = np.array([[a, b, start + i] for i, (a, b, _) in enumerate(block)], np.int64).reshape(-1, 3)
        texts = [text for _, _, text in block]
        table = pa.table({"text": pa.array(texts, pa.large_string()), "row": keys[:, 2]})
        runs.add(table, keys)
    return runs


@settings(deadline=None, max_examples=60)
@given(rows, st.integers(1, 20), st.sampled_from([1, 200, 10**9]))
def test_the_order_is_that_of_python(tmp_path_factory, values, cut, run_bytes):
    folder = tmp_path_factory.mktemp("runs")
    merged = pa.concat_tables(filled(folder, values, cut, run_bytes=run_bytes).merged())
    expected = sorted(range(len(values)), key=lambda row: (*values[row][:2], row))
    assert merged["row"].to_pylist() == expected
    assert merged["text"].to_pylist() == [values[row][2] for row in expected]


@settings(deadline=None, max_examples=30)
@given(rows, st.integers(1, 20), st.integers(1, 9))
def test_the_first_rows_need_no_disk(tmp_path_factory, values, cut, limit):
    folder = tmp_path_factory.mktemp("runs")
    merged = pa.concat_tables(filled(folder, values, cut, run_bytes=1, limit=limit).merged())
    whole = sorted(range(len(values)), key=lambda row: (*values[row][:2], row))
    assert merged["row"].to_pylist() == whole[:limit] and not [*folder.iterdir()]


def test_types_that_differ_between_blocks_become_one_that_holds_both(tmp_path):
    runs = SortedRuns(tmp_path, run_bytes=1)
    blocks = [{"n": [3, 4], "t": [None, None]}, {"n": [1.5, np.nan], "t": ["a", None]}]
    for number, block in enumerate(blocks):
        keys = np.array([[number, 0], [number, 1]], np.int64)
        runs.add(pa.Table.from_pandas(pd.DataFrame(block), preserve_index=False), keys)
    made = pa.concat_tables(runs.merged())
    assert made["n"].to_pylist() == [3.0, 4.0, 1.5, None] and made["t"].to_pylist() == [None, None, "a", None]
    assert {str(table.schema.field("n").type) for table in [made]} == {"double"}
