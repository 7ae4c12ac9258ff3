"""All contigs of a genome in one array of base codes, and its reading frames as positions in it.

There is one row for each strand. Positions count from 0 along each row, so that code that looks at bases need
not know contigs or strands. A start is the first base of a codon that a frame could begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.bio.codons import base_codes, complement_codes
from riboswitch.bio.genome import Genome
from riboswitch.genomes.orfs import Orf
from riboswitch.numeric.offsets import offsets_of

GAP = 60  # unknown bases between contigs; no window around a start is so long


@dataclass(frozen=True)
class FrameTable:
    """Reading frames that could be genes, with all their starts.

    Attributes
    ----------
    bases : ndarray of uint8, shape (2, length)
        Base codes of all contigs, and of their other strands in the other direction.
    strand : ndarray, shape (frames,)
        0 or 1.
    stop : ndarray, shape (frames,)
        Position after the last codon that is translated.
    tail : ndarray, shape (frames,)
        Bases of the stop codon: 3, or 0 where the frame runs off the contig.
    starts : ndarray, shape (starts,)
        Frame by frame, from the outermost in.
    offsets : ndarray, shape (frames + 1,)
        Offsets of the starts of each frame.
    likeliest : ndarray, shape (frames,)
        The start that `find_orfs` gave the frame, as its number in ``starts``.
    open5 : ndarray of bool, shape (starts,)
        Whether it is the end of the contig and no start codon.
    """

    bases: np.ndarray
    strand: np.ndarray
    stop: np.ndarray
    tail: np.ndarray
    starts: np.ndarray
    offsets: np.ndarray
    likeliest: np.ndarray
    open5: np.ndarray

    @cached_property
    def owner(self) -> np.ndarray:
        """Frame of each start."""
        return np.repeat(np.arange(len(self.stop)), np.diff(self.offsets))

    def span(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First base, and base after the last, of the frames from these starts, along the first strand."""
        frame = self.owner[starts]
        begin, end = self.starts[starts], (self.stop + self.tail)[frame]
        length, other = self.bases.shape[1], self.strand[frame] == 1
        return np.where(other, length - end, begin), np.where(other, length - begin, end)

    @classmethod
    def of(cls, genome: Genome, orfs: Sequence[Orf]) -> FrameTable:
        """The table of frames that have their starts (``find_orfs(alternatives=True)``)."""
        bases, at = _joined(genome, orfs)
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


def _joined(genome: Genome, orfs: Sequence[Orf]) -> tuple[np.ndarray, dict[str, int]]:
    """Base codes of all contigs with unknown bases between them, and where each contig begins.

    A circular contig is followed by a copy of its first bases, as many as its frames reach over the origin.
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
    """Strand, stop, tail, starts and likeliest start of a frame, in an array of ``length`` bases."""
    tail = 0 if "3'" in orf.partial else 3
    begin = orf.start if orf.strand == "+" else orf.end
    starts = np.array([begin, *(s for s in orf.starts if s != begin)] if "5'" in orf.partial else orf.starts)
    if orf.strand == "+":
        return 0, at + orf.end - tail, tail, at + starts - 1, at + begin - 1
    return 1, length - (at + orf.start - 1) - tail, tail, length - (at + starts), length - (at + begin)
