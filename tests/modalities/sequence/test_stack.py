"""Base learners of a sequence network: scores as Biopython's, neighbours and composition by their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from riboswitch.bio.alignment import score, self_score
from riboswitch.bio.kmers import KmerIndex
from riboswitch.bio.search import Search
from riboswitch.bio.smith_waterman import MOST_ALIGNED, neg_log_evalue
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.modalities.sequence.composition import Composition, words
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.neighbours import MISTAKEN, Neighbours
from riboswitch.modalities.sequence.stack import base_learners

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
PROTEINS = st.text(RESIDUES + "X", min_size=1, max_size=60)
TASKS = {
    "multiclass": Task("multiclass", ("y",), ("a", "b", "c")),
    "binary": Task("binary", ("x", "y")),
    "regression": Task("regression", ("y",)),
}


def encoded(proteins):
    return encode({"sequence": proteins}, [str(i) for i in range(len(proteins))])


def parts(arrays):
    items = arrays.each_item()
    return items.values["letters"], items.offsets["letters"]


def family(seed, members, changes=0.2, length=60):
    """Proteins that descend from one ancestor."""
    rng = np.random.default_rng(seed)
    ancestor = rng.choice([*RESIDUES], length)
    for _ in range(members):
        changed = ancestor.copy()
        places = rng.random(length) < changes
        changed[places] = rng.choice([*RESIDUES], places.sum())
        yield "".join(changed)


def labels_of(task, rows):
    rng = np.random.default_rng(1)
    if task.kind == "multiclass":
        return (np.arange(rows) % 3)[:, None] * 1.0
    shape = (rows, len(task.targets))
    return rng.normal(size=shape) if task.kind == "regression" else rng.integers(0, 2, shape) * 1.0


@settings(max_examples=40, deadline=None)
@given(queries=st.lists(PROTEINS, min_size=1, max_size=4), references=st.lists(PROTEINS, max_size=40))
def test_scores_are_those_of_biopython(queries, references):
    """With words of one residue all that can score is aligned, up to as many as there are lanes."""
    numbers, scores = Search.of(references, k=1)(*parts(encoded(queries)))
    assert numbers.shape == scores.shape == (len(queries), MOST_ALIGNED)
    for query, row, points in zip(queries, numbers, scores, strict=True):
        near = row[row >= 0]
        assert (
            len(set(near)) == len(near) and (row[len(near) :] == -1).all() and not points[len(near) :].any()
        )
        assert points[: len(near)].tolist() == [score(query, references[n]) for n in near]
        sharing = [i for i, r in enumerate(references) if set(r) & set(query) - {"X"}]
        assert set(near) == set(sharing) if len(sharing) <= MOST_ALIGNED else len(near) == MOST_ALIGNED


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), word=st.integers(1, 5), least=st.integers(1, 4))
def test_candidates_are_those_that_share_most_words(seed, word, least):
    references = [p for s in range(20) for p in family(seed + s, 4)]
    query = next(family(seed, 1))
    numbers, _ = Search.of(references, word, least)(*parts(encoded([query])))
    index = KmerIndex.build(references, word)
    assert numbers[0][numbers[0] >= 0].tolist() == index.top(query, MOST_ALIGNED, least).tolist()


@settings(max_examples=20, deadline=None)
@given(st.lists(PROTEINS, min_size=1, max_size=5))
def test_a_score_with_itself_is_the_sum_of_its_residues(proteins):
    assert Search.of(proteins).own.tolist() == [self_score(p) for p in proteins]


def test_words_that_are_too_long_are_refused():
    for word, least in ((6, 1), (0, 1), (4, 0)):
        with pytest.raises(UsageError):
            Search.of(["ACD"], word, least)


def test_neg_log_evalue_grows_with_the_score_and_falls_with_the_size_of_the_search():
    lengths = np.array(200)
    assert neg_log_evalue(np.array([50.0, 100.0]), lengths, lengths, 10).tolist() == sorted(
        neg_log_evalue(np.array([50.0, 100.0]), lengths, lengths, 10)
    )
    assert neg_log_evalue(np.array(50.0), lengths, lengths, 100) < neg_log_evalue(
        np.array(50.0), lengths, lengths, 10
    )


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("base_learner", [Neighbours, Composition])
def test_a_base_learner_predicts_within_bounds_and_comes_back_from_its_tensors(kind, base_learner):
    task = TASKS[kind]
    arrays = encoded([p for s in range(12) for p in family(s, 3)] + ["MX", "W"])
    labels = labels_of(task, len(arrays))
    labels[3] = np.nan
    rows = np.arange(4, 36)
    made = base_learner.fit(arrays, rows, labels, np.ones(len(arrays)), task, seed=0)
    out = made.predict(arrays, np.arange(len(arrays)))
    assert out.shape == (len(arrays), len(task.outputs)) == (len(arrays), made.outputs)
    assert np.isfinite(out).all() and made.predict(arrays, rows[:0]).shape == (0, made.outputs)
    if kind != "regression":
        assert ((out >= 0) & (out <= 1)).all()
    if kind == "multiclass":
        np.testing.assert_allclose(out.sum(1), 1)
    again = base_learner.from_tensors(made.tensors(), task)
    np.testing.assert_allclose(again.predict(arrays, rows), out[rows], atol=1e-4)
    with pytest.raises(KeyError):
        base_learner.from_tensors({}, task)
    broken = {name: array[1:] for name, array in made.tensors().items()}
    with pytest.raises(BundleError, match="do not fit together"):
        base_learner.from_tensors(broken | {"bias": np.zeros(made.outputs + 1)}, task)


def test_relatives_decide_and_strangers_get_the_average():
    task, arrays = TASKS["multiclass"], encoded([p for s in range(9) for p in family(s, 3)])
    labels = np.repeat([0.0, 1.0, 2.0], 9)[:, None]
    weights = np.where(labels[:, 0] == 1, 4.0, 1.0)
    made = Neighbours.fit(arrays, np.arange(27), labels, weights, task, seed=0)
    new = encoded([p for s in range(9) for p in [*family(s, 5)][4:]] + ["".join(next(family(77, 1)))])
    out = made.predict(new, np.arange(10))
    assert out[:9].argmax(1).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2] and (out[:9].max(1) > 0.95).all()
    np.testing.assert_allclose(out[9], [1 / 6, 4 / 6, 1 / 6], atol=0.01)


def test_neighbours_without_a_label_are_ignored():
    task, arrays = TASKS["binary"], encoded([*family(0, 4), *family(1, 4)])
    labels = np.tile([[1.0, 0.0]], (8, 1))
    labels[:4, 1] = np.nan
    labels[4:, 0] = 0
    made = Neighbours.fit(arrays, np.arange(8), labels, np.ones(8), task, seed=0)
    out = made.predict(arrays, np.arange(4))
    # The average of the first is 1/2, of the second 0: the four without a label say nothing of either.
    np.testing.assert_allclose(out, np.tile([[1 - MISTAKEN / 2, 0.0]], (4, 1)), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(RESIDUES, min_size=1, max_size=40), min_size=1, max_size=6))
def test_words_are_counted_as_scikit_learn_counts_them(proteins):
    arrays = encoded(proteins)
    table = words(arrays, np.arange(len(arrays)))
    told = CountVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False).fit_transform(proteins)
    used = np.flatnonzero(table.getnnz(axis=0))
    assert sorted(map(tuple, table[:, used].toarray().T)) == sorted(map(tuple, told.toarray().T))
    rows = np.arange(len(arrays))[::-1]
    assert (words(arrays, rows) != table[rows]).nnz == 0


def test_composition_weighs_words_as_tf_idf_does():
    task, arrays = TASKS["multiclass"], encoded([p for s in range(6) for p in family(s, 3)])
    rows = np.arange(18)
    made = Composition.fit(arrays, rows, labels_of(task, 18), np.ones(18), task, seed=0)
    counts = words(arrays, rows)
    told = TfidfTransformer(sublinear_tf=True).fit(counts)
    np.testing.assert_allclose(made.rarity, told.idf_, rtol=1e-6)
    assert made.predict(arrays, rows).argmax(1).tolist() == labels_of(task, 18)[:, 0].tolist()


def test_the_alphabet_decides_which_base_learner_there_is():
    assert list(base_learners({"alphabet": "protein"})) == ["neighbours"]
    for alphabet, longest in (("dna", 6), ("codon", 2)):
        arrays = encode({"sequence": ["ACGTACGTACGTACGTAC"]}, ["a"], {"alphabet": alphabet})
        assert list(base_learners(arrays.meta)) == ["composition"]
        letters = arrays.meta["letters"] + 1
        assert words(arrays, np.arange(1)).shape == (1, sum(letters**k for k in range(1, longest + 1)))
