"""The files in which others read the calls of a genome: calls.tsv, calls.gff3 and calls.bed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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

CALL_FILES = ("calls.tsv", "calls.gff3", "calls.bed")

MUTATIONS = ("MUTATION", "MUTATION_DNA")
"""Methods of calls that are a change of a place, not a gene."""


def write_call_files(
    calls: pd.DataFrame,
    folder: str | Path,
    *,
    database: str,
    database_version: str,
    contigs: Mapping[str, int],
) -> None:
    """Write calls.tsv (hAMRonization, without candidates), calls.gff3 and calls.bed.

    Parameters
    ----------
    calls : DataFrame
        The columns `call_columns.COLUMNS`, and ``mechanism`` if it is known.
    folder : path
    database, database_version : str
        See `write_hamronization`.
    contigs : mapping of str to int
        Length of each contig.
    """
    table, tracks, places = (Path(folder) / name for name in CALL_FILES)
    confident = calls[calls["status"] != CANDIDATE]
    write_hamronization(confident, table, database=database, database_version=database_version)
    write_gff3(calls, tracks, contig_lengths=contigs)
    write_bed(calls, places, contig_lengths=contigs)


def write_gff3(
    calls: pd.DataFrame, path: str | Path, *, contig_lengths: Mapping[str, int] | None = None
) -> None:
    """Write GFF3, its score the probability: a call is a ``CDS``, a candidate only an ``ORF`` (grey).

    A mutation is a ``sequence_alteration``. Each feature has an ID of its own: of several at one place, as
    mutations of one codon, all but the first get a number. A contig over whose end a call goes is marked as
    circular. Calls without a place are left out, for these formats hold places; so in `write_bed`.

    Parameters
    ----------
    calls : DataFrame
        The columns `call_columns.COLUMNS`.
    path : path
    contig_lengths : mapping, optional
        Length of each contig, for the ``##sequence-region`` lines; left out without it.
    """
    placed, lengths = _with_place(calls), contig_lengths or {}
    over = {call["contig"] for call in placed if call["end"] > lengths.get(call["contig"], call["end"])}
    head = [gff3.VERSION]
    for name, length in lengths.items():
        head.append(gff3.region(name, length))
        if name in over:
            circular = {"ID": gff3.region_id(name), "Is_circular": True}
            head.append(gff3.line(name, "region", 1, length, circular, strand="+"))
    seen: Counter[str] = Counter()
    lines = []
    for call in placed:
        seen[call["orf_id"]] += 1
        number = seen[call["orf_id"]]
        lines.append(_gff3_line(call, f"{call['orf_id']}{f'-{number}' if number > 1 else ''}"))
    with atomic_path(path) as temporary:
        temporary.write_text("".join([*head, *lines]), "utf-8")


def write_bed(
    calls: pd.DataFrame, path: str | Path, *, contig_lengths: Mapping[str, int] | None = None
) -> None:
    """Write BED9: the score is 1000 times the probability, the name gene and class.

    A candidate's name ends in ``|candidate``; it is drawn thin (its thick part is empty) and grey. A call
    over the origin of a circular contig has two lines, if the lengths of the contigs are known.
    """
    lengths = contig_lengths or {}
    lines = [line for call in _with_place(calls) for line in _bed_lines(call, lengths)]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), "utf-8")


def _with_place(calls: pd.DataFrame) -> list[Call]:
    return [call for call in rows(calls) if call["contig"] is not None]


def _gff3_line(call: Call, name: str) -> str:
    """One call; genome browsers draw it in its ``color``."""
    is_call = call["status"] != CANDIDATE
    kind = "sequence_alteration" if call["method"] in MUTATIONS else "CDS" if is_call else "ORF"
    attributes = {"ID": name, "Name": call["nearest_gene"]} | {n: call[n] for n in ATTRIBUTES}
    attributes["color"] = "#{:02x}{:02x}{:02x}".format(*(CALL_COLOUR if is_call else CANDIDATE_COLOUR))
    return gff3.line(
        str(call["contig"]), kind, call["start"], call["end"], attributes,
        score=call["probability"], strand=call["strand"], phase="0" if kind == "CDS" else ".",
    )  # fmt: skip


def _bed_lines(call: Call, lengths: Mapping[str, int]) -> Iterator[str]:
    is_call = call["status"] != CANDIDATE
    words = [str(call[c]) for c in ("nearest_gene", "drug_class") if call[c] is not None]
    name = "|".join([*(words or [str(call["orf_id"])]), *([] if is_call else [CANDIDATE])])
    first, last, length = call["start"] - 1, call["end"], lengths.get(call["contig"], call["end"])
    for start, end in [(first, last)] if last <= length else [(first, length), (0, last - length)]:
        thick_end, colour = (end, CALL_COLOUR) if is_call else (start, CANDIDATE_COLOUR)
        yield bed.line(call["contig"], start, end, name, call["probability"] or 0, call["strand"],
                       start, thick_end, ",".join(map(str, colour)))  # fmt: skip
