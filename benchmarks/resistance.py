"""Measure the calling of resistance genes: the figures of docs/benchmarks.md, into
benchmarks/resistance.json.

    python benchmarks/resistance.py --data DIRECTORY [--only PART ...] [--missing]

``--data`` is the mirror directory with genomes_panel/, genome_usa300/, ncbi_amr_tests/ and genes_gc_rich/ in
it.
Databases and other genomes are those of the default workflow: they are fetched from PyPI, or from the
directory in the environment variable RIBOSWITCH_MIRROR. ``--missing`` goes on after a run that was
ended. The parts genes and cost need staramr and BLAST, genes_found and genes_pieces need pyrodigal:
``make bench-resistance`` installs staramr and pyrodigal.
"""

from __future__ import annotations

import argparse
import importlib
from functools import cached_property
from pathlib import Path

import sequence_amr
from common import HERE, Results, add_choice, chosen, source

from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.scanner import Scanner

PARTS = {  # in the order of the figures; the module of each, and its function if it is not `measure`
    "genes": "resistance_genes",
    "false_calls": "resistance_false_calls",
    "pairs": "resistance_pairs",
    "mutations": "resistance_mutations",
    "broken": "resistance_broken",
    "ncbi_tests": "resistance_ncbi_tests",
    "cost": "resistance_cost",
    "cost_with_model": "resistance_cost:with_model",
    "plan": "resistance_plan",
    "matrix": "resistance_matrix",
    "diverged": "resistance_diverged",
    "genes_found": "resistance_genes_found",
    "genes_pieces": "resistance_genes_pieces",
}
KEYS = ("gene_recall", "same_start", "false_calls_per_chromosome", "gene_drug_pairs_right", "mutation_recall",
        "mutation_false_calls", "broken_genes_flagged", "ncbi_tests_matched", "cpu_vs_staramr",
        "cpu_vs_tblastn", "scan_mb", "plan_seconds_1000_genomes", "diverged_margin",
        "gene_f_margin", "matrix_cells", "matrix_cells_right")  # fmt: skip
"""The figures, in the order of the file; what each part has beside them follows."""


class Bench:
    """Folders, and the data that several parts need, fetched when first needed.

    Parameters
    ----------
    data : Path
        The mirror directory.
    work : Path
        Folder for intermediate files.
    staramr : Path
        Folder of the programs of staramr's environment.
    pyrodigal : Path
        Folder of the programs of pyrodigal's environment.
    """

    def __init__(self, data: Path, work: Path, staramr: Path, pyrodigal: Path):
        self.data, self.work, self.staramr, self.pyrodigal = data, work, staramr, pyrodigal

    def source(self, name: str) -> Path:
        """Folder of a data source of the default workflow."""
        return source(name, self.work / "data")

    @cached_property
    def database(self) -> Database:
        """NCBI's database."""
        return Database.load(self.source("ncbi_amr"))

    @cached_property
    def genes(self) -> sequence_amr.Genes:
        """The gene task of the default workflow: ResFinder's records, and the model that learns them."""
        for name in ("resfinder", "genomes"):
            self.source(name)
        return sequence_amr.Genes(self.work / "data", self.work / "amr")

    @cached_property
    def scanner(self) -> Scanner:
        """Both databases, without a model: it decides nothing of what is measured with it."""
        return Scanner.of(None, self.genes.records, curated=self.database)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, default=Path(".bench/resistance"), help="folder for intermediate files"
    )
    parser.add_argument("--staramr", type=Path, default=Path(".bench/staramr/bin"))
    parser.add_argument("--pyrodigal", type=Path, default=Path(".bench/pyrodigal/bin"))
    add_choice(parser, PARTS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(
        options.data, options.work.resolve(), options.staramr.resolve(), options.pyrodigal.resolve()
    )
    results = Results(HERE / "resistance.json", KEYS)
    for part in chosen(options, PARTS, results):
        module = PARTS[part]
        name, _, function = module.partition(":")
        figures, details = getattr(importlib.import_module(name), function or "measure")(bench)
        results.add(**figures, **{part: details})


if __name__ == "__main__":
    main()
