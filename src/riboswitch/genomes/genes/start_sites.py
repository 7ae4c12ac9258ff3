"""What precedes the start codons of a genome's genes: a ribosome binding site, and the bases around it.

The binding site is a motif of six bases at a distance that varies. Motif, distances and how many genes have
none are learned by expectation maximisation (Lawrence & Reilly, Proteins 1990, 7, 41), from the site of Shine
and Dalgarno on.
"""

from __future__ import annotations

import numpy as np

from riboswitch.genomes.genes.loops import count_motif, motif_odds, take_windows
from riboswitch.genomes.genes.strip import Strip

BEFORE, AFTER = 40, 15  # bases before a start codon and after it that are looked at
MOTIF = "AGGAGG"
NEAREST, FURTHEST = 3, 16  # bases between the motif and the start codon
USUAL_DISTANCE, USUAL_SPREAD = 7, 2.0
CODONS = {0: 0.80, 2: 0.13, 3: 0.07}  # how often genes begin with ATG, GTG and TTG; by code of the first base
PRIOR, MOTIF_PRIOR, EM_STEPS = 20.0, 5.0, 6
DIGITS = 6  # sums in another order give the same numbers
_SITE = slice(BEFORE - FURTHEST - len(MOTIF), BEFORE - NEAREST)


def windows_of(strip: Strip, frames: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Base codes around these start positions of these frames, shape (starts, BEFORE + 3 + AFTER)."""
    windows = np.empty((len(starts), BEFORE + 3 + AFTER), np.uint8)
    for strand in (0, 1):
        rows = np.flatnonzero(strip.strand[frames] == strand)
        part = np.empty((len(rows), windows.shape[1]), np.uint8)
        take_windows(strip.bases[strand], starts[rows], BEFORE, part)
        windows[rows] = part
    return windows


class StartSites:
    """Log-odds of the bases around start codons: of true starts against all that could be.

    Parameters
    ----------
    base : ndarray, shape (4,)
        Frequencies of the bases in the genome.
    """

    def __init__(self, base: np.ndarray):
        self.codon = np.zeros(5)
        self.codon[list(CODONS)] = np.log(np.array([*CODONS.values()]) * len(CODONS))
        self.around = np.zeros((BEFORE + 3 + AFTER, 5))
        self.motif = np.zeros((len(MOTIF), 5))
        usual = np.full((len(MOTIF), 4), 0.1)
        usual[np.arange(len(MOTIF)), ["ACGT".index(letter) for letter in MOTIF]] = 0.7
        self.motif[:, :4] = np.log(usual) - np.log(base)
        distance = np.arange(FURTHEST, NEAREST - 1, -1)
        likely = np.exp(-0.5 * ((distance - USUAL_DISTANCE) / USUAL_SPREAD) ** 2) + 0.02
        self.spacing = np.log(np.append(0.5 * likely / likely.sum(), 0.5))

    def parts(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Log-odds of the start codon, the binding site, the bases before and those after the codon."""
        odds = self.around[np.arange(windows.shape[1]), windows]
        before, after = odds[:, :BEFORE].sum(1), odds[:, BEFORE + 3 :].sum(1)
        return self.codon[windows[:, BEFORE]], self._motif_odds(windows), before, after

    def learn(self, true: np.ndarray, every: np.ndarray) -> None:
        """Learn from windows of true starts, and of every start codon that could be one."""
        first = [np.bincount(w[:, BEFORE], minlength=5) for w in (true, every)]
        kinds = list(CODONS)
        often = first[0][kinds] + PRIOR * np.array([*CODONS.values()])
        could = first[1][kinds] + PRIOR / len(CODONS)
        self.codon[kinds] = np.log(often / often.sum()) - np.log(could / could.sum())
        self.around[:, :4] = _positions(true) - _positions(every)
        at_site = np.ascontiguousarray(true[:, _SITE])
        base = np.bincount(every[:, _SITE].ravel(), minlength=5)[:4] + 1.0
        base /= base.sum()
        for _ in range(EM_STEPS):
            bases, places = np.zeros(self.motif.shape), np.zeros(len(self.spacing))
            count_motif(at_site, self.motif, self.spacing, self._motif_odds(true), bases, places)
            places += MOTIF_PRIOR * np.exp(self.spacing)
            share = bases[:, :4] + MOTIF_PRIOR * base
            self.spacing = np.round(np.log(places / places.sum()), DIGITS)
            self.motif[:, :4] = np.round(np.log(share / share.sum(1, keepdims=True) / base), DIGITS)

    def _motif_odds(self, windows: np.ndarray) -> np.ndarray:
        odds = np.empty(len(windows))
        motif_odds(np.ascontiguousarray(windows[:, _SITE]), self.motif, self.spacing, odds)
        return odds


def _positions(windows: np.ndarray) -> np.ndarray:
    """Log-frequencies of the bases at each position, shape (positions, 4)."""
    counts = np.stack([np.bincount(column, minlength=5)[:4] for column in windows.T]).astype(float)
    overall = counts.sum(0) + 1
    counts += PRIOR * overall / overall.sum()
    return np.log(counts / counts.sum(1, keepdims=True))
