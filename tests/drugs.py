"""The drugs of tests/data/drugs.smi, in its order."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parent / "data/drugs.smi"
DRUGS = [line.split("\t")[0] for line in FILE.read_text("utf-8").splitlines()]
"""Their SMILES."""
