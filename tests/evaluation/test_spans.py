"""Spans of positions: only exact ones count, and none goes on where none began."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.evaluation.metrics_schema import metrics_problem
from riboswitch.evaluation.spans import Types, decoded, span_metrics, span_trials, spans_of

CLASSES = ("-", "C", "D", "c", "d")
TASK = Task("multiclass", ("y",), CLASSES, "position")
SPANS = {"Chemical": "C", "Disease": "D"}
ROWS = st.lists(st.text("-CDcd", min_size=1, max_size=12), min_size=1, max_size=12)


def predictions(true, said):
    """Predictions of two methods: ``said`` and the truth itself."""
    ids = [f"r{n}:{i}" for n, row in enumerate(true) for i in range(1, len(row) + 1)]
    labels = np.array([CLASSES.index(c) if c != "." else np.nan for row in true for c in row], float)[:, None]
    parts = [
        Predictions.build(TASK, ids, [i.split(":")[0] for i in ids], 0, "test", method, labels,
                          np.eye(5)[[CLASSES.index(c) for c in "".join(rows).replace(".", "-")]])
        for method, rows in (("network", said), ("truth", true))
    ]  # fmt: skip
    return Predictions.concat(parts)


def spans_in(row):
    """Spans of a row, spelled out."""
    found, open_ = [], None
    for place, letter in enumerate(f"{row}-"):
        if open_ and (letter in "-CD" or letter.upper() != open_[0]):
            found.append((*open_, place))
            open_ = None
        if letter != "-" and open_ is None:
            open_ = (letter.upper(), place)
    return set(found)


def valid(row):
    """The row, its small letters only where a span of their type is open."""
    out = ""
    for letter in row:
        goes_on = out and out[-1].upper() == letter.upper()
        out += letter.upper() if letter in "cd" and not goes_on else letter
    return out


@given(ROWS, st.integers(0, 99))
def test_counts_are_those_of_sets_of_spans(true, seed):
    rng = np.random.default_rng(seed)
    true = [valid(row) for row in true]
    said = [
        valid("".join(c if rng.random() < 0.7 else rng.choice(list("-CDcd")) for c in row)) for row in true
    ]
    trials = span_trials(TASK, predictions(true, said).trials(), SPANS)
    found = span_metrics([*SPANS], None, trials[0].outputs["network"])
    right = sum(len(spans_in(a) & spans_in(b)) for a, b in zip(true, said, strict=True))
    there, told = (sum(len(spans_in(row)) for row in rows) for rows in (true, said))
    assert np.nan_to_num(found["recall"]) == pytest.approx(right / there if there else 0)
    assert np.nan_to_num(found["precision"]) == pytest.approx(right / told if told else 0)
    if there:
        assert found["f1"] == pytest.approx(2 * right / (there + told))
        assert span_metrics([*SPANS], None, trials[0].outputs["truth"])["f1"] == 1


def test_more_than_nine_positions_stay_in_their_order():
    row = "CccccccccccC----Dd"
    found = span_metrics(
        [*SPANS], None, span_trials(TASK, predictions([row], [row]).trials(), SPANS)[0].outputs["network"]
    )
    assert found["f1"] == 1 and found["f1_Disease"] == 1


def test_the_most_likely_allowed_classes_are_chosen():
    rng = np.random.default_rng(0)
    types = Types.of(TASK, SPANS)
    lengths = np.array([3, 4])
    p = rng.dirichlet(np.ones(5), 7)
    found = decoded(p, lengths, types)
    for begin, end in ((0, 3), (3, 7)):
        allowed = [row for row in product(range(5), repeat=end - begin)
                   if (text := "".join(CLASSES[c] for c in row)) == valid(text)]  # fmt: skip
        best = max(allowed, key=lambda row: np.log(p[np.arange(begin, end), row]).sum())
        assert found[begin:end].tolist() == list(best)


def test_a_gap_is_in_no_span_and_ends_one():
    trials = span_trials(TASK, predictions(["Cc.-"], ["CccD"]).trials(), SPANS)
    assert trials[0].outputs["network"][0].tolist() == [1, 1, 1, 0, 1, 0]


def test_evaluate_judges_spans_with_intervals_and_a_verdict():
    true = ["Cc-D", "C--Dd", "-C", "Ddd-"] * 5
    said = ["Cc-D", "C--D-", "-C", "Ddd-"] * 5
    found = riboswitch.evaluate(predictions(true, said), bootstrap=50, spans=SPANS, min_positives=0)
    assert not metrics_problem(found)
    spans = found["spans"]
    assert spans["spans"] == SPANS and spans["methods"]["network"]["f1_Chemical"]["mean"] == 1
    disease = spans["methods"]["network"]["recall_Disease"]
    assert (
        disease["mean"] == pytest.approx(2 / 3, abs=1e-6)
        and disease["low"] < disease["mean"] < disease["high"]
    )
    assert spans["comparisons"]["truth"]["f1"]["verdict"] == "loses"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["Chemical"], "needs a name and the letter"), (["a=C", "a=D"], "needs a name and the letter"),
     (["a=c"], "one capital letter; found 'c'"), (["a=CD"], "one capital letter; found 'CD'")],
)  # fmt: skip
def test_words_that_name_no_span_are_refused(words, message):
    with pytest.raises(UsageError, match=message):
        spans_of(words)


def test_spans_need_positions_and_their_class():
    with pytest.raises(UsageError, match="only labels of positions make spans"):
        Types.of(Task("multiclass", ("y",), ("a", "b")), SPANS)
    with pytest.raises(UsageError, match="no class begins a span of Gene; found 'G'"):
        Types.of(TASK, {"Gene": "G"})
