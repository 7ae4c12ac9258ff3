"""Point mutations of proteins: which of the known ones a genome has, and which loci were looked at.

The table is AMRProt-mutation.tsv of AMRFinderPlus. A locus has one of three answers: a known mutation was
seen, none was seen, or the locus was not found.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riboswitch.errors import InputError
from riboswitch.resistance.curated.search.alignments import Alignment
from riboswitch.resistance.curated.search.finder import Match

SYMBOL = re.compile(
    r"(?P<gene>.+)_(?P<ref>[A-Z]+)(?P<at>-?[0-9]+)"
    r"(?P<alt>[A-Z]+|del|Ter|[A-Z]fsTer[0-9]+(?:(?:ins|del)[0-9]+)?)"
)
FRAMESHIFT = re.compile(r"(?P<first>[A-Z])fsTer(?P<length>[0-9]+)")
AROUND = 6
"""Residues on both sides that must be those of the reference where a gap may be placed in several ways."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One known mutation.

    Attributes
    ----------
    accession : str
        The reference in which positions are counted.
    at : int
        Position in the reference, from 0.
    ref, alt : str
        What stands there, and what stands there after the mutation (``del``, ``Ter``, or a frameshift such as
        ``CfsTer5``).
    symbol : str
        As reported, ``gyrA_S83L``.
    drug_class, subclass, description : str
    """

    accession: str
    at: int
    ref: str
    alt: str
    symbol: str
    drug_class: str
    subclass: str
    description: str

    @property
    def gene(self) -> str:
        """Symbol of the gene."""
        return self.symbol.rpartition("_")[0]


def read_mutations(path: Path, taxon: str | None = None) -> list[Mutation]:
    """Read a table of mutations: all of them, or those of one taxon.

    Raises
    ------
    InputError
        If a line has not the columns of the table, or a symbol cannot be understood.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    header, lines = rows[0], rows[1:]
    by_taxon = header[0] == "#taxgroup"
    found = []
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise InputError("a line with other columns than the header", where=f"{path} line {number}")
        if by_taxon and taxon is not None and line[0] != taxon:
            continue
        found.append(_mutation(line[by_taxon:], f"{path} line {number}"))
    return found


def _mutation(cells: Sequence[str], where: str) -> Mutation:
    accession, position, standard, reported, drug_class, subclass, description = cells
    parts = SYMBOL.fullmatch(standard)
    if parts is None or not position.isdecimal():
        raise InputError("a mutation that cannot be understood", where=where, found=standard)
    return Mutation(
        accession, int(position) - 1, parts["ref"], parts["alt"], reported, drug_class, subclass,
        description.replace("_", " "),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Locus:
    """A gene in which mutations were looked for.

    Attributes
    ----------
    match : Match
    seen : tuple of Mutation
        The known mutations that are there.
    looked_at : tuple of Mutation
        All known mutations whose position is aligned.
    """

    match: Match
    seen: tuple[Mutation, ...]
    looked_at: tuple[Mutation, ...]

    def place_of(self, mutation: Mutation) -> tuple[int, int]:
        """First and last base of the gene; of a protein that a shift of the frame ends, up to its end."""
        start = self.match.alignment.start
        if not FRAMESHIFT.match(mutation.alt):
            return self.match.place
        return self.match.frame.place(start, start + len(_product(self.match)))


def locus(match: Match, mutations: Iterable[Mutation]) -> Locus:
    """Look for mutations in an alignment with their reference."""
    aligned = Columns.of(match.alignment, match.frame.protein, match.reference.sequence)
    product = _product(match)
    covered = [m for m in mutations if _can_be_seen(m, aligned)]
    seen = tuple(m for m in covered if _is_there(m, aligned, product))
    return Locus(match, seen, tuple(covered))


def _can_be_seen(mutation: Mutation, aligned: Columns) -> bool:
    """Whether its place is aligned; where a shift of the frame begins, the residue before must be."""
    if FRAMESHIFT.match(mutation.alt):
        return aligned.covers(mutation.at - 1, 1)
    return aligned.covers(mutation.at, len(mutation.ref))


def _is_there(mutation: Mutation, aligned: Columns, product: str) -> bool:
    shifted = FRAMESHIFT.match(mutation.alt)
    if shifted:
        end = mutation.at + int(shifted["length"])  # NCBI counts the residues before the stop
        return len(product) == end and product[mutation.at] == shifted["first"]
    if mutation.alt == "Ter":
        return aligned.instead_of(mutation.at, len(mutation.ref))[:1] == "*"
    return aligned.shows(mutation)


def _product(match: Match) -> str:
    """The protein from the reference's first residue to the first stop; empty if the start is not aligned."""
    if match.alignment.ref_start:
        return ""
    return match.frame.protein[match.alignment.start :].split("*", 1)[0]


@dataclass(frozen=True)
class Columns:
    """The columns of an alignment, its gaps as far to the right as they go.

    Attributes
    ----------
    letters : list of str
        For each letter of the reference what stands in its place, with whatever is inserted after it.
    start : int
        The first letter of the reference that is aligned.
    reference : str
    """

    letters: list[str]
    start: int
    reference: str

    @classmethod
    def of(cls, alignment: Alignment, sequence: str, reference: str) -> Columns:
        """The columns of an alignment of ``sequence`` with ``reference``."""
        frame, ref = shifted_right(*alignment.pairs(), sequence, reference)
        letters: list[str] = []
        for of_frame, of_ref in zip(frame.tolist(), ref.tolist(), strict=True):
            letter = sequence[of_frame] if of_frame >= 0 else ""
            if of_ref >= 0:
                letters.append(letter)
            elif letters:
                letters[-1] += letter
        return cls(letters, alignment.ref_start, reference)

    def covers(self, at: int, length: int) -> bool:
        """Whether these letters of the reference are aligned."""
        return self.start <= at and at + length <= self.start + len(self.letters)

    def instead_of(self, at: int, length: int) -> str:
        """What stands in the place of some letters of the reference."""
        return "".join(self.letters[at - self.start : at - self.start + length])

    def shows(self, mutation: Mutation) -> bool:
        """Whether a mutation stands there, wherever its gap is placed."""
        at, length = mutation.at, len(mutation.ref)
        after = "" if mutation.alt == "del" else mutation.alt
        if self.instead_of(at, length) == after:
            return True
        return len(after) != length and self.reads(at, length, after)

    def reads(self, at: int, length: int, after: str) -> bool:
        """Whether the sequence around is the reference's with ``after`` in the place of these letters."""
        first, last = max(at - AROUND, self.start), min(at + length + AROUND, self.start + len(self.letters))
        expected = self.reference[first:at] + after + self.reference[at + length : last]
        return self.instead_of(first, last - first) == expected and last - first > length


def shifted_right(
    frame: np.ndarray, ref: np.ndarray, sequence: str, reference: str
) -> tuple[np.ndarray, np.ndarray]:
    """Columns with every gap moved to the right as far as the letters allow, as HGVS names changes."""
    frame, ref = frame.copy(), ref.copy()
    for gapped, whole, letters in ((frame, ref, reference), (ref, frame, sequence)):
        gaps = np.flatnonzero(gapped < 0)
        for run in reversed(np.split(gaps, np.flatnonzero(np.diff(gaps) > 1) + 1) if len(gaps) else []):
            first, end = int(run[0]), int(run[-1]) + 1
            while (
                end < len(gapped)
                and gapped[end] >= 0
                and whole[end] >= 0
                and (letters[whole[first]] == letters[whole[end]])
            ):
                gapped[first], gapped[end] = gapped[end], -1
                first, end = first + 1, end + 1
    return frame, ref
