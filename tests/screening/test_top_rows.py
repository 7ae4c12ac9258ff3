"""Laws of the best rows: those of parts, merged, are those of the whole."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riboswitch
from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.screening.top_rows import merge_top, top
from riboswitch.steps.screen import command, screen


def scored(cells):
    score = np.array([np.nan if cell is None else cell for cell in cells], np.float32)
    return pd.DataFrame({"row": np.arange(len(cells)), "score": score})


tables = st.lists(st.integers(-3, 3) | st.none(), max_size=40).map(scored)


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(1, 12), st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_the_best_of_the_bests_are_the_best_of_all(table, k, stops, lowest):
    bounds = [0, *sorted(min(s, len(table)) for s in stops), len(table)]
    parts = [table.iloc[a:b] for a, b in pairwise(bounds)]
    tops = [top(part, k, "score", lowest=lowest) for part in parts]
    found = riboswitch.merge_top(tops, k, "score", lowest=lowest)
    expected = table.dropna().sort_values(["score", "row"], ascending=[lowest, True], kind="stable")
    assert found["row"].tolist() == expected["row"].tolist()[:k]
    pd.testing.assert_frame_equal(found, riboswitch.merge_top(tops[::-1], k, "score", lowest=lowest))


def test_the_best_of_shards_are_the_best_of_all(small_blocks, bundle, tmp_path):
    for shard in range(3):
        command(str(small_blocks.folder), [str(bundle)], output=str(tmp_path / f"{shard}.parquet"), top=4,
                shard=shard, shards=3, lowest=True, by="y", processes=1)  # fmt: skip
    tops = [pd.read_parquet(tmp_path / f"{shard}.top.parquet") for shard in range(3)]
    whole = screen(small_blocks, Model.load(bundle))
    pd.testing.assert_frame_equal(
        merge_top(tops, 4, "y", lowest=True), top(whole, 4, "y", lowest=True), check_dtype=False
    )


def test_a_short_list_that_cannot_be_made_is_refused(model, bundle, library):
    table = pd.DataFrame({"row": [1], "name": ["x"]})
    for by, told in (("score", "no such column"), ("name", "a column of numbers")):
        with pytest.raises(UsageError, match=told):
            top(table, 1, by)
    with pytest.raises(UsageError, match="beside the output"):
        command(str(library.folder), [str(bundle)], top=3)
    with pytest.raises(UsageError, match="--by"):
        command(str(library.folder), [f"a={bundle}", f"b={bundle}"], top=3, output="x.parquet")
    with pytest.raises(UsageError, match="name each"):
        command(str(library.folder), [f"a={bundle}", f"a={bundle}"])
