"""Groups of texts: near duplicates stay together, and the order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import UsageError
from riboswitch.modalities.text.group import group

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, max_size=8).map(" ".join)


def jaccard(one, other, words):
    sets = []
    for text in (one, other):
        parts = text.split()
        sets.append({tuple(parts[i : i + words]) for i in range(max(1, len(parts) - words + 1))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(1, 3), st.sampled_from([0.3, 0.5, 1.0]))
def test_no_two_texts_of_different_groups_are_as_alike_as_the_cutoff(texts, words, cutoff):
    labels = group({"text": texts}, words=words, cutoff=cutoff)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            if jaccard(one, other, words) >= cutoff:
                assert labels[i] == labels[j]


def test_a_revised_abstract_stays_with_the_first():
    text = "Lithium raised the plasma calcium level in twelve of thirty rats, and mood was better."
    other = text.replace("twelve", "14")
    labels = group({"text": [text, "Something else was found in mice.", other, text.upper()]})
    assert labels[0] == labels[2] == labels[3] != labels[1]


def test_equal_texts_are_together_also_at_random():
    labels = group({"text": ["Mood 1", "mood 2", "sad"]}, "random")
    assert labels[0] == labels[1] != labels[2]


@pytest.mark.parametrize("options", [{"words": 0}, {"cutoff": 1.5}, {"words": 51}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UsageError, match=f"{next(iter(options))} must"):
        group({"text": ["a"]}, **options)


def test_many_texts_are_compared_in_blocks():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["a", "b", "c", "d", "e", "f", "g"], 9)) for _ in range(600)]
    labels = group({"text": [*texts, *texts[:5]]})
    assert labels[600:] == labels[:5]
