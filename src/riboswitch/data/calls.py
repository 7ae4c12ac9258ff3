"""Calls: the genes that were recognised in a genome, their scores, and counts of everything examined."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.config.schemas import COUNT, NAME, NAMES, Schema, mismatch, named, record
from riboswitch.errors import InputError
from riboswitch.io.parquet import (
    NUMBER_OR_GAP,
    TEXT,
    TRUTH,
    WHOLE,
    check_columns,
    read_parquet,
    write_parquet,
)

CALL_COLUMNS = [
    "genome", "orf_id", "contig", "start", "end", "strand", "partial", "locus_tag", "status", "drug_class",
    "probability", "probability_sd", "nearest_gene", "nearest_accession", "nearest_class", "identity",
    "coverage", "query_coverage", "novelty", "score", "q_value", "decoys_above", "phenotype_classes",
    "antibiotics", "mechanism", "pmid", "gene_length_aa", "reference_length_aa", "why", "kind", "method",
    "flags", "family", "amr_class", "subclass", "also", "database",
    "input", "protein_id", "aro", "aro_name", "aro_drugs",
]  # fmt: skip
FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SCAN_AGAIN = "riboswitch scan writes it: scan again."
STATES = ("call", "candidate")

_WHOLE = ("gene_length_aa", "reference_length_aa")
_PLACE = ("start", "end")  # gaps for a protein without a place
MODEL_COLUMNS = ("probability", "probability_sd", "score", "q_value", "decoys_above", "query_coverage")
"""Numbers of frames that resemble a known gene: gaps elsewhere, and the probability without a model."""
_GAPS = (*_PLACE, "identity", "coverage", *MODEL_COLUMNS)  # identity: a candidate that no known gene is near
KINDS = (
    dict.fromkeys(CALL_COLUMNS, TEXT)
    | dict.fromkeys(_WHOLE, WHOLE)
    | dict.fromkeys(_GAPS, NUMBER_OR_GAP)
    | {"novelty": TRUTH}
)
_COUNTED = ("contigs", "bases", "annotated_cds", "calls", "candidates")
_SCORED = ("orfs", "decoys", "with_homology", "decoys_with_homology")
"""Counts of the frames that were compared with known genes; there are none where that was not done."""
_ABOVE = ("network_alone_above", "decoys_network_alone_above")
META: Schema = record({
    "genome": NAME,
    "contigs": named(COUNT),
    "settings": {"type": "object", "required": ["novel_below"], "properties": {"novel_below": FRACTION}},
    "counts": {
        "type": "object",
        "required": [*_COUNTED],
        "properties": dict.fromkeys((*_COUNTED, *_SCORED), COUNT) | dict.fromkeys(_ABOVE, named(COUNT)),
        "dependentRequired": {name: [*_SCORED, *_ABOVE] for name in (*_SCORED, *_ABOVE)},
    },
}, {
    "circular": NAMES,
    "taxon": {"type": ["string", "null"]},
    "species": {"type": "object", "required": ["state", "says", "contradiction"]},
    "database": {"type": "string"},
    "loci": named({"type": "array", "items": NAME}),
    "no_hmms": {"type": "string"},
})  # fmt: skip


@dataclass
class Calls:
    """Calls and candidates of one genome.

    Attributes
    ----------
    table : DataFrame
        `CALL_COLUMNS`; coordinates are 1-based and inclusive, stop codon included; past the origin of a
        circular contig they go on counting. ``status`` is ``call`` or ``candidate`` (never used in the join).
        ``kind`` is ``gene``, ``mutation``, ``loss`` (of a protein whose loss matters) or ``similar`` (a frame
        that only resembles a known gene). ``method`` says how it was recognised, ``flags`` what is wrong with
        it, separated by commas. ``family`` is the node of the gene hierarchy; ``amr_class`` and ``subclass``
        are the database's words, ``LINCOSAMIDE/OXAZOLIDINONE``; ``also`` are names of the same protein in
        other databases; ``database`` is where the reference comes from, empty for records. ``input`` is
        ``DNA`` or ``protein``. A protein without an annotation has no contig, start, end and strand.
    meta : dict
        JSON values: the genome and its contigs, thresholds, and counts of everything examined. ``counts``
        has no ``orfs`` if frames that only resemble a known gene were not looked for.
    """

    table: pd.DataFrame
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def looked_for_similar(self) -> bool:
        """Whether frames that only resemble a known gene were looked for."""
        return "orfs" in self.meta.get("counts", {})

    @property
    def confident(self) -> pd.DataFrame:
        """Rows with the status ``call``."""
        return self.table[self.table["status"] == "call"].reset_index(drop=True)

    @property
    def candidates(self) -> pd.DataFrame:
        """Rows with the status ``candidate``."""
        return self.table[self.table["status"] == "candidate"].reset_index(drop=True)

    def save(self, path: str | Path) -> None:
        """Write Parquet."""
        write_parquet(self.table[CALL_COLUMNS], path, self.meta)

    @classmethod
    def load(cls, path: str | Path) -> Calls:
        """Read a file that `save` wrote.

        Raises
        ------
        InputError
            If it is not a table of calls, or a column, a value or the header is not as `scan` writes it.
        """
        table, meta = read_parquet(path)
        where = str(path)
        if not set(CALL_COLUMNS) <= set(table):
            raise InputError("not a table of calls", where=where, hint="riboswitch scan writes one.")
        check_columns(table, KINDS, where, SCAN_AGAIN)
        if problem := _header_problem(meta):
            raise InputError("not the header of calls", where=where, found=problem, hint=SCAN_AGAIN)
        table = _with_places(table, where)
        _check_values(table, meta, where)
        return cls(table, meta)


def _header_problem(meta: dict[str, Any]) -> str:
    """What is wrong with the header of a file; calls that another program wrote have none."""
    if not meta:
        return ""
    if problem := mismatch(meta, META):
        return problem
    frames, decoys = (meta["counts"].get(name, {}).keys() for name in _ABOVE)
    return "" if frames == decoys else f"counts: {_ABOVE[0]} and {_ABOVE[1]} differ in their keys"


def _with_places(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Starts and ends as whole numbers, which a column with gaps does not hold when it is read."""
    places = table[[*_PLACE]].apply(pd.to_numeric)
    for name in _PLACE:
        if not (places[name].isna() | (places[name] % 1 == 0)).all():
            raise InputError(f"the column {name!r} must hold whole numbers", where=where, hint=SCAN_AGAIN)
    gaps = places.isna().any(axis=None)
    return table.assign(**places.astype("Int64" if gaps else "int64"))


def _check_values(table: pd.DataFrame, meta: dict[str, Any], where: str) -> None:
    nowhere = table["contig"] == ""
    placed = (table["start"] >= 1) & (table["start"] <= table["end"])
    sound = {
        "status": table["status"].isin(STATES),
        "start": placed.fillna(False).astype(bool) | (nowhere & table["start"].isna() & table["end"].isna()),
        "probability": table["probability"].isna() | table["probability"].between(0, 1),
    }
    if meta:
        sound["contig"] = table["contig"].isin(meta["contigs"]) | nowhere
    for name, rows in sound.items():
        if len(table) and not rows.all():
            row = int((~rows).to_numpy().argmax())
            raise InputError(f"not a {name} of a call", where=f"{where} row {row + 1}",
                             found=table[name].iloc[row], hint=SCAN_AGAIN)  # fmt: skip
