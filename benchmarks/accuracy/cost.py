"""What the base learners of a molecule bundle cost: CPU time a molecule, on one thread, in one process."""

from __future__ import annotations

import csv
import gzip
import shutil
import tempfile
from pathlib import Path
from typing import Any

from common import cpu_seconds

from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import screen

ROWS = 8192


def cost(source: Path, folder: Path) -> dict[str, Any]:
    """Microseconds a molecule of preparing and of screening, with descriptors and base learners and without.

    Parameters
    ----------
    source : Path
        A gzipped CSV with a column ``smiles``.
    folder : Path
        Of a data set whose models are made: repeat-0.safetensors and stack.safetensors.
    """
    records = Records.load(folder / "records.parquet")
    network = Model.load(folder / "repeat-0.safetensors")
    learners = Model.load(folder / "stack.safetensors", base_learners=True)
    stacked = ensemble([network, learners], records)
    found: dict[str, Any] = {"rows": ROWS, "training_rows": len(records)}
    with tempfile.TemporaryDirectory() as place:
        few = _first(source, Path(place) / "few.csv")
        for kind in ("none", "rdkit"):
            library = Path(place) / kind
            made: list[Any] = []

            def prepared(kind: str = kind, library: Path = library, made: list[Any] = made) -> None:
                shutil.rmtree(library, ignore_errors=True)
                made[:] = [prepare(few, library, encoder={"descriptors": kind}, duplicates_by="smiles")]

            found[f"prepare_us_{kind}"] = cpu_seconds(prepared) / ROWS * 1e6
        library_of_all = made[0]
        for name, model in {"network": network, "stack": stacked}.items():
            taken = cpu_seconds(lambda model=model: screen(library_of_all, model), 3)
            found[f"screen_us_{name}"] = taken / ROWS * 1e6
    return {key: round(value, 1) for key, value in found.items()}


def _first(source: Path, to: Path) -> Path:
    """The first rows of a file, SMILES only."""
    with gzip.open(source, "rt") as file, open(to, "w", newline="") as out:
        rows = csv.DictReader(file)
        writer = csv.writer(out)
        writer.writerow(["smiles"])
        for _, row in zip(range(ROWS), rows, strict=False):
            writer.writerow([row["smiles"]])
    return to
