"""The genes that pyrodigal finds in a FASTA file, as JSON lines; run by the Python of its environment.

python pyrodigal_side.py genome.fna
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import pyrodigal


def main(fasta: str) -> None:
    contigs = {}
    for entry in Path(fasta).read_text().split(">")[1:]:
        title, *lines = entry.splitlines()
        contigs[title.split()[0]] = "".join(lines).encode()
    finder = pyrodigal.GeneFinder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it learns from 20,000 bases on, and warns below 100,000
        finder.train(*contigs.values())
    for name, bases in contigs.items():
        for gene in finder.find_genes(bases):
            print(json.dumps([name, gene.begin, gene.end, "+" if gene.strand == 1 else "-"]))


if __name__ == "__main__":
    main(sys.argv[1])
