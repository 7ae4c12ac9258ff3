"""Laws of shards and costs: no shard is longer than asked for."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from riboswitch.data.library import block_rows
from riboswitch.errors import UsageError
from riboswitch.screening.sizing import (
    MOST_SHARDS,
    RANK_MOST,
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

seconds = st.floats(1e-3, 1e4)
jobs = st.tuples(st.integers(1, 20_000), seconds, st.floats(0, 30), st.floats(2, 600))


@given(jobs)
def test_no_shard_is_longer_than_asked_for_unless_none_can_be_shorter(job):
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
        size = LibrarySize.of(accepted, "given", accepted)
        cuts.append(shards(size.blocks, min(size.block_rows, accepted) / rate, 4.0, minutes))
    assert cuts[1].number >= cuts[0].number


@given(st.floats(1_000, 20_000))
def test_ten_million_compounds_are_fewer_than_200_jobs(rate):
    size = LibrarySize.of(10**7, "given", 10**7)
    assert shards(size.blocks, size.block_rows / rate, 5.0, 20.0).number < 200


@given(st.integers(1, 10**9))
def test_a_library_size_has_the_blocks_of_a_library(accepted):
    size = LibrarySize.of(accepted, "given", accepted)
    assert size.block_rows == block_rows(accepted)
    assert (size.blocks - 1) * size.block_rows < accepted <= size.blocks * size.block_rows


def test_jobs_too_short_to_start_are_refused_with_a_sufficient_time():
    with pytest.raises(UsageError, match=r"10\.0 s to start.*Give at least 0\.5"):
        shards(10, 1.0, 10.0, 0.1)
    assert shards(10, 1.0, 10.0, STARTS * 10 / 60).number == 1


@given(st.integers(0, 10**7), st.floats(0, 1e4), st.floats(0, 1e4))
def test_ranking_more_compounds_costs_no_less(compounds, table, scores):
    less, more = (rank_cost(n, table, scores, 10.0) for n in (compounds, 2 * compounds + 1))
    assert less.memory_mb <= more.memory_mb <= RANK_MOST / 1e6 and less.disk_bytes < more.disk_bytes


@given(st.integers(1, 10_000), st.integers(1, 200))
def test_numbers_spread_evenly_have_no_large_gaps(total, many):
    chosen = evenly(total, many)
    assert len(chosen) == min(many, total) and chosen == sorted(set(chosen))
    assert chosen[0] >= 0 and chosen[-1] < total
    widest = max(b - a for a, b in zip([-1, *chosen], [*chosen, total], strict=True))
    assert widest <= total / len(chosen) + 1


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
