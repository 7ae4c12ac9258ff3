"""What pre-training on unlabelled molecules gains on small sets, and what validation alone would choose.

A network is pre-trained on molecules of other sets, of which none is in the sets that are measured. On each
repeat of a scaffold split three networks are trained: without a start, with its layers free, and with them
frozen. The validation loss chooses among them, as `riboswitch tune` does; the test rows only judge. The stack
is judged with the networks without a start, and with the free ones: a forest knows the descriptors already.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from common import cpu_seconds
from trust_tasks import ESOL, molecules

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.task import Kind
from riboswitch.evaluation.scoring import HEADLINE
from riboswitch.modalities import find

SETS: dict[str, tuple[Kind, Any]] = {
    "esol": ("regression", molecules(ESOL, "smiles", "logp", None)),
    "bbbp": ("binary", molecules("moleculenet/bbbp.csv", "smiles", "p_np", None)),
    "ecoli": ("binary", molecules("ecoli_stokes2020/data_ecoli.csv", "smiles", "activity", None)),
}
UNLABELLED = (
    molecules("saureus_wong2023/train.csv", "SMILES", "ACTIVITY", 8000),
    molecules("moleculenet/lipo.csv", "smiles", "lipo", None),
)
REPEATS, COPIES, EPOCHS = 3, 2, 5
USES: dict[str, dict[str, bool]] = {"none": {}, "free": {"frozen": False}, "frozen": {"frozen": True}}
CHOSEN = "chosen"
STACKED = ("none", "free")


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The gain on each set."""
    work = bench.work / "starts"
    work.mkdir(parents=True, exist_ok=True)
    sets = {
        name: _parsed(read(bench.data), work / f"{name}.csv", kind) for name, (kind, read) in SETS.items()
    }
    taken = {_key(text) for records in sets.values() for text in records.inputs["molecule"]}
    unlabelled = _unlabelled(bench.data, work / "unlabelled.csv", taken)
    path, seconds = work / "start.safetensors", 0.0
    if not path.exists():
        made: list[Model] = []
        seconds = cpu_seconds(lambda: made.append(
            riboswitch.pretrain(unlabelled, copies=COPIES, settings={"epochs": EPOCHS})
        ))  # fmt: skip
        made[0].save(path)
    start = Model.load(path)
    losses = [epoch["valid_loss"] for epoch in start.members[0]["history"]]
    details: dict[str, Any] = {name: _gain(sets[name], kind, start) for name, (kind, _) in SETS.items()}
    about = {"molecules": len(unlabelled), "epochs": EPOCHS, "copies": COPIES, "valid_losses": losses,
             "cpu_seconds": round(seconds, 1)}  # fmt: skip
    return {}, {"pretraining": about, "sets": details}


def _parsed(table: pd.DataFrame, path: Any, kind: Kind) -> Records:
    if kind != "regression":
        table = table.assign(y=table["y"].astype(int))
    table.insert(0, "id", [f"r{i}" for i in range(len(table))])
    table.to_csv(path, index=False)
    same = {"duplicates": "mean", "conflicts": "mean"} if kind == "regression" else {}
    return riboswitch.parse([{"paths": [path]}], "molecule", kind=kind, targets=["y"], **same)


def _key(smiles: str) -> str:
    return find("molecule").reader.identity({"molecule": smiles})


def _unlabelled(data: Any, path: Any, taken: set[str]) -> Records:
    """Molecules of other sets, without those of the sets that are measured."""
    tables = [read(data) for read in UNLABELLED]
    table = pd.concat(tables, ignore_index=True)[["smiles"]]
    table.insert(0, "id", [f"u{i}" for i in range(len(table))])
    table.to_csv(path, index=False)
    records = riboswitch.parse([{"paths": [path]}], "molecule")
    kept = [_key(text) not in taken for text in records.inputs["molecule"]]
    left = records.table[kept].reset_index(drop=True)
    return Records(left, records.rejected.iloc[:0], len(left), records.meta)


def _gain(records: Records, kind: Kind, start: Model) -> dict[str, Any]:
    """Scores by the use of the start, and the difference of what validation chooses to no start."""
    features = riboswitch.featurize(records)
    target = {} if kind == "regression" else {"target": "y"}
    split = riboswitch.split(records, "scaffold", repeats=REPEATS, **target)
    losses: dict[str, list[float]] = {}
    tables: dict[str, pd.DataFrame] = {}
    for use, how in USES.items():
        given = {"init": start, **how} if how else {}
        models = [
            riboswitch.train(records, features, split, kind=kind, targets=["y"], repeat=repeat, **given)
            for repeat in range(REPEATS)
        ]
        losses[use] = [min(e["valid_loss"] for e in m.members[0]["history"]) for m in models]
        held_out = riboswitch.held_out(records, features, split, models)
        tables[use] = held_out.part("test").table
        if use in STACKED:
            stacked, _ = riboswitch.stack(records, features, split, held_out)
            tables[f"stack_{use}"] = stacked.part("test").table
    task = held_out.task
    best = [min(USES, key=lambda use, r=repeat: losses[use][r]) for repeat in range(REPEATS)]
    tables[CHOSEN] = pd.concat(
        [tables[use][tables[use]["repeat"] == r] for r, use in enumerate(best)], ignore_index=True
    )
    joined = Predictions.concat([Predictions(t.assign(method=name), task) for name, t in tables.items()])
    metric = HEADLINE[task.kind]
    networks = riboswitch.evaluate(joined, model=CHOSEN)
    stacks = riboswitch.evaluate(joined, model="stack_free")["comparisons"]["stack_none"]
    return {
        "rows": len(records),
        "measure": metric,
        "mean": {name: round(networks["methods"][name][metric]["mean"], 4) for name in tables},
        "chosen": best,
        "chosen_minus_none": networks["comparisons"]["none"][metric],
        "stack_free_minus_none": stacks[metric],
        "validation_losses": {use: [round(v, 4) for v in values] for use, values in losses.items()},
    }
