"""The files in which others read the calls of a genome: calls.tsv, calls.gff3 and calls.bed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from riboswitch.io.atomic_files import atomic_path
from riboswitch.tracks import bed, gff3
from riboswitch.tracks.call_columns import CANDIDATE, Call, rows
from riboswitch.tracks.hamronization import write_hamronization

CALL_COLOUR, CANDIDATE_COLOUR = (178, 24, 43), (150, 150, 150)
ATTRIBUTES = ("locus_tag", "protein_id", "drug_class", "probability", "q_value", "status", "novelty",
              "nearest_gene", "nearest_accession", "identity", "coverage")  # fmt: skip
"""Columns of a call that are attributes in GFF3."""


def write_call_files(
    calls: pd.DataFrame, folder: str | Path, *, database: str, database_version: str
) -> None:
    """Write calls.tsv (hAMRonization, without candidates), calls.gff3 and calls.bed.

    Parameters
    ----------
    calls : DataFrame
        The columns `call_columns.COLUMNS`, and ``mechanism`` if it is known.
    folder : path
    database, database_version : str
        See `write_hamronization`.
    """
    folder = Path(folder)
    confident = calls[calls["status"] != CANDIDATE]
    write_hamronization(confident, folder / "calls.tsv", database=database, database_version=database_version)
    write_gff3(calls, folder / "calls.gff3")
    write_bed(calls, folder / "calls.bed")


def write_gff3(
    calls: pd.DataFrame, path: str | Path, *, contig_lengths: Mapping[str, int] | None = None
) -> None:
    """Write GFF3, its score the probability: a call is a ``CDS``, a candidate only an ``ORF`` (grey).

    Calls without a place are left out, for these formats hold places; so in `write_bed`.

    Parameters
    ----------
    calls : DataFrame
        The columns `call_columns.COLUMNS`.
    path : path
    contig_lengths : mapping, optional
        Length of each contig, for the ``##sequence-region`` lines; left out without it.
    """
    lines = [_gff3_line(call) for call in _with_place(calls)]
    with atomic_path(path) as temporary:
        temporary.write_text(gff3.header(contig_lengths or {}) + "".join(lines), "utf-8")


def write_bed(calls: pd.DataFrame, path: str | Path) -> None:
    """Write BED9: the score is 1000 times the probability, the name gene and class.

    A candidate's name ends in ``|candidate``; it is drawn thin (its thick part is empty) and grey.
    """
    lines = [_bed_line(call) for call in _with_place(calls)]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), "utf-8")


def _with_place(calls: pd.DataFrame) -> list[Call]:
    return [call for call in rows(calls) if call["contig"] is not None]


def _gff3_line(call: Call) -> str:
    """One call; genome browsers draw it in its ``color``."""
    is_call = call["status"] != CANDIDATE
    attributes = {"ID": call["orf_id"], "Name": call["nearest_gene"]} | {n: call[n] for n in ATTRIBUTES}
    attributes["color"] = "#{:02x}{:02x}{:02x}".format(*(CALL_COLOUR if is_call else CANDIDATE_COLOUR))
    return gff3.line(
        str(call["contig"]), "CDS" if is_call else "ORF", call["start"], call["end"], attributes,
        score=call["probability"], strand=call["strand"], phase="0" if is_call else ".",
    )  # fmt: skip


def _bed_line(call: Call) -> str:
    is_call = call["status"] != CANDIDATE
    words = [str(call[c]) for c in ("nearest_gene", "drug_class") if call[c] is not None]
    name = "|".join([*(words or [str(call["orf_id"])]), *([] if is_call else [CANDIDATE])])
    start, end = call["start"] - 1, call["end"]
    thick_end, colour = (end, CALL_COLOUR) if is_call else (start, CANDIDATE_COLOUR)
    return bed.line(call["contig"], start, end, name, call["probability"] or 0, call["strand"],
                    start, thick_end, ",".join(map(str, colour)))  # fmt: skip
