"""Families: what their definition says, whatever the order, and the same as the plain loop over all pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from riboswitch.bio.families import families, kind_of
from riboswitch.bio.kmers import KmerIndex
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.group import group, settle

FEW = st.text("ACDX", max_size=14)
AMINO_ACIDS = np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", np.uint8)


def words(sequence, k):
    found = {sequence[i : i + k] for i in range(len(sequence) - k + 1)}
    return {word for word in found if "X" not in word}


def one_by_one(sequences, k, cutoff):
    """Components of all pairs, counted sequence by sequence."""
    index, pairs = KmerIndex.build(sequences, k), []
    for i, sequence in enumerate(sequences):
        counts, size = index.shared(sequence)
        near = (counts > 0) & (counts * (1 + cutoff) >= cutoff * (index.sizes + size))
        pairs += [(i, j) for j in np.flatnonzero(near)]
    a, b = np.array(pairs, int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(sequences),) * 2)
    return connected_components(graph, directed=False)[1]


def same_partition(one, other):
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def mutated(sequence, fraction, rng):
    letters = np.frombuffer(sequence.encode(), np.uint8).copy()
    at = rng.random(len(letters)) < fraction
    letters[at] = rng.choice(AMINO_ACIDS, at.sum())
    return letters.tobytes().decode()


@settings(max_examples=60, deadline=None)
@given(st.lists(FEW, max_size=8), st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]), st.randoms())
def test_families_follow_their_definition(sequences, k, cutoff, random):
    labels = group({"sequence": sequences}, "family", k=k, cutoff=cutoff)
    parent = list(range(len(sequences)))

    def root(i):
        return i if parent[i] == i else root(parent[i])

    for i, j in itertools.combinations(range(len(sequences)), 2):
        a, b = words(sequences[i], k), words(sequences[j], k)
        alike = a & b and len(a & b) * (1 + 1e-12) >= cutoff * len(a | b)
        if sequences[i] == sequences[j] or alike:
            parent[root(i)] = root(j)
    for i, j in itertools.combinations(range(len(sequences)), 2):
        assert (labels[i] == labels[j]) == (root(i) == root(j))
    order = list(range(len(sequences)))
    random.shuffle(order)
    assert group({"sequence": [sequences[i] for i in order]}, "family", k=k, cutoff=cutoff) == [
        labels[i] for i in order
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.integers(2, 5), st.floats(0.01, 0.9))
def test_many_relatives_are_joined_as_by_the_plain_loop(seed, k, cutoff):
    rng = np.random.default_rng(seed)
    sequences = [
        mutated("".join(map(chr, rng.choice(AMINO_ACIDS, rng.integers(5, 80)))), fraction, rng)
        for _ in range(12)
        for fraction in rng.uniform(0, 0.8, 8)
    ]
    sequences += [mutated(s, 0.3, rng) for s in sequences[:40]] + ["AAAAAAAAAA", "ACACACACAC" * 20, "MK"]
    assert same_partition(families(sequences, k, cutoff), one_by_one(sequences, k, cutoff))


def test_a_component_is_named_by_a_member():
    component = families(["ACDEFGHIKL", "WWWW", "ACDEFGHIKM", "W"], 3, 0.1)
    assert component[0] == component[2] != component[1] and set(component.tolist()) <= set(range(4))
    assert families([], 4, 0.1).tolist() == []


@settings(max_examples=20, deadline=None)
@given(st.text("ACGT", min_size=40, max_size=80), st.text("ACGT", min_size=40, max_size=80))
def test_dna_has_longer_words_than_proteins(one, other):
    assert settle({"sequence": [one, other]}) == {"letters": "nucleic", "k": 10, "cutoff": 0.1}
    rna = group({"sequence": [s.replace("T", "U") for s in (one, other)]})
    assert (rna[0] == rna[1]) == (len(set(group({"sequence": [one, other]}))) == 1)
    assert settle({"sequence": ["MKTAYIAKQRQISFVK"]})["k"] == 4
    assert settle({"sequence": [one]}, k=6, cutoff=0.2) == {"letters": "nucleic", "k": 6, "cutoff": 0.2}


def test_the_alphabet_is_recognised_from_all_letters():
    assert kind_of([]) == "protein"
    assert kind_of(["acgtn" * 10, "ACGU"]) == "nucleic"
    assert kind_of(["ACGT", "MKTAYIAKQRQISFVK"]) == "protein"


@settings(deadline=None)
@given(st.lists(FEW, max_size=8))
def test_random_groups_hold_only_equal_sequences(sequences):
    labels = group({"sequence": sequences}, "random")
    for (s, a), (t, b) in itertools.combinations(zip(sequences, labels, strict=True), 2):
        assert (a == b) == (s == t)


def test_wrong_options_are_refused():
    for bad in ({"method": "scaffold"}, {"k": 0}, {"k": 13}, {"k": 2.5}, {"cutoff": 2}, {"cutoff": -0.1},
                {"identity": 1.5}, {"coverage": -1}):  # fmt: skip
        with pytest.raises(UsageError):
            group({"sequence": ["ACDEF"]}, **bad)
