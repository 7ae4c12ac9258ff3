"""Which reading frames of a genome are its genes, given what a network says of each.

Where a genome has enough sure genes, they show what its own genes are like (`codon_model`). The best chain of
frames that can lie beside each other is then taken (`chain`). Starts and codon pairs differ between species
and are learned from the genome itself, so that a network serves for other species than its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from riboswitch.bio.genome import Genome
from riboswitch.genomes.genes.chain import best_chain
from riboswitch.genomes.genes.codon_model import learn
from riboswitch.genomes.genes.frame_table import FrameTable
from riboswitch.genomes.orfs import MIN_NT, Orf, fewest_aa, find_orfs

# A gene is sure enough to learn from with these log-odds of the network and this length in bases; there must
# be this many sure genes.
SURE, SURE_NT, FEWEST_SURE = 2.0, 200, 50
# Limits and weights of the evidence, chosen by calling B. thetaiotaomicron jmh43 and S. aureus O11 with
# models of the first half of E. coli MG1655 and of jmh43. A network is overconfident in species that it has
# not seen.
NETWORK_LIMIT, CODONS_LIMIT = 4.0, 30.0
CODONS, SITE, LENGTH, LENGTH_NT = 0.6, 1.0, 2.0, 800


def candidates(genome: Genome, contig: str, min_nt: int = MIN_NT, table: int = 11) -> list[Orf]:
    """Every frame of a contig that could be a gene, with all its start codons."""
    return find_orfs(
        genome.contigs[contig], fewest_aa(min_nt), table, contig=contig, alternatives=True,
        circular=contig in genome.circular,
    )  # fmt: skip


class Choice(NamedTuple):
    """Chosen frames and starts (numbers in `FrameTable`), their scores, and whether scores were adapted.

    Attributes
    ----------
    frames, starts, scores : ndarray, shape (genes,)
    adapted : bool
        Whether the genome's own genes were learned from.
    """

    frames: np.ndarray
    starts: np.ndarray
    scores: np.ndarray
    adapted: bool


def choose_genes(frames: FrameTable, log_odds: np.ndarray) -> Choice:
    """Choose the genes among the frames of a genome.

    Parameters
    ----------
    frames : FrameTable
    log_odds : ndarray, shape (frames,)
        Of the network that each is a gene, natural logarithm.

    Returns
    -------
    Choice
        In genome order. ``scores`` are natural log-odds, all above zero. With fewer than 50 sure genes
        there is nothing to learn from: then the network alone decides, and starts are the likeliest.
    """
    first = _chain(frames, frames.likeliest, log_odds)
    length = 3 + frames.stop - frames.starts[frames.likeliest]
    sure = first[(log_odds[first] > SURE) & (length[first] > SURE_NT)]
    if len(sure) < FEWEST_SURE:
        return Choice(first, frames.likeliest[first], log_odds[first], False)
    evidence = learn(frames, sure)
    starts = evidence.best(frames)
    length = 3 + frames.stop - frames.starts[starts]
    codons = evidence.codons[starts].clip(-CODONS_LIMIT, CODONS_LIMIT)
    score = log_odds.clip(-NETWORK_LIMIT, NETWORK_LIMIT) + CODONS * codons
    score = score + SITE * evidence.site[starts] + LENGTH * np.log(length / LENGTH_NT)
    chosen = _chain(frames, starts, score)
    return Choice(chosen, starts[chosen], score[chosen], True)


def begun_at(orf: Orf, shift: int, length: int, circular: bool) -> Orf:
    """A frame that begins ``shift`` bases further in, without its protein and starts.

    Parameters
    ----------
    orf : Orf
    shift : int
        Bases, along the frame's strand; negative for a start further out.
    length : int
        Of the contig.
    circular : bool
        The contig has no ends: positions are counted from its origin again.
    """
    start, end = (orf.start + shift, orf.end) if orf.strand == "+" else (orf.start, orf.end - shift)
    turn = length * ((start - 1) // length) if circular else 0
    partial = orf.partial.removeprefix("5'") if shift else orf.partial
    return replace(orf, start=start - turn, end=end - turn, partial=partial, protein="", starts=())


def _chain(frames: FrameTable, starts: np.ndarray, score: np.ndarray) -> np.ndarray:
    positive = np.flatnonzero(score > 0)  # a frame below zero never improves a chain: see `best_chain`
    left, right = frames.span(starts[positive])
    return positive[best_chain(left, right, frames.strand[positive], score[positive])]
