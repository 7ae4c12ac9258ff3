"""Pairs of proteins and molecules: GPCR with reversed labels, and Davis in warm and cold splits.

Each set has three repeats: the test rows stay, and validation rows are drawn anew from the training rows.
Intervals come from drawing test rows, or their groups in cold splits. Plain methods are the modality's.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import riboswitch
from riboswitch import modalities
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split

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
GPCR = {
    "settings": {"epochs": 15, "batch_size": 256, "learning_rate": 1e-3},
    "network": {"left": {"pool": 8}, "interaction": "bilinear", "dropout": 0.3},
}
DAVIS = {
    "settings": {"epochs": 60, "batch_size": 512, "learning_rate": 2e-3},
    "network": {"left": {"pool": 16}, "hidden": 256, "ffn_hidden": 256},
}
COLD = {
    "cold_left": ["left_family"],
    "cold_right": ["right_scaffold"],
    "cold_both": ["left_family", "right_scaffold"],
}
ONE_SIDE = ("left", "right")


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of pairs, and their details."""
    gpcr = reversal(bench.data / "pairs_gpcr_reversal", bench.work / "pair")
    warm, cold = davis(bench.data / "davis_deepdta", bench.work / "pair")
    figures = {
        "gpcr_auroc": figure(gpcr, "auroc", GPCR_PUBLISHED["value"]),
        "davis_warm_mse": figure(warm, "mse", DAVIS_PUBLISHED["value"], lowest=True),
    }
    details = {
        "gpcr": gpcr, "davis_warm": warm, "davis_cold": cold, "gpcr_settings": GPCR, "davis_settings": DAVIS,
        "published": {"gpcr": GPCR_PUBLISHED, "davis": DAVIS_PUBLISHED},
    }  # fmt: skip
    return figures, details


def figure(found: Mapping[str, Any], metric: str, published: float, lowest: bool = False) -> dict[str, Any]:
    """The network, the best plain method, and the published figure."""
    plain = {name: values[metric]["mean"] for name, values in found.items() if not name.startswith("network")}
    best = (min if lowest else max)(plain, key=plain.__getitem__)
    return {"value": found["network"][metric]["mean"], "low": found["network"][metric]["low"],
            "high": found["network"][metric]["high"], "plain": plain[best], "plain_method": best,
            "published": published}  # fmt: skip


def reversal(data: Path, work: Path) -> dict[str, Any]:
    """GPCR: each drug of the test rows had only the opposite label in training."""
    rows = [
        (protein, smiles, int(label), part)
        for part in ("train", "test")
        for line in gzip.decompress((data / f"GPCR_{part}.txt.gz").read_bytes()).decode().splitlines()
        for smiles, protein, label in [line.split()]
    ]
    records = read(rows, "active")
    split = divided(records, [row[3] for row in rows], by="molecule")
    return scored(records, split, "binary", "active", GPCR, work / "gpcr")


def davis(data: Path, work: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Davis: the warm fold that was published, and splits of new proteins, new molecules, and both."""
    records, parts = davis_records(data)
    warm = scored(records, divided(records, parts), "regression", "pKd", DAVIS, work / "davis")
    cold = {}
    for name, methods in COLD.items():
        both = len(methods) > 1
        fractions = {"train": 0.5, "valid": 0.2, "test": 0.3} if both else {"train": 0.7, "valid": 0.1,
                                                                            "test": 0.2}  # fmt: skip
        split = riboswitch.split(records, methods, repeats=REPEATS, fractions=fractions)
        cold[name] = scored(records, split, "regression", "pKd", DAVIS, work / name)
    return warm, cold


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


def divided(records: Records, parts: Sequence[str], by: str | None = None) -> Split:
    """Test rows as given; a tenth of the others, or of their inputs of one side, are for validation."""
    table, given = records.table[["id"]].copy(), np.array(parts, dtype=object)
    table["group"] = records.ids
    for repeat in range(REPEATS):
        rng, drawn = np.random.default_rng(repeat), given.copy()
        train = np.flatnonzero(given == "train")
        if by is None:
            drawn[rng.permutation(train)[: int(VALID * len(train))]] = "valid"
        else:
            values = records.table[by].to_numpy()
            names = np.unique(values[train])
            chosen = rng.permutation(names)[: int(VALID * len(names))]
            drawn[train[np.isin(values[train], chosen)]] = "valid"
        table[f"part_{repeat}"] = drawn.tolist()
    return Split(table, {"name": f"given-{by or 'rows'}"})


def scored(
    records: Records, split: Split, kind: Any, target: str, how: Mapping[str, Any], work: Path
) -> dict[str, Any]:
    """Metrics of the network, of networks that see one side, and of the plain methods, with intervals."""
    work.mkdir(parents=True, exist_ok=True)
    arrays = riboswitch.featurize(records, ENCODING)
    task = {"kind": kind, "targets": [target]}
    digest = hashlib.sha256(json.dumps([how, split.digest], sort_keys=True).encode()).hexdigest()[:8]
    parts = [riboswitch.baseline(records, split, **task, group_power=0.0)]
    for name, sides in (("network", "both"), *((f"network_{side}", side) for side in ONE_SIDE)):
        models = []
        for repeat in range(REPEATS):
            file = work / f"{name}-{repeat}-{digest}.safetensors"
            if not file.exists():  # trainings take minutes: a stopped run goes on
                riboswitch.train(records, arrays, split, **task, repeat=repeat, settings=how["settings"],
                                 network={**how["network"], "sides": sides}).save(file)  # fmt: skip
            models.append(Model.load(file))
        parts.append(named(riboswitch.held_out(records, arrays, split, models), name))
    wanted = {name for part in parts for name in part.table["method"]}
    methods = riboswitch.evaluate(Predictions.concat(parts), bootstrap=RESAMPLES)["methods"]
    return {name: chosen(values, kind) for name, values in methods.items() if name in wanted}


def named(held: Predictions, name: str) -> Predictions:
    """Predictions of networks under another name."""
    meta = {key: dict.fromkeys([name], *values.values()) for key, values in held.meta.items() if values}
    return Predictions(held.table.assign(method=name), held.task, meta)


def chosen(values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """AUROC and average precision, or the mean squared error, rank correlation and R²."""
    if kind == "binary":
        return {name: values[name] for name in ("auroc", "ap")}
    rmse = values["rmse"]
    each = [round(value**2, 4) for value in rmse["per_repeat"].values()]
    squared = {"mean": round(sum(each) / len(each), 4), "per_repeat": each,
               **{end: round(rmse[end] ** 2, 4) for end in ("low", "high")}}  # fmt: skip
    return {"mse": squared, **{name: values[name] for name in ("spearman", "r2")}}
