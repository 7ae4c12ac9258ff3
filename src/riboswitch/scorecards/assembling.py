"""All of one split: every cell computed or read, judged, counted, and broken down by distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.predictions import Predictions, Trial
from riboswitch.errors import InputError
from riboswitch.evaluation.scoring import not_evaluable
from riboswitch.learning.checkpoint import digest
from riboswitch.scorecards.cells import Cells
from riboswitch.scorecards.errors import NAMES, Nearness, bin_of, bins, by_part, squared_errors
from riboswitch.scorecards.folds import CROSS, Folds
from riboswitch.scorecards.judging import ABOVE, Question, Scored, judge
from riboswitch.scorecards.rivals import NETWORK, SHUFFLED, Rivals

UNIT = ("group", "similar", "new", "gap")
ONLY_BOUND = "the label is only a bound"
LEFT_OUT = "left out: the row's groups are in different folds"


def assembled(
    name: str,
    folds: Folds,
    rivals: Rivals,
    methods: Sequence[str],
    cells: Cells,
    question: Question,
    nearness: Nearness,
    groups: Sequence[str],
    few: tuple[int, int],
) -> dict[str, Any]:
    """The facts about one split.

    Parameters
    ----------
    name : str
        Of the split, for the names of its cells.
    folds : Folds
    rivals : Rivals
        The methods, on these folds.
    methods : sequence of str
        Those to compare, with the network.
    cells : Cells
    question : Question
    nearness : Nearness
    groups : sequence of str
        The group of each row, for known and new ones.
    few : tuple of int
        Fewest examples and groups of a class that is evaluated.

    Returns
    -------
    dict
        JSON values, see `scorecard.SCHEMA`.
    """
    problems = [rivals.problem(fold) for fold in range(folds.split.repeats)]
    usable = [fold for fold, problem in enumerate(problems) if not problem]
    found, not_run = _predictions(name, rivals, methods, usable, cells)
    kept = [method for method in methods if method in found]
    task = rivals.job.task
    trials = Predictions.concat([p for m in kept for p in found[m]]).trials() if usable and kept else []
    skips = [not_evaluable(task, trial.labels, trial.groups, *few) for trial in trials]
    scored = Scored(task, trials, skips, folds.design, len(problems), _test_per_train(rivals, usable))
    about = {
        "design": folds.design,
        "test_per_train": scored.test_per_train,
        **_counts(folds, rivals, problems),
        "not_evaluable": _by_reason(skips, trials),
        "not_run": not_run,
        **judge(scored, question, NETWORK, SHUFFLED),
        "errors": _errors(rivals, trials, nearness, groups, question),
    }
    return about | {"warnings": _warnings(about, problems)}


def _predictions(
    name: str, rivals: Rivals, methods: Sequence[str], folds: Sequence[int], cells: Cells
) -> tuple[dict[str, list[Predictions]], dict[str, str]]:
    """Predictions of each method that works on every fold, and why the others do not."""
    found: dict[str, list[Predictions]] = {method: [] for method in methods} if folds else {}
    failed: dict[str, str] = {}
    for fold in folds:  # fold by fold: all methods have as many, whenever the run is stopped
        for method in [method for method in methods if method not in failed]:
            try:
                found[method].append(_cell(name, rivals, method, fold, cells))
            except InputError as error:
                if method == NETWORK:
                    raise
                failed[method] = f"fold {fold}: {error}"
    return {method: parts for method, parts in found.items() if method not in failed}, failed


def _cell(name: str, rivals: Rivals, method: str, fold: int, cells: Cells) -> Predictions:
    job, seed = rivals.job, rivals.seed + fold
    identity = job.identity(rivals.rows(fold), seed)
    # The fold's rows and weights instead of all folds: a cell stays when repeats are added.
    identity |= {"split": None, "weights": digest(job.weights), "device": rivals.device}
    identity |= rivals.depends_on(method)
    return cells.get(name, fold, method, identity, lambda: rivals(method, fold))


def _counts(folds: Folds, rivals: Rivals, problems: Sequence[str]) -> dict[str, Any]:
    """Rows of each fold, and each test of a labelled row: scored, or not with a reason."""
    labelled = rivals.job.labelled(np.arange(len(rivals.records)))
    listed, tests, gone = [], 0, dict[str, int]()
    for fold, problem in enumerate(problems):
        sizes = {part: len(rows) for part, rows in rivals.rows(fold).items()}
        left = len(labelled) - sum(sizes.values())
        listed.append({**sizes, "left_out": left, **({"problem": problem} if problem else {})})
        tests += sizes["test"]
        if problem:
            gone[problem] = gone.get(problem, 0) + sizes["test"]
        elif only := _only_bounds(rivals, fold):
            gone[ONLY_BOUND] = gone.get(ONLY_BOUND, 0) + only
    scored = tests - sum(gone.values())
    if folds.design == CROSS:
        never = len(labelled) * folds.tests_of_row - tests
        tests += never
        gone |= {LEFT_OUT: never} if never else {}
    return {"folds": listed, "tests": tests, "scored": scored, "not_scored": gone}


def _only_bounds(rivals: Rivals, fold: int) -> int:
    """Test rows of a fold that have no label but a bound: no metric counts them."""
    job, test = rivals.job, rivals.rows(fold)["test"]
    if job.bounds is None:
        return 0
    return int(np.isnan(job.labels[job.units(test)]).all(1).sum())


def _test_per_train(rivals: Rivals, folds: Sequence[int]) -> float:
    """Mean over the folds of labelled test rows over labelled training rows."""
    sizes = [{part: len(rows) for part, rows in rivals.rows(fold).items()} for fold in folds]
    return float(np.mean([size["test"] / size["train"] for size in sizes])) if sizes else 0.0


def _by_reason(skips: Sequence[dict[str, str]], trials: Sequence[Trial]) -> dict[str, list[str]]:
    """Classes or targets that are not evaluable, with the reason in each fold concerned."""
    found: dict[str, list[str]] = {}
    for skip, trial in zip(skips, trials, strict=True):
        for name, reason in skip.items():
            found.setdefault(name, []).append(f"fold {trial.repeat}: {reason}")
    return dict(sorted(found.items()))


def _errors(
    rivals: Rivals, trials: Sequence[Trial], nearness: Nearness, groups: Sequence[str], question: Question
) -> dict[str, Any]:
    """Error by similarity to the training rows, and by known or new group."""
    task, labels = rivals.job.task, np.array(groups, dtype=object)
    units = pd.concat([_units(rivals, t, nearness, labels) for t in trials] or [pd.DataFrame(columns=UNIT)])
    tested = units[~units["gap"].astype(bool)]
    errors = {name: tested[name].to_numpy(np.float64) for name in tested.columns[len(UNIT) :]}
    of_group, drawn = tested["group"].tolist(), (question.bootstrap, question.seed)
    similar, new = (tested[name].to_numpy(np.int64) for name in ("similar", "new"))
    kinds = [{"group": "known"}, {"group": "new"}]
    found: dict[str, Any] = {
        "error": NAMES[task.kind],
        "by_similarity": by_part(task, bins(), similar, errors, of_group, *drawn),
        "by_group": by_part(task, kinds, new, errors, of_group, *drawn),
        "unmeasured": int((similar < 0).sum()),
    }
    if nearness.measure is not None:
        found |= {"measure": nearness.measure.name, "meaning": nearness.measure.meaning}
    return found


def _units(rivals: Rivals, trial: Trial, nearness: Nearness, groups: np.ndarray) -> pd.DataFrame:
    """The tested units of a fold: group, part by similarity, known or new, gap of the label, errors."""
    rows, task = rivals.rows(trial.repeat), rivals.job.task
    test, back = np.unique(_tested(rivals, trial.repeat), return_inverse=True)
    seen = set(groups[rows["train"]])
    columns = {
        "group": groups[test][back],
        "similar": bin_of(nearness(rows["train"], test))[back],
        "new": np.array([group not in seen for group in groups[test]], np.int64)[back],
        "gap": ~np.isfinite(trial.labels).any(1),
    }
    assert tuple(columns) == UNIT
    return pd.DataFrame(
        columns | {name: squared_errors(task, trial.labels, out) for name, out in trial.outputs.items()}
    )


def _tested(rivals: Rivals, fold: int) -> np.ndarray:
    """The row of each tested unit of a fold, in the order of a `Trial`."""
    test, units = rivals.rows(fold)["test"], rivals.job.units
    row = test if units.offsets is None else np.repeat(test, units.lengths[test])
    names = units.names(test, [rivals.records.ids[i] for i in test])
    return row[pd.Series(names, dtype="str").sort_values().index.to_numpy()]


def _warnings(about: dict[str, Any], problems: Sequence[str]) -> list[str]:
    found = []
    if about.get("chance", {}).get("verdict") == ABOVE:
        found.append("A network that was trained on shuffled labels is above chance: labels of test rows "
                     "reach the training. Trust no score of this split.")  # fmt: skip
    gone = [problem for problem in problems if problem]
    if gone:
        found.append(f"{len(gone)} of {len(problems)} folds could not be scored: {gone[0]}.")
    return found
