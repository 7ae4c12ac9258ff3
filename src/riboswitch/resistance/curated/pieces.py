"""Genes in pieces: alignments of one reference that follow each other, and how they are interrupted.

A shift of the frame, an inserted element or a missing piece cuts the alignment of a gene in two or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from riboswitch.resistance.curated.search.alignments import best_cut, kept_by_cut, trimmed
from riboswitch.resistance.curated.search.finder import Match

FARTHEST = 12_000
"""Longest element, in bases, that may lie between two pieces of a gene."""

LEAST_PIECE = 8
"""Fewest residues of a piece."""

SPELLED = 10
"""Fewer residues than this, up to a stop within an insertion, are written out."""

LONG_GAP = re.compile("D{11,}|I{11,}")
"""A gap of more than `SHORT` bases."""

KEPT = 0.75
"""So much of their identical residues two pieces keep when neither overlaps the other; two copies do not."""

TAIL = 10
"""So many residues may be missing or other at the end of a protein that is not broken."""

SHORT = 30
"""A gap of fewer bases between two pieces is a shift of the frame, not an insertion."""


@dataclass(frozen=True, slots=True)
class Pieced:
    """A gene in pieces.

    Attributes
    ----------
    pieces : tuple of Match
        Of one reference, contig and strand, in the order of the reference.
    """

    pieces: tuple[Match, ...]

    @property
    def first(self) -> Match:
        """The piece with the gene's start."""
        return self.pieces[0]

    @property
    def place(self) -> tuple[int, int]:
        """First and last base on the contig, from 1."""
        starts, ends = zip(*(p.place for p in self.pieces), strict=True)
        return min(starts), max(ends)

    @property
    def coverage(self) -> float:
        """How much of the reference the pieces cover together, in percent."""
        covered = {i for p in self.pieces for i in range(p.alignment.ref_start, p.alignment.ref_end)}
        return 100.0 * len(covered) / len(self.first.reference.sequence)

    @property
    def identity(self) -> float:
        """Identical columns of all pieces, in percent."""
        return (
            100.0
            * sum(p.alignment.identities for p in self.pieces)
            / sum(p.alignment.columns for p in self.pieces)
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What interrupts it: ``FRAMESHIFT``, ``INSERTION``, ``DELETION`` or ``INTERNAL_STOP``."""
        found = {kind for a, b in zip(self.pieces, self.pieces[1:], strict=False) for kind in _between(a, b)}
        if any(p.stops for p in self.pieces):
            found.add("INTERNAL_STOP")
        return tuple(sorted(found))


def _between(one: Match, other: Match) -> Iterator[str]:
    """What lies between two pieces."""
    bases = _from(other) - _to(one)
    missing = 3 * (other.alignment.ref_start - one.alignment.ref_end)
    if bases - max(missing, 0) > SHORT:
        yield "INSERTION"
    elif missing - bases > SHORT:
        yield "DELETION"
    if (bases - missing) % 3:
        yield "FRAMESHIFT"


def _from(match: Match) -> int:
    """Where a piece begins, in bases along its strand."""
    return match.frame.shift + 3 * match.alignment.start


def _to(match: Match) -> int:
    return match.frame.shift + 3 * match.alignment.end


def in_pieces(matches: Iterable[Match]) -> list[Pieced]:
    """Pieces of the same reference that follow each other on a strand, joined; whole genes stand alone."""
    found = [m for m in matches if m.alignment.ref_end - m.alignment.ref_start >= LEAST_PIECE]

    def key(match: Match) -> tuple[str, str, str]:
        return match.frame.contig, match.frame.strand, match.reference.accession

    def order(match: Match) -> tuple[str, str, str, int, int]:
        """By the middles: chance agreement may lengthen a piece at its broken end as far as the gene goes."""
        return *key(match), _from(match) + _to(match), match.alignment.ref_start

    joined = []
    for _, group in groupby(sorted(found, key=order), key):
        joined += _chains([*group])
    return joined


def at_gaps(match: Match) -> Pieced | None:
    """The alignment cut at its long gaps; None if it has none."""
    _, reference = match.alignment.pairs()
    gaps = list(LONG_GAP.finditer(match.alignment.steps))
    if not gaps:
        return None
    cuts = sorted({int(reference[: m.start()].max()) + 1 for m in gaps})
    ends = [int(reference[: m.end()].max()) + 1 for m in gaps]
    starts = [match.alignment.ref_start, *sorted(set(ends))]
    parts = [
        trimmed(match.alignment, a, b) for a, b in zip(starts, [*cuts, match.alignment.ref_end], strict=True)
    ]
    return Pieced(tuple(replace(match, alignment=p) for p in parts if p.columns))


def _chains(matches: Sequence[Match]) -> list[Pieced]:
    chains: list[list[Match]] = []
    for match in matches:
        fitting = [c for c in chains if _follows(c[-1], match)]
        if not fitting:
            chains.append([match])
        else:
            start = match.alignment.ref_start
            min(fitting, key=lambda c: abs(start - c[-1].alignment.ref_end)).append(match)
    return [Pieced(tuple(_without_overlaps(c))) for c in chains]


def _without_overlaps(chain: Sequence[Match]) -> list[Match]:
    """Pieces of which no two cover the same residues of the reference."""
    pieces = [chain[0]]
    for piece in chain[1:]:
        one, other = pieces[-1].alignment, piece.alignment
        if one.ref_end > other.ref_start:
            cut = best_cut(one, other)
            pieces[-1] = replace(pieces[-1], alignment=trimmed(one, one.ref_start, cut))
            piece = replace(piece, alignment=trimmed(other, cut, other.ref_end))
        pieces.append(piece)
    return [p for p in pieces if p.alignment.columns]


def _follows(one: Match, other: Match) -> bool:
    """Whether a piece goes on where another ended: later on the strand and later in the reference."""
    shorter = min(len(one.residues), len(other.residues))
    near = -3 * (shorter + TAIL) < _from(other) - _to(one) <= FARTHEST
    places = [(m.alignment.ref_start, m.alignment.ref_end) for m in (one, other)]
    on = places[0] < places[1]
    return near and on and kept_by_cut(one.alignment, other.alignment) >= KEPT


def broken_symbol(gene: str, pieced: Pieced) -> str:
    """How a gene is broken, as HGVS writes it: ``cirA_Q562Ter``, ``ompK35_R60LfsTer31``; empty if it is not.

    The protein that is made from the start of the gene is followed along the alignment of its first piece.
    """
    first = pieced.first
    reference = first.reference.sequence
    if first.alignment.ref_start > TAIL:
        return f"{gene}_start_lost"
    residues, place = _until_it_leaves(pieced)
    if len(reference) - residues <= TAIL:
        return ""
    product = first.frame.protein[first.alignment.start :].split("*", 1)[0]
    changed = f"{gene}_{reference[residues]}{residues + 1}"
    left = len(product) - (place - first.alignment.start)
    if left <= 0:
        return f"{changed}Ter"
    if "INSERTION" in pieced.kinds and "FRAMESHIFT" not in pieced.kinds:
        before = reference[residues - 1]
        inserted = f"{before}{product[-left:]}Ter" if left < SPELLED else f"insTer{left}"
        return f"{gene}_{before}{residues}{inserted}"
    return f"{changed}{product[-left]}fsTer{left}"


def _until_it_leaves(pieced: Pieced) -> tuple[int, int]:
    """Residues of the reference before a stop or the end of the first piece, and the place in the frame.

    Chance agreement at the end of a piece does not count: the last three residues must be the reference's.
    """
    first = pieced.first
    steps = first.alignment.steps
    frame, reference = first.alignment.pairs()
    stops = [i for i, place in enumerate(frame.tolist()) if place >= 0 and first.frame.protein[place] == "*"]
    if stops:
        return int(reference[: stops[0]].max()) + 1, int(frame[stops[0]])
    end = len(steps)
    if len(pieced.pieces) > 1:
        end = max(steps.rfind("MMM", 0, end) + 3, 1)
    return int(reference[:end].max()) + 1, int(frame[:end].max()) + 1
