"""Gene calling: which of a genome's reading frames are genes, and what a network learns that from.

The network says of each frame whether its codons look like a gene. Where a genome has enough sure genes,
these then tell what its own genes are like (`content`), and the best chain of frames that can stand beside
each other is taken (`chain`). The model holds nothing but the network: starts and codon pairs differ
between species and are learned anew from the genome that is read, so that a model serves for other species
than its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from riboswitch.bio.genome import Genome
from riboswitch.config.settings import positive_int
from riboswitch.genomes.chain import best_chain
from riboswitch.genomes.codon_model import learn
from riboswitch.genomes.frame_table import FrameTable
from riboswitch.genomes.frames import annotated_frames, coding_dna
from riboswitch.genomes.intervals import Interval, Region
from riboswitch.genomes.orfs import Orf, find_orfs

MIN_NT = 90
# What makes a gene sure enough to learn from: the network's log-odds, its length, and how many there must be.
SURE, SURE_NT, FEWEST_SURE = 2.0, 200, 50
# How the evidence is added up; chosen by calling B. thetaiotaomicron jmh43 and S. aureus O11 with models of
# the first half of E. coli MG1655 and of jmh43. A network is surer than it may be of species it has not seen.
NETWORK_LIMIT, CONTENT_LIMIT = 4.0, 30.0
CONTENT, SITE, LENGTH, LENGTH_NT = 0.6, 1.0, 2.0, 800


def labelled_frames(
    genome: Genome, *, min_nt: int = MIN_NT, table: int = 11, region: str | None = None
) -> list[tuple[Orf, str, bool]]:
    """Reading frames of an annotated genome, each with whether it is a gene.

    A frame is a gene if an annotated coding sequence has the same stop codon, whatever its start. Frames that
    lie for the greater part in a pseudogene, on its strand, are left out: they look like genes and are none.

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
    area = Region.of(genome, region or "")
    labelled = []
    for told in annotated_frames(genome, fewest_aa(min_nt), table):
        orf, is_gene = told.orf, told.gene is not None
        if area.holds(Interval(orf.contig, orf.start, orf.end, orf.strand)) and not told.doubtful:
            labelled.append((orf, coding_dna(genome.contigs[orf.contig], orf), is_gene))
    return labelled


def fewest_aa(min_nt: int) -> int:
    """Amino acids of the shortest frame of so many bases, its stop codon counted."""
    positive_int("min_nt", min_nt, least=6)
    return -(-min_nt // 3) - 1


def candidates(genome: Genome, contig: str, min_nt: int = MIN_NT, table: int = 11) -> list[Orf]:
    """Every frame of a contig that could be a gene, with all its start codons."""
    return find_orfs(
        genome.contigs[contig], fewest_aa(min_nt), table, contig=contig, alternatives=True,
        circular=contig in genome.circular,
    )  # fmt: skip


class Choice(NamedTuple):
    """Chosen frames and starts (numbers in `FrameTable`), their scores, and whether scores were adapted."""

    frames: np.ndarray
    starts: np.ndarray
    scores: np.ndarray
    adapted: bool


def choose_genes(frames: FrameTable, log_odds: np.ndarray) -> Choice:
    """Choose the genes among the frames of a genome.

    Parameters
    ----------
    frames : Frames
    log_odds : ndarray, shape (frames,)
        What the network says of each, as natural log-odds.

    Returns
    -------
    Choice
        In order along the strip. ``scores`` are natural log-odds, all above zero. With fewer than 50 sure
        genes there is nothing to learn from: then the network alone decides, and starts are the likeliest.
    """
    first = _chain(frames, frames.likeliest, log_odds)
    length = 3 + frames.stop - frames.starts[frames.likeliest]
    sure = first[(log_odds[first] > SURE) & (length[first] > SURE_NT)]
    if len(sure) < FEWEST_SURE:
        return Choice(first, frames.likeliest[first], log_odds[first], False)
    evidence = learn(frames, sure)
    starts = evidence.best(frames)
    length = 3 + frames.stop - frames.starts[starts]
    content = evidence.content[starts].clip(-CONTENT_LIMIT, CONTENT_LIMIT)
    score = log_odds.clip(-NETWORK_LIMIT, NETWORK_LIMIT) + CONTENT * content
    score = score + SITE * evidence.site[starts] + LENGTH * np.log(length / LENGTH_NT)
    chosen = _chain(frames, starts, score)
    return Choice(chosen, starts[chosen], score[chosen], True)


def begun_at(orf: Orf, shift: int, length: int, circular: bool) -> Orf:
    """A frame begun so many bases further in, on a contig of this length; without its protein and starts."""
    start, end = (orf.start + shift, orf.end) if orf.strand == "+" else (orf.start, orf.end - shift)
    turn = length * ((start - 1) // length) if circular else 0
    partial = orf.partial.removeprefix("5'") if shift else orf.partial
    return replace(orf, start=start - turn, end=end - turn, partial=partial, protein="", starts=())


def _chain(frames: FrameTable, starts: np.ndarray, score: np.ndarray) -> np.ndarray:
    live = np.flatnonzero(score > 0)  # others add nothing, not even as a bridge: see `best_chain`
    left, right = frames.span(starts[live])
    return live[best_chain(left, right, frames.strand[live], score[live])]
