"""Genes by what a genome itself shows, without a trained model.

General knowledge of genes at the genome's GC content finds a first set. From it the words of the genome's own
genes and their starts are learned, the genes are chosen anew, and so on (self-training, as in GeneMarkS:
Besemer et al., Nucleic Acids Res. 2001, 29, 2607). Each round takes the best chain of frames and starts.

The numbers were chosen on M. smegmatis mc2 155, the first half of S. aureus O11 and half of the contigs of
B. thetaiotaomicron jmh43, and on pieces of 60,000 bases of the three. benchmarks/resistance_genes_found.py
measures on other genomes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.genomes.genes import loops
from riboswitch.genomes.genes.coding import gains
from riboswitch.genomes.genes.general import general_words
from riboswitch.genomes.genes.islands import own_odds
from riboswitch.genomes.genes.neighbours import MOST, REACH, SCALE, links
from riboswitch.genomes.genes.start_sites import StartSites, windows_of
from riboswitch.genomes.genes.strip import Strip

LEARN_BASES = 20_000  # a shorter genome teaches too little
ROUNDS = 4
SURE, SURE_NT = 5.0, 200  # a gene teaches with this score and length in bases
GENERAL_CODONS, FIRST_CODONS = 4000.0, 1e5  # how many codons general knowledge counts as
# Genes of other species: the same, how much less GC they have, and what it costs to be one.
OTHER_CODONS, OTHER_GC, OTHER = 20_000.0, 0.06, 15.0
OWN = 5.0  # what it costs a frame to be read with genes in general of its own GC content
CODING, CODON, SITE, UPSTREAM, DOWNSTREAM = 1.0, 2.0, 1.0, 0.5, 0.7  # weights of the evidence
SHORT, SHORT_NT, ANY = 3.0, 400.0, -2.0  # genes shorter than SHORT_NT lose SHORT times the log of how much
EDGE = -1.0  # instead of the evidence of a start, where a gene runs off the contig
HOPEFUL = -9.0  # frames whose words score less are not looked at further
FLOOR, MARGIN = -3.0, 10.0  # nor starts that score less, or so much less than the best of their frame


class Found(NamedTuple):
    """Genes: their frames (numbers in the strip), start positions, scores, and whether they were learned.

    Attributes
    ----------
    frames, starts, scores : ndarray, shape (genes,)
        From left to right. Scores are natural log-odds.
    learned : bool
        False if the genome is too short: then only what is known of genes in general was used.
    """

    frames: np.ndarray
    starts: np.ndarray
    scores: np.ndarray
    learned: bool


def find_genes(strip: Strip, table: int = 11) -> Found:
    """Find the genes among the frames of a genome.

    Parameters
    ----------
    strip : Strip
    table : int
        NCBI translation table.
    """
    if not len(strip.stop):
        none = np.empty(0, np.int64)
        return Found(none, none, np.empty(0), False)
    finder = _Finder(strip, table)
    learned = int((strip.bases[0] < 4).sum()) >= LEARN_BASES
    for _ in range(ROUNDS if learned else 0):
        finder.choose()
        finder.learn()
    finder.choose()
    chosen = finder.chosen
    return Found(finder.owner[chosen], strip.starts[chosen], finder.scores, learned)


class _Finder:
    """Words, starts and the genes that were chosen last (``chosen``: numbers of starts; ``scores``)."""

    def __init__(self, strip: Strip, table: int):
        self.strip, self.owner, self.rows = strip, strip.owner, strip.rows
        self.words = [loops.word_codes(bases) for bases in strip.bases]
        counts = [np.bincount(words, minlength=loops.UNKNOWN_WORD + 1) for words in self.words]
        self.every_word = counts[0] + counts[1]
        seen = np.bincount(strip.bases.ravel(), minlength=5)[:4] + 1.0
        base = seen / seen.sum()
        gc = float(base[1] + base[2])
        self.general, self.general_other = general_words(gc, table), general_words(gc - OTHER_GC, table)
        self.coding = [FIRST_CODONS * self.general]
        self.own = own_odds(strip, self.words, table)
        self.sites, self.learned = StartSites(base), False
        self.length = (strip.stop + strip.tail)[self.owner] - strip.starts
        self.edge = np.zeros(len(strip.starts), bool)
        self.edge[strip.offsets[:-1][strip.open5]] = True
        self.links = links()

    def choose(self) -> None:
        """Choose genes and starts with what is known by now."""
        self._weigh()
        self._chain(self._total())

    def _weigh(self) -> None:
        """Evidence of words for all starts, and of sites for those of frames that may be genes."""
        strip = self.strip
        self.odds = np.stack([self._odds(counts) for counts in self.coding])
        self.odds[1:] -= OTHER
        self.words_odds = np.maximum(self.odds.max(axis=0), self.own - OWN)
        best = np.maximum.reduceat(CODING * self.words_odds + self._shortness(), strip.offsets[:-1])
        self.hopeful = np.flatnonzero((best > HOPEFUL)[self.owner])
        windows = windows_of(strip, self.owner[self.hopeful], strip.starts[self.hopeful])
        if self.learned:
            real = ~self.edge[self.hopeful]
            chosen = np.zeros(len(strip.starts), bool)
            chosen[self.chosen] = True
            self.sites.learn(windows[chosen[self.hopeful] & real], windows[real])
        self.evidence = self.sites.parts(windows)

    def _shortness(self) -> np.ndarray:
        return SHORT * np.minimum(0, np.log(self.length / SHORT_NT)) + ANY

    def _total(self) -> np.ndarray:
        """Log-odds of the hopeful starts."""
        codon, site, before, after = self.evidence
        start = CODON * codon + SITE * site + UPSTREAM * before + DOWNSTREAM * after
        rough = (CODING * self.words_odds + self._shortness())[self.hopeful]
        return rough + np.where(self.edge[self.hopeful], EDGE, start)

    def _chain(self, total: np.ndarray) -> None:
        """Take the best chain of starts with these log-odds."""
        strip, owner = self.strip, self.owner[self.hopeful]
        peak = np.full(len(strip.stop), -np.inf)
        np.maximum.at(peak, owner, total)
        kept = np.flatnonzero((total > FLOOR) & (total > peak[owner] - MARGIN))
        left, right = strip.span(owner[kept], strip.starts[self.hopeful[kept]])
        order = np.lexsort((left, right))
        kept, left, right = kept[order], left[order], right[order]
        score = np.rint(total[kept] * SCALE).astype(np.int64)
        free = np.searchsorted(right, left - REACH, side="right")
        taken = kept[loops.chain(left, right, strip.strand[owner[kept]], score, free, self.links, MOST)]
        self.chosen, self.scores = self.hopeful[taken], total[taken]

    def learn(self) -> None:
        """Learn words from the surest of the genes that are chosen, and have starts learned from all.

        Genes that came from other species are a class of their own, which begins as genes in general of less
        GC. A gene belongs to the class that fits it better.
        """
        sure = self.chosen[(self.scores > SURE) & (self.length[self.chosen] > SURE_NT)]
        other = self.odds[:, sure].argmax(axis=0) == 1
        self.coding = [
            self._words_of(sure[~other]) + GENERAL_CODONS * self.general,
            self._words_of(sure[other]) + OTHER_CODONS * self.general_other,
        ]
        self.learned = True

    def _words_of(self, starts: np.ndarray) -> np.ndarray:
        """Counts of the words of these genes."""
        frame, counts = self.owner[starts], np.zeros(self.general.shape)
        for strand in (0, 1):
            on = self.strip.strand[frame] == strand
            begin, end = self.strip.starts[starts[on]] + 3, self.strip.stop[frame[on]]
            loops.count_words(self.words[strand], begin, end, counts)
        return counts

    def _odds(self, counts: np.ndarray) -> np.ndarray:
        """Log-odds of the words from each start to its stop."""
        gain, strip = gains(counts, self.every_word), self.strip
        odds = np.zeros(len(strip.starts))
        for strand in (0, 1):
            rows = self.rows[strip.strand == strand]
            loops.sum_gains(self.words[strand], gain, rows, strip.starts, odds)
        return odds
