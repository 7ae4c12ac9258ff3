"""The six reading frames of a contig, and where a stretch of a frame lies on the contig."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import base_codes, codon_codes, genetic_code

NO_END = 10**9
"""Residues around a protein that is not at the end of a contig: more than any gene has."""


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

    def room(self, start: int, end: int) -> tuple[int, int]:
        """How many residues lie before and behind a stretch, up to the ends of the contig."""
        return start, len(self.protein) - end


@dataclass(frozen=True, slots=True)
class ProteinFrame(Frame):
    """A protein as a frame: its name is the contig, and places are counted in bases from its first codon.

    Attributes
    ----------
    open : str
        Ends that may lie beyond the contig: ``5'``, ``3'``, both or none.
    """

    open: str = ""

    @classmethod
    def of(cls, name: str, protein: str, open: str = "") -> ProteinFrame:
        """The frame of a protein; stops within it are ``*``."""
        return cls(name, "+", 0, "", protein, open)

    def room(self, start: int, end: int) -> tuple[int, int]:
        """As of a frame; without end where the protein is not at the end of its contig."""
        before, behind = start, len(self.protein) - end
        return before if "5'" in self.open else NO_END, behind if "3'" in self.open else NO_END


def on_contig(first: int, last: int, strand: str, length: int) -> tuple[int, int]:
    """First and last base on a contig of this length, of a stretch that is counted along its strand."""
    return (first, last) if strand == "+" else (length - last + 1, length - first + 1)


def six_frames(contig: str, sequence: str, table: int = 11) -> Iterator[Frame]:
    """The reading frames of both strands."""
    for strand, dna in (("+", sequence), ("-", reverse_complement(sequence))):
        residues = genetic_code(table).residues[codon_codes(base_codes(dna))]
        for shift in range(3):
            if shift < len(residues):
                yield Frame(contig, strand, shift, dna, residues[shift::3].tobytes().decode("ascii"))
