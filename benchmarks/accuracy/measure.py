"""Measure the accuracy of molecule models beside strong plain methods, into benchmarks/accuracy.json.

    python benchmarks/accuracy/measure.py --data DIRECTORY [--sets esol] [--chemprop PROGRAM --runs esol:0-4]

``--data`` is the mirror directory. Each set is split by scaffold, five times, the largest three times. Ours
is the default of `featurize`, `train` and `stack`; beside it are a forest of 500 trees on all descriptors,
LightGBM on the same table, the nearest training molecules, the network alone and, for the runs that are
named, chemprop.
Differences are of the same rows, with paired intervals from resampled scaffolds. What was made is kept: the
same command goes on.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.modalities.molecule.baselines import describe
from riboswitch.steps.evaluate import evaluate

sys.path.insert(0, str(Path(__file__).parents[1]))
from common import ACCURACY, ACCURACY_FIRST, HERE, Results, run
from cost import cost
from molecule_accuracy import OURS, Set
from prepare import SETS

RIVALS = ("forest", "lightgbm", "nearest", "chemprop", "network")
HEADLINE = {"regression": "rmse", "binary": "auroc"}
BINARY = ("auroc", "ap", "ef1", "ece", "brier")
PATIENCE, ROUNDS = 50, 2000


def lightgbm_predictions(one: Set, like: Predictions, repeats: list[int]) -> Predictions:
    """LightGBM on the table of the forest, one model a target; validation rows end the training."""
    import lightgbm

    path = one.folder / "lightgbm.parquet"
    if path.exists():
        return Predictions.load(path)
    records, split = Records.load(one.folder / "records.parquet"), Split.load(one.folder / "split.parquet")
    table, task = describe(records.inputs["molecule"]), like.task
    labels, weights, parts = task.labels(records.table), split.weights(0.5), []
    how = {"objective": "regression" if task.kind == "regression" else "binary", "learning_rate": 0.05,
           "num_leaves": 31, "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.3,
           "verbose": -1, "num_threads": 1, "deterministic": True}  # fmt: skip
    for repeat in repeats:
        train, valid, test = (split.rows(part, repeat) for part in ("train", "valid", "test"))
        outputs = np.empty((len(test), len(task.targets)))
        for target, label in enumerate(labels.T):
            data = [
                lightgbm.Dataset(table[rows], label[rows], weight=weights[rows])
                for rows in (part[~np.isnan(label[part])] for part in (train, valid))
            ]
            stop = lightgbm.early_stopping(PATIENCE, verbose=False)
            model = lightgbm.train(
                how | {"seed": repeat}, data[0], ROUNDS, valid_sets=data[1:], callbacks=[stop]
            )
            outputs[:, target] = model.predict(table[test])
        ids, groups = (split.table[name].iloc[test] for name in ("id", "group"))
        made = Predictions.build(task, ids, groups, repeat, "test", "lightgbm", labels[test], outputs)
        parts.append(made)
    made = Predictions.concat(parts)
    made.save(path)
    return made


def predictions(one: Set) -> tuple[Predictions, Predictions | None]:
    """All methods on the same test rows; and ours and chemprop, on the repeats that chemprop was run on."""
    every = [*range(Split.load(one.folder / "split.parquet").repeats)]
    ours = one.ours(every)
    one.made("nearest.parquet", "baseline", one.rows[0], one.rows[2], *one.task, "--method", "nearest")
    nearest = Predictions.load(one.folder / "nearest.parquet")
    all_methods = Predictions.concat([ours, nearest, lightgbm_predictions(one, ours, every)])
    runs = [r for r in every if (one.folder / f"chemprop-{r}.json").exists()]
    if not runs:
        return all_methods, None
    both = ours.table[(ours.table["method"] == OURS) & ours.table["repeat"].isin(runs)]
    same = replace(ours, table=both.reset_index(drop=True))
    return all_methods, Predictions.concat([same, one.chemprop(same, runs)])


def judged(one: Set) -> dict[str, Any]:
    """Means of each method, and ours minus each."""
    made, with_chemprop = predictions(one)
    headline, kept = HEADLINE[one.kind], ("rmse",) if one.kind == "regression" else BINARY
    found = evaluate(made, model=OURS)
    methods, differences = found["methods"], found["comparisons"]
    about: dict[str, Any] = {"measure": headline, "repeats": made.table["repeat"].nunique()}
    if with_chemprop is not None:
        beside = evaluate(with_chemprop, model=OURS)
        methods = {"chemprop": beside["methods"]["chemprop"]} | methods
        differences |= {"chemprop": beside["comparisons"]["chemprop"]}
        about["repeats_of_chemprop"] = with_chemprop.table["repeat"].nunique()
    rivals = [name for name in RIVALS if name in differences]
    return about | {
        "mean": {m: round(methods[m][headline]["mean"], 4) for m in (OURS, *rivals)},
        "measures": {m: {k: methods[m][k]["mean"] for k in kept} for m in (OURS, *rivals)},
        "ours_minus": {name: differences[name][headline] for name in rivals},
    }


def counted(sets: dict[str, Any]) -> dict[str, int]:
    """How many sets ours wins against every rival, and how many it loses to any, beyond the interval."""
    rivals = [
        [about["verdict"] for name, about in one["ours_minus"].items() if name != "network"]
        for one in sets.values()
    ]
    return {
        "sets": len(rivals),
        "sets_won": sum(all(verdict == "wins" for verdict in each) for each in rivals),
        "sets_lost": sum(any(verdict == "loses" for verdict in each) for each in rivals),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE.parent / ".bench/accuracy")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--repeats", type=int, default=5, help="at most so many repeats of a split")
    parser.add_argument("--chemprop", type=Path)
    parser.add_argument("--runs", nargs="+", default=[], help="runs of chemprop, as esol:0-4")
    parser.add_argument("--output", type=Path, default=ACCURACY)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    here = [sys.executable, str(HERE / "accuracy/prepare.py"), "--data", str(options.data / "moleculenet")]
    run([*here, "--out", str(options.work), "--repeats", str(options.repeats), "--sets", *options.sets])
    if runs := [run for run in options.runs if run.partition(":")[0] in options.sets]:
        theirs = [sys.executable, str(HERE / "accuracy/chemprop_reference.py"), "--out", str(options.work)]
        run([*theirs, "--chemprop", str(options.chemprop), "--runs", *runs])
    results = Results(options.output, ACCURACY_FIRST)
    program = Path(sys.executable).parent / "riboswitch"
    for name in options.sets:
        by_set = results.values.get("accuracy", {})
        by_set |= {name: judged(Set(name, options.work / name, program))}
        results.add(accuracy=by_set, **counted(by_set))
    muv, cheap = options.data / "moleculenet/muv.csv.gz", options.work / options.sets[0]
    results.add(cost=cost(muv, cheap))


if __name__ == "__main__":
    main()
