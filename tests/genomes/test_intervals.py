"""Laws of places on a genome: blocks share no base, draws are free, distinct and reproducible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import Gene, Genome
from riboswitch.errors import UsageError
from riboswitch.genomes.intervals import (
    FreeStretches,
    Interval,
    Region,
    blocks,
    by_contig,
    covered,
    stretches,
)

quick = settings(max_examples=60, deadline=None)
LENGTH = 400
spans = st.tuples(st.integers(1, LENGTH), st.integers(1, 60)).map(lambda s: (s[0], min(LENGTH, s[0] + s[1])))


@quick
@given(st.lists(spans, max_size=40), st.integers(20, 500))
def test_places_of_different_blocks_share_no_base(found, size):
    places = [Interval("c", start, end, "+") for start, end in found]
    names = blocks(places, {"c": LENGTH}, size)
    for (a, one), (b, other) in itertools.combinations(zip(places, names, strict=True), 2):
        if one is not None and other is not None and one != other:
            assert a.end < b.start or b.end < a.start
    if size > LENGTH:
        assert set(names) <= {"c:1"}


def test_blocks_are_cut_between_intervals():
    tiles = [Interval("c", start, start + 39, "+") for start in range(1, 400, 40)]
    names = blocks(tiles, {"c": 400}, 100)
    assert None not in names and len(set(names)) == 4
    names = blocks([Interval("c", 390, 410, "+"), *tiles], {"c": 400}, 100)
    assert names[0] is None and None not in names[1:]
    assert blocks([Interval("c", 390, 410, "+")], {"c": 400}, 1000) == ["c:1"]


@quick
@given(
    st.lists(st.booleans(), min_size=1, max_size=80),
    st.lists(st.integers(1, 12), max_size=30),
    st.integers(0, 9),
)
def test_drawn_windows_are_free_and_distinct(free, lengths, seed):
    def drawn():
        made = FreeStretches()
        made.add("c", "+", np.array(free))
        made.add("d", "-", ~np.array(free))
        return list(made.draw(lengths, np.random.default_rng(seed)))

    places = drawn()
    assert places == drawn() and len(places) == len(lengths)
    whole = [p for p in places if p is not None]
    assert len(set(whole)) == len(whole)
    for place, length in zip(places, lengths, strict=True):
        if place is not None:
            bases = np.array(free)[place.start - 1 : place.end]
            assert len(bases) == length == place.end - place.start + 1
            assert (bases if place.contig == "c" else ~bases).all()


@quick
@given(st.lists(st.booleans(), max_size=50))
def test_stretches_are_the_runs_of_true(mask):
    starts, ends = stretches(np.array(mask, bool))
    rebuilt = np.zeros(len(mask), bool)
    for a, b in zip(starts, ends, strict=True):
        assert a < b
        rebuilt[a:b] = True
    assert rebuilt.tolist() == mask


@quick
@given(st.integers(1, 30), st.integers(0, 29), st.booleans())
def test_a_gene_covers_its_bases_across_the_origin_too(start, more, forward):
    gene = Gene("c", start, start + more, "+" if forward else "-")
    wanted = {(start - 1 + i) % 30 for i in range(more + 1)}
    assert set(np.flatnonzero(covered([gene], 30))) == wanted
    assert not covered([gene], 30, "-" if forward else "+").any()
    assert by_contig([gene]) == {"c": [gene]}


def test_a_region_contains_the_intervals_inside_it():
    genome = Genome({"c:1": "A" * 50, "d": "A" * 20})
    area = Region.of(genome, ["c:1:11-30", "d"])
    assert area.holds(Interval("c:1", 11, 30, "+")) and area.holds(Interval("d", 15, 25, "-"))
    assert not area.holds(Interval("c:1", 10, 30, "+")) and not area.holds(Interval("c:1", 11, 31, "+"))
    assert Region.of(genome, "").spans == {"c:1": [(1, 50)], "d": [(1, 20)]}
    assert Region.of(genome, "c:1").spans == {"c:1": [(1, 50)]}
    assert area.outside("c:1", 50).sum() == 30


@pytest.mark.parametrize("text", ["x", "x:1-2", "d:0-3", "d:5-21", "d:7-6", "d:a-b", "d:1"])
def test_a_region_that_is_not_there_is_named(text):
    with pytest.raises(UsageError, match="region"):
        Region.of(Genome({"d": "A" * 20}), text)
