"""Where the genes of an entry lie: databases of genes hold entries that are turned, shifted, or cassettes.

An entry is read as it is stored if it is open from a start codon to a stop. If not, all six frames are tried.
A frame that is open over the whole entry is its gene, if no other is as good: a frame from a start codon to a
stop, before one that runs off one end of the entry, before frame 1 that runs off both. If no frame is open,
the entry may be a cassette, as an operon: genes on one strand, each near the end of the one before.

A gene with a shifted frame looks like two genes, too. So the name of a cassette must tell as many genes as
are found (VanHAX: vanH, vanA and vanX), or each gene but the first must have a ribosome binding site and must
not be the rest of a gene with a stop in it. Of 3,000 genes of ResFinder with a base removed or added, 63
became cassettes; of 1,500 with a stop, one. The gene starts at the start codon nearest to the end of the gene
before, ATG before GTG and TTG: in ResFinder's 22 cassettes that is the start of NCBI's protein in all but
three genes, which are one or three residues longer or shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import base_codes, codon_codes, genetic_code, mask
from riboswitch.genomes.orfs import START_CODONS

SHORTEST = 60  # codons of a gene of a cassette, and of a frame that runs off one end
REACH = 60  # bases that two genes of a cassette may overlap or lie apart
SHINE_DALGARNO = "AAGGAGGTGA"
BINDS = frozenset(SHINE_DALGARNO[i : i + 5] for i in range(len(SHINE_DALGARNO) - 4))
BEFORE_START = 18, 4  # bases before a start codon between which the ribosome binds
# The letters of a cassette's name, one a gene; vanXY is one gene, with the work of vanX and vanY.
NAME = re.compile(r"([A-Za-z][a-z]{2})((?:[A-Z][0-9]*){2,})(?![^_\W]|-)")
LETTERS = re.compile(r"[A-Z][0-9]*"), re.compile(r"XY|[A-Z][0-9]*")


class Gene(NamedTuple):
    """One gene of an entry: ``start`` and ``end`` count from 0 along its strand, the stop included.

    ``begins`` and ``stops`` say whether it has a start codon and a stop; if not, it runs off the entry.
    """

    strand: str
    start: int
    end: int
    begins: bool
    stops: bool

    @property
    def frame(self) -> int:
        return self.start % 3 + 1

    @property
    def ends(self) -> int:
        """How many of its two ends lie in the entry."""
        return self.begins + self.stops

    def cut(self, dna: str) -> str:
        """The bases of the gene, in its direction."""
        return (dna if self.strand == "+" else reverse_complement(dna))[self.start : self.end]


class Found(NamedTuple):
    """The genes of an entry, in order; none if there is a ``reason``. ``names`` of a cassette's genes."""

    genes: tuple[Gene, ...]
    names: tuple[str, ...] = ()
    reason: str = ""


def find_genes(dna: str, name: str = "", table: int = 11) -> Found:
    """Find the genes of an entry.

    Parameters
    ----------
    dna : str
        A whole entry, in upper case.
    name : str
        Name of the entry: it may tell the genes of a cassette.
    table : int
        NCBI translation table.
    """
    forward = _Strand("+", dna, table)
    stored = forward.open_frame(0, rare_starts=True)
    if stored and stored.ends == 2:
        return Found((stored,))
    strands = forward, _Strand("-", dna, table)
    frames = [frame for strand in strands for shift in range(3) if (frame := strand.open_frame(shift))]
    others = [frame for frame in frames if frame.ends and (frame.strand, frame.start) != ("+", 0)]
    if best := _best(stored, others, forward.begins):
        return Found((best,))
    found = _cassette(strands, name) if stored is None else None
    if found and (found.genes or not others):
        return found
    known = [stored, *others] if stored else others
    return Found((), reason=f"open frames, but none that is certain: {', '.join(map(_described, known))}")


def cassette_names(name: str) -> dict[int, tuple[str, ...]]:
    """Names of the genes of a cassette, by their number: ``VanGXY_1`` may be vanG and vanXY, or three."""
    found = NAME.match(name)
    if found is None:
        return {}
    stem = found[1][0].lower() + found[1][1:]
    lists = [tuple(stem + letter for letter in letters.findall(found[2])) for letters in LETTERS]
    return {len(names): names for names in lists if len({*names}) == len(names) > 1}


def _best(stored: Gene | None, others: Sequence[Gene], begins: bool) -> Gene | None:
    """The open frame that is better than all others, if there is one.

    An entry that ``begins`` with a start codon, but has a stop in frame 1, may be a gene that breaks early.
    """
    whole = [other for other in others if other.ends == 2]
    if stored:
        if whole and not stored.ends:
            return whole[0] if len(whole) == 1 else None
        return stored if not whole and (stored.ends or not others) else None
    if whole:
        return whole[0] if len(whole) == 1 else None
    certain = len(others) == 1 and not begins and others[0].end - others[0].start >= 3 * SHORTEST
    return others[0] if certain else None


def _described(gene: Gene) -> str:
    lacks = {(True, True): "from start to stop", (True, False): "no stop", (False, True): "no start codon"}
    about = lacks.get((gene.begins, gene.stops), "no start codon, no stop")
    return f"strand {gene.strand} frame {gene.frame} ({about})"


def _cassette(strands: Sequence[_Strand], name: str) -> Found:
    """The genes of a cassette, or why there are none."""
    cassettes = [(s, genes) for s in strands if len(genes := s.chain()) > 1]
    if not cassettes:
        return Found((), reason=_longest(strands))
    names = cassette_names(name)
    named = [genes for _, genes in cassettes if len(genes) in names]
    if len(named) == 1:
        return Found(tuple(named[0]), names[len(named[0])])
    bound = [genes for strand, genes in cassettes if strand.starts_bind(genes)]
    if len(bound) == 1 and not named:
        return Found(tuple(bound[0]))
    counts = " or ".join(f"{len(genes)} on strand {strand.strand}" for strand, genes in cassettes)
    return Found((), reason=f"genes follow each other ({counts}), or a stop or a shift breaks one")


def _longest(strands: Sequence[_Strand]) -> str:
    """How much of an entry its longest frame covers."""
    strand, begin, end = max(
        ((s, begin, end) for s in strands for begin, end, _ in s.runs()),
        key=lambda run: run[2] - run[1],
        default=(strands[0], 0, 0),
    )
    share = (end - begin) / max(strand.length, 1)
    where = f"strand {strand.strand} frame {begin % 3 + 1}"
    return f"no frame is open over the entry: the longest ({where}) covers {share:.0%}"


class _Strand:
    """One strand of an entry: where its frames are open, start and stop."""

    def __init__(self, strand: str, dna: str, table: int):
        code, self.along = genetic_code(table), dna if strand == "+" else reverse_complement(dna)
        self.strand, self.length = strand, len(dna)
        codons = codon_codes(base_codes(self.along))
        self.is_stop, self.is_rare_start = code.stops[codons], code.starts[codons]
        self.is_start = (code.starts & mask(START_CODONS))[codons]
        self.is_atg = self.is_start & mask(["ATG"])[codons]

    @property
    def begins(self) -> bool:
        """Whether the first codon is ATG, GTG or TTG."""
        return bool(self.is_start[:1].any())

    def open_frame(self, shift: int, rare_starts: bool = False) -> Gene | None:
        """The frame from one end of the entry to the other; None if it has a stop before its last codon."""
        stops = self.is_stop[shift::3]
        if len(stops) < 2 or stops[:-1].any():
            return None
        starts = self.is_rare_start if rare_starts else self.is_start
        return Gene(self.strand, shift, shift + 3 * len(stops), bool(starts[shift]), bool(stops[-1]))

    def runs(self) -> Iterator[tuple[int, int, bool]]:
        """Open stretches: first base, base after the last (the stop included), whether there is a stop."""
        for shift in range(min(3, len(self.is_stop))):
            begin = shift
            for stop in (np.flatnonzero(self.is_stop[shift::3]) * 3 + shift).tolist():
                yield begin, stop + 3, True
                begin = stop + 3
            yield begin, begin + (self.length - begin) // 3 * 3, False

    def chain(self) -> list[Gene]:
        """Genes that follow each other from one end of the entry to the other; empty if there are none."""
        closed = [(begin, end) for begin, end, stops in self.runs() if stops]
        firsts = [(begin, end) for begin, end in closed if begin <= 2 and self.is_rare_start[begin]]
        if not firsts:
            return []
        genes = [self._gene(*max(firsts, key=lambda run: run[1]))]
        while following := self._following(genes[-1].end, closed):
            genes.append(following)
        long = all(gene.end - gene.start >= 3 * SHORTEST for gene in genes)
        return genes if long and self.length - genes[-1].end <= 2 else []

    def _gene(self, start: int, end: int) -> Gene:
        return Gene(self.strand, start, end, True, True)

    def _following(self, place: int, runs: Sequence[tuple[int, int]]) -> Gene | None:
        """The longest gene that starts near a place, the end of another gene."""
        starts = [(self._start(place, begin, end), end) for begin, end in runs if end > place + REACH]
        genes = [self._gene(start, end) for start, end in starts if start >= 0]
        return max(genes, key=lambda gene: gene.end - gene.start, default=None)

    def _start(self, place: int, begin: int, end: int) -> int:
        """The start codon of a frame that is nearest to a place, ATG first; -1 if there is none in reach."""
        starts = begin + 3 * np.flatnonzero(self.is_start[begin : end - 3 : 3])
        starts = starts[np.abs(starts - place) <= REACH]
        if self.is_atg[starts].any():
            starts = starts[self.is_atg[starts]]
        return int(starts[np.abs(starts - place).argmin()]) if len(starts) else -1

    def starts_bind(self, genes: Sequence[Gene]) -> bool:
        """Whether each gene but the first has a binding site and is not the rest of the one before."""
        return all(
            self._binds(gene.start) and not self._goes_on(before, gene) for before, gene in pairwise(genes)
        )

    def _binds(self, start: int) -> bool:
        upstream = self.along[max(0, start - BEFORE_START[0]) : max(0, start - BEFORE_START[1])]
        return any(site in upstream for site in BINDS)

    def _goes_on(self, gene: Gene, following: Gene) -> bool:
        """Whether the frame of a gene is open from its stop on up to the start of the next."""
        between = following.start - gene.end
        return between >= 0 and between % 3 == 0 and not self.is_stop[gene.end : following.start : 3].any()
