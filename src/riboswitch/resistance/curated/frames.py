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
        first, last = self.shift + 3 * start + 1, self.shift + 3 * end
        if self.strand == "-":
            first, last = len(self.dna) - last + 1, len(self.dna) - first + 1
        return first, last


def six_frames(contig: str, sequence: str, table: int = 11) -> Iterator[Frame]:
    """The reading frames of both strands."""
    for strand, dna in (("+", sequence), ("-", reverse_complement(sequence))):
        for shift in range(3):
            codons = (len(dna) - shift) // 3
            if codons > 0:
                yield Frame(contig, strand, shift, dna, translate(dna[shift : shift + 3 * codons], table))
