"""What genes are like in bacteria at large: which codons they use at a GC content.

A genome that is too short to learn from is read with these codons alone. They are also where learning begins,
and count as some more codons while it goes on. The table holds, for each codon, the logarithm of its
frequency at 50 % GC and how much that changes with GC (as in MetaGene: Noguchi et al., Nucleic Acids Res.
2006, 34, 5623). benchmarks/general_codons.py derives it, and names the genomes.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np

from riboswitch.bio.codons import base_codes, codon_codes, genetic_code

TABLE = "general_codons.tsv"
NO_CODON = 1e-6  # frequency of a stop codon inside of a gene


def general_words(gc: float, table: int) -> np.ndarray:
    """Probabilities of words of six bases in genes, by the position in a codon that they end at.

    Parameters
    ----------
    gc : float
        GC content, from 0 to 1.
    table : int
        NCBI translation table; its stop codons are not in genes.

    Returns
    -------
    ndarray
        Shape (3, 4097); the last word is the unknown one.
    """
    at_half, change = _codons()
    frequency = np.exp(at_half + change * (gc - 0.5))
    frequency[genetic_code(table).stops[:64]] = NO_CODON
    codon = (frequency / frequency.sum()).reshape(4, 4, 4)
    words = np.stack([
        np.einsum("ab,cde,f->abcdef", codon.sum(0), codon, codon.sum((1, 2))),
        np.einsum("a,bcd,ef->abcdef", codon.sum((0, 1)), codon, codon.sum(2)),
        np.einsum("abc,def->abcdef", codon, codon),
    ])  # fmt: skip
    return np.pad(words.reshape(3, -1), ((0, 0), (0, 1)))


@lru_cache
def _codons() -> tuple[np.ndarray, np.ndarray]:
    lines = (resources.files(__package__) / TABLE).read_text("utf-8").splitlines()[1:]
    columns = np.zeros((2, 64))
    for line in lines:
        codon, *numbers = line.split("\t")
        columns[:, codon_codes(base_codes(codon))[0]] = [float(number) for number in numbers]
    return columns[0], columns[1]
