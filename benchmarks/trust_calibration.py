"""Coverage, promises and calibration on held-out groups: the second part of benchmarks/trust.json.

The outputs are fixed. Whole groups are drawn: half of them calibrate, the other half are new. Methods were
chosen on other tasks than the figures are of (`trust_tasks.CHOSEN_ON`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from trust_tasks import LISTS, TASKS, Trial, trial

from riboswitch.data.predictions import Predictions
from riboswitch.evaluation.metrics import calibration_error
from riboswitch.learning.trust.groupwise import LEVELS, count_groups, group_weights, least_groups, limit
from riboswitch.learning.trust.maps import fit_map
from riboswitch.learning.trust.question import Question

DRAWS, LIST, RATES = 200, 50, (0.1, 0.2, 0.3)


def halves(groups: np.ndarray, draws: int = DRAWS) -> Iterator[np.ndarray]:
    """Which rows calibrate: half of the groups, drawn anew each time."""
    names, code = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    for _ in range(draws):
        yield (rng.permutation(len(names)) < len(names) // 2)[code]


def cases(predictions: Predictions) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """How badly each row was predicted, and its group, by true class; of numbers all together."""
    p, y, kind = predictions.outputs, predictions.labels[:, 0], predictions.task.kind
    groups = predictions.table["group"].to_numpy(str)
    if kind == "regression":
        return {"": (np.abs(p[:, 0] - y), groups)}
    p = np.stack([1 - p[:, 0], p[:, 0]], 1) if kind == "binary" else p
    classes = predictions.task.classes or ("0", "1")
    rows = {name: y == number for number, name in enumerate(classes)}
    return {name: (1 - p[own, i], groups[own]) for i, (name, own) in enumerate(rows.items())}


def coverage(scores: np.ndarray, groups: np.ndarray, draws: int = DRAWS) -> dict[str, dict[str, float]]:
    """By level: mean share of the rows of a new group within the limit, its standard deviation, and the
    share if the limit were the quantile of all rows alike (the usual split-conformal one)."""
    found: dict[str, dict[str, float]] = {}
    for level in LEVELS:
        ours, plain = [], []
        for own in halves(groups, draws):
            weights = group_weights(groups[~own])
            ranks = int(np.ceil((own.sum() + 1) * level))
            usual = np.sort(scores[own])[ranks - 1] if ranks <= own.sum() else np.inf
            for kept, cut in ((ours, limit(scores[own], groups[own], level)), (plain, usual)):
                kept.append(float((weights * (scores[~own] <= cut + 1e-9)).sum() / weights.sum()))
        found[str(level)] = {"mean": float(np.mean(ours)), "sd": float(np.std(ours)),
                             "rows_alike": float(np.mean(plain))}  # fmt: skip
    return found


def coverages(one: Trial) -> dict[str, Any]:
    """Coverage of each case of a task; the reason where there are too few groups."""
    found = {}
    for name, (scores, groups) in cases(one.new).items():
        enough = count_groups(groups) // 2 >= least_groups(max(LEVELS))
        found[name or "numbers"] = {"groups": count_groups(groups)} | (
            coverage(scores, groups) if enough else {"refused": "too few groups for 95 %"}
        )
    return found


def end_to_end(one: Trial) -> dict[str, Any]:
    """Coverage of the rows of the other fold by the calibration in each bundle: the model in use was trained
    on all rows of its fold, the calibration comes from models of the repeats."""
    found: dict[str, dict[str, float]] = {}
    for level in LEVELS:
        inside, weights = [], []
        for fold in (0, 1):
            calibration = one.calibration(fold)
            new = Predictions(
                one.new.table[one.new.table["repeat"] == fold].reset_index(drop=True), one.new.task
            )
            outputs = calibration(new.outputs)
            table = new.table.copy()
            table[new.task.columns] = outputs
            limits = calibration.limits(level)[0]
            for cut, (scores, groups) in zip(
                limits, cases(Predictions(table, new.task)).values(), strict=True
            ):
                if np.isfinite(cut):
                    inside.append(scores <= cut + 1e-6)
                    weights.append(group_weights(groups))
        inside, weights = np.concatenate(inside), np.concatenate(weights)
        share = (weights * inside).sum() / weights.sum()
        error = np.sqrt((weights**2 * (inside - share) ** 2).sum()) / weights.sum()
        found[str(level)] = {"mean": float(share), "standard_error": float(error)}
    return found


def promises(one: Trial) -> dict[str, Any]:
    """How often the promise of the 50 best is kept, and the false-discovery rates of what is selected."""
    p, y = one.new.outputs[:, 0], one.new.labels[:, 0]
    groups = np.unique(one.new.table["group"].to_numpy(str), return_inverse=True)[1]
    kept, widths, counts = [], [], []
    false: dict[float, list[float]] = {rate: [] for rate in RATES}
    sizes: dict[float, list[int]] = {rate: [] for rate in RATES}
    for own in halves(groups):
        mapped = fit_map(p[own], y[own], groups[own], np.ones(own.sum()))
        question = Question(mapped(p[own]), y[own], groups[own])
        new, truth = mapped(p[~own]), y[~own]
        best = np.argsort(-new, kind="stable")[:LIST]
        said = question.promise(new[best], groups[~own][best])
        if "reason" in said:
            return {"refused": said["reason"]}
        kept.append(said["low"] <= truth[best].sum() <= said["high"])
        widths.append(said["high"] - said["low"])
        counts.append(truth[best].sum())
        found = question.discovery_rates(new)
        for rate in RATES:
            chosen = found <= rate
            sizes[rate].append(int(chosen.sum()))
            false[rate].append(float((truth[chosen] < 0.5).mean()) if chosen.any() else 0.0)
    rates = {str(r): {"false": float(np.mean(false[r])), "selected": float(np.mean(sizes[r]))} for r in RATES}
    of_list = {"kept": kept, "width": widths, "active": counts}
    return {name: float(np.mean(values)) for name, values in of_list.items()} | {"fdr": rates}


def errors(one: Trial) -> dict[str, float]:
    """ECE and Brier score of the rows of the other fold, before and after calibration; rows count alike."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"before": [], "after": []}
    for fold in (0, 1):
        rows = (one.new.table["repeat"] == fold).to_numpy()
        p, y = one.new.outputs[rows], one.new.labels[rows, 0]
        for name, q in (("before", p), ("after", one.calibration(fold)(p))):
            several = one.kind == "multiclass"
            found[name].append(((q.argmax(1) == y) * 1.0, q.max(1)) if several else (y, q[:, 0]))
    made = {}
    for name, parts in found.items():
        truth, p = (np.concatenate(values) for values in zip(*parts, strict=True))
        made |= {f"ece_{name}": float(calibration_error(truth, p)),
                 f"brier_{name}": float(((p - truth) ** 2).mean())}  # fmt: skip
    return made


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of this part, and what stands beside them."""
    trials = {name: trial(name, bench.data, bench.work / "tasks") for name in TASKS}
    covered = {name: coverages(one) for name, one in trials.items()}
    kept = {name: promises(trials[name]) for name in LISTS}
    classes = {name: errors(one) for name, one in trials.items() if one.kind != "regression"}
    off = [abs(case[str(level)]["mean"] - level) for of in covered.values() for case in of.values()
           for level in LEVELS if str(level) in case]  # fmt: skip
    shares = [each["kept"] for each in kept.values() if "kept" in each]
    excess = [found["false"] - float(rate) for each in kept.values() if "fdr" in each
              for rate, found in each["fdr"].items()]  # fmt: skip
    figures = {"coverage_error_max": max(off), "promise_kept_min": min(shares),
               "promise_kept_max": max(shares), "fdr_excess_max": max(excess)}  # fmt: skip
    for key in next(iter(classes.values())):
        figures[key] = float(np.mean([each[key] for each in classes.values()]))
    beside = {
        "coverage": covered,
        "coverage_end_to_end": {name: end_to_end(one) for name, one in trials.items()},
        "promises": kept,
        "calibration_errors": classes,
    }
    return figures, beside
