"""Tasks that tell stretches of an annotated genome apart: features, coding windows, reading frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.codons import genetic_code
from riboswitch.bio.genome import Gene, extract
from riboswitch.config.settings import one_of, positive, positive_int
from riboswitch.errors import Problem
from riboswitch.genomes.frames import annotated_frames, coding_dna, stop_site
from riboswitch.genomes.intervals import Free, Interval, by_contig, covered, stretches
from riboswitch.genomes.task_context import (
    BaseTask,
    Item,
    TaskContext,
    features_of,
    place_of,
    pseudogene,
    unusable,
)


@dataclass(frozen=True, kw_only=True)
class FeaturesTask(BaseTask):
    """Features of a kind against as long stretches of background.

    Attributes
    ----------
    feature : str
        Kind of feature.
    label, otherwise : str
        Classes of features (their kind, if empty) and of background.
    background : {"elsewhere", "intergenic"}
        Where no feature of this kind lies on the strand that is read (opposite a gene is elsewhere, too), or
        where no gene lies on either strand. Intergenic stretches are short: what does not fit is counted.
    ratio : float
        Background stretches for each feature.
    min_length, max_length : int
        Bounds on features.
    """

    feature: str = "CDS"
    label: str = ""
    otherwise: str = "none"
    background: str = "elsewhere"
    ratio: float = 1.0
    min_length: int = 1
    max_length: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("background", self.background, ("elsewhere", "intergenic"))
        positive("ratio", self.ratio, zero=True)
        positive_int("min_length", self.min_length)
        if self.max_length is not None:
            positive_int("max_length", self.max_length, least=self.min_length)

    @property
    def kind(self) -> str:
        return self.feature

    def items(self, ground: TaskContext) -> Iterator[Item]:
        lengths = []
        for gene in features_of(ground, self.feature):
            item = self._positive(gene, ground)
            if item.problem is None:
                lengths.append(len(item.sequence))
            yield item
        wanted = np.resize(lengths, round(self.ratio * len(lengths)))
        for place in self._free(ground).draw(wanted.astype(int).tolist(), ground.rng):
            if place is None:
                ground.left_out["background_without_room"] += 1
            else:
                yield Item(place, place.read(ground.genome), self.otherwise)

    def _positive(self, gene: Gene, ground: TaskContext) -> Item:
        sequence = extract(ground.genome, gene)
        problem = unusable(gene, self.feature, place_of(gene), ground)
        if problem is None and len(sequence) < self.min_length:
            problem = Problem("TOO_SHORT", f"{len(sequence)} letters, fewer than {self.min_length}")
        if problem is None and self.max_length is not None and len(sequence) > self.max_length:
            problem = Problem("TOO_LONG", f"{len(sequence)} letters, more than {self.max_length}")
        return Item(place_of(gene), sequence, self.label or self.feature, gene.locus_tag, problem)

    def _free(self, ground: TaskContext) -> Free:
        free, known = Free(), by_contig(ground.genome.of_kind(self.feature))
        for contig, letters in ground.genome.contigs.items():
            for strand in "+-":
                if self.background == "intergenic":
                    taken = ground.genic(contig, known[contig])
                else:
                    taken = covered(known[contig], len(letters), f"{strand}.")
                free.add(contig, strand, ground.free(contig, taken))
        return free


@dataclass(frozen=True, kw_only=True)
class CodingTask(BaseTask):
    """Windows of one length inside coding sequences against windows outside of all genes.

    Attributes
    ----------
    window : int
        Bases.
    strand : {"gene", "random", "both"}
        Coding windows are read along their gene and the others along a strand drawn at random; or all along
        one drawn at random; or each along both, as two records.
    label, otherwise : str
        The two classes.
    ratio : float
        Intergenic windows for each coding one; of what there is too many, some are drawn.
    """

    window: int = 200
    strand: str = "gene"
    label: str = "coding"
    otherwise: str = "intergenic"
    ratio: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_int("window", self.window)
        one_of("strand", self.strand, ("gene", "random", "both"))
        positive("ratio", self.ratio)

    def items(self, ground: TaskContext) -> Iterator[Item]:
        coding, problems = self._coding(ground)
        yield from problems
        between = self._between(ground)
        many = min(len(coding), int(len(between) / self.ratio))
        for places, number, label in (
            (coding, many, self.label),
            (between, min(len(between), round(many * self.ratio)), self.otherwise),
        ):
            ground.left_out[f"{label}_windows_not_drawn"] += len(places) - number
            for i in np.sort(ground.rng.choice(len(places), number, replace=False)):
                for strand in self._strands(places[i].strand, ground.rng):
                    place = places[i]._replace(strand=strand)
                    yield Item(place, place.read(ground.genome), label)

    def _coding(self, ground: TaskContext) -> tuple[list[Interval], list[Item]]:
        """Windows side by side from the first base of every gene, and genes that have none."""
        places, problems = [], []
        for gene in features_of(ground, "CDS"):
            problem = unusable(gene, "CDS", place_of(gene), ground)
            if len(gene.parts) > 1 or gene.end > len(ground.genome.contigs[gene.contig]):
                problem = problem or Problem("JOINED", "the gene lies in several pieces")
            if problem:
                problems.append(Item(place_of(gene), "", self.label, gene.locus_tag, problem))
                continue
            for i in range((gene.end - gene.start + 1) // self.window):
                start = gene.start + i * self.window
                if gene.strand == "-":
                    start = gene.end - (i + 1) * self.window + 1
                places.append(Interval(gene.contig, start, start + self.window - 1, gene.strand))
        distinct = list(dict.fromkeys(places))
        ground.left_out["repeated_windows"] += len(places) - len(distinct)
        return distinct, problems

    def _between(self, ground: TaskContext) -> list[Interval]:
        places = []
        for contig in ground.genome.contigs:
            starts, ends = stretches(ground.free(contig, ground.genic(contig)))
            for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
                for start in range(first, last - self.window + 1, self.window):
                    places.append(Interval(contig, start + 1, start + self.window, "."))
        strands = ground.rng.integers(2, size=len(places))
        return [p._replace(strand="+-"[s]) for p, s in zip(places, strands, strict=True)]

    def _strands(self, own: str, rng: np.random.Generator) -> str:
        if self.strand == "random":
            return "+-"[rng.integers(2)]
        return "+-" if self.strand == "both" else own


@dataclass(frozen=True, kw_only=True)
class FramesTask(BaseTask):
    """Open reading frames, in frame: those that end where an annotated gene ends, and all others.

    Each begins at the start codon that `orfs.find_orfs` finds for it (the annotated start of a gene would
    tell the answer) and ends before its stop codon, which lies inside the record's ``start`` and ``end``. A
    frame that is no gene and lies half or more in a pseudogene of its strand is left out.

    Attributes
    ----------
    min_aa, table : int
        As for `orfs.find_orfs`.
    label, otherwise : str
        The two classes.
    """

    min_aa: int = 30
    table: int = 11
    label: str = "gene"
    otherwise: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_int("min_aa", self.min_aa)
        genetic_code(self.table)

    def items(self, ground: TaskContext) -> Iterator[Item]:
        found = set()
        for told in annotated_frames(ground.genome, self.min_aa, self.table):
            orf, gene = told.orf, told.gene
            found.add(stop_site(orf, ground.genome))
            place = Interval(orf.contig, orf.start, orf.end, orf.strand)
            if not ground.area.holds(place):
                ground.left_out["frames_outside_region"] += 1
                continue
            dna = coding_dna(ground.genome.contigs[orf.contig], orf)
            label, tag = (self.otherwise, "") if gene is None else (self.label, gene.locus_tag)
            yield Item(place, dna, label, tag, pseudogene() if told.doubtful else None)
        for gene in ground.genome.cds:
            missed = gene.kind == "CDS" and stop_site(gene, ground.genome) not in found
            ground.left_out["genes_without_frame"] += missed and ground.area.holds(place_of(gene))
