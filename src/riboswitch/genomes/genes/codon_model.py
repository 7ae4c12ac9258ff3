"""What the genes of a genome are like: which codon follows which, and the bases before their start codons.

Both differ between species, so they are learned from the surest genes of the genome that is read, as Prodigal
and Glimmer do. The network learns what differs less and needs more genes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.bio.codons import UNKNOWN, codon_codes
from riboswitch.genomes.genes.frame_table import FrameTable

ROUNDS = 3
BEFORE = 22  # bases before a start codon that are looked at
PRIOR_CODONS, PRIOR_BASES = 20.0, 4.0  # pseudocounts of the average
# Weights and floors chosen on B. thetaiotaomicron jmh43, S. aureus O11 and the first half of E. coli MG1655.
CODON_WEIGHT, LEAST_GAIN, EACH_CODON = 0.5, 0.1, 0.03


@dataclass(frozen=True)
class Evidence:
    """Evidence for each start of each frame, as natural log-odds.

    Attributes
    ----------
    codons : ndarray, shape (starts,)
        That the codons from there to the stop follow each other as in genes.
    site : ndarray, shape (starts,)
        That the start codon and the bases before it are those of a true start.
    total : ndarray, shape (starts,)
        The weighted sum of both, to compare the starts of one frame.
    """

    codons: np.ndarray
    site: np.ndarray
    total: np.ndarray

    def best(self, frames: FrameTable) -> np.ndarray:
        """The best start of each frame, shape (frames,)."""
        peak = np.maximum.reduceat(self.total, frames.offsets[:-1])
        first = np.flatnonzero(self.total == peak[frames.owner])
        return first[np.unique(frames.owner[first], return_index=True)[1]]


def learn(frames: FrameTable, genes: np.ndarray) -> Evidence:
    """Learn from sure genes of the genome, and weigh every start of every frame.

    Where the genes begin is not known. In the first round they begin at their likeliest starts, in each
    further round at those that were best in the round before.

    Parameters
    ----------
    frames : FrameTable
    genes : ndarray
        Numbers of frames that are surely genes.
    """
    around, starts = _around(frames), frames.likeliest
    codons = np.stack([codon_codes(strand) for strand in frames.bases])
    usual = _log_conditional(
        np.sum([_pairs(strand[:-3], strand[3:]) for strand in codons], axis=0), PRIOR_CODONS
    )
    evidence = Evidence(*np.zeros((3, len(frames.starts))))
    for _ in range(ROUNDS):
        chosen = np.zeros(len(frames.starts), bool)
        chosen[starts[genes]] = True
        odds = _codon_odds(frames, codons, usual, genes, frames.starts[starts])
        site = np.where(frames.open5, 0.0, _site_odds(around, chosen & ~frames.open5, ~frames.open5))
        evidence = Evidence(odds, site, CODON_WEIGHT * _levelled(odds, frames) + site)
        starts = evidence.best(frames)
    return evidence


def _codon_odds(
    frames: FrameTable, codons: np.ndarray, usual: np.ndarray, genes: np.ndarray, begins: np.ndarray
) -> np.ndarray:
    """Log-odds of the codons from each start to the stop, shape (starts,).

    ``codons`` are the codes at every base of both strands; ``usual`` the log-probabilities of a codon after
    the one before it, over all of these.
    """
    coding = np.zeros((UNKNOWN + 1, UNKNOWN + 1))
    for gene in genes:
        read = codons[frames.strand[gene], begins[gene] : frames.stop[gene] : 3]
        coding += _pairs(read[:-1], read[1:])
    gain = _log_conditional(coding, PRIOR_CODONS) - usual
    odds = np.zeros(frames.bases.shape)
    odds[:, 3:-2] = gain[codons[:, :-3], codons[:, 3:]]
    sums = _in_frame_sums(odds)
    strand, stop = frames.strand[frames.owner], frames.stop[frames.owner]
    return sums[strand, stop] - sums[strand, np.minimum(frames.starts + 3, stop)]


def _levelled(odds: np.ndarray, frames: FrameTable) -> np.ndarray:
    """Log-odds of codons, raised in each frame to a mean of at least ``LEAST_GAIN`` a codon.

    Genes that came from other species are unlike the genome's own: without this each of their codons would be
    evidence for a later start.
    """
    codons = (frames.stop[frames.owner] - frames.starts) / 3
    mean = (odds / np.maximum(codons, 1))[frames.offsets[:-1]]
    lack = np.minimum(mean - LEAST_GAIN, 0)[frames.owner]
    return odds + (EACH_CODON - lack) * codons


def _around(frames: FrameTable) -> np.ndarray:
    """Base codes from ``BEFORE`` bases before each start to its first base, shape (starts, BEFORE + 1)."""
    at = frames.starts[:, None] + np.arange(-BEFORE, 1)
    return frames.bases[frames.strand[frames.owner][:, None], at]


def _site_odds(around: np.ndarray, chosen: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Log-odds of each base after the one before it, at its distance: chosen starts against all."""
    odds = np.zeros(len(around))
    for i in range(1, around.shape[1]):
        pair = 5 * around[:, i - 1].astype(np.int64) + around[:, i]
        of_chosen, of_all = (np.bincount(pair[rows], minlength=25).reshape(5, 5) for rows in (chosen, every))
        gain = _log_conditional(of_chosen, PRIOR_BASES) - _log_conditional(of_all, PRIOR_BASES)
        odds += gain.ravel()[pair]
    return odds


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    size = UNKNOWN + 1
    flat = first.astype(np.int64) * size + second
    return np.bincount(flat, minlength=size * size).reshape(size, size)


def _log_conditional(pairs: np.ndarray, prior: float) -> np.ndarray:
    """Log of P(second | first) from counts; zero for the last code, the unknown one."""
    known = pairs[:-1, :-1].astype(float)
    average = known.sum(0) + 1
    fraction = (known + prior * average / average.sum()) / (known.sum(1, keepdims=True) + prior)
    logs = np.zeros(pairs.shape)
    logs[:-1, :-1] = np.log(fraction)
    return logs


def _in_frame_sums(odds: np.ndarray) -> np.ndarray:
    """Sums of the values 3, 6, 9, ... bases before each position; shape (2, length + 3)."""
    total = np.zeros((len(odds), odds.shape[1] + 3))
    for offset in range(3):
        part = odds[:, offset::3]
        total[:, offset + 3 :: 3] = np.cumsum(part, axis=1)
    return total
