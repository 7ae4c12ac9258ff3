"""Noise ceiling: the best score that the labels of the test rows allow, however good the model is.

Truths are drawn that fit the labels and their noise, then new labels of these truths. The ceiling is the
score of the truths on the new labels (Brown, Muchmore and Hajduk, Drug Discov. Today 2009, 14:420; Kramer et
al., J. Med. Chem. 2012, 55:5165).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.noise import (
    MIN_REPEATED,
    ClassNoise,
    NumberNoise,
    Replicates,
    class_noise,
    interval,
    number_noise,
    replicates,
)
from riboswitch.evaluation.scoring import task_metrics

DRAWS = 200
# Metrics of which the truth itself, or the true probability, is the best prediction.
OPTIMAL = frozenset({
    "rmse", "mae", "r2", "pearson", "spearman",
    "accuracy", "auroc", "ap", "ef1", "bedroc", "brier", "macro_auroc", "macro_ap",
    "pooled_auroc", "pooled_ap", "pooled_ef1", "pooled_bedroc",
})  # fmt: skip
OF_POSITIONS = "each position has a label, and no input is measured twice"
OF_SURVIVAL = "of times to an event no noise is estimated"

Skips = Sequence[Mapping[str, str]]
Scores = dict[str, Array]  # metric -> one value for each draw


def noise_ceiling(
    task: Task, trials: list[Trial], skips: Skips, curation: pd.DataFrame, seed: int = 0
) -> dict[str, Any]:
    """The noise of the labels, and the best value of each metric that it allows.

    Parameters
    ----------
    task : Task
    trials : list of Trial
        The test rows of each repeat.
    skips : list
        Classes or targets of each repeat that are not evaluable.
    curation : DataFrame
        The labels of repeated inputs (`riboswitch.data.merging.CURATION_COLUMNS`).
    seed : int

    Returns
    -------
    dict
        ``targets``: for each target its noise and its ``ceiling``, or the ``reason`` why there is none.
        ``ceiling``: for each metric the mean over the targets, with ``best``, ``low`` and ``high`` (95 %);
        absent unless each evaluable target has one.
    """
    targets: dict[str, dict[str, Any]] = {}
    scores: list[Scores] = []
    for i, target in enumerate(task.targets):
        if task.level == "position":
            targets[target] = {"reason": OF_POSITIONS}
            continue
        if task.kind == "survival":
            targets[target] = {"reason": OF_SURVIVAL}
            continue
        found = replicates(curation, task, target)
        facts: dict[str, Any] = {"repeated_inputs": len(found), "labels": len(found.labels)}
        if reason := _reason(task, found):
            targets[target] = facts | {"reason": reason}
            continue
        random = np.random.default_rng([seed, i])
        noise = _noise(task, found, random)
        drawn = _scores(task, trials, skips, i, noise, found, random)
        targets[target] = facts | _facts(found, noise) | {"ceiling": _summary(drawn)}
        if isinstance(noise, NumberNoise):
            targets[target] |= _without_identical(found, random)
        scores.append(drawn)
    evaluated = [t for t in task.targets if task.kind != "binary" or not all(t in skip for skip in skips)]
    if not scores or any("reason" in targets[target] for target in evaluated):
        return {"targets": targets}
    together = {name: mean_defined(np.stack([s[name] for s in scores]), 0) for name in scores[0]}
    return {"targets": targets, "ceiling": _summary(together)}


def _reason(task: Task, found: Replicates) -> str:
    """Why there is no ceiling; empty if there is one."""
    if len(found) < MIN_REPEATED:
        return f"{len(found)} inputs have several labels, fewer than {MIN_REPEATED}"
    if task.kind != "regression" and len(np.unique(found.labels)) < 2:
        return "all inputs that have several labels are of one class"
    return ""


def _noise(task: Task, found: Replicates, random: np.random.Generator) -> NumberNoise | ClassNoise:
    make = number_noise if task.kind == "regression" else class_noise
    return make(found, DRAWS, random)


def _facts(found: Replicates, noise: NumberNoise | ClassNoise) -> dict[str, Any]:
    facts: dict[str, Any] = {"identical_inputs": int(found.identical().sum())}
    if isinstance(noise, NumberNoise):
        ends = {f"sd_{end}": value for end, value in interval(noise.draws).items()}
        return facts | {"sd": noise.sd, **ends}
    ends = {f"disagreement_{end}": value for end, value in interval(noise.draws).items()}
    kappa = float(noise.beyond_chance(noise.disagreement))
    return facts | {"disagreement": noise.disagreement, **ends, "kappa": kappa}


def _without_identical(found: Replicates, random: np.random.Generator) -> dict[str, float]:
    """The noise without inputs whose labels are all equal: such labels may be copies of one measurement."""
    differing = found.chosen(~found.identical())
    return {"sd_without_identical": number_noise(differing, DRAWS, random).sd} if len(differing) else {}


def _scores(
    task: Task,
    trials: list[Trial],
    skips: Skips,
    column: int,
    noise: NumberNoise | ClassNoise,
    found: Replicates,
    random: np.random.Generator,
) -> Scores:
    """Scores of the truth, mean over the repeats. A row of several repeats has one truth and one label."""
    ids = np.concatenate([trial.ids for trial in trials])
    known, first, where = np.unique(ids, return_index=True, return_inverse=True)
    labels = np.concatenate([trial.labels[:, column] for trial in trials])[first]
    sizes = np.array([found.sizes.get(name, 1) for name in known])
    rows = np.split(where, np.cumsum([len(trial.ids) for trial in trials])[:-1])
    one = replace(task, targets=(task.targets[column],))
    draws: list[Scores] = []
    for draw in range(DRAWS):
        if isinstance(noise, NumberNoise):
            new, best = _new_numbers(labels, sizes, noise, noise.draws[draw], random)
        else:
            kappa = float(noise.beyond_chance(noise.draws[draw]))
            new, best = _new_classes(one, labels, sizes if found.must_agree else None, kappa, random)
        each = [_of_trial(one, new[mine], best[mine], skip) for mine, skip in zip(rows, skips, strict=True)]
        draws.append({name: mean_defined(np.array([scores.get(name, np.nan) for scores in each]), 0)
                      for name in sorted(set().union(*each))})  # fmt: skip
    return {name: np.array([scores[name] for scores in draws]) for name in draws[0]}


def _new_numbers(
    labels: Array, sizes: Array, noise: NumberNoise, sd: float, random: np.random.Generator
) -> tuple[Array, Array]:
    """New labels of the rows, and their truths: the labels, drawn together until noise makes up the rest."""
    known = np.isfinite(labels)
    mean, variance = labels[known].mean(), labels[known].var()
    of_noise = sd**2 / sizes
    of_truth = max(variance - of_noise[known].mean(), 0.0)
    total = of_truth + of_noise
    truth = mean + np.sqrt(np.divide(of_truth, total, out=np.ones(len(total)), where=total > 0)) * (
        labels - mean
    )
    error = np.zeros(len(labels))
    for size in np.unique(sizes):
        rows = sizes == size
        drawn = random.choice(noise.residuals, (rows.sum(), size)) * random.choice(
            [-1.0, 1.0], (rows.sum(), size)
        )
        error[rows] = sd * drawn.mean(1)
    return truth + error, truth[:, None]


def _new_classes(
    task: Task, labels: Array, sizes: Array | None, kappa: float, random: np.random.Generator
) -> tuple[Array, Array]:
    """New labels of the rows, and the true probabilities of the classes.

    The probabilities of an input are from a Dirichlet distribution (for two classes Beta) with the means of
    these labels, and so wide that labels agree as ``kappa`` says; given the label of the row. ``sizes``: an
    input has a label only if so many agree; None: each label is one.
    """
    known = np.isfinite(labels)
    number = np.where(known, labels, 0).astype(int)
    classes = max(len(task.classes), 2)
    share = np.bincount(number[known], minlength=classes) / known.sum()
    times = np.ones(len(labels)) if sizes is None else sizes
    kappa = min(max(kappa, 1e-6), 1 - 1e-6)
    weights = (1 / kappa - 1) * share + times[:, None] * np.eye(classes)[number]
    p = random.standard_gamma(weights)
    p = (p / p.max(1, keepdims=True)) ** times[:, None]
    p /= p.sum(1, keepdims=True)
    drawn = (random.random(len(p))[:, None] > np.cumsum(p, 1)[:, :-1]).sum(1)
    new = np.where(known, drawn, np.nan)
    return new, p[:, 1:] if task.kind == "binary" else p


def _of_trial(task: Task, labels: Array, best: Array, skip: Mapping[str, str]) -> Scores:
    found = task_metrics(task, labels[:, None], best, skip=skip)
    if task.kind == "binary" and found:
        known = np.isfinite(labels)
        found["accuracy"] = np.mean((best[known, 0] >= 0.5) == labels[known])
    return {name: value for name, value in found.items() if name in OPTIMAL}


def _summary(scores: Scores) -> dict[str, dict[str, float]]:
    """Mean and interval of each metric that is defined in most draws."""
    ends = {name: interval(drawn) for name, drawn in scores.items()}
    return {
        name: {"best": float(mean_defined(scores[name], 0)), **both} for name, both in ends.items() if both
    }
