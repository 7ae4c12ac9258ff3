"""How much more a protein resembles a known resistance gene than any protein that does not resist.

Of all that was compared, this measure finds most of the diverged genes at equal false calls
(``docs/benchmarks.md``): the best alignment score with a known gene, less the best with a protein that does
not resist, as a share of the known gene's score with itself. Housekeeping proteins that are relatives of
resistance genes, as *gpt* is of *tet(34)*, score nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.banded_search import ANY, BandedSearch
from riboswitch.numeric.offsets import gather_index

LEAST_SHARE = 0.1
"""From this share of a known gene's own score on, a protein is compared with those that do not resist."""

ITSELF = 0.95
"""A protein whose alignment has so great a share of a known gene's score is that gene, whatever its name."""

CLOSE = 0.5
"""One that is its known gene scores with a relative of the gene at least this share of what the gene does."""

MOST_OTHERS, FIRST_OTHERS = 128, 8
"""So many proteins that do not resist are aligned with one, and so many of them first: most proteins are then
known to be no candidates."""


@dataclass(frozen=True, eq=False)
class Alike:
    """What some proteins resemble; arrays of one length.

    Attributes
    ----------
    hit : ndarray
        int64: number of the known gene with the best alignment, -1 if none is similar.
    points : ndarray
        float64: its alignment score, 0 without one.
    other : ndarray
        float64: best alignment score with a protein that does not resist; 0 where none is similar, and where
        the known gene is less similar than `LEAST_SHARE`. Once `beyond` is less than that, the search ends:
        then it may be higher.
    own : ndarray
        float64: score of the known gene with itself; 1 without one.
    """

    hit: np.ndarray
    points: np.ndarray
    other: np.ndarray
    own: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """Score as a share of the known gene's own, 0 to 1."""
        return self.points / self.own

    @property
    def beyond(self) -> np.ndarray:
        """The measure: as `share`, less what is no more than a protein that does not resist has.

        Below `LEAST_SHARE` it is a limit: the true value is at most this.
        """
        return np.maximum(self.points - self.other, 0.0) / self.own


@dataclass(frozen=True, eq=False)
class Likeness:
    """Known genes, and proteins that do not resist."""

    genes: BandedSearch
    others: BandedSearch

    @classmethod
    def of(cls, genes: Sequence[str], others: Sequence[str]) -> Likeness:
        """From proteins as text."""
        return cls(BandedSearch.of(genes), BandedSearch.of(others, MOST_OTHERS, ANY))

    def __call__(self, letters: np.ndarray, offsets: np.ndarray) -> Alike:
        """Compare proteins, encoded as the known genes are."""
        hit, points, own = self._best_gene(letters, offsets)
        near = np.flatnonzero(points >= LEAST_SHARE * own)
        other = np.zeros(len(hit))
        if len(near) and len(self.others):
            other[near] = self._best_other(*_chosen(letters, offsets, near), points[near], own[near])
        return Alike(hit, points, other, own)

    def _best_other(
        self, letters: np.ndarray, offsets: np.ndarray, points: np.ndarray, own: np.ndarray
    ) -> np.ndarray:
        """The best score of each protein with one that does not resist; see `Alike`."""
        best, nearest = np.zeros(len(points)), self.others.nearest(letters, offsets)
        for numbers in np.split(nearest, [FIRST_OTHERS], axis=1):
            rows = np.flatnonzero(points - best >= LEAST_SHARE * own)
            if not len(rows):
                break
            found = self._scored_others(*_chosen(letters, offsets, rows), numbers[rows], points[rows])
            best[rows] = np.maximum(best[rows], found)
        return best

    def _scored_others(
        self, letters: np.ndarray, offsets: np.ndarray, numbers: np.ndarray, points: np.ndarray
    ) -> np.ndarray:
        """The best score of each protein with these others, without those that are known genes themselves."""
        scores = self.others.scores(letters, offsets, numbers)
        close = scores >= CLOSE * points[:, None]
        genes = self._are_genes(np.unique(numbers[close & (numbers >= 0)]))
        best: np.ndarray = np.where(np.isin(numbers, genes), 0, scores).max(1)
        return best

    def _best_gene(self, letters: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, ...]:
        """The best known gene of each protein: number, score, and the gene's own score."""
        numbers, scores = self.genes(letters, offsets)
        best = np.arange(len(numbers)), scores.argmax(1)
        hit = numbers[best].astype(np.int64)
        own = self.genes.own[hit] if len(self.genes) else np.ones(len(hit))
        return hit, scores[best].astype(np.float64), np.where(hit >= 0, own, 1.0)

    def _are_genes(self, numbers: np.ndarray) -> np.ndarray:
        """Those of some proteins that do not resist, by number, that are a known gene themselves."""
        _, points, own = self._best_gene(*_chosen(self.others.letters, self.others.offsets, numbers))
        return numbers[points >= ITSELF * own]


def _chosen(letters: np.ndarray, offsets: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some of encoded proteins."""
    index, own = gather_index(offsets, rows)
    return letters[index], own
