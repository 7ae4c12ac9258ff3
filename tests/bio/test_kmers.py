"""Shared k-mers against sets, scores against themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.alignment import align, score, self_score
from riboswitch.bio.kmers import KmerIndex, kmers
from riboswitch.bio.search import References

FEW = st.text("ACDX", max_size=14)
PROTEIN = st.text("ACDEFGHIKLMNPQRSTVWY", min_size=1, max_size=30)
SMALL = st.integers(1, 4)


def oracle(sequence, k):
    found = {sequence[i : i + k] for i in range(len(sequence) - k + 1)}
    return {word for word in found if "X" not in word}


@given(FEW, FEW, SMALL)
def test_kmers_are_numbered_as_words(one, other, k):
    mine, theirs = kmers(one, k), kmers(other, k)
    assert len(mine) == len(oracle(one, k))
    assert len(set(mine.tolist()) & set(theirs.tolist())) == len(oracle(one, k) & oracle(other, k))


@given(st.lists(FEW, max_size=6), FEW, SMALL)
def test_the_index_counts_what_is_shared(sequences, query, k):
    index = KmerIndex.build(sequences, k)
    counts, size = index.shared(query)
    assert size == len(oracle(query, k))
    assert counts.tolist() == [len(oracle(s, k) & oracle(query, k)) for s in sequences]
    top = index.top(query, 3)
    assert len(top) == min(3, sum(counts > 0)) and all(counts[top] > 0)


@given(PROTEIN, PROTEIN)
def test_a_protein_is_most_similar_to_itself(one, other):
    assert score(one, one) == pytest.approx(self_score(one))
    assert score(one, other) == pytest.approx(score(other, one))
    assert 0 <= score(one, other) <= min(self_score(one), self_score(other)) + 1e-9
    itself, both = align(one, one), align(one, other)
    assert (itself.identity, itself.coverage, itself.length) == (1.0, 1.0, len(one))
    assert 0 <= both.identity <= 1 and 0 <= both.coverage <= 1


def test_an_alignment_counts_by_hand():
    assert align("MKTAYIAK", "GGGGMKTAYIAK").coverage == pytest.approx(8 / 12)
    assert align("GGGGMKTAYIAK", "MKTAYIAK").query_coverage == pytest.approx(8 / 12)
    changed = align("MKTAYIAKQR", "MKTAYLAKQR")
    assert changed.identity == pytest.approx(0.9) and changed.length == 10
    assert align("WWWW", "GGGG").length == 0
    assert self_score("MUO*") == self_score("MXX*")


@given(st.lists(PROTEIN, min_size=1, max_size=6), PROTEIN)
def test_the_nearest_is_the_best_of_those_that_share_words(references, query):
    known = References.build(references, 2, most=len(references))
    hit, points = known.nearest(query)
    sharing = [s for s in references if oracle(s, 2) & oracle(query, 2)]
    if not sharing:
        assert (hit, points) == (-1, 0.0)
    else:
        assert points == pytest.approx(max(score(query, s) for s in sharing))
