"""All contigs of a genome as one strip of base codes, once for each strand, and its reading frames.

A run of ten or more unknown bases ends a contig, as it does for NCBI: genes run off at a gap as they do at a
contig's end. A circular contig without such a run is opened in its longest frame, wherever its letters begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riboswitch.bio.codons import base_codes, codon_codes, complement_codes, genetic_code, mask
from riboswitch.genomes.genes.loops import find_frames
from riboswitch.genomes.orfs import START_CODONS, Orf

if TYPE_CHECKING:  # it reads files with Biopython, which takes a second to import
    from riboswitch.bio.genome import Genome

SPACER = 60  # unknown bases between pieces; no window around a start is so long
GAP = re.compile("[^ACGTUacgtu]{10,}")


class Piece(NamedTuple):
    """A stretch of a contig.

    Attributes
    ----------
    contig : str
    offset : int
        Of its first base, from 0.
    length : int
        Bases; on a circular contig it may pass the origin.
    ends : bool
        Whether genes may run off it.
    seen_before : int
        A frame that stops within so many bases from the left is seen once more at the right.
    """

    contig: str
    offset: int
    length: int
    ends: bool
    seen_before: int = 0


@dataclass(frozen=True)
class Strip:
    """The bases of both strands, and the frames on them.

    Attributes
    ----------
    pieces : list of Piece
    at : ndarray
        Where each piece begins on the first strand.
    bases : ndarray of uint8, shape (2, length)
        Base codes; the second row is the other strand, read in its direction.
    strand, stop, tail, open5 : ndarray, shape (frames,)
        Strand (0 or 1), position after the last codon that is translated, bases of the stop codon (3, or 0
        where a frame runs off), and whether the outermost start is an end of the contig instead.
    starts : ndarray, shape (starts,)
        First base of each start, frame by frame, the outermost first.
    offsets : ndarray, shape (frames + 1,)
    """

    pieces: list[Piece]
    at: np.ndarray
    bases: np.ndarray
    strand: np.ndarray
    stop: np.ndarray
    tail: np.ndarray
    open5: np.ndarray
    starts: np.ndarray
    offsets: np.ndarray

    @property
    def owner(self) -> np.ndarray:
        """Frame of each start."""
        return np.repeat(np.arange(len(self.stop)), np.diff(self.offsets))

    def placed(
        self, frames: np.ndarray, starts: np.ndarray, lengths: Mapping[str, int]
    ) -> Iterator[Orf | None]:
        """The frames from these starts on as places on their contigs, without their proteins.

        None for a frame that is seen once more at the other end of a circular contig. ``lengths`` are those
        of the contigs.
        """
        left, right = self.span(frames, starts)
        number = np.searchsorted(self.at, left, side="right") - 1
        edge = self.open5[frames] & (starts == self.starts[self.offsets[frames]])
        for i, frame in enumerate(frames.tolist()):
            piece, strand = self.pieces[number[i]], "+-"[self.strand[frame]]
            low, high = (int(x[i] - self.at[number[i]]) for x in (left, right))
            stop_end = high if strand == "+" else low + 3
            if stop_end <= piece.seen_before:
                yield None
                continue
            length = lengths[piece.contig]
            turn = length * ((piece.offset + low) // length)
            first, last = piece.offset + low + 1 - turn, piece.offset + high - turn
            begin = first - 1 if strand == "+" else length - last
            partial = "5'" * bool(edge[i]) + "3'" * (not self.tail[frame])
            yield Orf(piece.contig, first, last, strand, begin % length % 3 + 1, partial, "")

    @classmethod
    def of(cls, genome: Genome, least: int, table: int) -> Strip:
        """The strip of a genome with all frames of at least ``least`` bases, the stop codon counted."""
        pieces, texts = [], []
        for name, contig in genome.contigs.items():
            for piece, letters in _pieces(name, contig, name in genome.circular, least, table):
                pieces.append(piece)
                texts.append(base_codes(letters))
        return cls._of(pieces, texts, least, table)

    @classmethod
    def _of(cls, pieces: list[Piece], texts: list[np.ndarray], least: int, table: int) -> Strip:
        spacer = np.full(SPACER, 4, np.uint8)
        parts, at, length = [spacer], [], SPACER
        for text in texts:
            parts += [text, spacer]
            at.append(length)
            length += len(text) + SPACER
        forward = np.concatenate(parts)
        bases = np.stack([forward, complement_codes(forward)])
        low = np.array(at, np.int64)
        high = low + np.array([len(t) for t in texts], np.int64)
        ends = np.array([p.ends for p in pieces], bool)
        found = [
            _frames(bases[0], low, high, ends, least, table),
            _frames(bases[1], length - high, length - low, ends, least, table),
        ]
        (first, first_starts), (second, second_starts) = found
        second[:, 3:] += len(first_starts)
        rows = np.concatenate([first, second])
        strand = np.repeat([0, 1], [len(first), len(second)])
        offsets = np.append(rows[:, 3], len(first_starts) + len(second_starts))
        return cls(pieces, low, bases, strand, rows[:, 0], rows[:, 1], rows[:, 2].astype(bool),
                   np.concatenate([first_starts, second_starts]), offsets)  # fmt: skip

    @property
    def rows(self) -> np.ndarray:
        """Frames as the compiled loops read them."""
        columns = [self.stop, self.tail, self.open5, self.offsets[:-1], self.offsets[1:]]
        return np.stack(columns, axis=1).astype(np.int64)

    def span(self, frame: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First base, and base after the last, of frames from these positions on, along the first strand."""
        end, length, other = (self.stop + self.tail)[frame], self.bases.shape[1], self.strand[frame] == 1
        return np.where(other, length - end, start), np.where(other, length - start, end)


def _frames(
    bases: np.ndarray, low: np.ndarray, high: np.ndarray, ends: np.ndarray, least: int, table: int
) -> tuple[np.ndarray, np.ndarray]:
    """Frames (rows as in `find_frames`) and their starts on one strand."""
    code = genetic_code(table)
    is_start = code.starts & mask(START_CODONS)
    codons = codon_codes(bases)
    room = 3 * len(low)
    frames = np.zeros((int(code.stops[codons].sum()) + room, 5), np.int64)
    starts = np.zeros(int(is_start[codons].sum()) + room, np.int64)
    n_frames, n_starts = find_frames(codons, low, high, ends, code.stops, is_start, least, frames, starts)
    return frames[:n_frames], starts[:n_starts]


def _pieces(name: str, contig: str, circular: bool, least: int, table: int) -> Iterator[tuple[Piece, str]]:
    gaps = [m.span() for m in GAP.finditer(contig)]
    if circular and not gaps:
        yield _opened(name, contig, least, table)
        return
    bounds = [0, *(edge for gap in gaps for edge in gap), len(contig)]
    spans = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=True) if a < b]
    if circular and len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == len(contig):
        spans = [*spans[1:-1], (spans[-1][0], len(contig) + spans[0][1])]
    for a, b in spans:
        yield Piece(name, a, b - a, True), contig[a:b] + contig[: max(0, b - len(contig))]


def _opened(name: str, contig: str, least: int, table: int) -> tuple[Piece, str]:
    """A circular contig as a piece from the middle of its longest frame to the end of it, a turn later."""
    n = len(contig)
    twice = Strip._of([Piece(name, 0, 2 * n, False)], [base_codes(contig * 2)], least, table)
    first, last = twice.span(np.arange(len(twice.stop)), twice.starts[twice.offsets[:-1]])
    first, last = first - SPACER, last - SPACER
    one_turn = (last - first <= n) & (first < n)
    if not one_turn.any():
        return Piece(name, 0, n, False), contig
    size = np.where(one_turn, last - first, 0)
    pick = min(np.flatnonzero(size == size.max()), key=lambda i: (contig * 2)[first[i] : last[i]])
    a, b = int(first[pick]), int(last[pick])
    middle = (a + b) // 2
    letters = (contig * 3)[middle : b + n]
    return Piece(name, middle, len(letters), False, b - middle), letters
