"""One student of three owners who share answers only: the fourth part of benchmarks/trust.json.

A set is cut by scaffold: a fifth of the scaffolds test, the others belong to three owners. Each owner trains
the stack on its own rows. All answer the same public library, molecules of another set without labels, and
the student learns from these answers. The pooled model is what sharing the rows would give.
"""

from __future__ import annotations

from dataclasses import dataclass
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

ROWS = 3000
SETS: dict[str, tuple[Kind, Any]] = {
    "nr_ahr": ("binary", molecules("moleculenet/tox21.csv", "smiles", "NR-AhR", ROWS)),
    "lipo": ("regression", molecules("moleculenet/lipo.csv", "smiles", "lipo", ROWS)),
}
PUBLIC, PUBLIC_ROWS = "moleculenet/hiv.csv.gz", 3000
OWNERS, TESTED = 3, 0.2
SEEDS = (0, 1, 2)
BUDGETS = (10.0, 1000.0)
"""Epsilon of the noise that is tried with the first seed, with delta 1e-6 and 1,000 answers of each owner."""


@dataclass
class Cut:
    """A set, cut by scaffold: the rows of each owner, and those that test."""

    owners: list[pd.DataFrame]
    test: pd.DataFrame


@dataclass
class Library:
    """The public molecules that all can read, encoded once for all owners."""

    path: Path
    ids: list[str]
    arrays: RaggedArrays

    @classmethod
    def make(cls, bench: Bench, name: str, table: pd.DataFrame) -> Library:
        """Keep the molecules of a table that can be read, in a file."""
        given, path = bench.work / f"{name}-given.csv", bench.work / f"{name}.csv"
        table[["smiles"]].to_csv(given, index=False)
        records = riboswitch.parse([{"paths": [given]}], "molecule")
        pd.DataFrame({"id": records.ids, "smiles": records.inputs["molecule"]}).to_csv(path, index=False)
        return cls(path, [*records.ids], riboswitch.featurize(records))

    def answers(self, model: Model, column: str) -> pd.DataFrame:
        """What an owner hands out: the answer of the model to each molecule."""
        found = Predictor(model, find("molecule"))(self.arrays)[0]
        return pd.DataFrame({"id": self.ids, column: found[:, 0]})


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    table = pd.read_csv(bench.data / PUBLIC).sample(PUBLIC_ROWS, random_state=0)
    library = Library.make(bench, "public", table)
    found = {name: [_once(bench, name, seed, library) for seed in SEEDS] for name in SETS}
    details = {name: _means(runs) for name, runs in found.items()}
    least = min(run["student"] - max(run["teachers"]) for runs in found.values() for run in runs)
    means = [d["student"]["mean"] - d["best_teacher"]["mean"] for d in details.values()]
    return {"distil_minus_best_teacher": round(min(means), 4)}, {
        "sets": details,
        "least_of_runs": round(least, 4),
        "public_rows": len(library.ids),
        "rows_of_owners": {name: [run["rows"] for run in runs] for name, runs in found.items()},
    }


def _once(bench: Bench, name: str, seed: int, library: Library) -> dict[str, Any]:
    kind, read = SETS[name]
    work = bench.work / f"distil-{name}-{seed}"
    cut = _cut(Trial("all", "molecule", kind, read, bench.data, work), read(bench.data), seed)
    teachers = [Trial(f"owner{i}", "molecule", kind, read, bench.data, work).model(rows, seed)
                for i, rows in enumerate(cut.owners)]  # fmt: skip
    pooled = Trial("pooled", "molecule", kind, read, bench.data, work).model(pd.concat(cut.owners), seed)
    column = "y" if kind == "regression" else "p_y"
    answers = [library.answers(teacher, column) for teacher in teachers]
    test = Library.make(bench, f"distil-{name}-{seed}/test", cut.test)
    truth = cut.test["y"].to_numpy(float)
    of_test = [test.answers(model, column)[column].to_numpy() for model in (*teachers, pooled)]

    def student(tables: list[pd.DataFrame]) -> float:
        made = riboswitch.distil(tables, library.path, kind=kind, targets=["y"], seed=seed)
        return _metric(truth, riboswitch.predict(cut.test[["id", "smiles"]], made)[column], kind)

    low, high = (0.0, 1.0) if kind == "binary" else _bounds(answers, column)
    noisy = {}
    for epsilon in BUDGETS if seed == SEEDS[0] else ():
        spent = {"epsilon": epsilon, "delta": 1e-6, "low": low, "high": high, "rows": 1000}
        noisy[f"{epsilon:g}"] = student([riboswitch.add_noise(a, [column], **spent) for a in answers])
    return {
        "rows": [len(rows) for rows in cut.owners],
        "teachers": [_metric(truth, p, kind) for p in of_test[:-1]],
        "mean_of_teachers": _metric(truth, np.mean(of_test[:-1], axis=0), kind),
        "student": student(answers),
        "pooled": _metric(truth, of_test[-1], kind),
        "noise": noisy,
    }


def _bounds(answers: list[pd.DataFrame], column: str) -> tuple[float, float]:
    """Bounds that a user would know beforehand: here whole numbers around all answers."""
    values = pd.concat([a[column] for a in answers]).dropna()
    return float(np.floor(values.min())), float(np.ceil(values.max()))


def _cut(trial: Trial, table: pd.DataFrame, seed: int) -> Cut:
    """Whole scaffolds to the owners and the test."""
    table = table.reset_index(drop=True)
    if trial.kind == "binary":
        table["y"] = table["y"].astype(int)
    table.insert(0, "id", [f"r{i}" for i in range(len(table))])
    records = trial.parsed(table, "-all")
    kept = pd.DataFrame({"id": records.ids, "smiles": records.inputs["molecule"], "y": records.table["y"]})
    groups = riboswitch.split(records, "scaffold", repeats=1).table["group"].tolist()
    strata = [0] * len(kept) if trial.kind == "regression" else kept["y"].tolist()
    shares = {"train": 1 - TESTED, "valid": 0.0, "test": TESTED}
    part = np.array(assign(groups, strata, shares, seed))
    names = sorted(set(np.array(groups)[part == "train"]))
    owner = dict(zip(names, np.random.default_rng(seed).integers(0, OWNERS, len(names)), strict=True))
    of_owner = np.array([owner.get(g, -1) if p == "train" else -1 for g, p in zip(groups, part, strict=True)])
    return Cut([kept[of_owner == i] for i in range(OWNERS)], kept[part == "test"])


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
    lists |= {name: [run[name] for run in runs] for name in ("mean_of_teachers", "student", "pooled")}
    means = {
        name: {"mean": round(float(np.mean(v)), 4), "sd": round(float(np.std(v, ddof=1)), 4)}
        for name, v in lists.items()
    }
    noise = {f"student_epsilon_{e}": {"first_seed": round(v, 4)} for e, v in runs[0]["noise"].items()}
    return means | noise
