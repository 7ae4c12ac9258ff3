"""Boxes of positions: found by their cores, and judged by average precision against cases made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.boxes import (
    Boxes,
    are_right,
    average_precision,
    box_metrics,
    box_trials,
    boxes_in,
    boxes_of,
    classes_of,
    judged,
    overlaps,
    side_of,
)
from riboswitch.evaluation.metrics_schema import metrics_problem

CLASSES = ("c", "o", "p")
TASK = Task("multiclass", ("y",), CLASSES, "position")
BOXES = {"cell": "c", "platelet": "p"}
SCORES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20)


def boxes(*rows):
    """Boxes from rows of type, left, top, right, bottom and score."""
    table = np.array(rows, float).reshape(-1, 6)
    return Boxes(table[:, 0].astype(int), table[:, 1:5], table[:, 5])


def picture(*cores, side=16):
    """A map with the letters of cores, each given as letter, left, top, right and bottom."""
    letters = np.full((side, side), "o")
    for letter, left, top, right, bottom in cores:
        letters[top:bottom, left:right] = letter
    return letters


def hot(letters):
    return np.stack([letters == name for name in CLASSES], 2).astype(float)


def test_a_box_has_the_middle_of_its_core_and_twice_its_sides():
    found = boxes_in(hot(picture(("c", 4, 6, 8, 8), ("p", 12, 12, 14, 16))), (0, 2))
    assert found.type.tolist() == [0, 1] and found.score.tolist() == [1, 1]
    np.testing.assert_allclose(found.sides * 16, [[2, 5, 10, 9], [11, 10, 15, 16]])  # cut off at the rim


def test_a_score_is_the_mean_probability_and_lower_ones_are_no_core():
    seen = np.zeros((4, 4, 1))
    seen[1, 1:3, 0], seen[3, 3, 0] = (0.9, 0.7), 0.5
    found = boxes_in(seen, (0,))
    assert found.score.tolist() == [pytest.approx(0.8)]
    assert len(boxes_in(seen, (0,), 0.4).type) == 2


def test_overlap_is_the_intersection_by_the_union():
    one, other = np.array([[0, 0, 2, 2.0]]), np.array([[1, 0, 3, 2.0], [5, 5, 6, 6], [0, 0, 2, 2]])
    np.testing.assert_allclose(overlaps(one, other), [[1 / 3, 0, 1]])


TRUE = boxes((0, 0, 0, 2, 2, 1), (0, 4, 4, 6, 6, 1), (1, 8, 8, 9, 9, 1))


def ap(found, true=TRUE):
    table = box_metrics(["a", "b"], None, judged([found], [true], 2))
    return {name: float(value) for name, value in table.items()}


def test_the_truth_is_perfect_and_nothing_is_worth_nothing():
    assert ap(TRUE) == {"ap50": 1, "ap50_a": 1, "ap50_b": 1}
    assert ap(boxes()) == {"ap50": 0, "ap50_a": 0, "ap50_b": 0}


def test_a_second_box_of_the_same_thing_is_false():
    twice = boxes((0, 0, 0, 2, 2, 0.9), (0, 0, 0, 2, 2, 0.8), (0, 4, 4, 6, 6, 0.7))
    assert are_right(twice, TRUE).tolist() == [True, False, True]
    assert ap(twice)["ap50_a"] == pytest.approx(0.5 + 0.5 * 2 / 3)
    late = boxes((0, 0, 0, 2, 2, 0.9), (0, 0, 0, 2, 2, 0.6), (0, 4, 4, 6, 6, 0.7))
    assert ap(late)["ap50_a"] == 1  # what comes after all are found costs nothing


def test_a_box_of_another_type_or_with_too_little_overlap_is_false():
    wrong = boxes((1, 0, 0, 2, 2, 0.9), (0, 4, 4, 6, 7.9, 0.8), (0, 0, 0, 2, 4.1, 0.7))
    assert are_right(wrong, TRUE).tolist() == [False, True, False]  # 0.51 and 0.49


def test_average_precision_of_a_curve_drawn_by_hand():
    score, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True])
    assert average_precision(score, right, 2) == pytest.approx(0.5)  # 1/2 at both: the envelope
    assert average_precision(score, right, 4) == pytest.approx(0.25)  # two are never found
    assert average_precision(score, ~right, 2) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert np.isnan(average_precision(score, right, 0))


@given(SCORES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_weights_are_copies(rows, random):
    score, right = (np.array(values, float) for values in zip(*rows, strict=True))
    true = right.sum() + 1
    value = average_precision(score, right, true)
    order = random.sample(range(len(rows)), len(rows))
    assert average_precision(score[order], right[order], true) == pytest.approx(value)
    times = np.array([random.randint(0, 2) for _ in rows])
    assert average_precision(score, right, true, times.astype(float)) == pytest.approx(
        average_precision(np.repeat(score, times), np.repeat(right, times), true)
    )


@given(SCORES)
def test_no_order_is_better_than_right_ones_first(rows):
    score, right = (np.array(values, float) for values in zip(*rows, strict=True))
    true = max(right.sum(), 1)
    best = average_precision(right, right, true)
    assert 0 <= average_precision(score, right, true) <= best + 1e-12
    assert best == (1 if right.any() else 0)


def predictions(true, said):
    """Predictions of two methods: ``said`` and the truth itself; each record a picture of letters."""
    ids = [f"r{n:02}:{i}" for n, row in enumerate(true) for i in range(1, row.size + 1)]
    flat = np.concatenate([row.ravel() for row in true])
    labels = np.array([CLASSES.index(c) if c != "." else np.nan for c in flat])[:, None]
    parts = [
        Predictions.build(TASK, ids, [i.split(":")[0] for i in ids], 0, "test", method, labels,
                          np.concatenate([hot(np.where(r == ".", "o", r)).reshape(-1, 3) for r in rows]))
        for method, rows in (("network", said), ("truth", true))
    ]  # fmt: skip
    return Predictions.concat(parts)


def test_boxes_of_records_are_judged_and_gaps_hold_none():
    true, said = picture(("c", 2, 2, 5, 5)), picture(("c", 2, 2, 5, 5), ("c", 10, 10, 13, 13))
    true[8:, 8:] = "."
    trial = box_trials(TASK, predictions([true], [said]).trials(), BOXES)[0]
    assert trial.ids.tolist() == ["r00"]
    assert trial.outputs["network"].tolist() == [[1, 0, 0, 1, 1]]  # one cell; type, score, right


def test_evaluate_judges_boxes_with_intervals_and_a_verdict():
    pictures = [picture(("c", 2, 2, 5, 5), ("p", 8, 8, 10, 10)), picture(("c", 6, 6, 12, 12))] * 6
    missed = [picture(("c", 2, 2, 5, 5)), picture(("c", 6, 6, 12, 12), ("p", 1, 1, 2, 2))] * 6
    found = riboswitch.evaluate(predictions(pictures, missed), bootstrap=30, boxes=BOXES, min_positives=0)
    assert not metrics_problem(found)
    judged_boxes = found["boxes"]
    assert judged_boxes["boxes"] == BOXES
    means = {name: m["mean"] for name, m in judged_boxes["methods"]["network"].items()}
    assert means == {"ap50": 0.5, "ap50_cell": 1, "ap50_platelet": 0}
    assert judged_boxes["methods"]["truth"]["ap50"]["mean"] == 1
    assert judged_boxes["comparisons"]["truth"]["ap50"]["verdict"] == "loses"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["cell"], "needs a name and the letter"), (["a=c", "a=d"], "needs a name and the letter"),
     (["a=cd"], "one letter of its own"), (["a=c", "b=c"], "one letter of its own")],
)  # fmt: skip
def test_words_that_name_no_box_are_refused(words, message):
    with pytest.raises(UsageError, match=message):
        boxes_of(words)


def test_boxes_need_classes_of_positions_in_a_square():
    with pytest.raises(UsageError, match="only classes of positions make boxes"):
        classes_of(Task("multiclass", ("y",), ("a", "b")), BOXES)
    with pytest.raises(UsageError, match="no class is the core of a box of cell; found 'x'"):
        classes_of(TASK, {"cell": "x"})
    with pytest.raises(InputError, match="no square picture"):
        side_of(12, "a")
    assert side_of(0, "a") == 0 and side_of(10**10, "a") == 10**5
