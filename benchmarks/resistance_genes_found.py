"""Gene finding without a model beside pyrodigal, on genomes of 33 to 74 % GC.

A gene is found if a called gene has its stop codon. Truth is every annotated coding sequence that is not a
pseudogene. Of the genomes that settings were chosen on, the half is reported that was not looked at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import GENOMES, HERE, run, worker

import riboswitch
from riboswitch.bio.genome import Gene, Genome, read_genome
from riboswitch.genomes.frames import stop_site

if TYPE_CHECKING:
    from resistance import Bench

TRANSIT = {  # NC_000962.2 and M. smegmatis mc2 155, with tables of their genes
    "source": "pypi:tnseq-transit==3.3.10.post1",
    "sha256": "1389c98803171ee601ca4021c62755f3b4b635c565cb6bc3c2d591a8a758fece",
    "members": [
        f"pytransit/genomes/{n}.{e}" for n in ("H37Rv", "mc2_155_tamu") for e in ("fna", "prot_table")
    ],
}
O11 = "GCA_000189435.3_ASM18943v3_genomic"
O11_HALF = 1_400_000  # bases; settings were chosen on those before
COST_ON = "E. coli MG1655"
SMALL = 200_000  # bases of a gene cluster at most: one gene is a percent or more of its F
Site = tuple[str, str, int]  # contig, strand, last base
Starts = dict[Site, int]  # to the first base of the start codon


@dataclass
class Case:
    """A genome, its true genes, and which of its stop codons are counted."""

    genome: Genome
    counted: Callable[[Site], bool] = lambda site: True


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = bench.work / "genes_found"
    folder.mkdir(parents=True, exist_ok=True)
    genomes: dict[str, Any] = {}
    clusters: list[Starts] = [{}, {}, {}]  # ours, pyrodigal's and the true ones of all small genomes
    for name, case in _cases(bench).items():
        fasta = folder / "genome.fna"
        fasta.write_text("".join(f">{key}\n{bases}\n" for key, bases in case.genome.contigs.items()))
        truth = _starts([g for g in case.genome.cds if g.kind == "CDS"], case.genome)
        contigs = Genome(case.genome.contigs, source=name, circular=case.genome.circular)
        table = riboswitch.genes(contigs).table
        ours = [Gene(row.contig, row.start, row.end, row.strand) for row in table.itertuples()]
        theirs = [Gene(*line) for line in map(json.loads, run(_pyrodigal(bench, fasta))[0].splitlines())]
        starts = [_starts(genes, case.genome) for genes in (ours, theirs)]
        both = [_scores(found, truth, case.counted) for found in starts]
        if len(case.genome) < SMALL:
            for together, found in zip(clusters, (*starts, truth), strict=True):
                together |= found
        genomes[name] = {
            "gc": round(gc_of(case.genome), 3), "truth": sum(map(case.counted, truth)), "ours": both[0],
            "pyrodigal": both[1], "f_margin": round(both[0]["f"] - both[1]["f"], 4),
        }  # fmt: skip
        if name == COST_ON:
            cost = _cost(bench, fasta)
    margins = [figures["f_margin"] for figures in genomes.values()]
    *called, true = clusters
    ours, theirs = (_scores(found, true, lambda site: True)["f"] for found in called)
    small = {"ours": ours, "pyrodigal": theirs, "truth": len(true)}
    return {"gene_f_margin": min(margins)}, {"genomes": genomes, "clusters_together": small, "cost": cost}


def _cases(bench: Bench) -> dict[str, Case]:
    folder = fetched(GENOMES, bench.work / "notebook")
    found = {COST_ON: Case(read_genome(folder / "U00096.gb"))}
    files = [folder / f"{O11}.{ending}" for ending in ("fna", "gff")]
    found["S. aureus O11"] = Case(read_genome(*files), lambda site: site[2] > O11_HALF)
    files = [folder / f"jmh43.{ending}" for ending in ("fna", "gff")]
    found["B. thetaiotaomicron jmh43"] = Case(read_genome(*files), lambda site: odd_contig(site[0]))
    found["M. tuberculosis H37Rv"] = Case(transit("H37Rv", bench.work / "transit"))
    for path in sorted((bench.data / "genes_gc_rich").glob("*.gbk.gz")):
        found[path.name.removesuffix(".gbk.gz")] = Case(read_genome(path))
    return found


def odd_contig(contig: str) -> bool:
    """Settings were chosen on the contigs with even numbers, as NZ_JAGURL010000100.1."""
    return int(contig.split(".")[0][-1]) % 2 == 1


def fetched(data: dict[str, Any], folder: Path) -> Path:
    """The folder with a source of data, which is fetched if it is not there."""
    if not (folder / "SOURCE.json").exists():
        riboswitch.fetch(data["source"], folder, sha256=data["sha256"], members=data["members"])
    return folder


def transit(name: str, folder: Path) -> Genome:
    """A genome of the package tnseq-transit, with the genes of its table."""
    fetched(TRANSIT, folder)
    _, *lines = (folder / f"{name}.fna").read_text().splitlines()  # a title without a name
    rows = [line.split("\t") for line in (folder / f"{name}.prot_table").read_text().splitlines()]
    return Genome(
        {name: "".join(lines)}, [Gene(name, int(row[1]), int(row[2]), row[3]) for row in rows], name
    )


def gc_of(genome: Genome) -> float:
    """GC content, from 0 to 1."""
    bases = "".join(genome.contigs.values()).upper()
    return (bases.count("G") + bases.count("C")) / sum(map(bases.count, "ACGT"))


def _starts(genes: list[Gene], genome: Genome) -> Starts:
    starts = {}
    for gene in genes:
        first = gene.start if gene.strand == "+" else gene.end
        starts[stop_site(gene, genome)] = (first - 1) % len(genome.contigs[gene.contig]) + 1
    return starts


def _scores(called: Starts, truth: Starts, counted: Callable[[Site], bool]) -> dict[str, float]:
    called, truth = ({site: s for site, s in found.items() if counted(site)} for found in (called, truth))
    right = called.keys() & truth.keys()
    return {
        "f": round(2 * len(right) / (len(called) + len(truth)), 4),
        "precision": round(len(right) / max(len(called), 1), 4),
        "recall": round(len(right) / len(truth), 4),
        "starts": round(sum(called[site] == truth[site] for site in right) / max(len(right), 1), 4),
    }


def _pyrodigal(bench: Bench, fasta: Path) -> list[str]:
    """The command that prints what pyrodigal finds."""
    return [str(bench.pyrodigal / "python"), str(HERE / "pyrodigal_side.py"), str(fasta)]


def _cost(bench: Bench, fasta: Path) -> dict[str, dict[str, float]]:
    """CPU seconds, the least of three, and peak memory, as whole processes."""
    output = f"--output={fasta.parent / 'cost'}"
    commands = {
        "ours": [sys.executable, "-m", "riboswitch", "genes", str(fasta), output],
        "pyrodigal": _pyrodigal(bench, fasta),
    }
    figures = {}
    for name, command in commands.items():
        mb = worker("peak.py", "peak", command=command)["mb"]  # the first run compiles the loops
        figures[name] = {"cpu": round(min(run(command)[1]["cpu"] for _ in range(3)), 2), "mb": mb}
    return figures
