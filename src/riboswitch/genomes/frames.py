"""The reading frames of a genome, together with what its annotation says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate
from riboswitch.bio.genome import Gene, Genome, extract
from riboswitch.genomes.intervals import Interval, Region, by_contig, covered
from riboswitch.genomes.orfs import MIN_NT, Orf, fewest_aa, find_orfs
from riboswitch.numeric.offsets import running_sums

IN_PSEUDOGENE = 0.5


def reading_frames(genome: Genome, min_aa: int = 60, table: int = 11, *, circular: bool = False) -> list[Orf]:
    """Open reading frames of all contigs, in genome order, with the starts of annotated genes.

    An annotated start replaces the start that was found, if it lies in the same frame and leaves enough
    residues: curated starts are better than guessed ones.

    Parameters
    ----------
    genome : Genome
    min_aa, table : int
        As for `find_orfs`.
    circular : bool
        Also find frames that cross the origin of circular contigs; else every contig has two ends.

    Returns
    -------
    list of Orf
    """
    genes = {stop_site(gene, genome): gene for gene in genome.cds}
    frames = []
    for contig, sequence in genome.contigs.items():
        no_ends = circular and contig in genome.circular
        for orf in find_orfs(sequence, min_aa, table, contig=contig, circular=no_ends):
            gene = genes.get(stop_site(orf, genome))
            frames.append(orf if gene is None else _as_annotated(orf, gene, genome, min_aa, table))
    return frames


class AnnotatedFrame(NamedTuple):
    """A reading frame with its annotation.

    Attributes
    ----------
    orf : Orf
    gene : Gene or None
        The gene with the same stop codon, whatever its start.
    broken : float
        Fraction of the frame that lies in pseudogenes of its strand.
    """

    orf: Orf
    gene: Gene | None
    broken: float

    @property
    def doubtful(self) -> bool:
        """Whether it is a pseudogene, or lies for half or more in one: it looks like a gene and is none."""
        return self.broken >= IN_PSEUDOGENE if self.gene is None else self.gene.kind != "CDS"


def annotated_frames(genome: Genome, min_aa: int, table: int) -> Iterator[AnnotatedFrame]:
    """Every reading frame of an annotated genome, also across the origin of circular contigs."""
    genes = {stop_site(g, genome): g for g in sorted(genome.cds, key=lambda gene: gene.kind == "CDS")}
    broken = by_contig(gene for gene in genome.cds if gene.kind != "CDS")
    for contig, letters in genome.contigs.items():
        bases = {strand: running_sums(covered(broken[contig], len(letters), strand)) for strand in "+-"}
        no_ends = contig in genome.circular
        for orf in find_orfs(letters, min_aa, table, contig=contig, circular=no_ends):
            broken_bases, last = bases[orf.strand], min(orf.end, len(letters))
            inside = float(broken_bases[last] - broken_bases[orf.start - 1])
            fraction = inside / (orf.end - orf.start + 1)
            yield AnnotatedFrame(orf, genes.get(stop_site(orf, genome)), fraction)


def labelled_frames(
    genome: Genome, *, min_nt: int = MIN_NT, table: int = 11, region: str | None = None
) -> list[tuple[Orf, str, bool]]:
    """Reading frames of an annotated genome, each with whether it is a gene.

    A frame is a gene if an annotated coding sequence has the same stop codon, whatever its start. Frames that
    lie for the greater part in a pseudogene on its strand are left out: they look like genes and are not.

    Parameters
    ----------
    genome : Genome
        With its annotation.
    min_nt : int
        Fewest bases, the stop codon counted.
    table : int
        NCBI translation table.
    region : str, optional
        Only frames that lie wholly in it: ``contig`` or ``contig:start-end``, from 1, inclusive.

    Returns
    -------
    list of (Orf, str, bool)
        The frame, its DNA from the likeliest start to the last codon before the stop, whether it is a gene.
    """
    inside = Region.of(genome, region or "")
    labelled = []
    for frame in annotated_frames(genome, fewest_aa(min_nt), table):
        orf, is_gene = frame.orf, frame.gene is not None
        if inside.holds(Interval(orf.contig, orf.start, orf.end, orf.strand)) and not frame.doubtful:
            labelled.append((orf, coding_dna(genome.contigs[orf.contig], orf), is_gene))
    return labelled


def stop_site(gene: Orf | Gene | Interval, genome: Genome | None = None) -> tuple[str, str, int]:
    """Contig, strand and last base of a gene or reading frame: equal for both, whatever their starts.

    With the genome, positions past the end of a circular contig count from its origin again.
    """
    last = gene.end if gene.strand == "+" else gene.start
    if genome is not None and gene.contig in genome.circular:
        last = (last - 1) % len(genome.contigs[gene.contig]) + 1
    return gene.contig, gene.strand, last


def coding_dna(contig: str, orf: Orf, *, stop: bool = False) -> str:
    """The codons of a frame, read along its strand; with its stop codon if ``stop``."""
    dna = contig[orf.start - 1 : orf.end] + contig[: max(0, orf.end - len(contig))]
    dna = dna if orf.strand == "+" else reverse_complement(dna)
    return dna if stop or "3'" in orf.partial else dna[:-3]


def _as_annotated(orf: Orf, gene: Gene, genome: Genome, min_aa: int, table: int) -> Orf:
    shift = gene.start - orf.start if orf.strand == "+" else orf.end - gene.end
    if shift == 0 or shift % 3 or len(gene.parts) > 1 or gene.end > len(genome.contigs[gene.contig]):
        return orf
    protein = translate(extract(genome, gene), table).removesuffix("*")
    if "*" in protein or len(protein) - protein.count("X") < min_aa:
        return orf
    open5 = "5'" in gene.partial
    return replace(
        orf,
        start=gene.start,
        end=gene.end,
        partial="5'" * open5 + "3'" * ("3'" in orf.partial),
        protein=protein if open5 else f"M{protein[1:]}",
    )
