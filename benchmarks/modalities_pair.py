"""Pairs of proteins and molecules: GPCR with reversed labels, and Davis in warm and cold splits.

Each set has up to three repeats: the test rows stay, validation rows are drawn anew from the training rows.
Those of the reversed set mimic its test rows: see `reversed_parts`. Ours is the default of the modality, a
stack of the network with a forest and two kernels; its parts stand beside it, as do the other plain methods.
Networks that see one side are trained for the first repeat. Intervals come from drawing test rows, or their
groups in cold splits. What was trained is kept, so that a stopped run goes on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import first_repeats, kept, kept_seconds

import riboswitch
from riboswitch import modalities
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.learning.stack_fitting import StackFit
from riboswitch.learning.stacking import offered

PAIRS = "sequence+molecule"
READING = {"left": {"alphabet": "protein"}, "right": {"standardize": "none"}}
"""Molecules are read as they are written: every published row counts, also mixtures."""
ENCODING = {"left": {"alphabet": "protein"}, "right": {"descriptors": "none"}}
REPEATS, RESAMPLES, VALID = 3, 500, 0.1
GPCR_PUBLISHED: dict[str, Any] = {
    "value": 0.84,
    "of": "TransformerCPI, Chen et al. 2020, Bioinformatics 36:4406, about",
}
DAVIS_PUBLISHED: dict[str, Any] = {
    "value": 0.229,
    "of": "GraphDTA, Nguyen et al. 2021; DeepDTA, Öztürk et al. 2018: 0.261",
}
COLD = {
    "cold_left": ["left_family"],
    "cold_right": ["right_scaffold"],
    "cold_both": ["left_family", "right_scaffold"],
}
ONE_SIDE = ("left", "right")


PARTS = ("train", "valid", "test")
SHOWN = {"kernel": "ridge"}
"""Base learners that have another name among the plain methods."""
OTHERS = ("mean_effects", "left_only", "right_only", "nearest")
"""Plain methods that are no base learners of the stack."""
LEARNED = ("network", "stack")


def gpcr(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pairs of GPCR whose labels are turned round: the figure, and its details."""
    found = reversal(bench.data / "pairs_gpcr_reversal", bench)
    return ({"gpcr_auroc": figure(found, "auroc", GPCR_PUBLISHED["value"])},
            found | {"published": GPCR_PUBLISHED})  # fmt: skip


def davis(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pairs of Davis in the published warm fold: the figure, and its details."""
    found = davis_warm(bench.data / "davis_deepdta", bench)
    return ({"davis_warm_mse": figure(found, "mse", DAVIS_PUBLISHED["value"], lowest=True)},
            found | {"published": DAVIS_PUBLISHED})  # fmt: skip


def davis_cold_left(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Davis with new families of proteins. Cold splits have no figure of their own."""
    return {}, davis_cold("cold_left", bench)


def davis_cold_right(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Davis with new scaffolds."""
    return {}, davis_cold("cold_right", bench)


def davis_cold_both(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Davis with new families of proteins and new scaffolds."""
    return {}, davis_cold("cold_both", bench)


def figure(found: Mapping[str, Any], metric: str, published: float, lowest: bool = False) -> dict[str, Any]:
    """The stack, its network alone, the best plain method, and the published figure."""
    values = {name: each[metric] for name, each in found["methods"].items()}
    plain = {name: each["mean"] for name, each in values.items() if not name.startswith(LEARNED)}
    best = (min if lowest else max)(plain, key=plain.__getitem__)
    return {"value": values["stack"]["mean"], "low": values["stack"]["low"], "high": values["stack"]["high"],
            "network": values["network"]["mean"], "seeds": found["seeds"],
            "plain": plain[best], "plain_method": best,
            "verdict": found["verdicts"][f"stack against {best}"]["verdict"],
            "published": published}  # fmt: skip


def reversal(data: Path, bench: Any) -> dict[str, Any]:
    """GPCR: each drug of the test rows had only the opposite label in training."""
    rows = [
        (protein, smiles, int(label), part)
        for part in ("train", "test")
        for line in gzip.decompress((data / f"GPCR_{part}.txt.gz").read_bytes()).decode().splitlines()
        for smiles, protein, label in [line.split()]
    ]
    records = read(rows, "active")
    split = split_of(records, reversed_parts(records, [row[3] for row in rows]), "reversed")
    return scored(records, split, "binary", "active", "gpcr", bench)


def davis_warm(data: Path, bench: Any) -> dict[str, Any]:
    """Davis: the warm fold that was published."""
    records, parts = davis_records(data)
    split = split_of(records, warm_parts(parts), "warm")
    return scored(records, split, "regression", "pKd", "davis", bench)


def davis_cold(name: str, bench: Any) -> dict[str, Any]:
    """Davis in one of the cold splits."""
    records, _ = davis_records(bench.data / "davis_deepdta")
    return scored(records, cold_split(records, name), "regression", "pKd", name, bench)


def cold_split(records: Records, name: str) -> Split:
    """One of the cold splits."""
    both = len(COLD[name]) > 1
    fractions = {"train": 0.5, "valid": 0.2, "test": 0.3} if both else {"train": 0.7, "valid": 0.1,
                                                                        "test": 0.2}  # fmt: skip
    return riboswitch.split(records, COLD[name], repeats=REPEATS, fractions=fractions)


def davis_records(data: Path) -> tuple[Records, list[str]]:
    """All pairs with a value as pKd, and the part of each in the published fold."""
    smiles = list(json.loads((data / "ligands_can.txt").read_text()).values())
    proteins = list(json.loads((data / "proteins.txt").read_text()).values())
    kd = np.asarray(np.load(data / "Y", allow_pickle=True, encoding="latin1"), float)
    drug, protein = np.nonzero(~np.isnan(kd))
    parts = np.full(len(drug), "train", dtype=object)
    parts[json.loads((data / "test_fold_setting1.txt").read_text())] = "test"
    values = -np.log10(kd[drug, protein] / 1e9)
    rows = [(proteins[p], smiles[d], float(v)) for d, p, v in zip(drug, protein, values, strict=True)]
    return read(rows, "pKd"), parts.tolist()


def read(rows: Sequence[tuple[Any, ...]], target: str) -> Records:
    """Records of rows of protein, molecule and label; all must be good."""
    values = [{"sequence": protein, "molecule": smiles} for protein, smiles, *_ in rows]
    pair = modalities.find(PAIRS)
    stream = pair.reader.read_list(values, **READING)
    records = Records.collect(stream, pair.components, modality=PAIRS, reading=READING)
    if len(records) != len(rows):
        raise SystemExit(f"{len(records.rejected)} rows were rejected: {records.rejected['reason'].iloc[0]}")
    records.table[target] = [row[2] for row in rows]
    return records


def reversed_parts(records: Records, given: Sequence[str]) -> list[np.ndarray]:
    """Parts of the reversed set, for each repeat.

    A test drug has only the label in training that it does not have in the test rows. So has a validation
    drug: of a fifth of the training drugs with both labels all rows of one label, drawn by chance, are for
    validation, and those of the other label stay in training. Only training rows decide.
    """
    drugs, labels = records.table["molecule"].to_numpy(), records.table["active"].to_numpy()
    parts = np.array(given, dtype=object)
    train = np.flatnonzero(parts == "train")
    both = sorted({*drugs[train[labels[train] == 1]]} & {*drugs[train[labels[train] == 0]]})
    made = []
    for repeat in range(REPEATS):
        rng, drawn = np.random.default_rng(repeat), parts.copy()
        chosen = rng.permutation(both)[: int(2 * VALID * len(both))]
        hidden = dict(zip(chosen.tolist(), rng.integers(0, 2, len(chosen)).tolist(), strict=True))
        drawn[[row for row in train if hidden.get(drugs[row]) == labels[row]]] = "valid"
        made.append(drawn)
    return made


def warm_parts(given: Sequence[str]) -> list[np.ndarray]:
    """Parts of the published fold: a tenth of the training rows is for validation, for each repeat."""
    parts, made = np.array(given, dtype=object), []
    train = np.flatnonzero(parts == "train")
    for repeat in range(REPEATS):
        drawn = parts.copy()
        drawn[np.random.default_rng(repeat).permutation(train)[: int(VALID * len(train))]] = "valid"
        made.append(drawn)
    return made


def split_of(records: Records, parts: Sequence[np.ndarray], name: str) -> Split:
    """A split with these parts, in which each row is its own group."""
    table = records.table[["id"]].assign(group=records.ids)
    return Split(table.assign(**{f"part_{r}": drawn.tolist() for r, drawn in enumerate(parts)}),
                 {"name": name})  # fmt: skip


def scored(records: Records, split: Split, kind: Any, target: str, name: str, bench: Any) -> dict[str, Any]:
    """Metrics with intervals of the stack, its parts, other plain methods and networks that see one side.

    The first ``bench.seeds`` repeats are measured.
    """
    work, seeds = bench.work / "pair" / name / split.digest[:8], bench.seeds
    work.mkdir(parents=True, exist_ok=True)
    features, task = riboswitch.featurize(records, ENCODING), {"kind": kind, "targets": [target]}
    plain = kept(work / f"plain-{seeds}.parquet", lambda: riboswitch.baseline(
        records, first_repeats(split, seeds), **task, methods=OTHERS, features=features, group_power=0.0
    ), Predictions.load)  # fmt: skip

    def held_out(name: str, repeats: range, sides: str) -> Predictions:
        models = []
        for repeat in repeats:
            train = partial(riboswitch.train, records, features, split, **task, repeat=repeat,
                            network={"sides": sides})  # fmt: skip
            models.append(kept(work / f"{name}-{repeat}.safetensors", train, Model.load))
        return named(riboswitch.held_out(records, features, split, models), name)

    networks = held_out("network", range(seeds), "both")
    stacked = [kept(work / f"stack-{r}.parquet", partial(stack, records, features, split, networks, r),
                    Predictions.load) for r in range(seeds)]  # fmt: skip
    alone = [held_out(f"network_{side}", range(1), side) for side in ONE_SIDE]
    first = [Predictions(part.table[part.table["repeat"] == 0], part.task, part.meta)
             for part in (networks, *stacked[:1])]  # fmt: skip
    every = riboswitch.evaluate(Predictions.concat([plain, networks, *stacked]), bootstrap=RESAMPLES,
                                model="stack")  # fmt: skip
    ablated = riboswitch.evaluate(Predictions.concat([*first, *alone]), bootstrap=RESAMPLES)
    found = {name: chosen(values, kind) for name, values in every["methods"].items() if name != "mean_of_all"}
    found |= {f"network_{side}": chosen(ablated["methods"][f"network_{side}"], kind) for side in ONE_SIDE}
    verdicts = {f"stack against {name}": verdict(values) for name, values in every["comparisons"].items()
                if name != "mean_of_all"}  # fmt: skip
    verdicts |= {f"network against network_{side}": verdict(ablated["comparisons"][f"network_{side}"])
                 for side in ONE_SIDE}  # fmt: skip
    return {"methods": found, "verdicts": verdicts, "weights": stacked_weights(stacked),
            "rows": {part: [len(split.rows(part, r)) for r in range(seeds)] for part in PARTS},
            "seeds": seeds, "cpu_seconds": kept_seconds(work)}  # fmt: skip


def stack(
    records: Records, features: RaggedArrays, split: Split, networks: Predictions, repeat: int
) -> Predictions:
    """Test rows of one repeat by the stack that `riboswitch.stack` makes, and by each base learner alone."""
    task, modality = networks.task, modalities.find(PAIRS)
    learners = offered(task, modality, features.meta)
    labels, weights = task.labels(records.table), split.weights(0.0)
    fit = StackFit(task, features, learners, labels, weights, split, networks, 1, None)
    made, fitted = [], fit.fit(split.rows("train", repeat), repeat, [*learners])
    test = split.rows("test", repeat)
    rows = split.table.iloc[test]
    for name, learner in fitted.items():
        made.append(Predictions.build(task, rows["id"], rows["group"], repeat, "test", SHOWN.get(name, name),
                                      labels[test], learner.predict(features, test)))  # fmt: skip
    return Predictions.concat([*made, fit.repeat(repeat, fitted)[0]])


def named(held: Predictions, name: str) -> Predictions:
    """Predictions of networks under another name."""
    meta = {key: dict.fromkeys([name], *values.values()) for key, values in held.meta.items() if values}
    return Predictions(held.table.assign(method=name), held.task, meta)


def verdict(values: Mapping[str, Any]) -> dict[str, Any]:
    """The paired difference in AUROC, or in the root of the mean squared error, and what it means."""
    metric = "auroc" if "auroc" in values else "rmse"
    return {"metric": metric, **values[metric]}


def stacked_weights(stacked: Sequence[Predictions]) -> list[dict[str, float]]:
    """The weights that each repeat chose."""
    return [blend["weights"] for part in stacked for blend in part.meta["blends"].values()]


def chosen(values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """AUROC and average precision, or the mean squared error, rank correlation and R²."""
    if kind == "binary":
        return {name: values[name] for name in ("auroc", "ap")}
    rmse = values["rmse"]
    each = [round(value**2, 4) for value in rmse["per_repeat"].values()]
    squared = {"mean": round(sum(each) / len(each), 4), "per_repeat": each,
               **{end: round(rmse[end] ** 2, 4) for end in ("low", "high")}}  # fmt: skip
    # Answers that are all alike, as of a side of which nothing is known, have no rank correlation.
    return {"mse": squared, **{name: values[name] for name in ("spearman", "r2") if name in values}}
