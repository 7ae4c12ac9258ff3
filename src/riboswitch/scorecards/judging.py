"""From predictions of all methods on the folds of one split to metrics, verdicts and the check of chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.margins import (
    CROSSED,
    RESAMPLED,
    Interval,
    corrected_interval,
    crossed_interval,
    judged,
)
from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.resampling import DESCRIPTIVE, Skips, Table, metric_table, resampled_table
from riboswitch.evaluation.scoring import LOWER_IS_BETTER, task_metrics
from riboswitch.scorecards.folds import FIXED

PERMUTATIONS = 50  # of the test labels of a fold; their mean is what chance gives
ABOVE, AT, BELOW = "above chance", "at chance", "below chance"


@dataclass(frozen=True)
class Question:
    """What is compared, and when a difference counts.

    Attributes
    ----------
    metric : str
    margin : float
        Smallest difference of practical effect.
    bootstrap, seed : int
        Resamples of a fixed test set, and their seed.
    """

    metric: str
    margin: float
    bootstrap: int = 1000
    seed: int = 0

    @property
    def lower_is_better(self) -> bool:
        """Whether small values are good."""
        return self.metric in LOWER_IS_BETTER


@dataclass(frozen=True)
class Scored:
    """The folds of one split with a value, and how an interval over them is made.

    Attributes
    ----------
    task : Task
    trials : list of Trial
        One for each fold that could be scored.
    skips : list of dict
        Classes or targets of each that are not evaluable.
    design : str
        See `folds`.
    planned : int
        Number of folds, with those that could not be scored.
    test_per_train : float
        Mean of test rows over training rows.
    """

    task: Task
    trials: list[Trial]
    skips: Skips
    design: str
    planned: int
    test_per_train: float

    @property
    def interval(self) -> str:
        """Name of the intervals."""
        return CROSSED if self.design == FIXED else RESAMPLED


def judge(scored: Scored, question: Question, model: str, shuffled: str) -> dict[str, Any]:
    """Metrics of each method with intervals, the model against each rival, and the check of chance.

    Returns
    -------
    dict
        JSON values ``interval``, ``methods``, ``comparisons`` and ``chance``; see `scorecard.SCHEMA`.
    """
    values = metric_table(scored.task, scored.trials, scored.skips) if scored.trials else {}
    draws = _draws(scored, question)
    about: dict[str, Any] = {"interval": scored.interval}
    about["methods"] = {
        method: {
            name: _measure(_over_folds(scored, each, draws.get(method, {}).get(name), question), each)
            for name, each in found.items()
            if name not in DESCRIPTIVE and np.isfinite(each).any()
        }
        for method, found in values.items()
    }
    about["comparisons"] = {
        rival: _compared(scored, question, values, draws, model, rival) for rival in values if rival != model
    }
    if shuffled in values:
        about["chance"] = _chance(scored, question, shuffled)
    return about


def _draws(scored: Scored, question: Question) -> Table:
    """Resamples of the groups of a fixed test set; empty for other designs, which need none."""
    if scored.design != FIXED or not scored.trials:
        return {}
    return resampled_table(scored.task, scored.trials, scored.skips, question.bootstrap, question.seed)


def _over_folds(scored: Scored, values: Array, draws: Array | None, question: Question) -> Interval:
    if scored.design == FIXED:
        return crossed_interval(values, draws, question.seed)
    return corrected_interval(values, scored.test_per_train)


def _measure(interval: Interval, each: Array) -> dict[str, Any]:
    found: dict[str, Any] = {"mean": interval.mean, "folds": interval.folds, "per_fold": _listed(each)}
    return found | ({"low": interval.low, "high": interval.high} if interval.known else {})


def _listed(each: Array) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in each]


def _compared(
    scored: Scored, question: Question, values: Table, draws: Table, model: str, rival: str
) -> dict[str, Any]:
    name = question.metric
    gap = np.full(len(scored.trials), np.nan)
    difference = values[model].get(name, gap) - values[rival].get(name, gap)
    both = [draws[method][name] for method in (model, rival) if name in draws.get(method, {})]
    drawn = both[0] - both[1] if len(both) == 2 else None
    interval = _over_folds(scored, difference, drawn, question)
    word, reason = judged(interval, question.margin, question.lower_is_better, scored.planned)
    if word == "not evaluable" and (first := _first_skip(scored)):
        reason = f"{reason}; {first}"
    found: dict[str, Any] = {"verdict": word, "reason": reason, "folds": interval.folds}
    if np.isfinite(interval.mean):
        found["difference"] = interval.mean
    return found | ({"low": interval.low, "high": interval.high} if interval.known else {})


def _first_skip(scored: Scored) -> str:
    """The first class or target that is not evaluable, and why; empty if all are."""
    for trial, skip in zip(scored.trials, scored.skips, strict=True):
        for name, reason in skip.items():
            return f"fold {trial.repeat}, {name}: {reason}"
    return ""


def _chance(scored: Scored, question: Question, method: str) -> dict[str, Any]:
    """Whether a method that was trained on shuffled labels is better than chance.

    Chance is the mean of the metric over permutations of the test labels of a fold: whatever the metric, a
    method that knows nothing about the test rows scores the same with and without them.
    """
    rows = [
        _gain(scored.task, trial, skip, method, question) for trial, skip in
        zip(scored.trials, scored.skips, strict=True)
    ]  # fmt: skip
    gains = np.array([gain for gain, _ in rows])
    chance = np.array([level for _, level in rows])
    interval = corrected_interval(gains, scored.test_per_train)
    word, reason = judged(interval, question.margin, False, scored.planned)
    words = {"wins": ABOVE, "ties": AT, "loses": BELOW}
    found: dict[str, Any] = {"verdict": words.get(word, word), "folds": interval.folds}
    if word == "not evaluable":
        found["reason"] = reason
    if np.isfinite(chance).any():
        found |= {"gain": interval.mean, "chance": float(np.nanmean(np.sort(chance)))}
    return found | ({"low": interval.low, "high": interval.high} if interval.known else {})


def _gain(
    task: Task, trial: Trial, skip: dict[str, str], method: str, question: Question
) -> tuple[float, float]:
    """How much better the method is than with permuted test labels, and the metric with these."""
    rng = np.random.default_rng([question.seed, trial.repeat])
    own = _value(task, trial, trial.labels, skip, method, question.metric)
    others = [rng.permutation(trial.labels) for _ in range(PERMUTATIONS)]
    drawn = np.array([_value(task, trial, labels, skip, method, question.metric) for labels in others])
    level = float(mean_defined(drawn, 0))
    return (level - own if question.lower_is_better else own - level), level


def _value(task: Task, trial: Trial, labels: Array, skip: dict[str, str], method: str, metric: str) -> float:
    outputs, cuts = trial.outputs[method], trial.thresholds[method]
    needs_sorting = metric in ("macro_ap", "macro_auroc")
    found = task_metrics(task, labels, outputs, cuts, skip, macro_rankings=needs_sorting)
    return float(found.get(metric, np.nan))


def default_margin(task: Task, metric: str, labels: Array) -> tuple[float, str]:
    """A margin of practical effect if none is given, and where it comes from.

    Parameters
    ----------
    task : Task
    metric : str
    labels : ndarray
        All labels, shape (units, targets).
    """
    if metric in ("rmse", "mae"):
        spread = float(np.nanmean([_spread(column) for column in labels.T]))
        return 0.05 * spread, "default: 5 % of the standard deviation of the labels"
    return 0.02, "default: 0.02"


def _spread(column: Array) -> float:
    known = column[np.isfinite(column)]
    return float(known.std()) if len(known) else np.nan
