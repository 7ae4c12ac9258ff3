"""The table of calls that the writers take, one row a call.

``start`` and ``end`` count from 1, both inclusive, the stop codon inside. A call that was read from a protein
without an annotation has no place: these two, ``contig`` and ``strand`` are gaps.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from riboswitch.errors import UsageError

COLUMNS = [
    "genome",
    "contig",
    "start",
    "end",
    "strand",
    "orf_id",
    "locus_tag",
    "drug_class",
    "probability",
    "q_value",
    "status",
    "novelty",
    "nearest_gene",
    "nearest_accession",
    "identity",
    "coverage",
    "antibiotics",
    "gene_length_aa",
    "reference_length_aa",
]
OPTIONAL = ["mechanism", "kind", "method", "flags", "subclass", "database", "input", "protein_id", "aro"]
CANDIDATE = "candidate"  # status of a row that does not meet all conditions of a call
Call = dict[str, Any]


def rows(calls: pd.DataFrame) -> list[Call]:
    """The calls as dicts with the keys `COLUMNS` and `OPTIONAL`; unknown values are None.

    Raises
    ------
    UsageError
        If the table lacks one of `COLUMNS`.
    """
    missing = [c for c in COLUMNS if c not in calls.columns]
    if missing:
        raise UsageError("the calls lack columns", found=", ".join(missing))
    records = calls.reindex(columns=[*COLUMNS, *OPTIONAL]).astype(object).to_dict("records")
    return [{str(k): None if v == "" or pd.isna(v) else v for k, v in r.items()} for r in records]
