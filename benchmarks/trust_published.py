"""What the audit finds in splits as they were published."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
from trust import Bench

from riboswitch import audit, parse
from riboswitch.data.records import Records
from riboswitch.data.splits import Split

PROTEIN, DNA = {"alphabet": "protein"}, {"alphabet": "dna"}


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """The audit of each published split."""
    made = {name: found(bench) for name, found in SPLITS.items()}
    return {}, made


def _parsed(table: pd.DataFrame, path: Path, modality: str, reading: dict[str, Any]) -> Records:
    table.to_csv(path, index=False)
    return parse([{"paths": [path], "reading": reading}], modality)


def _summary(train: Records, test: Records | Split, **options: Any) -> dict[str, Any]:
    facts = audit(train, test, processes=2, **options).facts
    kinds = {k["kind"]: {"strongest": k["strongest"], "all": k["all"]} for k in facts["kinds"] if k["all"]}
    nearest = {name: part["median"] for name, part in facts["nearest"].items()}
    return {
        "light": facts["light"], "train_rows": facts["train"]["rows"], "test_rows": facts["test"]["rows"],
        "rejected": {side: facts[side]["rejected"] for side in ("train", "test")},
        "leaked": facts["leaked"], "kinds": kinds, "median_nearest": nearest, "labels": facts["labels"],
    }  # fmt: skip


def splice(bench: Bench) -> dict[str, Any]:
    """UCI splice: rows that repeat an earlier one, and a random quarter as test rows."""
    table = pd.read_csv(bench.data / "splice_uci/splice.csv", skipinitialspace=True)
    table.columns = [name.strip().lower() for name in table]
    table["sequence"] = table["sequence"].str.strip()
    rows = pd.DataFrame({"id": [f"w{n}" for n in range(len(table))], "sequence": table["sequence"],
                         "label": table["class"].str.strip()})  # fmt: skip
    records = _parsed(rows, bench.work / "splice.csv", "sequence", DNA)
    again = records.table["sequence"].duplicated()
    quarter = pd.Series(range(len(records))).sample(frac=0.25, random_state=0)
    part = ["test" if n in set(quarter) else "train" for n in range(len(records))]
    split = Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": part}))
    return _summary(records, split, targets=["label"]) | {"repeats_of_an_earlier_row": int(again.sum())}


def davis(bench: Bench) -> dict[str, Any]:
    """DeepDTA's Davis: the proteins of the test fold, and pairs that are one and the same input."""
    folder = bench.data / "davis_deepdta"
    proteins, drugs = (json.loads((folder / f"{n}.txt").read_text()) for n in ("proteins", "ligands_iso"))
    folds = json.loads((folder / "train_fold_setting1.txt").read_text())
    held = json.loads((folder / "test_fold_setting1.txt").read_text())
    # All pairs that were measured: in this version of the data these are all drugs with all proteins.
    pairs = [(drug, protein) for drug in drugs for protein in proteins]
    assert len(pairs) == sum(map(len, folds)) + len(held)
    sides = {"train": [pairs[n] for fold in folds for n in fold], "test": [pairs[n] for n in held]}
    records = []
    for name, rows in sides.items():
        table = pd.DataFrame({"id": [f"{name}{n}" for n in range(len(rows))],
                              "sequence": [proteins[p] for _, p in rows],
                              "input": [f"{drugs[d]} {proteins[p]}" for d, p in rows]})  # fmt: skip
        records.append(_parsed(table, bench.work / f"davis_{name}.csv", "sequence",
                               PROTEIN | {"input_column": "sequence", "id_column": "id"}))  # fmt: skip
    found = _summary(*records)
    inputs = [set(r.table["input"]) for r in records]
    same = int(records[1].table["input"].isin(inputs[0]).sum())
    return found | {"names": len(proteins), "different_sequences": len(set(proteins.values())),
                    "test_pairs_whose_drug_and_sequence_are_in_training": same}  # fmt: skip


def promoters(bench: Bench) -> dict[str, Any]:
    """Hernandez 2022: the set called independent, against the promoters and non-promoters of training."""
    folder = bench.data / "promoters_ecoli_hernandez2022"
    files = [folder / name for name in ("positive2860.txt", "negative2860.txt", "independent.txt")]
    records = []
    for name, paths in (("train", files[:2]), ("test", files[2:])):
        text = "".join(path.read_text() for path in paths)
        entries = [entry.split("\n", 1) for entry in text.split(">")[1:]]
        table = pd.DataFrame({"id": [f"{name}{n}" for n in range(len(entries))],
                              "sequence": ["".join(body.split()) for _, body in entries]})  # fmt: skip
        records.append(_parsed(table, bench.work / f"promoters_{name}.csv", "sequence", DNA))
    return _summary(*records)


def structures(bench: Bench) -> dict[str, Any]:
    """CB513 against CB6133 filtered, of which proteins with 25 % identity to it were taken out."""
    folder = bench.data / "structure_cu_ssp"
    records = []
    for name in ("cb6133filtered", "cb513"):
        table = pd.read_csv(folder / f"{name}.npy.csv")[["id", "input", "expected"]]
        table["id"] = [f"{name}-{n}" for n in table["id"]]
        table = table.rename(columns={"input": "sequence", "expected": "label"})
        records.append(_parsed(table, bench.work / f"{name}.csv", "sequence", PROTEIN | {"id_column": "id"}))
    return _summary(*records, targets=["label"])


def flip(bench: Bench) -> dict[str, Any]:
    """FLIP's secondary structure, its split called sampled."""
    with zipfile.ZipFile(bench.data / "structure_flip/splits.zip") as archive:
        sequences = archive.read("splits/sequences.fasta").decode()
        chosen = archive.read("splits/sampled.fasta").decode()
    of = {head.split()[0]: "".join(body.split()) for head, body in _entries(sequences)}
    sides = {"train": [], "test": []}
    for head, _ in _entries(chosen):
        side = "test" if "SET=test" in head else "train"
        sides[side].append(head.split()[0])
    records = [
        _parsed(pd.DataFrame({"id": ids, "sequence": [of[i] for i in ids]}), bench.work / f"flip_{name}.csv",
                "sequence", PROTEIN)
        for name, ids in sides.items()
    ]  # fmt: skip
    return _summary(*records)


def _entries(text: str) -> list[tuple[str, str]]:
    return [tuple(entry.split("\n", 1)) for entry in text.split(">")[1:]]  # type: ignore[misc]


def reversal(bench: Bench) -> dict[str, Any]:
    """GPCR pairs whose labels are reversed by drug: the molecules and the proteins of the test pairs."""
    read: dict[str, list[list[str]]] = {}
    for name in ("train", "test"):
        with gzip.open(bench.data / f"pairs_gpcr_reversal/GPCR_{name}.txt.gz", "rt") as file:
            read[name] = [line.split() for line in file if line.strip()]
    found = {}
    for modality, column, reading in (("molecule", 0, {}), ("sequence", 1, PROTEIN)):
        records = []
        for name, rows in read.items():
            values = list(dict.fromkeys(row[column] for row in rows))
            heading = "smiles" if modality == "molecule" else "sequence"
            table = pd.DataFrame({"id": [f"{name}{n}" for n in range(len(values))], heading: values})
            records.append(_parsed(table, bench.work / f"gpcr_{modality}_{name}.csv", modality, reading))
        found[modality] = _summary(*records)
    return found


def stokes(bench: Bench) -> dict[str, Any]:
    """Stokes 2020: the library that was screened, against the training molecules."""
    folder = bench.data / "ecoli_stokes2020"
    names = ("data_ecoli.csv", "data_broad_repurposing_library.csv")
    return _summary(*(parse([{"paths": [folder / name]}], "molecule") for name in names))


SPLITS = {
    "splice_uci": splice, "davis_deepdta": davis, "promoters_ecoli_hernandez2022": promoters,
    "structure_cu_ssp": structures, "structure_flip": flip, "pairs_gpcr_reversal": reversal,
    "ecoli_stokes2020": stokes,
}  # fmt: skip
