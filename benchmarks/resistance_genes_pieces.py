"""Gene finding on pieces of the genomes that settings were chosen on: which finder is best for short contigs.

Pieces of 60,000 bases teach little. pyrodigal learns from each piece alone, or has its models of many genomes
(``meta``). Of genes, those that lie wholly within a piece are counted, by their stop codons.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import GENOMES, HERE, run
from resistance_genes_found import O11, O11_HALF, fetched, odd_contig, transit

import riboswitch
from riboswitch.bio.genome import Gene, Genome, read_genome

if TYPE_CHECKING:
    from resistance import Bench

PIECE, LEAST = 60_000, 30_000  # bases of a piece, and of the shortest contig that is one
MOST = 60  # pieces of a contig, at even distances
EDGE = 3  # a gene that begins or ends so near to the end of a piece may run over it
Stops = set[tuple[str, str, int]]  # piece, strand, last base


def tuning_genomes(work: Path) -> dict[str, Genome]:
    """M. smegmatis, and the halves of two genomes that the benchmark of gene finding does not count."""
    folder = fetched(GENOMES, work / "notebook")
    o11 = read_genome(folder / f"{O11}.fna", folder / f"{O11}.gff")
    o11.cds = [gene for gene in o11.cds if gene.end <= O11_HALF]
    jmh43 = read_genome(folder / "jmh43.fna", folder / "jmh43.gff")
    jmh43.cds = [gene for gene in jmh43.cds if not odd_contig(gene.contig)]
    return {"M. smegmatis": transit("mc2_155_tamu", work / "transit"), "S. aureus O11": o11,
            "B. thetaiotaomicron jmh43": jmh43}  # fmt: skip


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """F of our finder and of pyrodigal in both modes, over all pieces of each genome."""
    folder = bench.work / "genes_found"
    folder.mkdir(parents=True, exist_ok=True)
    genomes = {}
    for name, genome in tuning_genomes(bench.work).items():
        pieces, truth = _pieces(genome)
        fasta = folder / "pieces.fna"
        fasta.write_text("".join(f">{key}\n{bases}\n" for key, bases in pieces.items()))
        called = {"ours": _ours(pieces)}
        for mode in ("apart", "meta"):
            lines = run([str(bench.pyrodigal / "python"), str(HERE / "pyrodigal_side.py"), str(fasta), mode])
            found = [Gene(*json.loads(line)) for line in lines[0].splitlines()]
            called[f"pyrodigal_{mode}"] = _stops(found, pieces)
        genomes[name] = {"pieces": len(pieces), "genes": len(truth)} | {
            finder: round(2 * len(stops & truth) / (len(stops) + len(truth)), 4)
            for finder, stops in called.items()
        }
    return {}, {"genomes": genomes, "bases": PIECE}


def _pieces(genome: Genome) -> tuple[dict[str, str], Stops]:
    """Pieces of the contigs that have genes to compare with, and the stops of the genes in them."""
    pieces: dict[str, str] = {}
    genes: list[Gene] = []
    for contig, bases in genome.contigs.items():
        own = [g for g in genome.cds if g.contig == contig and g.kind == "CDS" and len(g.parts) < 2]
        end = max((g.end for g in own), default=0)
        number = max(end // PIECE, 1)
        for piece in range(0, number, -(-number // MOST)) if end >= LEAST else ():
            first, last = piece * PIECE, min((piece + 1) * PIECE, end)
            name = f"{contig}:{first}"
            pieces[name] = bases[first:last]
            genes += [Gene(name, g.start - first, g.end - first, g.strand) for g in own
                      if g.start > first and g.end <= last and not g.partial]  # fmt: skip
    return pieces, _stops(genes, pieces)


def _ours(pieces: dict[str, str]) -> Stops:
    found = []
    for name, bases in pieces.items():
        table = riboswitch.genes(Genome({name: bases}, source=name)).table
        found += [Gene(row.contig, row.start, row.end, row.strand) for row in table.itertuples()]
    return _stops(found, pieces)


def _stops(genes: list[Gene], pieces: dict[str, str]) -> Stops:
    """Of the genes that are surely whole."""
    return {
        (gene.contig, gene.strand, gene.end if gene.strand == "+" else gene.start)
        for gene in genes
        if gene.start > EDGE and gene.end <= len(pieces[gene.contig]) - EDGE
    }
