"""Open reading frames that are genes against those that are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riboswitch.bio.codons import genetic_code
from riboswitch.config.settings import whole
from riboswitch.genomes.frames import annotated_frames, coding_dna, stop_site
from riboswitch.genomes.intervals import Interval
from riboswitch.genomes.tasks.base import (
    BaseTask,
    Item,
    TaskContext,
    interval_of,
    pseudogene,
)


@dataclass(frozen=True, kw_only=True)
class FramesTask(BaseTask):
    """Open reading frames that end where an annotated gene ends, against all others.

    Each begins at the start codon that `orfs.find_orfs` finds for it, since the annotated start of a gene
    would give away the class. It ends before its stop codon, which lies inside the record's ``start`` and
    ``end``. A frame that is no gene and lies half or more in a pseudogene of its strand is left out.

    Attributes
    ----------
    min_aa, table : int
        As for `orfs.find_orfs`.
    label, otherwise : str
        The two classes.
    """

    min_aa: int = whole(30)
    table: int = whole(11)
    label: str = "gene"
    otherwise: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        genetic_code(self.table)

    def items(self, context: TaskContext) -> Iterator[Item]:
        found = set()
        for frame in annotated_frames(context.genome, self.min_aa, self.table):
            orf, gene = frame.orf, frame.gene
            found.add(stop_site(orf, context.genome))
            interval = Interval(orf.contig, orf.start, orf.end, orf.strand)
            if not context.region.holds(interval):
                context.left_out["frames_outside_region"] += 1
                continue
            dna = coding_dna(context.genome.contigs[orf.contig], orf)
            label, tag = (self.otherwise, "") if gene is None else (self.label, gene.locus_tag)
            yield Item(interval, dna, label, tag, pseudogene() if frame.doubtful else None)
        for gene in context.genome.cds:
            missed = gene.kind == "CDS" and stop_site(gene, context.genome) not in found
            context.left_out["genes_without_frame"] += missed and context.region.holds(interval_of(gene))
