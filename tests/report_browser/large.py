"""A large report: 5,000 hits against three isolates, made of the results of the default analysis.

Its compounds are training compounds of the task that ranks, and their predictions are drawn by chance. It
says nothing of any compound; it only has the size and the variety of a large list.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from reporting.results import write_library
from riboswitch.data.calls import Calls
from riboswitch.data.records import Records, rejection_table
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import read_parquet, write_parquet

ISOLATES = ("usa300", "o11", "third")
STATES = ("defeated", "reduced", "not_seen", "not_looked_at")


def large(results: Path, folder: Path, hits: int, seed: int = 0) -> list[str]:
    """Write a folder of results with so many hits; returns the options of its report."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for task in ("activity", "solubility"):
        shutil.copytree(
            results / task, folder / task, ignore=shutil.ignore_patterns("members", "features.npz")
        )
    for name, source in zip(ISOLATES, ("usa300", "o11", "o11"), strict=True):
        Calls.load(results / "genomes" / source / "calls.parquet").save(
            folder / "genomes" / name / "calls.parquet"
        )
    table = _compounds(results, hits, rng)
    panel = _panel(table, rng)
    states = panel.pivot(index="rank", columns="isolate", values="state")
    for state in STATES:
        table[f"{state}_in"] = (states == state).sum(axis=1).loc[table["rank"]].to_numpy()
    cells = panel.pivot(index="rank", columns="isolate", values="cell")
    for name in ISOLATES:
        table[f"isolate:{name}"] = cells.loc[table["rank"], name].to_numpy()
    write_parquet(table, folder / "compounds.parquet")
    table.drop(columns=["key", "duplicate_of", "raw_smiles"]).to_csv(folder / "hits.csv", index=False)
    panel.to_csv(folder / "panel.tsv", sep="\t", index=False)
    counts = {"read": hits, "accepted": hits, "rejected": 0, "by_code": {}}
    compromised = int(table["compromised"].sum())
    ranked = {"ranked": hits, "duplicates": 0, "compromised": compromised, "kept": hits}
    write_json(counts | ranked | {"settings": {"score_by": "activity"}}, folder / "counts.json")
    write_library(folder / "library", counts, rejection_table([]))
    return [word for name in ISOLATES for word in ("--isolates", name)]


def _compounds(results: Path, hits: int, rng: np.random.Generator) -> pd.DataFrame:
    """Compounds with the columns of a real ranking; each has a structure of its own."""
    known = Records.load(results / "activity" / "records.parquet").table.head(hits)
    soluble = Records.load(results / "solubility" / "records.parquet").table
    like, _ = read_parquet(results / "compounds.parquet")
    table = (
        like[like["evidence"] != ""].sample(len(known), replace=True, random_state=0).reset_index(drop=True)
    )
    score = np.sort(rng.random(len(known)))[::-1]
    new = {
        "rank": np.arange(1, len(known) + 1), "row": np.arange(1, len(known) + 1),
        "id": [f"MCULE-{number}" for number in rng.permutation(10**7)[: len(known)]],
        "name": "", "pref_name": "", "smiles": known["molecule"].to_numpy(),
        "raw_smiles": known["molecule"].to_numpy(),
        "key": known["id"].to_numpy(), "duplicate_of": "", "score": score, "activity.p_inhibits": score,
        "activity.nearest_training": rng.permutation(known["id"].to_numpy()),
        "activity.similarity": rng.random(len(known)).round(6),
        "solubility.SOL": rng.normal(-3, 1.5, len(known)).round(6),
        "solubility.nearest_training": rng.choice(soluble["id"].to_numpy(), len(known)),
        "solubility.similarity": rng.random(len(known)).round(6),
    }  # fmt: skip
    return table.assign(**new)


def _panel(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    words = {"defeated": "defeated by mecA", "reduced": "may be defeated by blaZ", "not_seen": "not seen",
             "not_looked_at": "not looked at"}  # fmt: skip
    rows = []
    for rank, name in zip(table["rank"], table["id"], strict=True):
        for isolate in ISOLATES:
            state = STATES[rng.integers(4)]
            gene = state in ("defeated", "reduced")
            rows.append({"rank": rank, "id": name, "name": "", "isolate": isolate, "state": state,
                         "cell": words[state], "by": words[state].rpartition(" ")[2] if gene else "",
                         "gene_class": "beta-lactam" if gene else "",
                         "locus": "ctg1:100-2106(+)" if gene else "", "basis": "",
                         "recognised": "ALLELE, identity 1.000, coverage 1.000" if gene else ""})  # fmt: skip
    return pd.DataFrame(rows)
