"""Peers on the same tasks: coverage of crepes on the same outputs, and calibration of chemprop.

crepes promises coverage of rows that are like the calibration rows. Whole groups are drawn here, as for ours
(`trust_calibration`), so its promise does not hold for them; how far off it is, is measured. chemprop is
trained with its defaults on the rows of each fold, and calibrated by its Platt scaling on validation rows.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import run, worker
from trust_calibration import DRAWS, cases, halves
from trust_tasks import FOLDS, METHOD, TASKS, Trial, trial

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.evaluation.metrics import calibration_error
from riboswitch.learning.trust.groupwise import LEVELS, count_groups, group_weights, least_groups

CHEMPROP_TASKS = ("bbbp", "sr_mmp", "saureus")
PARTS = {"train": "train", "valid": "val", "test": "train"}
"""Our parts of a split as chemprop has them: the final networks here learn from the test rows, too."""
TIMES = ("before", "after")


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of this part, and what stands beside them."""
    for name in ("crepes", "chemprop"):
        if getattr(bench, name) is None:
            raise SystemExit(f"say where {name} is: --{name} (make bench-trust installs it into .bench)")
    trials = {name: trial(name, bench.data, bench.work / "tasks") for name in TASKS}
    covered = {name: coverage_by_crepes(one, bench.crepes, bench.work) for name, one in trials.items()}
    errors = {name: errors_of_chemprop(trials[name], bench.chemprop) for name in CHEMPROP_TASKS}
    off = [abs(case[str(level)]["mean"] - level) for of in covered.values() for case in of.values()
           for level in LEVELS if str(level) in case]  # fmt: skip
    figures = {"crepes_coverage_error_max": max(off)}
    for key in (f"{what}_{when}" for what in ("ece", "brier") for when in TIMES):
        figures[f"chemprop_{key}"] = float(np.mean([each[key] for each in errors.values()]))
    return figures, {"crepes": covered, "chemprop": errors}


def coverage_by_crepes(one: Trial, python: Path, work: Path, draws: int = DRAWS) -> dict[str, Any]:
    """By case and level: mean share of the rows of a new group that are covered, and its deviation."""
    new = one.new
    p, y = new.outputs, new.labels[:, 0]
    numbers = new.task.kind == "regression"
    p = np.stack([1 - p[:, 0], p[:, 0]], 1) if new.task.kind == "binary" else p
    found: dict[str, Any] = {}
    for name, (rows, own_groups) in _of_cases(new).items():
        found[name or "numbers"] = {"groups": count_groups(own_groups)}
        if count_groups(own_groups) // 2 < least_groups(max(LEVELS)):
            found[name or "numbers"]["refused"] = "too few groups for 95 %"
            continue
        # Groups of the class are halved, as for ours; rows of other classes calibrate nothing of it.
        own = np.ones((draws, len(y)), bool)
        own[:, rows] = np.array([*itertools.islice(halves(own_groups, draws), draws)])
        files = [work / f"peers-{part}.npz" for part in ("in", "out")]
        np.savez(files[0], outputs=p, labels=y, own=own, levels=np.array(LEVELS), numbers=numbers)
        worker("crepes_side.py", "covered", str(python), path=str(files[0]), output=str(files[1]))
        with np.load(files[1]) as stored:
            inside = stored["covered"][:, :, rows]
        for level, each in zip(LEVELS, inside, strict=True):
            shares = []
            for calibrates, hit in zip(own[:, rows], each, strict=True):
                weights = group_weights(own_groups[~calibrates])
                shares.append((weights * hit[~calibrates]).sum() / weights.sum())
            found[name or "numbers"][str(level)] = {
                "mean": float(np.mean(shares)),
                "sd": float(np.std(shares)),
            }
    return found


def _of_cases(new: Predictions) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The rows of each case of `trust_calibration.cases`, and their groups."""
    y, groups = new.labels[:, 0], new.table["group"].to_numpy(str)
    made = {}
    for number, name in enumerate(cases(new)):
        rows = np.flatnonzero(y == number) if name else np.arange(len(y))
        made[name] = rows, groups[rows]
    return made


def errors_of_chemprop(one: Trial, program: Path) -> dict[str, float]:
    """ECE and Brier score of chemprop on the fold that each model never saw, before and after its scaling."""
    truth: list[np.ndarray] = []
    found: dict[str, list[np.ndarray]] = {when: [] for when in TIMES}
    for fold in range(len(FOLDS)):
        rows = one.new.table[one.new.table["repeat"] == fold]
        answers = _answers(one, fold, rows["id"].tolist(), program)
        truth.append(one.new.labels[(one.new.table["repeat"] == fold).to_numpy(), 0])
        for when in TIMES:
            found[when].append(answers[when].to_numpy(float))
    y, made = np.concatenate(truth), {}
    for when in TIMES:
        p = np.concatenate(found[when])
        made |= {f"ece_{when}": float(calibration_error(y, p)), f"brier_{when}": float(((p - y) ** 2).mean())}
    return made


def _answers(one: Trial, fold: int, ids: list[str], program: Path) -> pd.DataFrame:
    """Chemprop's probabilities of the new rows of a fold, trained on the others: before and after."""
    work = one.file(f"-{fold}-chemprop")
    if not (work / "answers.csv").exists():
        work.mkdir(parents=True, exist_ok=True)
        _train_and_predict(one, fold, ids, program, work)
    made, known = (pd.read_csv(work / name) for name in ("answers.csv", "of_valid.csv"))
    for answers, asked in ((made, "new.csv"), (known, "valid.csv")):
        if answers["smiles"].tolist() != pd.read_csv(work / asked)["smiles"].tolist():
            raise SystemExit(f"{work}: chemprop predicted other rows")
    # chemprop's command line does not write calibrated probabilities of classes.
    labels = pd.read_csv(work / "valid.csv")["y"].astype(int).tolist()
    after = worker("chemprop_side.py", "platt", str(program.parent / "python"), known=known["y"].tolist(),
                   labels=labels, new=made["y"].tolist())  # fmt: skip
    return pd.DataFrame({"before": made["y"], "after": after["p"]})


def _train_and_predict(one: Trial, fold: int, ids: list[str], program: Path, work: Path) -> None:
    """Chemprop's predictions of the new rows and of its validation rows, as files."""
    path = one.file(f"-{fold}.csv")
    records = riboswitch.parse([{"paths": [path]}], one.modality, kind=one.kind, targets=["y"])
    split = riboswitch.split(records, METHOD[one.modality], repeats=3, seed=fold, target="y")
    table = records.table[["molecule", "y"]].rename(columns={"molecule": "smiles"})
    table["part"] = split.table["part_0"].map(PARTS)
    others = pd.read_csv(one.file(f"-{1 - fold}.csv")).set_index("id")  # the other fold is new to it
    table.to_csv(work / "own.csv", index=False)
    table[table["part"] == "val"].to_csv(work / "valid.csv", index=False)
    others.loc[ids, ["smiles"]].to_csv(work / "new.csv", index=False)
    run([*_words(program, "train"), "--data-path", str(work / "own.csv"), "--target-columns", "y",
         "--splits-column", "part", "--task-type", "classification", "--pytorch-seed", "0",
         "--output-dir", str(work / "out")])  # fmt: skip
    for asked, output in (("valid", "of_valid"), ("new", "answers")):
        run([*_words(program, "predict"), "--test-path", str(work / f"{asked}.csv"), "--model-paths",
             str(work / "out/model_0/best.pt"), "--output", str(work / f"{output}.csv")])  # fmt: skip


def _words(program: Path, verb: str) -> list[str]:
    return [str(program), verb, "--smiles-columns", "smiles", "--num-workers", "0", "--accelerator", "cpu"]
