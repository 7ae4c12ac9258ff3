"""Measure whether maps show what was planted: a substructure in molecules, a motif in DNA.

    python benchmarks/explain.py --data DIRECTORY [--only PART ...]

``--data`` is the mirror directory with moleculenet/lipo.csv in it. The labels are planted, a few of them
wrong, so the right atoms and letters are known. Three networks learn them, each from its own seed and rows;
two networks learn the same labels in random order and are the control. The inputs that are explained were in
no training. Figures go to benchmarks/explain.json; it takes some minutes on one core.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import HERE, Results, cpu_seconds
from rdkit import Chem
from sklearn.metrics import roc_auc_score

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.modalities import find

SUBSTRUCTURES = {
    "carboxamide": "[CX3](=O)[NX3]",
    "sulfonyl": "[SX4](=O)(=O)",
    "aromatic nitrogen": "[nX2]",
}
MOTIF = "TTGACATATAAT"
LENGTH = 100
ROWS, EXPLAINED = 800, 40
WRONG = 0.05  # share of the labels that are turned over
MEMBERS, CONTROLS, SEED = 3, 2, 0
KEYS = ("planted_substructure_auroc", "planted_motif_auroc", "planted_agreement_min", "planted_refused_max",
        "shuffled_refused_min")  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """Inputs to learn from, and others to explain, all of which hold what was planted.

    Attributes
    ----------
    modality : str
    inputs, labels : list
        For training; one in `WRONG` labels is wrong.
    explained : list of str
    where : callable
        From an input as it was explained to the parts of the planted thing, counted from 0.
    settings : dict
        Of the training.
    encoding : dict
    """

    modality: str
    inputs: list[str]
    labels: list[int]
    explained: list[str]
    where: Callable[[str], set[int]]
    settings: dict[str, Any]
    encoding: dict[str, Any]


def substructure(smiles: Sequence[str], smarts: str) -> Planted:
    """Molecules of which half hold a substructure."""
    rng, pattern = np.random.default_rng(SEED), Chem.MolFromSmarts(smarts)

    def where(text: str) -> set[int]:
        return {atom for match in Chem.MolFromSmiles(text).GetSubstructMatches(pattern) for atom in match}

    order = [smiles[i] for i in rng.permutation(len(smiles))]
    holding, others = [s for s in order if where(s)], [s for s in order if not where(s)]
    explained, holding = holding[:EXPLAINED], holding[EXPLAINED:]
    half = min(ROWS // 2, len(holding), len(others))
    inputs = holding[:half] + others[:half]
    labels = _with_errors([1] * half + [0] * half, rng)
    return Planted("molecule", inputs, labels, explained, where, {"epochs": 20}, {})


def motif() -> Planted:
    """Random DNA, of which half holds a motif anywhere; a letter of it in ten is another."""
    rng = np.random.default_rng(SEED)
    letters, places = np.array(list("ACGT")), {}

    def made(holds: bool) -> str:
        text = rng.choice(letters, LENGTH)
        if holds:
            at = int(rng.integers(LENGTH - len(MOTIF) + 1))
            kept = rng.random(len(MOTIF)) < 0.9
            text[at : at + len(MOTIF)] = np.where(kept, list(MOTIF), text[at : at + len(MOTIF)])
            places["".join(text)] = set(range(at, at + len(MOTIF)))
        return "".join(text)

    truth = [number % 2 for number in range(ROWS)]
    inputs = [made(bool(label)) for label in truth]
    explained = [made(True) for _ in range(EXPLAINED)]
    how = {"epochs": 15, "batch_size": 32, "learning_rate": 0.005}
    return Planted("sequence", inputs, _with_errors(truth, rng), explained, lambda text: places[text], how,
                   {"alphabet": "dna"})  # fmt: skip


def _with_errors(labels: Sequence[int], rng: np.random.Generator) -> list[int]:
    return [1 - label if rng.random() < WRONG else label for label in labels]


def measure(planted: Planted) -> dict[str, Any]:
    """How well maps show what was planted, and how often they are refused, with and without a truth."""
    records = _records(planted)
    arrays = riboswitch.featurize(records, planted.encoding)
    halves = riboswitch.split(records, "random", repeats=MEMBERS, target="planted")
    how = {"kind": "binary", "targets": ["planted"], "settings": planted.settings}
    networks = [riboswitch.train(records, arrays, halves, repeat=n, **how) for n in range(MEMBERS)]
    others = [
        riboswitch.train(records, arrays, halves, repeat=0, seed=100 + n, shuffled=True, **how)
        for n in range(CONTROLS)
    ]
    model, control = (riboswitch.ensemble(each, records) for each in (networks, others))
    tables: list[pd.DataFrame] = []
    seconds = cpu_seconds(
        lambda: tables.append(riboswitch.explain(planted.explained, model, control=control))
    )
    of_control = _first(riboswitch.explain(planted.explained, control))
    return _figures(planted, tables[0]) | {
        "rows": len(records),
        "shuffled_refused": round(float((of_control["status"] != "ok").mean()), 3),
        "shuffled_agreement": _median(of_control["stability"]),
        "explain_cpu_s": round(seconds, 1),
        "held_out_auroc": _held_out(records, arrays, halves, networks),
    }


def _records(planted: Planted) -> Records:
    reader = find(planted.modality).reader
    ids = [f"r{number}" for number in range(len(planted.inputs))]
    options = {} if planted.modality == "molecule" else {"alphabet": "dna"}
    rows = reader.read_list(planted.inputs, ids, **options)
    records = Records.collect(
        rows, find(planted.modality).components, modality=planted.modality, reading=options
    )
    labels = dict(zip(ids, planted.labels, strict=True))
    records.table["planted"] = [labels[name] for name in records.ids]
    return records


def _held_out(records: Records, arrays: Any, halves: Any, networks: list[Model]) -> float:
    """AUROC of the networks on test rows, whose labels are partly wrong, too."""
    made = riboswitch.held_out(records, arrays, halves, networks).part("test")
    return round(float(roc_auc_score(made.labels[:, 0], made.outputs[:, 0])), 3)


def _first(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop_duplicates("id")


def _median(values: pd.Series) -> float:
    return round(float(np.nanmedian(values)), 3)


def _figures(planted: Planted, table: pd.DataFrame) -> dict[str, Any]:
    first = _first(table)
    aurocs = {"shown": [], "all": []}  # type: dict[str, list[float]]
    for _, rows in table[table["score"].notna()].groupby("id", sort=False):
        right = planted.where(rows["input"].iloc[0])
        truth = [number - 1 in right for number in rows["number"]]
        if 0 < sum(truth) < len(truth):
            value = float(roc_auc_score(truth, rows["score"]))
            aurocs["all"].append(value)
            if rows["status"].iloc[0] == "ok":
                aurocs["shown"].append(value)
    return {
        "explained": len(first),
        "refused": round(float((first["status"] != "ok").mean()), 3),
        "auroc": round(float(np.mean(aurocs["shown"])), 3) if aurocs["shown"] else None,
        "auroc_5th_percentile": round(float(np.percentile(aurocs["shown"], 5)), 3)
        if aurocs["shown"]
        else None,
        "auroc_with_refused": round(float(np.mean(aurocs["all"])), 3),
        "agreement": _median(first["stability"]),
        "agreement_5th_percentile": round(float(np.nanpercentile(first["stability"], 5)), 3),
        "control": _median(first["control"]),
        "control_95th_percentile": round(float(np.nanpercentile(first["control"], 95)), 3),
    }


def summary(parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures over all parts."""
    molecules = [part for name, part in parts.items() if name != "motif"]
    found = {
        "planted_agreement_min": min(part["agreement"] for part in parts.values()),
        "planted_refused_max": max(part["refused"] for part in parts.values()),
        "shuffled_refused_min": min(part["shuffled_refused"] for part in parts.values()),
    }
    if molecules:
        found["planted_substructure_auroc"] = min(part["auroc"] or 0 for part in molecules)
    if "motif" in parts:
        found["planted_motif_auroc"] = parts["motif"]["auroc"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=[*SUBSTRUCTURES, "motif"], help="measure these alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with open(options.data / "moleculenet/lipo.csv", encoding="utf-8") as handle:
        smiles = sorted({row["smiles"] for row in csv.DictReader(handle)})
    results = Results(HERE / "explain.json", KEYS)
    for name in options.only or [*SUBSTRUCTURES, "motif"]:
        planted = motif() if name == "motif" else substructure(smiles, SUBSTRUCTURES[name])
        parts = results.values.get("parts", {}) | {name: measure(planted)}
        results.add(parts=parts, **summary(parts))


if __name__ == "__main__":
    main()
