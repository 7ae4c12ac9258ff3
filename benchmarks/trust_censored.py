"""Labels that are bounds: the part `censored` of benchmarks/trust.json.

Of each repeat of a scaffold split of ESOL the highest quarter of the labels for training and validation is
censored at its lower end, as by an assay that measures no more. Test rows keep their values. The censored
rows are rejected, or their bounds are taken for values, or for bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from trust_tasks import ESOL, molecules

import riboswitch
from riboswitch.data.predictions import Predictions

if TYPE_CHECKING:
    from trust import Bench

REPEATS, EPOCHS, CENSORED = 3, 20, 0.25
ARMS = ("rejected", "as_value", "bounds")
METHODS = ("network", "forest", "stack")
SAME: dict[str, Any] = {"kind": "regression", "targets": ["y"]}


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    table = molecules(ESOL, "smiles", "logp")(bench.data).reset_index(drop=True)
    table.insert(0, "id", [f"r{i}" for i in table.index])
    path = bench.work / "censored.csv"
    table.to_csv(path, index=False)
    whole = riboswitch.parse([{"paths": [path]}], "molecule", duplicates="mean", conflicts="mean", **SAME)
    parts = riboswitch.split(whole, "scaffold", repeats=REPEATS).table
    kept = pd.DataFrame({"id": whole.ids, "smiles": whole.inputs["molecule"], "y": whole.table["y"]})
    found: dict[str, Any] = {arm: {method: [] for method in METHODS} for arm in ARMS}
    for repeat in range(REPEATS):
        _repeat(bench, kept.assign(part=parts[f"part_{repeat}"].to_numpy()), repeat, found)
    means = {arm: {m: _means(runs) for m, runs in methods.items()} for arm, methods in found.items()}
    best = all(min(ARMS, key=lambda a, m=m: means[a][m]["rmse"]) == "bounds" for m in METHODS)
    return {}, {"arms": means, "repeats": REPEATS, "epochs": EPOCHS, "bounds_best": best}


def _repeat(bench: Bench, table: pd.DataFrame, repeat: int, found: dict[str, Any]) -> None:
    learned = table["part"] != "test"
    top = float(table.loc[learned, "y"].quantile(1 - CENSORED))
    beyond = learned & (table["y"] > top)
    for arm in ARMS:
        labels = table["y"].astype(str)
        labels[beyond] = f"{top}" if arm == "as_value" else f">{top}"
        path = bench.work / f"censored-{repeat}-{arm}.csv"
        table.assign(y=labels).to_csv(path, index=False)
        for method, answers in _answers(path, "bounds" if arm == "bounds" else "reject", repeat).items():
            found[arm][method].append(_errors(answers, method, top))
        print(f"repeat {repeat} {arm}: { ({m: found[arm][m][-1]['rmse'] for m in METHODS}) }", flush=True)


def _answers(path: Any, censored: Any, seed: int) -> dict[str, Predictions]:
    """Predictions of the test rows by each method."""
    records = riboswitch.parse([{"paths": [path]}], "molecule", censored=censored, **SAME)
    features = riboswitch.featurize(records)
    split = riboswitch.split(records, "predefined", column="part", repeats=1)
    network = riboswitch.train(records, features, split, seed=seed, settings={"epochs": EPOCHS}, **SAME)
    held_out = riboswitch.held_out(records, features, split, [network])
    stacked, _ = riboswitch.stack(records, features, split, held_out)
    forest = riboswitch.baseline(records, split, methods=["forest"], **SAME)
    return {"network": held_out, "forest": forest, "stack": stacked}


def _errors(answers: Predictions, method: str, top: float) -> dict[str, float]:
    """Root mean squared errors of all test rows, and of those above the bound."""
    table = answers.table
    test = table[(table["part"] == "test") & (table["method"] == method)]
    truth = test["y_y"].to_numpy(float)
    squared = (test["y"].to_numpy(float) - truth) ** 2
    return {name: float(np.sqrt(squared[rows].mean()))
            for name, rows in {"rmse": truth == truth, "rmse_above": truth > top}.items()}  # fmt: skip


def _means(runs: list[dict[str, float]]) -> dict[str, Any]:
    means = {name: round(float(np.mean([run[name] for run in runs])), 3) for name in runs[0]}
    return means | {"rmse_of_repeats": [round(run["rmse"], 3) for run in runs]}
