"""Shared k-mers against sets, scores against themselves, families against the definition."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.group import group
from riboswitch.modalities.sequence.similarity import KmerIndex, References, align, kmers, score, self_score

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
def test_nothing_is_more_like_a_protein_than_itself(one, other):
    assert score(one, one) == pytest.approx(self_score(one))
    assert score(one, other) == pytest.approx(score(other, one))
    assert 0 <= score(one, other) <= min(self_score(one), self_score(other)) + 1e-9
    itself, both = align(one, one), align(one, other)
    assert (itself.identity, itself.coverage, itself.length) == (1.0, 1.0, len(one))
    assert 0 <= both.identity <= 1 and 0 <= both.coverage <= 1


def test_an_alignment_counts_by_hand():
    assert align("MKTAYIAK", "GGGGMKTAYIAK").coverage == pytest.approx(8 / 12)
    changed = align("MKTAYIAKQR", "MKTAYLAKQR")
    assert changed.identity == pytest.approx(0.9) and changed.length == 10
    assert align("WWWW", "GGGG").length == 0
    assert self_score("MUO*") == self_score("MXX*")


@given(st.lists(PROTEIN, min_size=1, max_size=6), PROTEIN)
def test_the_nearest_is_the_best_of_those_that_share(references, query):
    known = References.build(references, 2, most=len(references))
    hit, points = known.nearest(query)
    sharing = [s for s in references if oracle(s, 2) & oracle(query, 2)]
    if not sharing:
        assert (hit, points) == (-1, 0.0)
    else:
        assert points == pytest.approx(max(score(query, s) for s in sharing))


@settings(max_examples=60)
@given(st.lists(FEW, max_size=8), SMALL, st.sampled_from([0.1, 0.3, 0.5, 1.0]), st.randoms())
def test_families_are_what_their_definition_says(sequences, k, cutoff, random):
    labels = group(sequences, "family", k=k, cutoff=cutoff)
    parent = list(range(len(sequences)))

    def root(i):
        return i if parent[i] == i else root(parent[i])

    for i, j in itertools.combinations(range(len(sequences)), 2):
        a, b = oracle(sequences[i], k), oracle(sequences[j], k)
        union = len(a | b)
        if sequences[i] == sequences[j] or (a & b and len(a & b) * (1 + 1e-12) >= cutoff * union):
            parent[root(i)] = root(j)
    for i, j in itertools.combinations(range(len(sequences)), 2):
        assert (labels[i] == labels[j]) == (root(i) == root(j))
    order = list(range(len(sequences)))
    random.shuffle(order)
    assert group([sequences[i] for i in order], "family", k=k, cutoff=cutoff) == [labels[i] for i in order]


@given(st.lists(FEW, max_size=8))
def test_random_groups_hold_only_equal_sequences(sequences):
    labels = group(sequences, "random")
    for (s, a), (t, b) in itertools.combinations(zip(sequences, labels, strict=True), 2):
        assert (a == b) == (s == t)


def test_what_makes_no_sense_is_refused():
    for bad in ({"method": "scaffold"}, {"k": 0}, {"k": 13}, {"k": 2.5}, {"cutoff": 2}, {"cutoff": -0.1}):
        with pytest.raises(UsageError):
            group(["ACDEF"], **bad)
