"""CPU seconds and memory of a scan as a whole process, beside staramr and beside tblastn with NCBI's options.

staramr and tblastn look for known genes. The figures are those of the scan with the databases of both, NCBI's
and ResFinder's, which also looks for genes that only resemble known ones. A model calls nothing; it only adds
probabilities. What it costs is a part of its own, `with_model`, because the model must be trained first. Each
program's seconds are printed when they are measured: tblastn alone takes minutes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import run, worker
from resistance_peers import Staramr, unpacked

if TYPE_CHECKING:
    from resistance import Bench

GENOMES = {  # taxon in the database
    "genome_usa300/GCF_000017085.fna.gz": "Staphylococcus_aureus",
    "genomes_panel/GCF_000016305.1.fna.gz": "Klebsiella_pneumoniae",
}
NCBI = {
    "comp_based_stats": "0", "seg": "no", "max_target_seqs": "10000", "dbsize": "10000", "evalue": "1e-10",
    "word_size": "5", "task": "tblastn-fast", "window_size": "15", "threshold": "100", "db_gencode": "11",
}  # fmt: skip
"""How AMRFinderPlus 4.2 calls tblastn (github.com/ncbi/amr, public domain)."""
FORMAT = "6 qseqid sseqid qstart qend qlen sstart send slen qseq sseq"
TBLASTN_ON = "genome_usa300/GCF_000017085.fna.gz"


MODES = ("both_databases", "curated_only")
REPEATS = 3


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    staramr, genomes = Staramr(bench.staramr, bench.work / "peers"), {}
    for path, taxon in GENOMES.items():
        fasta = unpacked(bench.data / path, staramr.work)
        one: dict[str, Any] = {mode: _scan(bench, fasta, taxon, mode) for mode in MODES}
        one["staramr"] = _of_staramr(staramr, fasta)
        if path == TBLASTN_ON and shutil.which("tblastn"):
            one["tblastn"] = _said("tblastn", fasta, {"cpu": round(_tblastn(bench, fasta), 2)})
        genomes[Path(path).name] = one
    figures = {
        "cpu_vs_staramr": _worst(genomes, "both_databases", "staramr"),
        "cpu_vs_tblastn": _worst(genomes, "both_databases", "tblastn"),
        "scan_mb": max(g["both_databases"]["mb"] for g in genomes.values()),
    }
    curated = {
        "curated_only_vs_staramr": _worst(genomes, "curated_only", "staramr"),
        "curated_only_vs_tblastn": _worst(genomes, "curated_only", "tblastn"),
        "curated_only_mb": max(g["curated_only"]["mb"] for g in genomes.values()),
    }
    return figures, {"genomes": genomes, **curated}


def with_model(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """CPU seconds and memory of the scan that also asks the model of the default workflow."""
    _ = bench.genes.model
    staramr, genomes = Staramr(bench.staramr, bench.work / "peers"), {}
    for path, taxon in GENOMES.items():
        fasta = unpacked(bench.data / path, staramr.work)
        genomes[Path(path).name] = {
            "with_model": _scan(bench, fasta, taxon, "with_model"),
            "staramr": _of_staramr(staramr, fasta),
        }
    return {}, {"genomes": genomes, "vs_staramr": _worst(genomes, "with_model", "staramr")}


def _of_staramr(staramr: Staramr, fasta: Path) -> dict[str, float]:
    return _said("staramr", fasta, {"cpu": _least([staramr(fasta)[1] for _ in range(REPEATS)])})


def _said(program: str, fasta: Path, taken: dict[str, float]) -> dict[str, float]:
    """What a program took, shown at once."""
    print(f"{fasta.name}: {program} {taken}", flush=True)
    return taken


def _scan(bench: Bench, fasta: Path, taxon: str, mode: str) -> dict[str, float]:
    """CPU seconds, the least of several, and peak memory; the first run fills the caches."""
    _ = bench.genes.records
    model = [str(bench.genes.work / "model.safetensors")] if mode == "with_model" else []
    records = [] if mode == "curated_only" else [f"--references={bench.genes.work / 'records.parquet'}"]
    command = [sys.executable, "-m", "riboswitch", "scan", str(fasta), *model, *records,
               f"--curated={bench.source('ncbi_amr')}", f"--taxon={taxon}",
               f"--output={bench.work / 'cost'}"]  # fmt: skip
    peak = worker("peak.py", "peak", command=command)["mb"]
    return _said(mode, fasta, {"cpu": _least([run(command)[1] for _ in range(REPEATS)]), "mb": peak})


def _tblastn(bench: Bench, fasta: Path) -> float:
    query = bench.source("ncbi_amr") / "AMRProt.fa"
    options = [word for name, value in NCBI.items() for word in (f"-{name}", value)]
    command = ["tblastn", "-query", str(query), "-subject", str(fasta), *options, "-outfmt", FORMAT,
               "-out", str(bench.work / "tblastn.tsv")]  # fmt: skip
    return run(command)[1]["cpu"]


def _least(taken: list[dict[str, float]]) -> float:
    return round(min(one["cpu"] for one in taken), 2)


def _worst(genomes: dict[str, Any], ours: str, theirs: str) -> float | None:
    """The largest ratio of CPU seconds over the genomes that have both."""
    ratios = [g[ours]["cpu"] / g[theirs]["cpu"] for g in genomes.values() if theirs in g]
    return round(max(ratios), 3) if ratios else None
