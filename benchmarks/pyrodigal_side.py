"""The genes that pyrodigal finds in a FASTA file, as JSON lines; run by the Python of its environment.

python pyrodigal_side.py genome.fna [together | apart | meta]

It learns from all contigs together, or from each contig for itself, or has its models of many genomes.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import pyrodigal


def main(fasta: str, mode: str = "together") -> None:
    contigs = {}
    for entry in Path(fasta).read_text().split(">")[1:]:
        title, *lines = entry.splitlines()
        contigs[title.split()[0]] = "".join(lines).encode()
    finder = pyrodigal.GeneFinder(meta=mode == "meta")
    if mode == "together":
        _learn(finder, *contigs.values())
    for name, bases in contigs.items():
        if mode == "apart":
            finder = pyrodigal.GeneFinder()
            _learn(finder, bases)
        for gene in finder.find_genes(bases):
            print(json.dumps([name, gene.begin, gene.end, "+" if gene.strand == 1 else "-"]))


def _learn(finder: pyrodigal.GeneFinder, *contigs: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it learns from 20,000 bases on, and warns below 100,000
        finder.train(*contigs)


if __name__ == "__main__":
    main(*sys.argv[1:])
