"""How likely words of bases are in the genes of a genome, and anywhere in it.

Each base is predicted from the five before it, apart for the three positions in a codon (the inhomogeneous
Markov chain of GeneMark: Borodovsky & McIninch, Comput. Chem. 1993, 17, 123). Orders are interpolated, so
that a short genome teaches what it can (as in Glimmer: Salzberg et al., Nucleic Acids Res. 1998, 26, 544).
"""

from __future__ import annotations

import numpy as np

from riboswitch.genomes.genes.loops import UNKNOWN_WORD, WORD

PRIOR = 200.0  # pseudocounts with which the next lower order is mixed in


def log_conditional(counts: np.ndarray, prior: float = PRIOR) -> np.ndarray:
    """Log of P(last base | the five before), from counts of words; both of shape (4096,)."""
    words = counts[:UNKNOWN_WORD].reshape((4,) * WORD).astype(float)
    p = np.full(4, 0.25)
    for order in range(WORD):
        seen = words.sum(axis=tuple(range(WORD - 1 - order)))
        p = (seen + prior * p) / (seen.sum(-1, keepdims=True) + prior)
    return np.log(p).ravel()


def gains(coding: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Log-odds of words; zero for the unknown word. Of shape (3, 4097)."""
    gain = np.zeros((3, UNKNOWN_WORD + 1))
    for phase in range(3):
        gain[phase, :-1] = log_conditional(coding[phase]) - log_conditional(background)
    return gain
