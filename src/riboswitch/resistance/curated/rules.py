"""The rules that make a gene of an alignment: which family it belongs to, and how whole it is.

The methods are those of AMRFinderPlus (Feldgarden et al. 2019, Antimicrob Agents Chemother 63:e00483-19), and
three more for genes in pieces.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from riboswitch.resistance.curated.families import COMPLETE, IDENTITY, PARTIAL, Families, Family
from riboswitch.resistance.curated.pieces import Pieced, at_gaps, in_pieces
from riboswitch.resistance.curated.search.finder import Match

OVERLAP = 0.5
"""Two genes are at one place if so much of the shorter lies in the other."""

AT_END = 25.0
"""Least coverage, in percent, of a gene that runs over the end of its contig."""

WHOLE = ("ALLELE", "EXACT", "BLAST", "HMM")
"""Methods of genes that can work."""

NO_START = ("START_LOST", "PARTIAL", "PARTIAL_CONTIG_END")
"""Methods of genes in one piece that may lack their start."""


@dataclass(frozen=True, slots=True)
class Gene:
    """A known gene at a place of the genome.

    Attributes
    ----------
    found : Pieced
    families : tuple of Family
        The family that it belongs to; one for each part of a fusion.
    method : str
        ``ALLELE``: a named allele, residue for residue; ``EXACT``: any other reference, residue for residue;
        ``BLAST``: similar and complete; ``PARTIAL``, ``PARTIAL_CONTIG_END``, ``INTERNAL_STOP``,
        ``FRAMESHIFT``, ``INSERTION``, ``DELETION``, ``START_LOST``; ``HMM``: a protein that its family's
        model recognises.
    model : str
        The model, and the score that it gives.
    """

    found: Pieced
    families: tuple[Family, ...]
    method: str
    model: str = ""

    @property
    def match(self) -> Match:
        """Its alignment, or that of its first piece."""
        return self.found.first

    @property
    def exact(self) -> bool:
        """Whether it equals a reference."""
        return self.method in ("ALLELE", "EXACT")

    @property
    def symbol(self) -> str:
        """Its gene symbol: of the allele if it has a name, else of the family."""
        if self.method == "ALLELE":
            return self.match.reference.exact_node
        return "/".join(f.symbol if f.symbol != "-" else f.name for f in self.families)

    @property
    def node(self) -> str:
        """The name of its family."""
        return "/".join(f.name for f in self.families)

    @property
    def drug_class(self) -> str:
        """Its class, as in the database: of the reference itself if it is exact."""
        own = self.match.reference.drug_class if self.exact else ""
        return own or "/".join(dict.fromkeys(f.drug_class for f in self.families))

    @property
    def subclass(self) -> str:
        """Its subclass: of the reference itself if it is exact."""
        own = self.match.reference.subclass if self.exact else ""
        return own or "/".join(dict.fromkeys(f.subclass for f in self.families))

    @property
    def reportable(self) -> int:
        """0, 1 or 2 (core)."""
        return self.match.reference.reportable if self.exact else max(f.reportable for f in self.families)

    @property
    def type(self) -> str:
        """``AMR``, ``STRESS`` or ``VIRULENCE``."""
        return self.families[0].type


def genes(matches: Sequence[Match], families: Families) -> list[Gene]:
    """The genes that alignments show, one for each place, in the order of the genome."""
    known = [m for m in matches if m.reference.matters_by_presence]
    chains = [p for p in in_pieces(known) if len(p.pieces) > 1]
    alone = [at_gaps(m) or Pieced((m,)) for m in known]
    found = [judged(p, families) for p in (*alone, *chains)]
    best = winners(_with_a_start([gene for gene in found if gene is not None]))
    return sorted(best, key=lambda g: (g.match.frame.contig, g.found.place, g.symbol))


def _with_a_start(found: list[Gene]) -> list[Gene]:
    """Without genes that lack their start, where another reference begins later and is whole.

    It ends where the other does, and is as similar from its own start on: aac(6')-Ib begins at several
    codons, and is a part of fusion proteins.
    """
    whole = [g for g in found if g.method in WHOLE and g.match.alignment.ref_start == 0]
    return [g for g in found if g.method not in NO_START or not any(_begins_later(g, w) for w in whole)]


def _begins_later(gene: Gene, whole: Gene) -> bool:
    one, other = gene.match.alignment, whole.match.alignment
    same = gene.match.frame is whole.match.frame and one.end == other.end and one.start < other.start
    return same and other.identities >= one.identities_from(other.start)


def judged(found: Pieced, families: Families) -> Gene | None:
    """The gene that alignments show; None if they are below the cut-offs of all families of their line."""
    reference, match = found.first.reference, found.first
    if len(found.pieces) == 1 and match.exact:
        named = tuple(families.by_name[n] for n in reference.nodes)
        allele = reference.exact_node != reference.node
        return Gene(found, named, "ALLELE" if allele else "EXACT")
    coverage = found.coverage
    at_end = any(p.at_contig_end for p in found.pieces)
    if at_end and coverage >= AT_END:  # the other half may lie on another contig
        coverage = max(coverage, PARTIAL)
    fitting = [families.fitting(n, found.identity, coverage) for n in reference.nodes]
    known = tuple(f for f in fitting if f is not None)
    return Gene(found, known, _method(found)) if len(known) == len(fitting) else None


def _method(found: Pieced) -> str:
    for kind in ("INSERTION", "DELETION", "FRAMESHIFT", "INTERNAL_STOP"):
        if kind in found.kinds:
            return kind
    if found.coverage >= COMPLETE:
        return "START_LOST" if found.first.start_lost else "BLAST"
    return "PARTIAL_CONTIG_END" if any(p.at_contig_end for p in found.pieces) else "PARTIAL"


def winners(found: Sequence[Gene]) -> list[Gene]:
    """Of the genes at one place, the best."""
    kept: dict[str, list[Gene]] = {}
    for gene in sorted(found, key=_rank):
        others = kept.setdefault(gene.match.frame.contig, [])
        if not any(same_place(gene.found.place, other.found.place) for other in others):
            others.append(gene)
    return [gene for group in kept.values() for gene in group]


def _rank(gene: Gene) -> tuple:
    """Whole fusions, exact genes (curated before others), then more identical residues, then the shorter."""
    match = gene.match
    return (
        not (match.reference.parts > 1 and gene.method in WHOLE),
        not gene.exact,
        gene.exact and match.reference.of_record,
        -sum(p.alignment.identities for p in gene.found.pieces),
        len(match.reference.sequence),
        len(gene.found.pieces),
        match.reference.accession,
        gene.found.place,
    )


def same_place(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two stretches of a contig share half of the shorter."""
    (a, b), (c, d) = one, other
    return min(b, d) - max(a, c) + 1 >= OVERLAP * (min(b - a, d - c) + 1)


def winning_loci(matches: Iterable[Match], accessions: Collection[str]) -> list[Match]:
    """Of the alignments with references of mutations, the best at each place.

    Parameters
    ----------
    matches : iterable of Match
    accessions : collection of str
        References that have mutations for the taxon.
    """
    of_mutations = [m for m in matches if m.reference.is_mutation and m.reference.accession in accessions]
    enough = [p for p in in_pieces(of_mutations) if p.identity >= IDENTITY]
    enough = [p for p in enough if p.coverage >= PARTIAL or any(m.at_contig_end for m in p.pieces)]
    found = [m for p in enough for m in p.pieces]
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (-m.alignment.identities, m.reference.accession, m.place)):
        if not any(o.frame.contig == match.frame.contig and same_place(o.place, match.place) for o in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: (m.frame.contig, m.place))
