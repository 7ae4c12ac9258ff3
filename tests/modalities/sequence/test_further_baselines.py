"""Further baselines: letters count by their place, windows see no other sequence, pairs are learned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.task import Task
from riboswitch.modalities.sequence.plain.aligned import Places, aligned_boosting, aligned_linear
from riboswitch.modalities.sequence.plain.windows import gor, window_boosting, window_logistic, windows

NUMBERS, STATES = Task("regression", ("y",)), Task("multiclass", ("y",), ("+", "-", "x"), "position")
TEXTS = st.lists(st.text("ACGT", min_size=1, max_size=12), min_size=1, max_size=5)


def promoters(many, seed):
    """Sequences of two lengths; the third letter and the third from the end decide the number."""
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice([*"ACGT"], 12 + i % 2)) for i in range(many)]
    return {"sequence": texts}, np.array([[(t[2] == "A") + 2.0 * (t[-3] == "C")] for t in texts])


@pytest.mark.parametrize("method", [aligned_linear, aligned_boosting])
def test_a_letter_counts_by_its_place_from_either_end(method):
    (train, labels), (new, truth) = promoters(300, 0), promoters(60, 1)
    said = method(train, labels, new, NUMBERS, seed=0)
    assert np.corrcoef(said[:, 0], truth[:, 0])[0, 1] > 0.95
    yes = (labels > 1).astype(float)
    said = method(train, yes, new, Task("binary", ("y",)), seed=0)
    assert ((said[:, 0] > 0.5) == (truth[:, 0] > 1)).mean() > 0.9


@given(TEXTS)
@settings(deadline=None, max_examples=50)
def test_words_by_place_of_one_sequence_do_not_depend_on_the_others(texts):
    places = Places.of(["ACGTACGTACGT"])
    together = places.words(texts)
    for row, text in enumerate(texts):
        assert (places.words([text]) != together[row]).nnz == 0
        assert together[row].sum() == 2 * sum(max(len(text) - k + 1, 0) for k in (1, 2, 3))


@given(TEXTS, st.sampled_from([1, 3]))
@settings(deadline=None, max_examples=50)
def test_a_window_sees_no_other_sequence(texts, unit):
    found, start = windows(texts, "ACGT", unit, 4), 0
    for text in texts:
        alone = windows([text], "ACGT", unit, 4).codes
        np.testing.assert_array_equal(found.codes[start : start + len(alone)], alone)
        start += len(alone)
    assert start == len(found.codes) and found.codes.max(initial=0) < found.size


@pytest.mark.parametrize("method", [gor, window_logistic, window_boosting])
def test_a_neighbour_tells_the_class_and_gaps_do_not_count(method):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice([*"ACGT"], n)) for n in (150, 170, 60)]
    truth = [0.0 if text[i - 1 : i] == "G" else 1.0 for text in texts for i in range(len(text))]
    labels = np.array(truth)[:, None]
    labels[:320:7] = np.nan
    said = method({"sequence": texts[:2]}, labels[:320], {"sequence": texts[2:]}, STATES, seed=0)
    assert (said.argmax(1) == labels[320:, 0]).mean() > 0.9 and not said[:, 2].any()
    np.testing.assert_allclose(said.sum(1), 1)


def test_pairs_of_letters_are_learned_by_gor():
    """A class that no single letter tells: whether the letters before and after are equal."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice([*"AC"], 2000)), "".join(rng.choice([*"AC"], 300))]
    labels = np.array([[float(t[i - 1 : i] == t[i + 1 : i + 2])] for t in texts for i in range(len(t))])
    said = gor({"sequence": texts[:1]}, labels[:2000], {"sequence": texts[1:]}, STATES, seed=0)
    assert (said.argmax(1) == labels[2000:, 0]).mean() > 0.95


@pytest.mark.parametrize("method", [gor, window_logistic, window_boosting])
def test_one_class_is_always_predicted(method):
    said = method({"sequence": ["ACGT"]}, np.ones((4, 1)), {"sequence": ["AC", "G"]}, STATES, seed=0)
    np.testing.assert_allclose(said, [[0, 1, 0]] * 3)
