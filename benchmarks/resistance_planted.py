"""Genes of the database in DNA of our own: codons and spacers are drawn with a seed."""

from __future__ import annotations

import random

from riboswitch.bio.genome import Genome

CODONS = {
    "A": "GCT GCC GCA GCG", "C": "TGT TGC", "D": "GAT GAC", "E": "GAA GAG", "F": "TTT TTC",
    "G": "GGT GGC GGA GGG", "H": "CAT CAC", "I": "ATT ATC ATA", "K": "AAA AAG",
    "L": "TTA TTG CTT CTC CTA CTG", "M": "ATG", "N": "AAT AAC", "P": "CCT CCC CCA CCG", "Q": "CAA CAG",
    "R": "CGT CGC CGA CGG AGA AGG", "S": "TCT TCC TCA TCG AGT AGC", "T": "ACT ACC ACA ACG",
    "V": "GTT GTC GTA GTG", "W": "TGG", "Y": "TAT TAC", "*": "TAA TAG TGA", "U": "TGA", "X": "NNN",
    "B": "RAY", "Z": "SAR", "J": "YTN",
}  # fmt: skip
STOPS = "TAATTAATTAA"  # a stop in each frame: what stands before a gene does not belong to it


class Planter:
    """Draws codons and spacers; equal seeds draw equal ones."""

    def __init__(self, seed: int | str):
        self.random = random.Random(seed)

    def coding(self, protein: str, stop: str = "TAA") -> str:
        """Codons of a protein, and a stop codon."""
        return "".join(self.random.choice(CODONS[residue].split()) for residue in protein) + stop

    def spacer(self, length: int) -> str:
        """Random DNA that ends with a stop in each frame."""
        return "".join(self.random.choices("ACGT", k=length - len(STOPS))) + STOPS

    def between(self, dna: str, before: int = 400, after: int = 400) -> str:
        """DNA between two spacers."""
        return self.spacer(before) + dna + STOPS + "".join(self.random.choices("ACGT", k=after))


def genome_of(contigs: dict[str, str], circular: frozenset[str] = frozenset()) -> Genome:
    """A genome without annotation."""
    return Genome(contigs, source="planted", circular=set(circular))
