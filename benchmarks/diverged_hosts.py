"""Genomes of the test of diverged genes: their reading frames, and genes planted into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from diverged_families import MIN_AA, Known
from resistance_false_calls import SAYS_RESISTANCE
from sequence_planted import mutated, planted

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.genomes.frames import reading_frames, stop_site
from riboswitch.genomes.orfs import Orf
from riboswitch.resistance.curated.rules import same_place
from riboswitch.resistance.curated.scanning import Found, scan

if TYPE_CHECKING:
    from resistance import Bench

FIRST = {
    "O11": ("S. aureus", "GCA_000189435.3_ASM18943v3_genomic.fna", "GCA_000189435.3_ASM18943v3_genomic.gff"),
    "MGH 78578": ("K. pneumoniae", "genomes_panel/GCF_000016305.1.fna.gz", None),
}
"""Genomes that thresholds are set on, and that a combination of scores learns from."""

OTHERS = {
    "jmh43": ("B. thetaiotaomicron", "jmh43.fna", "jmh43.gff"),
    "ATCC 11775": ("E. coli", "genomes_panel/GCF_003697165.2.fna.gz", None),
}
"""Genomes that thresholds are applied to."""

BACKGROUND = "U00096.gb"
"""E. coli MG1655: its proteins are of no class in training, as in the default workflow."""

PLANTED_IN = ("jmh43", "MG1655")
"""Annotated genomes that genes are planted into, in turn."""


@dataclass(frozen=True, eq=False)
class Host:
    """A genome without planted genes.

    Attributes
    ----------
    name, species : str
    frames : list of str
        Proteins of the reading frames that are no resistance genes.
    left_out : int
        Frames where the curated rules find a gene, or whose annotation speaks of resistance.
    """

    name: str
    species: str
    frames: list[str]
    left_out: int


def genome_of(bench: Bench, path: str, annotation: str | None) -> Genome:
    """A genome of the mirror directory, or of the default workflow's data."""
    folder = bench.data if "/" in path else bench.source("genomes")
    return read_genome(folder / path, None if annotation is None else folder / annotation)


def host(bench: Bench, name: str, species: str, path: str, annotation: str | None) -> Host:
    """The reading frames of a genome that are no resistance genes."""
    genome = genome_of(bench, path, annotation)
    frames = reading_frames(genome, MIN_AA)
    resist = doubtful(genome, frames, scan(genome.contigs, bench.database, "none"))
    return Host(name, species, [f.protein for f, r in zip(frames, resist, strict=True) if not r], sum(resist))


def doubtful(genome: Genome, frames: Sequence[Orf], found: Found) -> list[bool]:
    """Which frames a curated gene lies in, or an annotation that speaks of resistance."""
    genes: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for gene in found.genes:
        frame = gene.match.frame
        genes.setdefault((frame.contig, frame.strand), []).append(gene.found.place)
    said = {stop_site(g, genome) for g in genome.cds if SAYS_RESISTANCE.search(g.product)}
    return [
        stop_site(f, genome) in said
        or any(same_place((f.start, f.end), place) for place in genes.get((f.contig, f.strand), []))
        for f in frames
    ]


def background(bench: Bench) -> list[str]:
    """Proteins that do not resist: of E. coli MG1655, and those of the database that only resist if changed.

    Proteins where the curated rules find a gene are left out.
    """
    genome = genome_of(bench, BACKGROUND, None)
    found = scan(genome.contigs, bench.database, "none")
    coding = {stop_site(g, genome) for g in genome.cds if g.kind == "CDS"}
    frames = [f for f in reading_frames(genome) if stop_site(f, genome) in coding]
    resist = doubtful(genome, frames, found)
    own = [f.protein for f, r in zip(frames, resist, strict=True) if not r]
    return list(dict.fromkeys([*own, *bench.database.housekeeping]))


HOUSEKEEPING = ("gpt", "folA", "folP", "ampC", "acrA", "acrB", "acrD", "emrA", "emrB", "mdtA", "mdtB", "mdtC",
                "tolC", "mdfA", "murA", "gyrA", "parC", "rpoB", "dacB", "bacA")  # fmt: skip
"""Genes of E. coli MG1655 that resemble resistance genes, or that drugs aim at."""


def housekeeping_proteins(bench: Bench) -> dict[str, str]:
    """The proteins of `HOUSEKEEPING`, by gene."""
    genome = genome_of(bench, BACKGROUND, None)
    names = {stop_site(g, genome): g.gene for g in genome.cds if g.gene in HOUSEKEEPING}
    return {names[s]: f.protein for f in reading_frames(genome) if (s := stop_site(f, genome)) in names}


@dataclass(frozen=True, slots=True)
class Gene:
    """A planted gene: the reference it comes from, its identity with it, and the frame it was found in.

    Attributes
    ----------
    known : Known
    identity : int
        In per cent; 100 if it was not changed.
    seed : int
    frame : str
        The protein of the frame with its stop codon; empty if there is none.
    """

    known: Known
    identity: int
    seed: int
    frame: str


def plant(genome: Genome, known: Sequence[Known], identities: Sequence[int], seed: int) -> list[Gene]:
    """Mutate each protein to each identity, plant all into a genome, and read its frames again."""
    rng = np.random.default_rng(seed)
    wanted = [(k, i) for k in known for i in identities]
    proteins = [k.sequence if i == 100 else mutated(k.sequence, i / 100, rng) for k, i in wanted]
    changed, genes = planted(genome, proteins, seed)
    by_stop = {stop_site(f): f.protein for f in reading_frames(changed, MIN_AA)}
    frames = {g.gene: by_stop.get(stop_site(g), "") for g in genes}
    return [Gene(k, i, seed, frames[n]) for n, (k, i) in enumerate(wanted)]
