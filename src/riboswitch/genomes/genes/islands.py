"""How much each reading frame looks like a gene of its own GC content, whatever that of the genome is.

A genome's own words mislead where it has an island of other GC content; in a short contig such an island is
much of what there is. Codons of genes in general are compared with random DNA, both at the GC content of the
frame (as in MetaGene: Noguchi et al., Nucleic Acids Res. 2006, 34, 5623).
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from riboswitch.genomes.genes import loops
from riboswitch.genomes.genes.coding import gains
from riboswitch.genomes.genes.general import general_words
from riboswitch.genomes.genes.strip import Strip

STEP, LEAST, MOST = 0.05, 5, 15  # GC content is rounded to steps of 5 %, from 25 to 75 %
MANY = 1e6  # words that both tables stand for: so many that pseudocounts do not matter


def own_odds(strip: Strip, words: list[np.ndarray], table: int) -> np.ndarray:
    """Log-odds of each start that a gene follows, shape (starts,).

    Parameters
    ----------
    strip : Strip
    words : list of ndarray
        The code of the word that ends at each base, of both strands.
    table : int
        NCBI translation table.
    """
    step = np.rint(_gc(strip) / STEP).astype(int).clip(LEAST, MOST)
    odds = np.zeros(len(strip.starts))
    for one in np.unique(step):
        gc = STEP * float(one)
        gain, found = gains(MANY * general_words(gc, table), MANY * _random_words(gc)), np.zeros(len(odds))
        for strand in (0, 1):
            rows = strip.rows[strip.strand == strand]
            loops.sum_gains(words[strand], gain, rows, strip.starts, found)
        odds[step == one] = found[step == one]
    return odds


def _gc(strip: Strip) -> np.ndarray:
    """GC content from each start to the stop of its frame."""
    end, strand = strip.stop[strip.owner], strip.strand[strip.owner]
    counts = np.zeros(len(strip.starts))
    for number, bases in enumerate(strip.bases):
        before = np.concatenate([[0], np.cumsum((bases == 1) | (bases == 2))])
        on = strand == number
        counts[on] = before[end[on]] - before[strip.starts[on]]
    return counts / np.maximum(end - strip.starts, 1)


def _random_words(gc: float) -> np.ndarray:
    """Probabilities of words of six bases that are drawn one by one, shape (4097,)."""
    base = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    return np.append(reduce(np.multiply.outer, [base] * loops.WORD).ravel(), 0)
