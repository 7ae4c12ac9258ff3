"""CPU time and memory of the audit of 10,000 against 100,000 rows, as commands with two processes."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from common import worker
from resistance_planted import Planter
from trust import Bench

TRAIN, TEST = 100_000, 10_000
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
GENE = 330  # residues, as bacterial genes have on average


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """CPU seconds of all processes, and the memory of the largest one."""
    files = {"molecule": _molecules(bench), "sequence": _genes(bench)}
    return {}, {modality: _cost(modality, *paths) for modality, paths in files.items()}


def _cost(modality: str, train: Path, test: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "riboswitch", "audit", str(train), str(test), f"--modality={modality}",
               "--only-report", "--processes=2"]  # fmt: skip
    taken = worker("peak.py", "peak", command=command)
    return {"train": TRAIN, "test": TEST, "processes": 2, "cpu": taken["cpu"], "mb": taken["mb"]}


def _molecules(bench: Bench) -> tuple[Path, Path]:
    """Compounds of MUV and HIV."""
    folder = bench.data / "moleculenet"
    smiles = [*pd.read_csv(folder / "muv.csv.gz")["smiles"], *pd.read_csv(folder / "hiv.csv.gz")["smiles"]]
    random.Random(0).shuffle(smiles)
    paths = bench.work / "cost_train.smi", bench.work / "cost_test.smi"
    for path, some in zip(paths, (smiles[:TRAIN], smiles[TRAIN : TRAIN + TEST]), strict=True):
        path.write_text("".join(f"{s} c{n}\n" for n, s in enumerate(some)))
    return paths


def _genes(bench: Bench) -> tuple[Path, Path]:
    """Genes of random proteins in random codons, a tenth of the test genes of proteins of training."""
    planter = Planter(0)
    proteins = ["M" + "".join(planter.random.choices(RESIDUES, k=GENE)) for _ in range(TRAIN)]
    tested = ["M" + "".join(planter.random.choices(RESIDUES, k=GENE)) for _ in range(TEST)]
    tested[: TEST // 10] = proteins[: TEST // 10]
    paths = bench.work / "cost_train.fasta", bench.work / "cost_test.fasta"
    for path, some in zip(paths, (proteins, tested), strict=True):
        path.write_text("".join(f">g{n}\n{planter.coding(p)}\n" for n, p in enumerate(some)))
    return paths
