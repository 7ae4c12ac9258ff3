"""Federated training beside pooled rows and each owner alone: breast cancer patients of six regions of TCGA.

The task is survival, on the split of FLamby. Research use only, never diagnosis.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import riboswitch
from riboswitch.data.splits import assign

if TYPE_CHECKING:
    from modalities import Bench

SEEDS = (0, 1, 2)
ROUNDS = {"rounds": 20, "local_epochs": 3}
VALID, TEST = 0.15, 0.25
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "prox": {"prox": 0.1},
    "masked": {"secure": "shared"},
}
"""Ways of federated training; those beside the first are measured on survival, with the first seed."""
METRICS = {"survival": "c_index", "binary": "auroc"}


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    details = measured(bench, "tcga", _tcga(bench))
    found = details["means"]
    pooled = found["pooled"]["mean"]
    figure = {"value": round(found["federated"]["mean"] - pooled, 4),
              "plain": round(found["alone"]["mean"] - pooled, 4), "published": None}  # fmt: skip
    return {"federated_minus_pooled": figure}, details


def _tcga(bench: Bench) -> dict[str, Any]:
    folder = bench.data / "federated_tcga_brca"
    folds = pd.read_csv(folder / "fed_tcga_brca_split.csv")
    table = pd.read_csv(folder / "fed_tcga_brca.csv").merge(folds, on="pid")
    table = table.rename(columns={"pid": "id", "T": "days", "E": "died"})
    owner = "region" + table["fold2"].str.rsplit("_", n=1).str[1]
    tables = {name: rows.drop(columns="fold2") for name, rows in table.groupby(owner)}
    features = [name for name in table if name not in ("id", "days", "died", "fold", "fold2")]
    return {"tables": tables, "features": features, "kind": "survival", "targets": ["days", "died"]}


def _records(bench: Bench, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The records of each owner, read with the same names of features."""
    found = {}
    reading = {"feature_names": data["features"]}
    for owner, table in data["tables"].items():
        path = bench.work / f"federated-{name}-{owner}.csv"
        table.to_csv(path, index=False, na_rep="")
        source = {"paths": [str(path)], "reading": reading}
        how = {"kind": data["kind"], "targets": data["targets"], "duplicates": "keep"}
        found[owner] = riboswitch.parse([source], "profile", **how)
    return found


def _example(bench: Bench, name: str, data: dict[str, Any]) -> Path:
    """Inputs that stem from no data: zeros and ones."""
    path = bench.work / f"federated-{name}-example.csv"
    table = pd.DataFrame(np.eye(2, len(data["features"])), columns=data["features"])
    table.assign(id=["zero", "one"]).to_csv(path, index=False)
    return path


def _splits(records: dict[str, Any], kind: str, targets: list[str], seed: int) -> dict[str, Any]:
    """Each owner's split: the test rows of FLamby where there are some, or rows drawn with the seed."""
    found = {}
    for owner, each in records.items():
        labels = each.table[targets[-1]].astype(str).tolist()
        rng, fixed = [seed, len(owner)], each.table.get("fold")
        shares = {"train": 1 - VALID - TEST, "valid": VALID, "test": TEST}
        if fixed is None:
            parts = assign(each.ids, labels, shares, rng)
        else:
            del shares["test"]
            parts = assign(each.ids, labels, shares, rng)
            parts = ["test" if fold == "test" else part for fold, part in zip(fixed, parts, strict=True)]
        table = pd.DataFrame({"id": each.ids, "group": each.ids, "part_0": parts})
        found[owner] = riboswitch.Split(table, {"name": owner})
    return found


def measured(bench: Bench, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The federated, the pooled and the lone models of each seed, on the same splits."""
    records, metric = _records(bench, name, data), METRICS[data["kind"]]
    how = {"kind": data["kind"], "targets": data["targets"], "examples": _example(bench, name, data)}
    runs, variants = [], {}
    for seed in SEEDS:
        splits = _splits(records, data["kind"], data["targets"], seed)
        for variant, changed in VARIANTS.items():
            if variant != "plain" and (seed or data["kind"] != "survival"):
                continue
            model = riboswitch.federate(records, splits=splits, seed=seed, federation=ROUNDS | changed, **how)
            if variant == "plain":
                plain = model
                runs.append(riboswitch.compare_federated(model, records, splits))
                variants[variant] = runs[0]["all"]["federated"][metric]
            else:
                largest = max(float(np.abs(model.tensors[k] - plain.tensors[k]).max()) for k in plain.tensors
                              if k.startswith("0."))  # fmt: skip
                tested = _tested(model, records, splits, metric)
                variants[variant] = {metric: tested, "largest_difference_of_weights": largest}
    values = {m: [run["all"][m][metric] for run in runs] for m in ("federated", "pooled", "alone")}
    return {
        "metric": metric,
        "means": {m: _summary(v) for m, v in values.items()},
        "differences": [run["differences"] for run in runs],
        "owners": [run["owners"] for run in runs],
        "variants_first_seed": variants,
        "rounds": ROUNDS,
        "rows": {owner: len(each) for owner, each in records.items()},
    }


def _tested(model: Any, records: dict[str, Any], splits: dict[str, Any], metric: str) -> float:
    """The metric of a model on all test rows."""
    from riboswitch.evaluation.scoring import score

    outputs, labels = [], []
    for owner, each in records.items():
        rows = splits[owner].rows("test", 0)
        answers = riboswitch.predict(each, model)
        outputs.append(answers[model.task.columns].to_numpy(np.float64)[rows])
        labels.append(model.task.labels(each.table)[rows])
    return round(score(model.task, np.concatenate(labels), np.concatenate(outputs))[metric], 4)


def _summary(values: list[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 4), "sd": round(float(np.std(values, ddof=1)), 4)}
