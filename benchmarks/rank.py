"""Memory and time of `riboswitch rank` on libraries of 1, 10 and 100 million rows with invented scores.

At a million rows the ranked library is compared with that of the plain ranking, all rows in memory.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from common import ACCURACY, ACCURACY_FIRST, HERE, Results, serve, worker

from riboswitch.data.calls import CALL_COLUMNS, MODEL_COLUMNS, Calls
from riboswitch.data.library import DUPLICATE_OF, FORMAT, Library
from riboswitch.data.library_part import part_path, save_table
from riboswitch.io.sealed import file_digest, write_sealed
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.screening.origin import Origin
from riboswitch.screening.scorefile import ScoreTable, open_scores
from riboswitch.steps.rank import rank

CLASSES = HERE / "../config/drug_classes.tsv"
PART_ROWS = 65_536
DRUGS = np.array(["", "tetracycline", "erythromycin", "ciprofloxacin", "linezolid"])
TASKS = {
    "activity": {"kind": "binary", "targets": ["active"], "classes": []},
    "solubility": {"kind": "regression", "targets": ["SOL"], "classes": []},
}
SETTINGS = '{"score_by": "activity", "filters": {"solubility": {"min": -6}}}'
MILLION = 10**6


def make(folder: Path, rows: int) -> None:
    """A prepared library without arrays, its scores in one file, and the calls of a genome."""
    library, parts = folder / "library", -(-rows // PART_ROWS)
    library.mkdir(parents=True)
    sizes = [min(PART_ROWS, rows - part * PART_ROWS) for part in range(parts)]
    (library / "rejected.tsv").write_text("row\tid\tinput\tcode\treason\thint\tstage\tsource\n")
    files = {"rejected.tsv": file_digest(library / "rejected.tsv")}
    for part, size in enumerate(sizes):
        table, arrays = (part_path(library, part, suffix) for suffix in ("parquet", "arrow"))
        save_table(_compounds(part, size), table)
        arrays.write_bytes(b"")  # rank reads no arrays
        files |= {path.name: file_digest(path) for path in (table, arrays)}
    header = {
        "format": FORMAT, "modality": "molecule", "components": ["molecule"], "encoder": {}, "reading": {},
        "duplicates": "mark", "duplicates_by": "smiles", "rows": sizes, "block_rows": 8192, "source": "made",
        "counts": {"read": rows, "accepted": rows, "rejected": 0, "by_code": {}}, "sha256": "",
        "files": files,
    }  # fmt: skip
    write_sealed(header, library / "library.json")
    models = {name: {"digest": "0" * 64, "task": task} for name, task in TASKS.items()}
    origin = Origin(Library.open(library).digest, "", models, "float32")
    with open_scores(folder / "scores.parquet", origin) as file:
        for part, size in enumerate(sizes):
            for start in range(0, size, 8192):
                file.write(_scores(part, start, min(8192, size - start)))
    _calls().save(folder / "calls.parquet")


def _calls() -> Calls:
    """One called gene, which defeats tetracyclines."""
    gene = dict.fromkeys(CALL_COLUMNS, "") | dict.fromkeys(("gene_length_aa", "reference_length_aa"), 300)
    gene |= dict.fromkeys(("identity", "coverage", *MODEL_COLUMNS), np.nan)
    gene |= {"status": "call", "contig": "c1", "start": 10, "end": 912, "strand": "-", "novelty": False,
             "drug_class": "tetracycline", "nearest_gene": "tet(X4)", "amr_class": "TETRACYCLINE",
             "subclass": "TIGECYCLINE", "kind": "gene"}  # fmt: skip
    counts = {"contigs": 1, "bases": 1000, "annotated_cds": 0, "calls": 1, "candidates": 0}
    about = {"genome": "made", "contigs": {"c1": 1000}, "settings": {"novel_below": 0.9}, "counts": counts}
    return Calls(pd.DataFrame([gene], columns=CALL_COLUMNS), about)


def _names(part: int, start: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    number = part * PART_ROWS + start + np.arange(rows)
    return (
        number + 1,
        np.char.add("Z", np.char.zfill(number.astype(str), 12)),
        np.random.default_rng(number[0]),
    )


def _compounds(part: int, rows: int) -> dict[str, pa.Array]:
    row, ids, draw = _names(part, 0, rows)
    smiles = np.char.add(np.char.add("CC(=O)Nc1ccc(S(=O)(=O)N2CCN(C", ids), ")CC2)cc1")
    repeats = np.where((draw.random(rows) < 0.01) & (row > 1), "Z000000000000", "")
    named = DRUGS[draw.choice(len(DRUGS), rows, p=[0.996, *[0.001] * 4])]
    return {
        "row": pa.array(row, pa.int64()), "id": pa.array(ids.tolist(), pa.string()),
        "molecule": pa.array(smiles.tolist()), "key": pa.array(smiles.tolist(), pa.string()),
        DUPLICATE_OF: pa.array(repeats.tolist(), pa.string()), "name": pa.array(named.tolist()),
        "raw_smiles": pa.array(smiles.tolist()),
    }  # fmt: skip


def _scores(part: int, start: int, rows: int) -> pd.DataFrame:
    row, ids, draw = _names(part, start, rows)
    table = pd.DataFrame({"row": row, "id": ids})
    values = {"activity.p_active": draw.beta(0.3, 6, rows), "activity.p_active_sd": draw.random(rows) / 10}
    flags = {"activity.in_training": draw.random(rows) < 1e-4, "activity.training_label": ""}
    numbers = {"solubility.SOL": draw.normal(-4, 1.5, rows), "solubility.SOL_sd": draw.random(rows)}
    made = {name: np.round(v, 6).astype(np.float32) for name, v in (values | numbers).items()}
    return table.assign(**made, **flags)


def command(folder: Path) -> list[str]:
    """The words of a rank of everything that `make` wrote."""
    return ["riboswitch", "rank", f"{folder}/library", f"{folder}/scores.parquet", "--calls",
            f"{folder}/calls.parquet", "--classes", str(CLASSES), "--settings", SETTINGS,
            "--hits", f"{folder}/hits.csv", "--compounds", f"{folder}/compounds.parquet"]  # fmt: skip


def same(folder: str) -> dict[str, Any]:
    """Whether the plain ranking gives the same ids in the same order, and the same list."""
    place = Path(folder)
    made = rank(Library.open(place / "library"), [ScoreTable.load(place / "scores.parquet")],
                Calls.load(place / "calls.parquet"), DrugClasses.load(CLASSES),
                {"score_by": "activity", "filters": {"solubility": {"min": -6}}})  # fmt: skip
    found = pd.read_parquet(place / "compounds.parquet", columns=["rank", "id", "score"])
    hits = pd.read_csv(place / "hits.csv", dtype={"id": "str"})
    equal = all(found[c].equals(made.compounds[c].astype(found[c].dtype)) for c in found)
    return {"same_order": bool(equal and hits["id"].tolist() == made.hits["id"].tolist())}


def measure(rows: int, where: Path) -> dict[str, Any]:
    """Peak memory, time and disk (MB of 10^6 bytes); at a million rows whether the order is the plain one."""
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = Path(name)
        worker("rank.py", "make", folder=name, rows=rows)
        taken = worker("peak.py", "peak", command=command(folder))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        key = f"{rows // MILLION}m"
        found = {"mb": taken["mb"], "seconds": round(taken["wall"]), "cpu_seconds": round(taken["cpu"]),
                 "disk_mb": round(size / 1e6)}  # fmt: skip
        found = {f"rank_{name}_{key}": value for name, value in found.items()}
        if rows <= MILLION:
            found |= worker("rank.py", "same", folder=name)
        return found


def _make(folder: str, rows: int) -> dict[str, Any]:
    make(Path(folder), rows)
    return {}


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10], help="rows of the libraries")
    parser.add_argument(
        "--where", type=Path, default=Path(tempfile.gettempdir()), help="for the files, which are removed"
    )
    parser.add_argument("--output", type=Path, default=ACCURACY)
    arguments = parser.parse_args()
    results = Results(arguments.output, ACCURACY_FIRST)
    for millions in arguments.millions:
        results.add(**measure(millions * MILLION, arguments.where))


if __name__ == "__main__":
    import sys

    if len(sys.argv) > 1 and sys.argv[1] in ("make", "same"):
        serve({"make": _make, "same": same})
    else:
        main()
