"""One student of three owners who share answers only: the last part of benchmarks/trust.json.

A set is cut by scaffold: a fifth of the scaffolds test, the others belong to three owners. Each owner trains
the stack on its own rows. All answer the same public library, and the student learns from these answers.
There are two libraries: molecules of another set, and the same with molecules like the owners', which are
rows of the set that nobody has, without their labels, and without the scaffolds of the test. The pooled model
is what sharing the rows would give.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from trust_tasks import Trial, molecules

import riboswitch
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.splits import assign
from riboswitch.data.task import Kind
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find

if TYPE_CHECKING:
    from trust import Bench

SETS: dict[str, tuple[Kind, Any]] = {
    "nr_ahr": ("binary", molecules("moleculenet/tox21.csv", "smiles", "NR-AhR", None)),
    "lipo": ("regression", molecules("moleculenet/lipo.csv", "smiles", "lipo", None)),
}
ROWS = 2000
"""Of the owners and the test together."""
OTHER, PUBLIC_ROWS = "moleculenet/hiv.csv.gz", 3000
OWNERS, TESTED = 3, 0.2
SEEDS = (0, 1, 2)
BUDGETS = (10.0, 1000.0)
"""Epsilon of the noise that is tried with the first seed, with delta 1e-6 and 1,000 answers of each owner."""
LIKE, UNLIKE = "like", "unlike"


@dataclass
class Cut:
    """A set, cut by scaffold: the rows of each owner, those that test, and public molecules like them."""

    owners: list[pd.DataFrame]
    test: pd.DataFrame
    public: pd.DataFrame


@dataclass
class Library:
    """The public molecules that all can read, encoded once for all owners."""

    path: Path
    ids: list[str]
    arrays: RaggedArrays

    @classmethod
    def make(cls, at: Path, table: pd.DataFrame) -> Library:
        """Keep the molecules of a table that can be read, in a file."""
        given, path = at.with_suffix(".given.csv"), at.with_suffix(".csv")
        table[["smiles"]].to_csv(given, index=False)
        records = riboswitch.parse([{"paths": [given]}], "molecule")
        pd.DataFrame({"id": records.ids, "smiles": records.inputs["molecule"]}).to_csv(path, index=False)
        return cls(path, [*records.ids], riboswitch.featurize(records))

    def answers(self, model: Model, column: str) -> pd.DataFrame:
        """What an owner hands out: the answer of the model to each molecule."""
        found = Predictor(model, find("molecule"))(self.arrays)[0]
        return pd.DataFrame({"id": self.ids, column: found[:, 0]})


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    table = pd.read_csv(bench.data / OTHER).sample(PUBLIC_ROWS, random_state=0)[["smiles"]]
    other = Library.make(bench.work / "distil-other", table)
    found = {name: [_once(bench, name, seed, other) for seed in SEEDS] for name in SETS}
    details = {name: _means(runs) for name, runs in found.items()}
    least = {
        which: min(d[f"student_{which}"]["mean"] - d["best_teacher"]["mean"] for d in details.values())
        for which in (LIKE, UNLIKE)
    }
    return {
        "distil_minus_best_teacher": round(least[LIKE], 4),
        "distil_unlike_minus_best_teacher": round(least[UNLIKE], 4),
    }, {
        "sets": details,
        "rows_of_owners": {name: [run["rows"] for run in runs] for name, runs in found.items()},
        "public_like": {name: [run["like"] for run in runs] for name, runs in found.items()},
        "public_rows": PUBLIC_ROWS,
    }


def _once(bench: Bench, name: str, seed: int, other: Library) -> dict[str, Any]:
    """The scores of one cut; they are kept, so that a run that was ended goes on."""
    work = bench.work / f"distil-{name}-{seed}"
    kept = work / "scores.json"
    if not kept.exists():
        scores = _scores(Trial("all", "molecule", *SETS[name], bench.data, work), seed, other)
        kept.write_text(json.dumps(scores))
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def _scores(trial: Trial, seed: int, other: Library) -> dict[str, Any]:
    kind, work, cut = trial.kind, trial.work, _cut(trial, seed)
    trained_on = {f"owner{i}": rows for i, rows in enumerate(cut.owners)} | {"pooled": pd.concat(cut.owners)}
    *teachers, pooled = (replace(trial, name=name).model(rows, seed) for name, rows in trained_on.items())
    column = "y" if kind == "regression" else "p_y"
    test = Library.make(work / "test", cut.test)
    truth = cut.test["y"].to_numpy(float)
    of_test = [test.answers(model, column)[column].to_numpy() for model in (*teachers, pooled)]
    scores, noisy = {}, {}
    others = pd.read_csv(other.path)[["smiles"]].iloc[: PUBLIC_ROWS - len(cut.public)]
    like = Library.make(work / "like", pd.concat([cut.public[["smiles"]], others]))
    for which, library in ((LIKE, like), (UNLIKE, other)):
        answers = [library.answers(teacher, column) for teacher in teachers]

        def student(tables: list[pd.DataFrame], path: Path = library.path) -> float:
            made = riboswitch.distil(tables, path, kind=kind, targets=["y"], seed=seed)
            return _metric(truth, riboswitch.predict(cut.test[["id", "smiles"]], made)[column], kind)

        scores[which] = student(answers)
        low, high = (0.0, 1.0) if kind == "binary" else _bounds(answers, column)
        for epsilon in BUDGETS if (seed, which) == (SEEDS[0], LIKE) else ():
            spent = {"epsilon": epsilon, "delta": 1e-6, "low": low, "high": high, "rows": 1000}
            noisy[f"{epsilon:g}"] = student([riboswitch.add_noise(a, [column], **spent) for a in answers])
    return {
        "rows": [len(rows) for rows in cut.owners],
        "like": len(cut.public),
        "teachers": [_metric(truth, p, kind) for p in of_test[:-1]],
        "mean_of_teachers": _metric(truth, np.mean(of_test[:-1], axis=0), kind),
        "students": scores,
        "pooled": _metric(truth, of_test[-1], kind),
        "noise": noisy,
    }


def _bounds(answers: list[pd.DataFrame], column: str) -> tuple[float, float]:
    """Bounds that a user would know beforehand: here whole numbers around all answers."""
    values = pd.concat([a[column] for a in answers]).dropna()
    return float(np.floor(values.min())), float(np.ceil(values.max()))


def _cut(trial: Trial, seed: int) -> Cut:
    """Whole scaffolds to the owners and the test; molecules that are left, without a scaffold of the test.

    Both libraries have as many molecules. At most half of one are like the owners'.
    """
    records, rng = trial.labelled(), np.random.default_rng(seed)
    kept = pd.DataFrame({"id": records.ids, "smiles": records.inputs["molecule"], "y": records.table["y"]})
    if trial.kind == "binary":
        kept["y"] = kept["y"].astype(int)
    groups = np.array(riboswitch.split(records, "scaffold", repeats=1).table["group"])
    used = rng.permutation(len(kept)) < ROWS
    taken = np.flatnonzero(used)
    strata = [0] * len(taken) if trial.kind == "regression" else kept["y"].iloc[taken].tolist()
    shares = {"train": 1 - TESTED, "valid": 0.0, "test": TESTED}
    part = np.full(len(kept), "", object)
    part[taken] = assign(groups[taken].tolist(), strata, shares, seed)
    names = sorted(set(groups[part == "train"]))
    owner = dict(zip(names, rng.integers(0, OWNERS, len(names)), strict=True))
    of_owner = np.array([owner.get(g, -1) if p == "train" else -1 for g, p in zip(groups, part, strict=True)])
    left = kept[~used & ~np.isin(groups, groups[part == "test"])]
    public = left.sample(min(len(left), PUBLIC_ROWS // 2), random_state=seed)
    return Cut([kept[of_owner == i] for i in range(OWNERS)], kept[part == "test"], public)


def _metric(truth: np.ndarray, found: Any, kind: Kind) -> float:
    """AUROC of classes, R2 of numbers."""
    found = np.asarray(found, float)
    if kind == "binary":
        return float(roc_auc_score(truth, found))
    return float(1 - ((truth - found) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def _means(runs: list[dict[str, Any]]) -> dict[str, Any]:
    lists = {
        "best_teacher": [max(run["teachers"]) for run in runs],
        "mean_teacher": [float(np.mean(run["teachers"])) for run in runs],
    }
    lists |= {name: [run[name] for run in runs] for name in ("mean_of_teachers", "pooled")}
    lists |= {f"student_{which}": [run["students"][which] for run in runs] for which in (LIKE, UNLIKE)}
    means = {
        name: {"mean": round(float(np.mean(v)), 4), "sd": round(float(np.std(v, ddof=1)), 4)}
        for name, v in lists.items()
    }
    noise = {f"student_epsilon_{e}": {"first_seed": round(v, 4)} for e, v in runs[0]["noise"].items()}
    return means | noise
