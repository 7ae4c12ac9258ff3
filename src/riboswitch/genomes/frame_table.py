"""A genome as one strip of base codes a strand, and its reading frames as numbers on it.

Positions count from 0 along each strand of the strip, so that what looks at letters needs to know nothing of
contigs or of strands. A start is the first base of a codon that a frame could begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.codons import base_codes, complement_codes
from riboswitch.bio.genome import Genome
from riboswitch.genomes.orfs import Orf
from riboswitch.numeric.offsets import offsets_of

GAP = 60  # unknown bases between contigs: more than any window around a start reaches over


@dataclass(frozen=True)
class FrameTable:
    """Reading frames that could be genes, with all their starts.

    Attributes
    ----------
    bases : ndarray of uint8, shape (2, length)
        Base codes of the strip, and of its other strand in the other direction.
    strand : ndarray, shape (frames,)
        0 or 1.
    stop : ndarray, shape (frames,)
        Position behind the last codon that is translated.
    tail : ndarray, shape (frames,)
        Bases of the stop codon: 3, or 0 where the frame runs off the contig.
    starts : ndarray, shape (starts,)
        Frame by frame, from the outermost in.
    offsets : ndarray, shape (frames + 1,)
        Where the starts of each frame begin.
    likeliest : ndarray, shape (frames,)
        The start that `find_orfs` gave the frame, as its number in ``starts``.
    open5 : ndarray of bool, shape (starts,)
        No start codon but the end of the contig.
    """

    bases: np.ndarray
    strand: np.ndarray
    stop: np.ndarray
    tail: np.ndarray
    starts: np.ndarray
    offsets: np.ndarray
    likeliest: np.ndarray
    open5: np.ndarray

    @property
    def owner(self) -> np.ndarray:
        """Frame of each start."""
        return np.repeat(np.arange(len(self.stop)), np.diff(self.offsets))

    def span(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First base, and base behind the last, of the frames from these starts; along the first strand."""
        frame = self.owner[starts]
        begin, end = self.starts[starts], (self.stop + self.tail)[frame]
        length, other = self.bases.shape[1], self.strand[frame] == 1
        return np.where(other, length - end, begin), np.where(other, length - begin, end)

    @classmethod
    def lay(cls, genome: Genome, orfs: Sequence[Orf]) -> FrameTable:
        """Lay out a genome, and frames of it that know their starts (``find_orfs(alternatives=True)``)."""
        bases, at = _strip(genome, orfs)
        rows = [_row(orf, at[orf.contig], len(bases)) for orf in orfs]
        starts = [row[3] for row in rows]
        numbers = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
        offsets = offsets_of([*map(len, starts)])
        likeliest = [int(np.flatnonzero(s == row[4])[0]) for s, row in zip(starts, rows, strict=True)]
        open5 = np.zeros(offsets[-1], bool)
        open5[offsets[:-1][["5'" in o.partial for o in orfs]]] = True
        strand, stop, tail = numbers.T
        return cls(
            np.stack([bases, complement_codes(bases)]), strand, stop, tail,
            np.concatenate([np.empty(0, np.int64), *starts]), offsets,
            offsets[:-1] + np.array(likeliest, np.int64), open5,
        )  # fmt: skip


def _strip(genome: Genome, orfs: Sequence[Orf]) -> tuple[np.ndarray, dict[str, int]]:
    """Base codes of all contigs, unknown bases between them, and where each contig begins.

    After a circular contig comes as much of it again as its frames reach over the origin.
    """
    reach = dict.fromkeys(genome.contigs, 0)
    for orf in orfs:
        reach[orf.contig] = max(reach[orf.contig], orf.end)
    pieces, at, length = [], {}, GAP
    for name, contig in genome.contigs.items():
        pieces.append(contig + contig[: max(0, reach[name] - len(contig))])
        at[name] = length
        length += len(pieces[-1]) + GAP
    gap = "N" * GAP
    return base_codes(gap + "".join(piece + gap for piece in pieces)), at


def _row(orf: Orf, at: int, length: int) -> tuple[int, int, int, np.ndarray, int]:
    """Strand, stop, tail, starts and likeliest start of a frame on a strip."""
    tail = 0 if "3'" in orf.partial else 3
    begin = orf.start if orf.strand == "+" else orf.end
    starts = np.array([begin, *(s for s in orf.starts if s != begin)] if "5'" in orf.partial else orf.starts)
    if orf.strand == "+":
        return 0, at + orf.end - tail, tail, at + starts - 1, at + begin - 1
    return 1, length - (at + orf.start - 1) - tail, tail, length - (at + starts), length - (at + begin)
