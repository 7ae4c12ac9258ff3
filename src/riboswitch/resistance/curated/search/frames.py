"""The six reading frames of a contig, and where a stretch of a frame lies on the contig."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate


@dataclass(frozen=True, slots=True)
class Frame:
    """One reading frame.

    Attributes
    ----------
    contig : str
    strand : {"+", "-"}
    shift : int
        Bases before the first codon: 0, 1 or 2.
    dna : str
        The contig, reverse-complemented for the strand ``-``.
    protein : str
        All codons translated, stops as ``*``.
    """

    contig: str
    strand: str
    shift: int
    dna: str
    protein: str

    def place(self, start: int, end: int) -> tuple[int, int]:
        """First and last base on the contig, from 1, of the residues from ``start`` up to ``end``."""
        return on_contig(self.shift + 3 * start + 1, self.shift + 3 * end, self.strand, len(self.dna))


def on_contig(first: int, last: int, strand: str, length: int) -> tuple[int, int]:
    """First and last base on a contig of this length, of a stretch that is counted along its strand."""
    return (first, last) if strand == "+" else (length - last + 1, length - first + 1)


def six_frames(contig: str, sequence: str, table: int = 11) -> Iterator[Frame]:
    """The reading frames of both strands."""
    for strand, dna in (("+", sequence), ("-", reverse_complement(sequence))):
        for shift in range(3):
            codons = (len(dna) - shift) // 3
            if codons > 0:
                yield Frame(contig, strand, shift, dna, translate(dna[shift : shift + 3 * codons], table))
