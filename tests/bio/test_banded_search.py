"""Banded search: relatives are found and scored as Biopython does, whatever stands beside them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.alignment import score
from riboswitch.bio.banded_search import ANY, BAND, BLOCK, FEWEST, LONGEST, RESIDUES_A_WORD, BandedSearch
from riboswitch.bio.letter_codes import letter_codes

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
PROTEINS = st.lists(st.text("ACDW", max_size=40), max_size=6)


def found(search, queries):
    """Of each query the known proteins and their scores."""
    numbers, scores = search(*letter_codes(queries, "protein"))
    return [
        {int(n): float(s) for n, s in zip(row, points, strict=True) if n >= 0}
        for row, points in zip(numbers, scores, strict=True)
    ]


def shared(query, known, band):
    """Most words on diagonals of which neighbours are no further apart than the band, by counting."""
    diagonals = sorted(
        i - j
        for i in range(len(query) - 3)
        for j in range(len(known) - 3)
        if query[i : i + 4] == known[j : j + 4]
    )
    best = run = 0
    for number, diagonal in enumerate(diagonals):
        run = run + 1 if number and diagonal - diagonals[number - 1] <= band else 1
        best = max(best, run)
    return best


@settings(deadline=None)
@given(PROTEINS, PROTEINS, st.sampled_from([0, 3, BAND, ANY]))
def test_what_shares_enough_words_is_scored_as_biopython_does(queries, known, band):
    answers = found(BandedSearch.of(known, len(known) + 1, band), queries)
    for query, answer in zip(queries, answers, strict=True):
        expected = {
            number: score(query, protein)
            for number, protein in enumerate(known)
            if shared(query, protein, band) >= max(FEWEST, len(protein) / RESIDUES_A_WORD)
        }
        assert answer == expected


@given(PROTEINS, PROTEINS, st.sampled_from([0, 3, BAND, ANY]), st.integers(1, 4))
def test_the_nearest_are_those_that_counting_finds_most_shared_words_first(queries, known, band, most):
    search = BandedSearch.of(known, most, band)
    for query, row in zip(queries, search.nearest(*letter_codes(queries, "protein")), strict=True):
        words = [shared(query, protein, band) for protein in known]
        enough = [n for n, p in enumerate(known) if words[n] >= max(FEWEST, len(p) / RESIDUES_A_WORD)]
        enough.sort(key=lambda n: (-words[n] / np.sqrt(len(known[n])), n))
        assert row[row >= 0].tolist() == enough[:most]


@settings(deadline=None, max_examples=30)
@given(PROTEINS, PROTEINS)
def test_an_answer_does_not_depend_on_the_other_queries(queries, known):
    search = BandedSearch.of(known, 3)
    assert found(search, queries) == [found(search, [query])[0] for query in queries]


def test_many_queries_are_read_in_blocks():
    rng = random.Random(0)
    known = ["".join(rng.choices(RESIDUES, k=200)) for _ in range(5)]
    queries = [known[i % 5][: 100 + i % 90] for i in range(3 * BLOCK // 150)]
    answers = found(BandedSearch.of(known), queries)
    assert all(
        answer == {i % 5: score(q, known[i % 5])}
        for i, (answer, q) in enumerate(zip(answers, queries, strict=True))
    )


def test_those_that_share_most_words_are_aligned():
    rng = random.Random(1)
    whole = "".join(rng.choices(RESIDUES, k=300))
    known = [whole[:80], whole[:200], whole, whole[:120]]
    assert [*found(BandedSearch.of(known, 2), [whole])[0]] == [2, 1]


def test_half_of_the_residues_are_enough_to_be_found():
    rng = random.Random(2)
    known = ["".join(rng.choices(RESIDUES, k=300)) for _ in range(40)]
    changed = ["".join(a if rng.random() < 0.5 else rng.choice(RESIDUES) for a in p) for p in known]
    answers = found(BandedSearch.of(known), changed)
    assert sum(number in answer for number, answer in enumerate(answers)) >= 39


@pytest.mark.parametrize("queries", [[], [""], ["M"], ["XXXXXXXX"], ["A" * (LONGEST + 50)]])
@pytest.mark.parametrize("known", [[], [""], ["MKV"], ["A" * 30]])
def test_empty_short_unknown_and_endless(queries, known):
    numbers, scores = BandedSearch.of(known)(*letter_codes(queries, "protein"))
    assert numbers.shape == scores.shape == (len(queries), 8)
    alike = bool(known and queries) and known[0].startswith("AA") and queries[0].startswith("AA")
    assert bool((numbers >= 0).any()) == alike and np.array_equal(numbers >= 0, scores > 0)
