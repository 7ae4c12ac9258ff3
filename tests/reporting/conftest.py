"""A folder of results."""

from __future__ import annotations

import pandas as pd
import pytest

from reporting.results import DIGEST, EVIL, GONE, called, compound, write_library, write_task
from riboswitch.data.records import rejection_table
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import write_parquet


@pytest.fixture
def folder(tmp_path):
    """Writes a whole folder of results, and returns it with the folder of data."""

    def write(compounds=None, genes=(), kept=50, tasks=("drug_class", "solubility")):
        results, data = tmp_path / "results", tmp_path / "data"
        lines = [compound(i) for i in range(1, 5)] if compounds is None else compounds
        table = pd.DataFrame(lines, columns=[*compound(1)] if not lines else None)
        table = table.astype({"compromised": bool})
        write_parquet(table, results / "compounds.parquet")
        table.head(kept).to_csv(results / "hits.csv", index=False)
        counts = {"read": len(table) + 1, "accepted": len(table), "rejected": 1, "by_code": {"BAD_SMILES": 1}}
        flagged = int(table["compromised"].sum())
        write_json(counts | {"ranked": len(table), "duplicates": 0, "compromised": flagged,
                             "kept": min(kept, len(table))}, results / "counts.json")  # fmt: skip
        rejected = rejection_table([GONE])
        write_library(results / "library", counts, rejected)
        for name in ("alpha", "beta"):
            called(list(genes)).save(results / "genomes" / name / "calls.parquet")
        for task in tasks:
            write_task(results / task, task, counts, rejected)
        source = {"source": "pypi:x==1", "licence": "CC0", "citation": EVIL, "sha256": DIGEST,
                  "files": {"a.csv": {"bytes": 1234, "sha256": DIGEST}}}  # fmt: skip
        write_json(source, data / "molecules" / "SOURCE.json")
        return results, data

    return write
