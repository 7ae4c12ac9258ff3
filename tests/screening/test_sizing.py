"""Laws of the estimate: shards are no longer than wished, rows are counted as they are read."""

from __future__ import annotations

import gzip
import json
import math
from itertools import chain, pairwise

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.data.library import block_rows
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule import library, sample
from riboswitch.screening.estimating import RUNS, runs_of_rows
from riboswitch.screening.sizing import (
    MOST_SHARDS,
    ROUNDING,
    STARTS,
    Cost,
    Estimate,
    LibrarySize,
    RankCost,
    evenly,
    rank_cost,
    shards,
)

SMILES = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)C(=O)O", "OCC"]

# Shards

seconds = st.floats(1e-3, 1e4)
jobs = st.tuples(st.integers(1, 20_000), seconds, st.floats(0, 30), st.floats(2, 600))


@given(jobs)
def test_no_shard_is_longer_than_wished_unless_none_can_be_shorter(job):
    blocks, block_seconds, start, minutes = job
    cut = shards(*job)
    assert 1 <= cut.number <= min(blocks, MOST_SHARDS)
    longest = max(blocks * (s + 1) // cut.number - blocks * s // cut.number for s in range(cut.number))
    assert math.isclose(cut.seconds, start + longest * block_seconds)
    assert cut.seconds <= 60 * minutes * (1 + ROUNDING) or cut.too_long
    if cut.too_long:
        assert cut.number == min(blocks, MOST_SHARDS)


@given(jobs)
def test_no_fewer_shards_would_do(job):
    blocks, block_seconds, start, minutes = job
    cut = shards(*job)
    assume(cut.number > 1 and not cut.too_long)
    assert start + math.ceil(blocks / (cut.number - 1)) * block_seconds > 60 * minutes * (1 - ROUNDING)


@given(jobs, st.integers(0, 10_000), st.floats(1, 100))
def test_more_blocks_never_need_fewer_shards_and_longer_jobs_never_more(job, more, times):
    blocks, block_seconds, start, minutes = job
    number = shards(*job).number
    assert shards(blocks + more, block_seconds, start, minutes).number >= number
    assert shards(blocks, block_seconds, start, minutes * times).number <= number


@given(st.integers(1, 10**8), st.integers(0, 10**8), st.floats(100, 1e5), st.floats(5, 60))
def test_larger_libraries_never_need_fewer_shards(compounds, more, rate, minutes):
    cuts = []
    for accepted in (compounds, compounds + more):
        extent = LibrarySize.of(accepted, "given", accepted)
        cuts.append(shards(extent.blocks, min(extent.block_rows, accepted) / rate, 4.0, minutes))
    assert cuts[1].number >= cuts[0].number


@given(st.floats(1_000, 20_000))
def test_ten_million_compounds_are_fewer_than_200_jobs(rate):
    extent = LibrarySize.of(10**7, "given", 10**7)
    assert shards(extent.blocks, extent.block_rows / rate, 5.0, 20.0).number < 200


@given(st.integers(1, 10**9))
def test_an_extent_has_blocks_as_a_library_has(accepted):
    extent = LibrarySize.of(accepted, "given", accepted)
    assert extent.block_rows == block_rows(accepted)
    assert (extent.blocks - 1) * extent.block_rows < accepted <= extent.blocks * extent.block_rows


def test_jobs_that_would_only_start_are_refused_with_what_is_enough():
    with pytest.raises(UsageError, match=r"10\.0 s to start.*Give at least 0\.5"):
        shards(10, 1.0, 10.0, 0.1)
    assert shards(10, 1.0, 10.0, STARTS * 10 / 60).number == 1


@given(st.integers(0, 10**7), st.floats(0, 1e4), st.floats(0, 1e4))
def test_ranking_more_takes_no_less(compounds, table, scores):
    less, more = (rank_cost(n, table, scores, 10.0) for n in (compounds, 2 * compounds + 1))
    assert less.memory_mb <= more.memory_mb and less.disk_bytes < more.disk_bytes


# The sample


@given(st.integers(1, 10_000), st.integers(1, 200))
def test_what_is_spread_evenly_has_no_gaps(total, many):
    chosen = evenly(total, many)
    assert len(chosen) == min(many, total) and chosen == sorted(set(chosen))
    assert chosen[0] >= 0 and chosen[-1] < total
    widest = max(b - a for a, b in zip([-1, *chosen], [*chosen, total], strict=True))
    assert widest <= total / len(chosen) + 1


@given(st.integers(1, 300_000), st.integers(1, 50_000))
def test_runs_are_of_the_file_and_make_up_the_sample(rows, sample):
    runs = runs_of_rows(rows, sample)
    assert len(runs) <= RUNS
    assert all(0 <= run.start < run.stop <= rows for run in runs)
    assert all(one.stop <= other.start for one, other in pairwise(runs))
    made, size = sum(map(len, runs)), -(-sample // RUNS)
    assert made == rows if rows <= sample else sample - size < made < sample + RUNS


# Counting

cells = st.sampled_from([*SMILES, "", " ", 'a "word"', "two\nlines", "é", "C(", "x,y"])


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in '",\n') else cell


csv_rows = st.lists(st.tuples(cells, cells).map(lambda pair: ",".join(map(quoted, pair))), max_size=12)
odd_rows = [st.sampled_from([some, "  ", "CCO", "CCO,a,b", 'C"C,x']) for some in ("", '""', '"CC"O,x')]
ends = st.sampled_from(["", "\n", "\n\n\n", "\n  \n", "\r\n"])


@st.composite
def tables(draw):
    rows = draw(csv_rows)
    for odd in draw(st.one_of(*(st.lists(some, max_size=4) for some in odd_rows))):
        rows.insert(draw(st.integers(0, len(rows))), odd)
    start = draw(st.sampled_from(["", "\ufeff", "\n"]))
    return "csv", f"{start}smiles,name\n" + "\n".join(rows) + draw(ends)


@st.composite
def smiles_files(draw):
    lines = st.sampled_from(["CCO ethanol", "C(", "", "  ", "c1ccccc1\tbenzene ring", "C\x00C"])
    return "smi", "\n".join(draw(st.lists(lines, max_size=12))) + draw(ends)


@st.composite
def structure_files(draw):
    records = st.sampled_from([*map(Chem.MolToMolBlock, map(Chem.MolFromSmiles, SMILES[:3])), "bad\n", ""])
    body = "".join(f"{record}$$$$\n" for record in draw(st.lists(records, max_size=6)))
    return "sdf", body + draw(st.sampled_from(["", "\n\n", Chem.MolToMolBlock(Chem.MolFromSmiles("CC"))]))


def plain(items):
    """What was read, but for its number."""
    return [
        (item.values, item.structure) if isinstance(item, library.Row) else (item.code, item.input)
        for item in items
    ]


@settings(max_examples=80, deadline=None)
@given(tables() | smiles_files() | structure_files(), st.booleans(), st.data())
def test_rows_are_counted_and_copied_as_they_are_read(tmp_path_factory, file, packed, data):
    format, text = file
    folder = tmp_path_factory.mktemp("rows")
    path = folder / f"rows.{format}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    try:
        read = plain(library.rows(path, {}))
    except InputError as error:
        with pytest.raises(InputError) as told:
            sample.count(path)
        assert told.value.problem == error.problem
        return
    counted = sample.count(path)
    assert counted == (len(read), True)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(read)), min_size=2, max_size=6)))
    runs = [range(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    copied = folder / f"copy.{format}"
    assert sample.sample_rows(path, copied, runs, counted) == format
    expected = list(chain.from_iterable(read[run.start : run.stop] for run in runs))
    while expected and expected[-1][0] == "EMPTY":  # blank lines at the end are no rows
        expected.pop()
    if expected:
        assert plain(library.rows(copied, {})) == expected


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(1, 17), st.data())
def test_parquet_says_its_rows_and_only_those_wanted_are_copied(tmp_path_factory, rows, group, data):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    table = pd.DataFrame({"smiles": [SMILES[i % 5] for i in range(rows)], "number": range(rows)})
    table.to_parquet(path, row_group_size=group)
    counted = sample.count(path)
    assert counted == (rows, True)
    start, stop = sorted(data.draw(st.lists(st.integers(0, rows), min_size=2, max_size=2)))
    runs = [range(0, start // 2), range(start, stop)]
    sample.sample_rows(path, path.with_name("copy.parquet"), runs, counted)
    copied = pd.read_parquet(path.with_name("copy.parquet"))
    assert copied["number"].tolist() == [*runs[0], *runs[1]] and list(copied) == list(table)


@pytest.mark.parametrize("format", ["csv", "smi", "sdf"])
def test_rows_of_a_large_file_are_told_from_its_bytes(tmp_path, monkeypatch, format):
    block, rows = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")), 20_000 if format != "sdf" else 2_000
    made = {"csv": "CCO,name{:06}\n", "smi": "CCO name{:06}\n", "sdf": f"name{{:06}}{block}$$$$\n"}[format]
    path = tmp_path / f"rows.{format}"
    path.write_text("smiles,name\n" * (format == "csv") + "".join(made.format(i) for i in range(rows)))
    monkeypatch.setattr(sample, "LARGE", 1)
    monkeypatch.setattr(sample, "PROBE_ROWS", 32)
    counted = sample.count(path)
    assert not counted.exact and abs(counted.rows / rows - 1) < 0.02
    runs = [range(counted.rows * part // 4, counted.rows * part // 4 + 10) for part in range(4)]
    sample.sample_rows(path, tmp_path / f"copy.{format}", runs, counted)
    column = "title" if format == "sdf" else "name"
    names = [row.values[column] for row in library.rows(tmp_path / f"copy.{format}", {})]
    numbers = [int(name[4:]) for name in names]
    assert len(numbers) == 40 == len(set(numbers))
    for number, place in zip(numbers, chain(*runs), strict=True):
        assert abs(number - place) < 0.02 * rows
    packed = tmp_path / f"packed.{format}"  # whatever its name
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert sample.count(packed) == (rows, True)


# The estimate

costs = st.builds(
    Cost, seconds, seconds, st.none() | st.integers(0, 10**6), st.integers(0, 10**12)
)  # fmt: skip
whole = st.integers(1, 10**9)
estimates = st.builds(
    Estimate, whole, st.sampled_from(["exact", "given", "estimated"]), whole, whole, seconds, whole, seconds,
    seconds, whole, seconds, costs, st.none() | costs, st.builds(RankCost, whole, whole),
    st.lists(st.text(), max_size=2).map(tuple),
)  # fmt: skip


@given(estimates)
def test_an_estimate_comes_back_from_its_json(made):
    assert Estimate.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert f"{made.shards:,} job" in str(made) and ("prepare" in str(made)) == (made.prepare is not None)
