"""Splits and protocols of other authors, so that strangers can compare, into benchmarks/accuracy.json.

    python benchmarks/accuracy/published.py --data DIRECTORY [--only esol bbbp wong]

``--data`` is the mirror directory. MoleculeNet's sets are split as GEM's authors did (Fang et al. 2022,
Nature Machine Intelligence 4:127): deterministic scaffolds, the largest in training, 80/10/10, three
trainings. Wong et al. 2023 (Nature 626:177) drew 80/20 at random, and report the area under the
precision-recall curve. A tenth of their training rows are validation rows here. Everything of ours has its
default settings.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Kind

sys.path.insert(0, str(Path(__file__).parents[1]))
from common import ACCURACY, ACCURACY_FIRST, HERE, Results
from prepare import SETS

SEEDS = (0, 1, 2)
METRIC = {"regression": "rmse", "binary": "auroc"}
PUBLISHED = {  # means of the authors' table
    "esol": {"GEM": 0.798, "D-MPNN": 1.050},
    "lipo": {"GEM": 0.660, "D-MPNN": 0.683},
    "bbbp": {"GEM": 0.724, "D-MPNN": 0.710},
    "tox21": {"GEM": 0.781, "D-MPNN": 0.759},
    "hiv": {"GEM": 0.806, "D-MPNN": 0.771},
}
WONG_AUPRC = 0.364
PART, SMILES = "part", "smiles"


def scaffold_parts(smiles: list[str]) -> list[str]:
    """The part of each row: scaffolds with stereo, the largest first, whole scaffolds to one part."""
    rows = defaultdict(list)
    with rdBase.BlockLogs():
        for row, text in enumerate(smiles):
            mol = Chem.MolFromSmiles(text)
            named = "" if mol is None else MurckoScaffold.MurckoScaffoldSmiles(mol=mol, includeChirality=True)
            rows[named].append(row)
    parts, train, valid = [""] * len(smiles), 0, 0
    for of_scaffold in sorted(rows.values(), key=lambda found: (len(found), found[0]), reverse=True):
        many = len(of_scaffold)
        if train + many <= 0.8 * len(smiles):
            part, train = "train", train + many
        elif train + valid + many <= 0.9 * len(smiles):
            part, valid = "valid", valid + many
        else:
            part = "test"
        for row in of_scaffold:
            parts[row] = part
    return parts


def random_parts(rows: int, seed: int) -> list[str]:
    """72 % train, 8 % valid, 20 % test."""
    order = np.random.default_rng(seed).permutation(rows)
    return np.select([order < 0.2 * rows, order < 0.28 * rows], ["test", "valid"], "train").tolist()


def measured(
    table: pd.DataFrame, kind: Kind, targets: tuple[str, ...], runs: list[tuple[str, int]], work: Path
) -> Iterator[Predictions]:
    """The test rows by network, stack and forest, for each column of parts and seed of training."""
    work.mkdir(parents=True, exist_ok=True)
    table.to_csv(work / "rows.csv", index=False)
    same = {"duplicates": "mean", "conflicts": "mean"} if kind == "regression" else {}
    task: dict[str, Any] = {"kind": kind, "targets": list(targets)}
    records = riboswitch.parse([{"paths": [work / "rows.csv"]}], "molecule", **task, **same)
    features = riboswitch.featurize(records)
    forests: dict[str, Predictions] = {}
    for column, seed in runs:
        split = riboswitch.split(records, "predefined", column=column)
        if column not in forests:
            forests[column] = riboswitch.baseline(records, split, methods=["forest"], **task)
        network = riboswitch.train(records, features, split, seed=seed, **task)
        held_out = riboswitch.held_out(records, features, split, [network])
        stacked, _ = riboswitch.stack(records, features, split, held_out)
        made = Predictions.concat([each.part("test") for each in (held_out, stacked, forests[column])])
        print(f"{work.name} {column} seed {seed}: {scores(made)}", flush=True)
        yield made


def scores(made: Predictions) -> dict[str, dict[str, float]]:
    """For each method its metrics, without intervals."""
    found = riboswitch.evaluate(made, model="stack", bootstrap=0)["methods"]
    return {method: {name: each["mean"] for name, each in about.items()} for method, about in found.items()}


def spread(made: list[Predictions], metric: str) -> dict[str, dict[str, float]]:
    """For each method the mean of a metric over the trainings, and its standard deviation."""
    each = [scores(one) for one in made]
    values = {method: [one[method][metric] for one in each] for method in each[0]}
    return {m: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1)) if len(v) > 1 else 0.0}
            for m, v in values.items()}  # fmt: skip


def gem(name: str, data: Path, work: Path) -> dict[str, Any]:
    """One of MoleculeNet's sets by the split of GEM's authors."""
    file, kind, targets, _ = SETS[name]
    table = pd.read_csv(data / "moleculenet" / file)
    table = table.rename(columns={table.columns[_smiles_column(table)]: SMILES})[[SMILES, *targets]]
    table[PART] = scaffold_parts(table[SMILES].tolist())
    table.insert(0, "id", [f"r{row}" for row in range(len(table))])
    made = [*measured(table, kind, targets, [(PART, seed) for seed in SEEDS], work / f"gem-{name}")]
    rows = len(made[0].table) // made[0].table["method"].nunique()
    return {"metric": METRIC[kind], "trainings": len(SEEDS), "rows": len(table), "test_rows": rows,
            "ours": spread(made, METRIC[kind]), "published": PUBLISHED[name]}  # fmt: skip


def _smiles_column(table: pd.DataFrame) -> int:
    return [str(column).lower() for column in table.columns].index(SMILES)


def wong(data: Path, work: Path) -> Iterator[dict[str, Any]]:
    """S. aureus by the protocol of Wong et al., other rows for each training; after each all so far."""
    table = pd.read_csv(data / "saureus_wong2023/train.csv", encoding="utf-8-sig")
    table = table.set_axis([SMILES, "active"], axis=1)
    table.insert(0, "id", [f"r{row}" for row in range(len(table))])
    table = table.assign(**{f"{PART}_{seed}": random_parts(len(table), seed) for seed in SEEDS})
    made: list[Predictions] = []
    runs = [(f"{PART}_{seed}", seed) for seed in SEEDS]
    for one in measured(table, "binary", ("active",), runs, work / "wong"):
        made.append(one)
        yield {"metric": "ap", "trainings": len(made), "rows": len(table), "ours": spread(made, "ap"),
               "published": {"Wong et al.": WONG_AUPRC}}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE.parent / ".bench/accuracy")
    parser.add_argument("--only", nargs="+", choices=[*PUBLISHED, "wong"], default=[*PUBLISHED, "wong"])
    parser.add_argument("--output", type=Path, default=ACCURACY)
    options = parser.parse_args()
    results = Results(options.output, ACCURACY_FIRST)
    for name in options.only:
        if name == "wong":
            for found in wong(options.data, options.work):
                results.add(wong_auprc=found["ours"]["stack"]["mean"], wong=found)
        else:
            by_set = results.values.get("gem_split", {})
            results.add(gem_split=by_set | {name: gem(name, options.data, options.work)})


if __name__ == "__main__":
    main()
