"""Answers of teachers: each belongs to its row of the library, and what does not fit is refused."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.table_writer import write_table
from riboswitch.learning.distilling.teachers import Teacher, soft_labels

TASK = Task("binary", ("active",))
CLASSES = Task("multiclass", ("c",), ("a", "b"))
IDS = ["x", "y", "z"]
GOOD = pd.DataFrame({"id": IDS, "status": ["ok", "BAD", "ok"], "p_active": [0.25, np.nan, 1.0]})


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_answers_are_the_same_from_every_kind_of_file(tmp_path, suffix):
    path = tmp_path / f"answers{suffix}"
    write_table(GOOD, path)
    teacher = Teacher.read(path, TASK, IDS)
    np.testing.assert_array_equal(teacher.answers[:, 0], GOOD["p_active"])
    assert teacher.answered.tolist() == [True, False, True] and teacher.budget == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GOOD.drop(columns="p_active"), "no answers to this task.*no column 'p_active'"),
        (GOOD.drop(columns="id"), "no column 'id'"),
        (GOOD.iloc[:2], "2 rows, and the library has 3"),
        (GOOD.iloc[[1, 0, 2]], "row 1.*id 'y' where the library has 'x'"),
        (GOOD.assign(p_active="high"), "not a number"),
        (GOOD.assign(p_active=np.nan), "no answer at all"),
        (GOOD.assign(p_active=[0.1, 0.2, 1.5]), "row 3.*no probabilities|no probabilities.*1.5"),
    ],
)
def test_answers_that_do_not_fit_are_refused(table, message):
    with pytest.raises(InputError) as refused:
        Teacher.of(table, TASK, IDS, "owner.csv")
    assert re.search(message, str(refused.value).replace("\n", " "))
    assert "owner.csv" in str(refused.value)


def test_probabilities_of_classes_sum_to_one_unless_noise_was_added():
    table = pd.DataFrame({"id": IDS, "p_a": [0.5, 0.2, 0.1], "p_b": [0.5, 0.2, 0.9]})
    with pytest.raises(InputError, match="no probabilities"):
        Teacher.of(table, CLASSES, IDS, "owner.csv")
    noisy = Teacher.of(table.assign(epsilon=2.0, delta=1e-6, noise_sd=0.3), CLASSES, IDS, "owner.csv")
    assert noisy.budget == {"epsilon": 2.0, "delta": 1e-6}


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match="answers are a table"):
        Teacher.read(tmp_path / "answers.txt", TASK, IDS)


@pytest.mark.parametrize("name", ["missing.csv", "missing.parquet"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(InputError, match="no such file"):
        Teacher.read(tmp_path / name, TASK, IDS)


answers = st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=3, max_size=3)


@given(st.lists(answers, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_label_is_the_mean_of_those_that_answered_in_any_order(columns, random):
    made = [Teacher(str(i), np.array(c, float)[:, None], {}) for i, c in enumerate(columns)]
    found = soft_labels(made)[:, 0]
    for row in range(3):
        given_ = [c[row] for c in columns if c[row] is not None]
        assert np.isnan(found[row]) if not given_ else found[row] == pytest.approx(np.mean(given_))
    random.shuffle(made)
    np.testing.assert_allclose(soft_labels(made)[:, 0], found)
    np.testing.assert_allclose(soft_labels(made, [3.0] * len(made))[:, 0], found)


def test_a_weight_is_repetition():
    a, b = (Teacher(n, np.array([[v]]), {}) for n, v in (("a", 0.2), ("b", 0.8)))
    assert soft_labels([a, b], [2, 1]).item() == pytest.approx(soft_labels([a, a, b]).item())
    for weights in ([1], [1, 0], [1, float("nan")]):
        with pytest.raises(UsageError, match="weight"):
            soft_labels([a, b], weights)


@given(answers, st.floats(0, 1), st.floats(0, 0.7), st.floats(0.001, 0.3))
def test_owners_that_know_such_inputs_count_more(values, other, least, more):
    values = [v for v in values if v is not None] or [0.0]
    mine, theirs = np.array(values)[:, None], np.full((len(values), 1), other)

    def label(near, far):
        of = [(mine, near), (theirs, far)]
        made = [Teacher(str(i), a, {}, np.full(len(values), s)) for i, (a, s) in enumerate(of)]
        return soft_labels(made)

    silent = soft_labels([Teacher("a", mine, {}), Teacher("b", theirs, {})])
    np.testing.assert_allclose(label(least, least), silent)
    nearer = label(least + more, least)
    assert (np.abs(nearer - mine) <= np.abs(silent - mine) + 1e-12).all()
    assert ((nearer - mine) * (theirs - nearer) >= -1e-12).all()


def test_similarity_is_told_by_all_or_none_and_lies_between_0_and_1():
    told = Teacher.of(GOOD.assign(similarity=[0.3, np.nan, 0.7]), TASK, IDS, "a.csv")
    assert told.similarity[[0, 2]].tolist() == [0.3, 0.7]
    silent = Teacher.of(GOOD, TASK, IDS, "b.csv")
    with pytest.raises(InputError, match=r"b.csv.*no column 'similarity'"):
        soft_labels([told, silent])
    for wrong in (1.5, np.nan, -0.1):
        with pytest.raises(InputError, match=r"row 3.*between 0 and 1"):
            Teacher.of(GOOD.assign(similarity=[0.3, 0.1, wrong]), TASK, IDS, "a.csv")
