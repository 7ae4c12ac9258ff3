"""Derive src/riboswitch/genomes/genes/general_codons.tsv: which codons genes use at a GC content.

    python benchmarks/general_codons.py [--work FOLDER]

For each codon a line is fitted to the logarithm of its frequency in three annotated genomes, of 33, 43 and
67 % GC: M. smegmatis mc2 155, and the halves of S. aureus O11 and B. thetaiotaomicron jmh43 that are not
counted in the benchmark of gene finding. They are fetched from PyPI.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
from resistance_genes_found import gc_of
from resistance_genes_pieces import tuning_genomes

from riboswitch.bio.codons import base_codes, codon_codes
from riboswitch.bio.genome import Genome, extract

TARGET = Path(__file__).parent / "../src/riboswitch/genomes/genes/general_codons.tsv"
STOPS = ("TAA", "TAG", "TGA")
CODONS = ["".join(letters) for letters in product("ACGT", repeat=3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".bench/resistance"))
    work = parser.parse_args().work
    genomes = [*tuning_genomes(work).values()]
    content = np.array([gc_of(genome) for genome in genomes]) - 0.5
    logs = np.log([_frequencies(genome) for genome in genomes])
    terms = np.stack([np.ones(len(genomes)), content], axis=1)
    at_half, change = np.linalg.lstsq(terms, logs, rcond=None)[0]
    lines = [
        f"{codon}\t{at_half[i]:.3f}\t{change[i]:.3f}\n"
        for i, codon in enumerate(CODONS)
        if codon not in STOPS
    ]
    TARGET.write_text("".join(["codon\tat_half\tchange\n", *lines]))


def _frequencies(genome: Genome) -> np.ndarray:
    """Frequencies of the codons after the start and before the stop of whole genes, shape (64,)."""
    counts = np.ones(64)
    for gene in genome.cds:
        if gene.kind == "CDS" and not gene.partial and len(gene.parts) < 2:
            dna = extract(genome, gene)
            if len(dna) % 3 == 0:
                codons = codon_codes(base_codes(dna))[3:-3:3]
                counts += np.bincount(codons, minlength=65)[:64]
    return counts / counts.sum()


if __name__ == "__main__":
    main()
