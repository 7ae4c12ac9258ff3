"""Point mutations of DNA: ribosomal RNA and promoters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.fasta import fasta_entries
from riboswitch.resistance.curated.protein_mutations import Columns, Mutation, read_mutations
from riboswitch.resistance.curated.search.alignments import Alignment, align_dna
from riboswitch.resistance.curated.search.candidates import candidates, fewest_shared
from riboswitch.resistance.curated.search.finder import stretches
from riboswitch.resistance.curated.search.frames import on_contig
from riboswitch.resistance.curated.search.words import DNA, ReferenceWords, WordTable

FLANK, MOST_DIFFERENT = 200, 0.04
"""So many bases around a mutation are compared, and so large a share of them may differ."""

LEAST_COVERAGE = 0.5


@dataclass(frozen=True, slots=True)
class DnaLocus:
    """A place of the genome that is like a reference of DNA mutations.

    Attributes
    ----------
    contig, strand : str
    start, end : int
        On the contig, from 1, inclusive.
    reference : str
        Its title.
    identity, coverage : float
        In percent.
    seen, looked_at : tuple of Mutation
        As of a `protein_mutations.Locus`.
    """

    contig: str
    strand: str
    start: int
    end: int
    reference: str
    identity: float
    coverage: float
    seen: tuple[Mutation, ...]
    looked_at: tuple[Mutation, ...]


class _Place(NamedTuple):
    """A stretch of a strand."""

    contig: str
    strand: str
    dna: str
    start: int
    end: int


@dataclass(frozen=True)
class DnaFinder:
    """References with their mutations, ready to be looked for.

    Attributes
    ----------
    references : mapping of str to str
        Title to sequence.
    mutations : mapping of str to list of Mutation
        By title.
    """

    references: Mapping[str, str]
    mutations: Mapping[str, Sequence[Mutation]]

    @classmethod
    def load(cls, fasta: Path, table: Path) -> DnaFinder:
        """Read AMR_DNA-TAXON.fa and AMR_DNA-TAXON.tsv."""
        with fasta.open(encoding="ascii") as file:
            references = {title: sequence.upper() for title, sequence in fasta_entries(file)}
        mutations: dict[str, list[Mutation]] = {title: [] for title in references}
        for mutation in read_mutations(table):
            mutations[mutation.accession].append(mutation)
        return cls(references, mutations)

    @cached_property
    def _titles(self) -> list[str]:
        return [*self.references]

    @cached_property
    def _table(self) -> WordTable:
        return ReferenceWords.of([*self.references.values()], DNA).table()

    def loci(self, contigs: Mapping[str, str]) -> Iterator[DnaLocus]:
        """All places of the genome that are like a reference."""
        places: dict[str, list[_Place]] = {}
        for contig, sequence in contigs.items():
            for strand, dna in (("+", sequence), ("-", reverse_complement(sequence))):
                for title, place in self._places(contig, strand, dna):
                    places.setdefault(title, []).append(place)
        for title, group in places.items():
            texts, offsets = [p.dna[p.start : p.end] for p in group], [p.start for p in group]
            aligned = align_dna(texts, self.references[title], offsets)
            for place, alignment in zip(group, aligned, strict=True):
                if alignment is not None and self._coverage(title, alignment) >= LEAST_COVERAGE:
                    yield self._locus(place, title, alignment)

    def _places(self, contig: str, strand: str, dna: str) -> Iterator[tuple[str, _Place]]:
        """Where references may lie on a strand."""
        table = self._table
        fewest = fewest_shared(table.kind, table.lengths, [0.9] * len(table.lengths))
        found = candidates(dna, table, fewest, np.ones(len(table.lengths), bool))
        for start, end, group in stretches(found, len(dna)):
            for candidate in group:
                yield self._titles[candidate.reference], _Place(contig, strand, dna, start, end)

    def _coverage(self, title: str, alignment: Alignment) -> float:
        return (alignment.ref_end - alignment.ref_start) / len(self.references[title])

    def _locus(self, place: _Place, title: str, alignment: Alignment) -> DnaLocus:
        aligned = Columns.of(alignment, place.dna, self.references[title])
        looked_at = tuple(
            m for m in self.mutations[title] if aligned.covers(m.at, len(m.ref)) and _alike(m, aligned)
        )
        start, end = on_contig(alignment.start + 1, alignment.end, place.strand, len(place.dna))
        seen = tuple(m for m in looked_at if aligned.shows(m))
        coverage = 100 * self._coverage(title, alignment)
        return DnaLocus(
            place.contig, place.strand, start, end, title, alignment.identity, coverage, seen, looked_at
        )


def _alike(mutation: Mutation, aligned: Columns) -> bool:
    """Whether the bases around a mutation are those of the reference: it is the same gene."""
    first = max(mutation.at - FLANK, aligned.start)
    last = min(mutation.at + len(mutation.ref) + FLANK, aligned.start + len(aligned.letters))
    around = [i for i in range(first, last) if not mutation.at <= i < mutation.at + len(mutation.ref)]
    differ = sum(aligned.letters[i - aligned.start] != aligned.reference[i] for i in around)
    return differ <= MOST_DIFFERENT * len(around)
