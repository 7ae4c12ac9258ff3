"""Where known resistance genes lie in a genome: candidates, their alignments, and which of them win."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.io.log.progress import tick
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.references import Reference
from riboswitch.resistance.curated.search.alignments import Alignment, align
from riboswitch.resistance.curated.search.candidates import MARGIN, Candidate, candidates, fewest_shared
from riboswitch.resistance.curated.search.frames import Frame, six_frames
from riboswitch.resistance.curated.search.words import ReferenceWords, WordTable

RESIDUES = "residues of six frames"
"""What is counted as done."""

NEAR = 60
"""Stretches that begin so near to each other, in residues, are aligned as one."""

START_CODONS = ("ATG", "GTG", "TTG", "CTG", "ATT", "ATC", "ATA")  # of NCBI's table 11
STARTS = "MLIV"  # residues of the common start codons, which all become methionine

FEW = 10
"""An alignment is lengthened by so many residues at most."""


@dataclass(frozen=True, slots=True)
class Match:
    """An alignment of a reference with a frame of the genome.

    Attributes
    ----------
    frame : Frame
    reference : Reference
    alignment : Alignment
    """

    frame: Frame
    reference: Reference
    alignment: Alignment

    @property
    def place(self) -> tuple[int, int]:
        """First and last base on the contig, from 1."""
        return self.frame.place(self.alignment.start, self.alignment.end)

    @property
    def coverage(self) -> float:
        """How much of the reference is aligned, in percent."""
        return 100.0 * (self.alignment.ref_end - self.alignment.ref_start) / len(self.reference.sequence)

    @property
    def residues(self) -> str:
        """The aligned residues of the frame."""
        return self.frame.protein[self.alignment.start : self.alignment.end]

    @property
    def exact(self) -> bool:
        """Whether the whole reference is there, residue for residue."""
        return self.alignment.identities == self.alignment.columns == len(self.reference.sequence)

    @property
    def stops(self) -> int:
        """Stops within the aligned residues."""
        return self.residues.count("*")

    @property
    def start_lost(self) -> bool:
        """Whether the codon at the reference's first residue, a methionine, begins no protein."""
        first = self.alignment.start * 3 + self.frame.shift
        codon = self.frame.dna[first : first + 3]
        known = len(codon) == 3 and set(codon) <= {*"ACGT"} and self.alignment.ref_start == 0
        return known and self.reference.sequence[0] == "M" and codon not in START_CODONS

    @property
    def at_contig_end(self) -> bool:
        """Whether the missing part of the reference would lie beyond the contig's end."""
        missing_start, missing_end = (
            self.alignment.ref_start,
            len(self.reference.sequence) - self.alignment.ref_end,
        )
        before, after = self.frame.room(self.alignment.start, self.alignment.end)
        return (missing_start > 0 and before < missing_start) or (missing_end > 0 and after < missing_end)


@dataclass(frozen=True)
class Finder:
    """References, ready to be looked for."""

    references: Sequence[Reference]
    families: Families

    @cached_property
    def _words(self) -> ReferenceWords:
        return ReferenceWords.of([r.sequence for r in self.references])

    @cached_property
    def _fewest(self) -> np.ndarray:
        nodes = {node for r in self.references for node in r.nodes}
        lowest = {node: self.families.least_identity(node) / 100 for node in nodes}
        least = [min(lowest[node] for node in r.nodes) for r in self.references]
        return fewest_shared(self._words.kind, self._words.lengths, least)

    @cached_property
    def _always(self) -> np.ndarray:
        return np.array([not r.matters_by_presence for r in self.references])

    def matches(self, contigs: Mapping[str, str], table: int = 11) -> Iterator[Match]:
        """All alignments that may matter, frame by frame."""
        frames = [f for name, sequence in contigs.items() for f in six_frames(name, sequence, table)]
        return self.of_frames(frames)

    def of_frames(self, frames: Sequence[Frame]) -> Iterator[Match]:
        """Alignments of the references with frames of one genome."""
        words = self._words.shared_with(frame.protein for frame in frames)
        for frame in frames:
            yield from self._of_frame(frame, words)
            tick(len(frame.protein), RESIDUES)

    def _of_frame(self, frame: Frame, words: WordTable) -> Iterator[Match]:
        found = candidates(frame.protein, words, self._fewest, self._always)
        whole = [c for c in found if self._is_exact(c, frame.protein)]
        rest = [c for c in found if not self._needless(c, whole)]
        for start, end, group in stretches(rest, len(frame.protein)):
            proteins = [self.references[c.reference].sequence for c in group]
            aligned = align(frame.protein[start:end], proteins, start)
            for candidate, alignment in zip(group, aligned, strict=True):
                if alignment is not None:
                    reference = self.references[candidate.reference]
                    yield Match(frame, reference, to_the_ends(alignment, frame.protein, reference.sequence))

    def nearest(self, frame: Frame) -> Match | None:
        """The best local alignment of a short frame with any reference that matters by its presence."""
        known = [r for r in self.references if r.matters_by_presence]
        aligned = align(frame.protein, [r.sequence for r in known], 0)
        found = [(a, r) for a, r in zip(aligned, known, strict=True) if a is not None]
        if not found:
            return None
        best, reference = max(found, key=lambda f: (f[0].score, f[0].identities, f[1].accession))
        return Match(frame, reference, best)

    def _is_exact(self, candidate: Candidate, protein: str) -> bool:
        sequence = self.references[candidate.reference].sequence
        return protein.find(sequence[1:], max(candidate.start - MARGIN, 0), candidate.end + MARGIN) > 0

    def _needless(self, candidate: Candidate, whole: Sequence[Candidate]) -> bool:
        """Whether a longer reference, or an equally long one, lies there residue for residue."""
        reference = self.references[candidate.reference]
        if not reference.matters_by_presence or reference.parts > 1 or candidate in whole:
            return False
        return any(w.start <= candidate.start + 3 and candidate.end - 3 <= w.end for w in whole)


def to_the_ends(alignment: Alignment, protein: str, reference: str) -> Alignment:
    """Lengthen an alignment without gaps to the ends of the reference, where few residues are missing.

    A local alignment stops before the last residues if they differ, and a start codon is read as another
    residue than methionine.
    """
    before = min(alignment.ref_start, alignment.start)
    after = min(len(reference) - alignment.ref_end, len(protein) - alignment.end)
    before = before if before <= FEW and before == alignment.ref_start else 0
    after = after if after <= FEW and after == len(reference) - alignment.ref_end else 0
    head = _steps(protein[alignment.start - before : alignment.start], reference[:before])
    tail = _steps(protein[alignment.end : alignment.end + after], reference[alignment.ref_end :][:after])
    if "*" in protein[alignment.start - before : alignment.start] and not _begun(head):
        head, before = "", 0
    steps = head + alignment.steps + tail
    if alignment.ref_start == before and protein[alignment.start - before] in STARTS and reference[0] == "M":
        steps = "M" + steps[1:]
    return Alignment(
        alignment.start - before, alignment.end + after,
        alignment.ref_start - before, alignment.ref_end + after,
        alignment.score, steps.count("M"), len(steps), steps,
    )  # fmt: skip


def _begun(head: str) -> bool:
    """Whether residues before a stop are those of the reference: the gene begins there and is interrupted."""
    return 2 * head.count("M") >= len(head)


def _steps(protein: str, reference: str) -> str:
    return "".join("M" if a == b else "X" for a, b in zip(protein, reference, strict=True))


def stretches(found: Sequence[Candidate], length: int) -> Iterator[tuple[int, int, list[Candidate]]]:
    """Candidates that begin near each other, with the stretch of the frame that holds them all."""
    waiting = sorted(found, key=lambda c: (c.start, c.end, c.reference))
    while waiting:
        first, group, later, seen = waiting[0], [], [], set()
        for candidate in waiting:
            if candidate.start - first.start <= NEAR and candidate.reference not in seen:
                group.append(candidate)
                seen.add(candidate.reference)
            else:
                later.append(candidate)
        waiting = later
        start, end = min(c.start for c in group) - MARGIN, max(c.end for c in group) + MARGIN
        yield max(start, 0), min(end, length), group
