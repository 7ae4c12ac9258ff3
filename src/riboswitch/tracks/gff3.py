"""Lines of GFF3.

Specification: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from riboswitch.tracks.cells import SOFTWARE, text

VERSION = "##gff-version 3\n"
"""The first line of a file."""

# What is escaped: in the name of a contig all other characters; in the value of an attribute these, and with
# them all that any program takes for the end of a line.
UNSAFE_IN_ID = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
UNSAFE_IN_VALUE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029%;=&,]")


def header(contig_lengths: Mapping[str, int]) -> str:
    """The first lines of a file: the version, and the length of each contig."""
    return VERSION + "".join(region(name, length) for name, length in contig_lengths.items())


def region(contig: str, length: int) -> str:
    """The line that gives the length of a contig."""
    return f"##sequence-region {_escaped(contig, UNSAFE_IN_ID)} 1 {length}\n"


def region_id(contig: str) -> str:
    """The ID of the feature that is a whole contig.

    It cannot be that of a gene or call, which end in a number or a strand, however contigs are named.
    """
    return f"{contig}:region"


def line(
    contig: str,
    kind: str,
    start: int,
    end: int,
    attributes: Mapping[str, object],
    *,
    score: float | None = None,
    strand: str = ".",
    phase: str = ".",
) -> str:
    """One feature.

    Parameters
    ----------
    contig : str
    kind : str
        Term of the Sequence Ontology, as ``CDS``.
    start, end : int
        From 1, both inclusive. On a circular contig ``end`` may pass the contig's length.
    attributes : mapping
        Values that are None are left out.
    score : float, optional
    strand : {"+", "-", "."}
    phase : {"0", "1", "2", "."}
        Bases before the first whole codon of a CDS.
    """
    pairs = [f"{name}={_escaped(text(value), UNSAFE_IN_VALUE)}" for name, value in attributes.items()
             if value is not None]  # fmt: skip
    shown = "." if score is None else text(score)
    cells = [_escaped(contig, UNSAFE_IN_ID), SOFTWARE, kind, str(start), str(end), shown, strand, phase]
    return "\t".join([*cells, ";".join(pairs)]) + "\n"


def _escaped(value: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(lambda m: "".join(f"%{byte:02X}" for byte in m.group().encode()), value)
