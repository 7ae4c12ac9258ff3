"""Verdicts from made-up predictions: laws, and the check of chance for every metric."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.resampling import metric_table
from riboswitch.scorecards.folds import CROSS, FIXED
from riboswitch.scorecards.judging import Question, Scored, default_margin, judge
from riboswitch.scorecards.settings import METRICS

TASKS = {
    "regression": Task("regression", ("y",)),
    "binary": Task("binary", ("y",)),
    "multiclass": Task("multiclass", ("y",), ("a", "b", "c")),
    "survival": Task("survival", ("time", "event")),
}
CASES = [(kind, metric) for kind, metrics in METRICS.items() for metric in metrics]


def answers(task, labels, rng, skill):
    """Outputs that know the labels (skill 1), or nothing of them (0)."""
    if task.kind == "regression":
        return skill * labels + rng.normal(size=labels.shape)
    if task.kind == "survival":  # who has the higher risk has the shorter time
        return -2 * skill * np.log(labels[:, :1]) + rng.normal(size=(len(labels), 1))
    if task.kind == "binary":
        return np.clip(0.2 + skill * 0.6 * labels + rng.uniform(-0.2, 0.2, labels.shape), 0, 1)
    raw = rng.uniform(size=(len(labels), 3)) + 2 * skill * np.eye(3)[labels[:, 0].astype(int)]
    return raw / raw.sum(1, keepdims=True)


def scored(task, skills, folds=10, rows=60, seed=0, design=CROSS):
    rng = np.random.default_rng(seed)
    trials = []
    for fold in range(folds):
        labels = (
            rng.normal(size=(rows, 1)) if task.kind == "regression" else np.arange(rows)[:, None] % 3 * 1.0
        )
        labels = (labels > 0) * 1.0 if task.kind == "binary" else labels
        if task.kind == "survival":
            labels = np.stack([np.exp(rng.normal(size=rows)), np.arange(rows) % 4 > 0], 1)
        outputs = {name: answers(task, labels, rng, skill) for name, skill in skills.items()}
        cuts = dict.fromkeys(skills, np.full(1, 0.5))
        groups, ids = (np.array([f"{letter}{i}" for i in range(rows)]) for letter in "gr")
        trials.append(Trial(fold, groups, labels, outputs, cuts, ids))
    return Scored(task, trials, [{} for _ in trials], design, folds, 0.25)


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_with_every_metric_the_better_wins_and_shuffled_labels_are_at_chance(kind, metric):
    made = scored(TASKS[kind], {"network": 1, "plain": 0, "shuffled": 0})
    found = judge(made, Question(metric, 0.01), "network", "shuffled")
    assert found["comparisons"]["plain"]["verdict"] == "wins"
    assert found["chance"]["verdict"] == "at chance"


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_with_every_metric_labels_that_come_back_are_above_chance(kind, metric):
    made = scored(TASKS[kind], {"network": 1, "shuffled": 1})
    found = judge(made, Question(metric, 0.01), "network", "shuffled")
    assert found["chance"]["verdict"] == "above chance" and found["chance"]["low"] > 0


@pytest.mark.parametrize("kind", TASKS)
def test_the_order_of_the_folds_changes_no_verdict(kind):
    made = scored(TASKS[kind], {"network": 0.3, "plain": 0.2, "shuffled": 0})
    question = Question(METRICS[kind][0], 0.02)
    turned = Scored(made.task, made.trials[::-1], made.skips, CROSS, 10, 0.25)
    one, other = (judge(s, question, "network", "shuffled") for s in (made, turned))
    assert one["comparisons"] == other["comparisons"] and one["chance"] == other["chance"]


@pytest.mark.parametrize("design", [CROSS, FIXED])
@pytest.mark.parametrize("kind", TASKS)
def test_who_wins_loses_when_both_change_places(kind, design):
    made = scored(TASKS[kind], {"network": 1, "plain": 0}, design=design)
    question = Question(METRICS[kind][0], 0.02, bootstrap=100)
    one = judge(made, question, "network", "")["comparisons"]["plain"]
    other = judge(made, question, "plain", "")["comparisons"]["network"]
    assert (one["verdict"], other["verdict"]) == ("wins", "loses")
    assert one["difference"] == pytest.approx(-other["difference"])
    assert (one["low"], one["high"]) == pytest.approx((-other["high"], -other["low"]))


def test_means_are_those_of_the_folds():
    made = scored(TASKS["binary"], {"network": 0.5, "plain": 0})
    values = metric_table(made.task, made.trials, made.skips)["network"]["auroc"]
    found = judge(made, Question("ap", 0.02), "network", "")["methods"]["network"]["auroc"]
    assert found["per_fold"] == values.tolist() and found["mean"] == pytest.approx(values.mean())


def test_the_margin_of_errors_of_numbers_follows_their_spread():
    labels = np.random.default_rng(0).normal(size=(500, 1))
    task = TASKS["regression"]
    small, large = (default_margin(task, "rmse", scale * labels)[0] for scale in (1, 100))
    assert large == pytest.approx(100 * small) and small == pytest.approx(0.05 * labels.std())
    assert default_margin(task, "r2", labels)[0] == 0.02
