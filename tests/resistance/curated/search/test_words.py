"""Words that references share with a genome: laws, with plain Python as the oracle."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.resistance.curated.search import words as module
from riboswitch.resistance.curated.search.candidates import BAND, candidates
from riboswitch.resistance.curated.search.words import ReferenceWords, Words

FEW = Words("AC", 3)  # few possible words: much is shared by chance
SIX = Words("ACD", 6)
kinds = st.sampled_from([FEW, SIX, Words("ACGT", 1), Words("AC", 5)])
texts = st.text("ACDX*", max_size=40)


@pytest.fixture(params=[1, 7, module.BLOCK], autouse=True)
def block(request, monkeypatch):
    """All laws hold wherever a sequence is cut into blocks."""
    monkeypatch.setattr(module, "BLOCK", request.param)


def plain(kind, text):
    """Each word of a text by its place; words with a foreign letter left out."""
    found = [(text[i : i + kind.k], i) for i in range(len(text) - kind.k + 1)]
    return [(word, i) for word, i in found if set(word) <= set(kind.letters)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds, texts)
def test_words_are_numbered_in_the_order_of_the_alphabet(kind, text):
    words = kind.of(text)
    expected = np.full(len(text), -1)
    for word, i in plain(kind, text):
        expected[i] = sum(kind.letters.index(c) * len(kind.letters) ** j for j, c in enumerate(word[::-1]))
    assert words.tolist() == expected.tolist()
    assert words.dtype == np.int32


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds, st.lists(texts, max_size=6), texts)
def test_every_shared_word_is_found_with_its_reference_and_diagonal(kind, references, text):
    found, diagonals = ReferenceWords.of(references, kind).table().shared(text)
    expected = Counter(
        (number, i - j)
        for number, reference in enumerate(references)
        for word, i in plain(kind, text)
        for other, j in plain(kind, reference)
        if word == other
    )
    assert Counter(zip(found.tolist(), diagonals.tolist(), strict=True)) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds, st.lists(texts, max_size=6), st.lists(texts, min_size=1, max_size=3))
def test_the_table_of_shared_words_answers_as_that_of_all(kind, references, genome):
    words = ReferenceWords.of(references, kind)
    every, shared = words.table(), words.shared_with(genome)
    for text in genome:
        for one, other in zip(every.shared(text), shared.shared(text), strict=True):
            assert one.tolist() == other.tolist()
    assert set(shared.table.tolist()) <= set(every.table.tolist())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts, min_size=1, max_size=6), texts, st.integers(1, 4))
def test_candidates_are_runs_of_diagonals_with_enough_words(references, text, fewest):
    table = ReferenceWords.of(references, FEW).table()
    found = candidates(text, table, np.full(len(references), fewest), np.ones(len(references), bool))
    pairs = sorted(zip(*(x.tolist() for x in table.shared(text)), strict=True))
    runs: list[list[tuple[int, int]]] = []
    for pair in pairs:
        if runs and runs[-1][-1][0] == pair[0] and pair[1] - runs[-1][-1][1] <= BAND:
            runs[-1].append(pair)
        else:
            runs.append([pair])
    expected = {(run[0][0], run[0][1], len(run)) for run in runs if len(run) >= fewest}
    assert {(c.reference, c.start, c.shared) for c in found} == expected
