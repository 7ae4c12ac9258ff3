"""Plain methods of texts, the base learner of the stack, and maps of words."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.modalities.text import baselines
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.explain import answers, changes, draw, parts, without_each
from riboswitch.modalities.text.features import character_counts, text_counts, token_features
from riboswitch.modalities.text.network import Network, NetworkSettings
from riboswitch.modalities.text.stack import Words
from riboswitch.modalities.text.token_baselines import by_word, token_chain, token_linear

YES_NO = Task("binary", ("y",))
TAGS = Task("multiclass", ("y",), ("-", "C", "c"), "position")


def made_up(rows, seed=0):
    """Texts of random words; those with "drug" are positive."""
    rng = np.random.default_rng(seed)
    words = [f"w{chr(97 + n)}" for n in range(20)]
    texts = [" ".join([*rng.choice(words, 12), *(["drug"] * (row % 3 == 0))]) for row in range(rows)]
    return {"text": texts}, np.array([[float("drug" in text)] for text in texts])


@pytest.mark.parametrize("name", ["tfidf_linear", "character_linear"])
def test_a_word_that_decides_is_found(name):
    train, labels = made_up(90)
    new, truth = made_up(30, seed=1)
    p = baselines.BASELINES[name](train, labels, new, YES_NO, seed=0)
    assert (p[truth == 1][:, None] > p[truth == 0]).mean() > 0.95


def test_the_nearest_texts_vote():
    train = {"text": ["sad mice", "sad rats", "lithium salt", "lithium carbonate"]}
    p = baselines.nearest(
        train, np.array([[1.0], [1], [0], [0]]), {"text": ["sad", "lithium"]}, YES_NO, seed=0
    )
    assert p[0, 0] > 0.5 > p[1, 0]


def tagged(rows, seed=0):
    """Sentences in which words that end in -ol are names, and go on with an acid."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(rows):
        words, tags = [], []
        for _ in range(8):
            kind = rng.integers(3)
            stem = "".join(rng.choice(list("bcdfgrtu"), 4))
            words += [f"{stem}ol", "acid"] if kind == 0 else [f"{stem}ing"]
            tags += [1, 2] if kind == 0 else [0]
        texts.append(" ".join(words))
        labels += tags
    return {"text": texts}, np.array(labels, float)[:, None]


@pytest.mark.parametrize("method", [token_chain, token_linear])
def test_unseen_names_are_told_by_their_ends_and_their_neighbours(method):
    train, labels = tagged(60)
    new, truth = tagged(10, seed=1)
    p = method(train, labels, new, TAGS, seed=0)
    assert (p.argmax(1) == truth[:, 0]).mean() > 0.98


def test_a_word_has_the_labels_that_it_had():
    train = {"text": ["aspirin is here", "aspirin was not"]}
    p = by_word(train, np.array([[1.0], [0], [0], [1], [0], [0]]), {"text": ["new aspirin"]}, TAGS, seed=0)
    assert p[1, 1] > 0.7 and p[0].argmax() == 0 and p.sum(1) == pytest.approx(1)


def test_gaps_are_not_learned_from():
    train, labels = tagged(20)
    gaps = labels.copy()
    gaps[::2] = np.nan
    for method in (token_chain, token_linear, by_word):
        p = method(train, gaps, train, TAGS, seed=0)
        assert np.isfinite(p).all() and p.sum(1) == pytest.approx(1)


def test_features_do_not_depend_on_other_texts():
    texts = ["aspirin is here", "no", "mice and rats"]
    arrays = encode({"text": texts}, ["a", "b", "c"])
    whole, counts = token_features(arrays, np.arange(3)), text_counts(arrays, np.arange(3))
    runs = character_counts(arrays, np.arange(3))
    for row, text in enumerate(texts):
        alone = encode({"text": [text]}, ["x"])
        begin = int(arrays.only.offsets["word"][row])
        some = whole[begin : begin + len(text.split())]
        assert (token_features(alone, np.array([0])) != some).nnz == 0
        assert (text_counts(alone, np.array([0])) != counts[row]).nnz == 0
        assert (character_counts(alone, np.array([0])) != runs[row]).nnz == 0


def test_runs_of_characters_are_those_of_each_token_with_its_ends():
    """Of a token of n characters there are n + 3 - k runs of k, as far as they fit."""
    arrays = encode({"text": ["ab", "ab ab", "Ab", "a"]}, list("wxyz"))
    counts = character_counts(arrays, np.arange(4))
    assert counts.sum(1).ravel().tolist() == [[3 + 2 + 1, 12, 6, 2 + 1]]
    assert (counts[0] != counts[2]).nnz == 0 and (counts[1] != 2 * counts[0]).nnz == 0


def test_a_base_learner_of_other_features_is_refused():
    tensors = {"rarity": np.ones(3), "weights": np.ones((1, 3)), "bias": np.ones(1)}
    with pytest.raises(BundleError, match="do not fit together"):
        Words.from_tensors(tensors, YES_NO)
    full = np.ones(2**17)
    with pytest.raises(BundleError, match="are not finite"):
        Words.from_tensors({"rarity": full, "weights": full[None] * np.nan, "bias": np.ones(1)}, YES_NO)


def test_all_places_of_a_word_are_hidden_together():
    arrays = encode({"text": ["Pain, pain and mice."]}, ["a"])
    assert parts(arrays, 0) == ["Pain", "and", "mice"] and changes(arrays, 0).to == [""] * 3
    changed = without_each(arrays, 0)
    hidden = changed.only.values["word"].reshape(4, -1) == 0
    assert hidden.astype(int).tolist() == [
        [0] * 6,
        [1, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
    ]


def test_a_map_shows_the_words_and_their_scores():
    drawn = str(draw("Pain <in> mice. " * 300, [1.0, -0.5, 0.0], 1.0, "x"))
    assert "&lt;" in drawn and "…" in drawn and drawn.count("#2687cc") > 5 and "#ed8221" in drawn


def test_a_model_of_tokens_has_no_map_of_the_text():
    arrays = encode({"text": ["Pain"]}, ["a"])
    net = Network(NetworkSettings(head="per_position"), 2, arrays.meta).eval()
    with pytest.raises(UsageError, match="a model with an answer for each token has none for the whole text"):
        answers(net, arrays, 0)
