"""GFF3: calls, and segments of what a model says along a genome.

Specification: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from riboswitch.io.files import atomic_path
from riboswitch.tracks.segments import Segment
from riboswitch.tracks.table import CALL_COLOUR, CANDIDATE, CANDIDATE_COLOUR, SOFTWARE, Call, rows, text

TOLD = [
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
]
# All but these must be escaped in a contig's name, and these in a value.
UNSAFE_IN_ID = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
UNSAFE_IN_VALUE = re.compile(r"[\x00-\x1f\x7f%;=&,]")


def write_gff3(
    calls: pd.DataFrame, path: str | Path, *, contig_lengths: Mapping[str, int] | None = None
) -> None:
    """Write GFF3, its score the probability: a call is a ``CDS``, a candidate only an ``ORF`` (grey).

    Parameters
    ----------
    calls : DataFrame
        The columns `table.COLUMNS`.
    path : path
    contig_lengths : mapping, optional
        Length of each contig, for the ``##sequence-region`` lines; left out without it.
    """
    lines = [call_line(call) for call in rows(calls)]
    with atomic_path(path) as temporary:
        temporary.write_text(header(contig_lengths or {}) + "".join(lines), "utf-8")


def header(contig_lengths: Mapping[str, int]) -> str:
    """The first lines of a file."""
    regions = [f"##sequence-region {seqid(c)} 1 {n}\n" for c, n in contig_lengths.items()]
    return "".join(["##gff-version 3\n", *regions])


def call_line(call: Call) -> str:
    """One call; ``color`` is what IGV and JBrowse draw it in."""
    surely = call["status"] != CANDIDATE
    told = {"ID": call["orf_id"], "Name": call["nearest_gene"]} | {name: call[name] for name in TOLD}
    told["color"] = "#{:02x}{:02x}{:02x}".format(*(CALL_COLOUR if surely else CANDIDATE_COLOUR))
    score = "." if call["probability"] is None else text(call["probability"])
    cells = ["CDS" if surely else "ORF", str(call["start"]), str(call["end"]), score, call["strand"]]
    return _line(call["contig"], [*cells, "0" if surely else "."], told)


def segment_line(segment: Segment, number: int) -> str:
    """One segment, its score the mean value."""
    told = {"ID": f"segment_{number}", "Name": segment.label}
    cells = [str(segment.start + 1), str(segment.end), text(segment.mean), segment.strand]
    return _line(segment.contig, ["sequence_feature", *cells, "."], told)


def _line(contig: object, cells: list[str], told: Mapping[str, object]) -> str:
    attributes = ";".join(
        f"{name}={_quoted(text(value), UNSAFE_IN_VALUE)}" for name, value in told.items() if value is not None
    )
    return "\t".join([seqid(str(contig)), SOFTWARE, *cells, attributes]) + "\n"


def seqid(contig: str) -> str:
    """A contig's name as the first column has it."""
    return _quoted(contig, UNSAFE_IN_ID)


def _quoted(text: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(lambda m: "".join(f"%{byte:02X}" for byte in m.group().encode()), text)
