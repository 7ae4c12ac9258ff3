"""Known resistance genes, mutated as in evolution, planted into a genome without resistance genes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from Bio.Align import substitution_matrices

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate
from riboswitch.bio.genome import Genome

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
LAMBDA = 0.318  # of BLOSUM62 in natural units: exp(LAMBDA * score) is the ratio to chance
ROOM = 60  # least bases between two genes to plant a third


@dataclass(frozen=True)
class Planted:
    """A planted gene: contig, first and last base (from 1), strand, and its number."""

    contig: str
    start: int
    end: int
    strand: str
    gene: int


def mutated(protein: str, identity: float, rng: np.random.Generator) -> str:
    """Substitute residues until ``identity`` is left; the first residue never changes.

    A residue a becomes b with a probability proportional to p(b) exp(lambda s(a, b)): s is BLOSUM62, and p(b)
    the frequency of b in this protein.
    """
    ratios, names = _ratios(), np.array([*RESIDUES])
    common = np.array([protein.count(b) + 1 for b in RESIDUES], float)
    letters = np.array([*protein])
    positions = 1 + rng.permutation(len(letters) - 1)[: round((1 - identity) * len(letters))]
    old, draws = letters[positions], rng.random(len(positions))
    for residue in np.unique(old).tolist():
        likely = common * ratios[residue] * (names != residue)
        here = old == residue
        letters[positions[here]] = drawn(names, likely, draws[here])
    return "".join(letters.tolist())


def drawn(names: np.ndarray, weights: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """A name for each number between 0 and 1, with probabilities in proportion to weights."""
    steps = weights.cumsum()
    return names[(steps / steps[-1]).searchsorted(draws, side="right")]


@cache
def _ratios() -> dict[str, np.ndarray]:
    """How much more often than by chance each residue stands for another, for each."""
    matrix = substitution_matrices.load("BLOSUM62")
    return {a: np.exp([LAMBDA * matrix[a, b] for b in RESIDUES]) for a in matrix.alphabet}


def coding(protein: str, usage: dict[str, tuple[list[str], np.ndarray]], rng: np.random.Generator) -> str:
    """DNA of a protein with a stop codon; codons are drawn by their usage in the host."""
    letters, draws = np.array([*protein[1:]]), rng.random(len(protein) - 1)
    codons = np.empty(len(letters), "U3")
    for residue in np.unique(letters).tolist():
        here = letters == residue
        codons[here] = drawn(np.array(usage[residue][0]), usage[residue][1], draws[here])
    return "ATG" + "".join(codons.tolist()) + "TAA"


def codon_usage(genome: Genome) -> dict[str, tuple[list[str], np.ndarray]]:
    """Codons of each residue in the annotated genes, with their fractions."""
    counts: dict[str, int] = {}
    for gene in genome.cds:
        if gene.kind == "CDS" and len(gene.parts) <= 1 and gene.strand == "+":
            dna = genome.contigs[gene.contig][gene.start - 1 + gene.phase : gene.end]
            for i in range(0, len(dna) - 2, 3):
                counts[dna[i : i + 3]] = counts.get(dna[i : i + 3], 0) + 1
    usage = {}
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    for residue in RESIDUES:
        own = [codon for codon in codons if translate(codon) == residue]
        numbers = np.array([counts.get(codon, 0) + 1 for codon in own], float)
        usage[residue] = own, numbers / numbers.sum()
    return usage


def planted(genome: Genome, proteins: list[str], seed: int) -> tuple[Genome, list[Planted]]:
    """The genome, without annotation, with each protein's gene between two of its own, on either strand."""
    rng = np.random.default_rng(seed)
    usage = codon_usage(genome)
    free = _between(genome)
    chosen = rng.permutation(len(free))[: len(proteins)]
    if len(chosen) < len(proteins):
        raise ValueError(f"{len(proteins)} genes, but only {len(free)} gaps between genes")
    contigs, added = {}, []
    for name, sequence in genome.contigs.items():
        pieces, last, length = [], 0, 0
        for at, number in sorted((free[c][1], n) for n, c in enumerate(chosen) if free[c][0] == name):
            dna, strand = coding(proteins[number], usage, rng), "+-"[rng.integers(2)]
            length += at - last
            added.append(Planted(name, length + 1, length + len(dna), strand, number))
            pieces += [sequence[last:at], dna if strand == "+" else reverse_complement(dna)]
            last, length = at, length + len(dna)
        contigs[name] = "".join([*pieces, sequence[last:]])
    return Genome(contigs, [], f"{genome.source}, {len(proteins)} genes planted"), added


def _between(genome: Genome) -> list[tuple[str, int]]:
    """The middle of each gap between two annotated genes that is long enough."""
    middles = []
    for name in genome.contigs:
        genes = sorted((g.start, g.end) for g in genome.cds if g.contig == name)
        end = 0
        for start, stop in genes:
            if start - end > ROOM and end:
                middles.append((name, (start + end) // 2))
            end = max(end, stop)
    return middles
