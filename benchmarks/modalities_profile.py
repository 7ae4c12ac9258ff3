"""Profiles: breast cancer subtypes from two omics, and survival of the patients of six regions.

Settings are chosen on validation rows of the training set; the test set is predicted once, at the end. Each
of three seeds is a bundle of five networks, one for each validation fold.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riboswitch
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind, Task
from riboswitch.evaluation.scoring import HEADLINE, LOWER_IS_BETTER, task_metrics
from riboswitch.learning.base_learners.baselines import of_baseline, offered_baselines
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find

SEEDS, FOLDS, RESAMPLES = (0, 1, 2), 5, 1000
PUBLISHED_SUBTYPES = 0.957
"""Logistic regression on the same split, as issue 18 gives it."""
GRID: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (  # settings of network and training
    ({}, {}),
    ({"linear": 0}, {}),
    ({"dropout": 0.5, "feature_dropout": 0.5}, {}),
    ({"hidden": 16, "width": 16}, {"weight_decay": 1.0}),
    ({"layers": 0, "hidden": 16, "linear": 8}, {"learning_rate": 3e-3}),
)


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of `modalities.KEYS`, and the details."""
    subtypes = _subtypes(bench.data / "subtypes_tcga_brca/breast.TCGA.rda", bench.work)
    survival = _survival(bench.data / "federated_tcga_brca", bench.work)
    plain = subtypes["plain"][subtypes["best_plain"]]["accuracy"]
    figure = {"value": subtypes["network"]["accuracy"], "plain": plain,
              "published": PUBLISHED_SUBTYPES}  # fmt: skip
    return {"brca_accuracy": figure}, {"subtypes_tcga_brca": subtypes, "survival_tcga_brca": survival}


def _subtypes(path: Path, work: Path) -> dict[str, Any]:
    """Basal, Her2 or LumA of 70 patients from 200 mRNAs and 184 microRNAs of 150 others.

    The test set has no proteins, so those of the training set are left out.
    """
    rdata = importlib.import_module("rdata")  # pip install rdata; of this benchmark alone
    parts = rdata.read_rda(str(path))["breast.TCGA"]
    tables = []
    for name, part in (("train", parts["data.train"]), ("test", parts["data.test"])):
        table = pd.concat([_block(part[block], block) for block in ("mrna", "mirna")], axis=1)
        table = table.assign(subtype=np.asarray(part["subtype"]), part=name)
        tables.append(table.rename_axis("id").reset_index())
    return _compared(pd.concat(tables), "multiclass", ["subtype"], "accuracy", [], work / "subtypes.csv")


def _block(array: Any, name: str) -> pd.DataFrame:
    """A matrix of R with names, as a table whose columns have the name of the block."""
    return pd.DataFrame(array.values, array.dim_0.values, [f"{name}:{c}" for c in array.dim_1.values])


def _survival(folder: Path, work: Path) -> dict[str, Any]:
    """Overall survival of patients by 39 clinical values, on the given split, all regions pooled."""
    table = pd.read_csv(folder / "fed_tcga_brca.csv").merge(
        pd.read_csv(folder / "fed_tcga_brca_split.csv"), on="pid"
    )
    table = table.rename(columns={"pid": "id", "fold": "part"}).drop(columns="fold2")
    return _compared(table, "survival", ["T", "E"], "c_index", [], work / "survival.csv")


def _compared(
    table: pd.DataFrame, kind: Kind, targets: list[str], metric: str, leave_out: list[str], path: Path
) -> dict[str, Any]:
    table.to_csv(path, index=False)
    source = {"paths": [str(path)], "reading": {"leave_out": leave_out, "id_column": "id"}}
    records = riboswitch.parse([source], "profile", kind=kind, targets=targets, duplicates="keep")
    task = Task.infer(kind, targets, records.table)
    labels, test = task.labels(records.table), np.flatnonzero(records.table["part"] == "test")
    scored = []
    for network, settings in GRID:
        bundle = Bundle(records, task, labels, test, network, settings)
        scored.append(bundle.validation(SEEDS[0]))
    sign = -1 if HEADLINE[task.kind] in LOWER_IS_BETTER else 1
    best = int(np.argmax([sign * value for value in scored]))
    chosen = Bundle(records, task, labels, test, *GRID[best])
    answers = [chosen.test(seed) for seed in SEEDS]
    plain = {
        name: _plain(records, task, labels, test, name)
        for name in offered_baselines(find("profile").baselines, task)
    }
    about = {name: _scores(task, labels[test], [outputs], metric) for name, (outputs, _) in plain.items()}
    best_plain = max(plain, key=lambda name: plain[name][1])
    network = _scores(task, labels[test], answers, metric)
    difference = _difference(task, labels[test], answers, plain[best_plain][0], metric)
    return {
        "rows": {"train": len(records) - len(test), "test": len(test)},
        "grid": [{"network": n, "settings": s, "validation": round(v, 4)}
                 for (n, s), v in zip(GRID, scored, strict=True)],
        "chosen": best, "network": network, "plain": about, "best_plain": best_plain,
        "plain_validation": {name: round(value, 4) for name, (_, value) in plain.items()},
        "difference": difference, "seeds": len(SEEDS), "networks_each": FOLDS,
    }  # fmt: skip


class Bundle:
    """Five networks of a seed, each with another fifth of the training rows for validation."""

    def __init__(
        self, records: Records, task: Task, labels: np.ndarray, test: np.ndarray,
        network: Mapping[str, Any], settings: Mapping[str, Any],
    ):  # fmt: skip
        self.records, self.task, self.labels, self.tested = records, task, labels, test
        self.network, self.settings = network, settings
        self.features = riboswitch.featurize(records)

    def _trained(self, seed: int) -> list[tuple[Predictor, np.ndarray]]:
        fold = folds(self.labels, self.tested, seed)
        table = pd.DataFrame({"id": self.records.ids, "group": self.records.ids})
        for number in range(FOLDS):
            part = np.where(fold == number, "valid", "train")
            part[self.tested] = "test"
            table[f"part_{number}"] = part
        split, made = Split(table, {"name": f"seed {seed}"}), []
        for number in range(FOLDS):
            model = riboswitch.train(
                self.records, self.features, split, kind=self.task.kind, targets=list(self.task.targets),
                repeat=number, seed=FOLDS * seed + number, network=self.network, settings=self.settings,
            )  # fmt: skip
            made.append((Predictor(model, find("profile")), split.rows("valid", number)))
        return made

    def validation(self, seed: int) -> float:
        """Mean of the headline metric over the validation folds."""
        values = []
        for predictor, valid in self._trained(seed):
            found = task_metrics(self.task, self.labels[valid], predictor(self.features, valid)[0])
            values.append(float(found[HEADLINE[self.task.kind]]))
        return float(np.mean(values))

    def test(self, seed: int) -> np.ndarray:
        """Mean answers to the test rows."""
        return np.mean([p(self.features, self.tested)[0] for p, _ in self._trained(seed)], axis=0)


def folds(labels: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Number of the fold of each training row, classes and events spread evenly; -1 for test rows."""
    fold = np.full(len(labels), -1)
    rows = np.setdiff1d(np.arange(len(labels)), test)
    rows = np.random.default_rng(seed).permutation(rows)
    rows = rows[np.argsort(labels[rows, -1], kind="stable")]
    fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def _plain(
    records: Records, task: Task, labels: np.ndarray, test: np.ndarray, name: str
) -> tuple[np.ndarray, float]:
    """Answers of a baseline to the test rows, and its headline metric over the validation folds."""
    method, fold = offered_baselines(find("profile").baselines, task)[name], folds(labels, test, SEEDS[0])

    def answers(train: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return of_baseline(
            method, records.inputs, train, asked, labels[train], np.ones(len(train)), task=task, seed=0
        )

    values = []
    for number in range(FOLDS):
        valid = np.flatnonzero(fold == number)
        found = task_metrics(
            task, labels[valid], answers(np.flatnonzero((fold >= 0) & (fold != number)), valid)
        )
        values.append(float(found[HEADLINE[task.kind]]))
    return answers(np.flatnonzero(fold >= 0), test), float(np.mean(values))


def _weights(rows: int) -> np.ndarray:
    drawn = np.random.default_rng(0).integers(rows, size=(RESAMPLES, rows))
    return np.stack([np.bincount(each, minlength=rows) for each in drawn]).astype(float)


def _resampled(task: Task, labels: np.ndarray, answers: Sequence[np.ndarray], metric: str) -> np.ndarray:
    weights = _weights(len(labels))
    return np.mean([task_metrics(task, labels, a, weight=weights)[metric] for a in answers], axis=0)


def _scores(task: Task, labels: np.ndarray, answers: Sequence[np.ndarray], metric: str) -> dict[str, Any]:
    """The metric over the seeds, with an interval of 95 % over the test rows."""
    each = [float(task_metrics(task, labels, a)[metric]) for a in answers]
    low, high = np.nanquantile(_resampled(task, labels, answers, metric), [0.025, 0.975])
    ends = {"low": round(float(low), 4), "high": round(float(high), 4)}
    return {metric: round(float(np.mean(each)), 4), **ends,
            "per_seed": [round(value, 4) for value in each]}  # fmt: skip


def _difference(
    task: Task, labels: np.ndarray, answers: Sequence[np.ndarray], plain: np.ndarray, metric: str
) -> dict[str, Any]:
    """Network minus the best plain method, which was chosen on the validation folds."""
    gap = _resampled(task, labels, answers, metric) - _resampled(task, labels, [plain], metric)
    low, high = np.nanquantile(gap, [0.025, 0.975])
    verdict = "wins" if low > 0 else "loses" if high < 0 else "ties"
    return {"low": round(float(low), 4), "high": round(float(high), 4), "verdict": verdict}
