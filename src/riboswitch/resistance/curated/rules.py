"""The rules that make a gene of an alignment: which family it belongs to, and how sure that is.

The methods are those of AMRFinderPlus (Feldgarden et al. 2019, Antimicrob Agents Chemother 63:e00483-19).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from riboswitch.resistance.curated.families import COMPLETE, IDENTITY, PARTIAL, Families, Family
from riboswitch.resistance.curated.finder import Match

OVERLAP = 0.5
"""Two genes are at one place if so much of the shorter lies in the other."""


@dataclass(frozen=True, slots=True)
class Gene:
    """A known gene at a place of the genome.

    Attributes
    ----------
    match : Match
    families : tuple of Family
        The family that it belongs to; one for each part of a fusion.
    method : str
        ``ALLELE``, ``EXACT``, ``BLAST``, ``PARTIAL``, ``PARTIAL_CONTIG_END`` or ``INTERNAL_STOP``.
    """

    match: Match
    families: tuple[Family, ...]
    method: str

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
    def subclass(self) -> str:
        """Its subclass: of the reference itself if it is exact."""
        return self.match.reference.subclass if self.exact else "/".join(dict.fromkeys(f.subclass for f in self.families))

    @property
    def node(self) -> str:
        """The name of its family."""
        return "/".join(f.name for f in self.families)

    @property
    def reportable(self) -> int:
        """0, 1 or 2 (core)."""
        return self.match.reference.reportable if self.exact else max(f.reportable for f in self.families)

    @property
    def type(self) -> str:
        """``AMR``, ``STRESS`` or ``VIRULENCE``."""
        return self.families[0].type


def genes(matches: Iterable[Match], families: Families) -> list[Gene]:
    """The genes that alignments show, one for each place, in the order of the genome."""
    found = [gene for match in matches if (gene := judged(match, families)) is not None]
    return sorted(winners(found), key=lambda g: (g.match.frame.contig, g.match.place, g.symbol))


def judged(match: Match, families: Families) -> Gene | None:
    """The gene that an alignment shows; None if it is below the cut-offs of all families of its line."""
    reference = match.reference
    if reference.is_mutation or reference.susceptible:
        return None
    if match.exact:
        named = tuple(families.by_name[n] for n in reference.node.split("/"))
        allele = reference.exact_node != reference.node
        return Gene(match, named, "ALLELE" if allele else "EXACT")
    fitting = [families.fitting(n, match.alignment.identity, match.coverage) for n in reference.node.split("/")]
    known = tuple(f for f in fitting if f is not None)
    if len(known) < len(fitting):
        return None
    return Gene(match, known, _method(match))


def _method(match: Match) -> str:
    if match.stops:
        return "INTERNAL_STOP"
    if match.coverage >= COMPLETE:
        return "BLAST"
    return "PARTIAL_CONTIG_END" if match.at_contig_end else "PARTIAL"


def winners(found: Sequence[Gene]) -> list[Gene]:
    """Of the genes at one place, the best."""
    kept: dict[str, list[Gene]] = {}
    for gene in sorted(found, key=_rank):
        others = kept.setdefault(gene.match.frame.contig, [])
        if not any(_same_place(gene.match, other.match) for other in others):
            others.append(gene)
    return [gene for group in kept.values() for gene in group]


def _rank(gene: Gene) -> tuple:
    """Whole fusions first, then exact genes, then more identical residues, then shorter references."""
    match = gene.match
    whole_fusion = match.reference.parts > 1 and gene.method in ("ALLELE", "EXACT", "BLAST")
    return (
        not whole_fusion,
        not gene.exact,
        -match.alignment.identities,
        len(match.reference.sequence),
        match.reference.accession,
        match.place,
    )


def _same_place(one: Match, other: Match) -> bool:
    (a, b), (c, d) = one.place, other.place
    shared = min(b, d) - max(a, c) + 1
    return shared >= OVERLAP * (min(b - a, d - c) + 1)


def winning_loci(matches: Iterable[Match], accessions: Collection[str]) -> list[Match]:
    """Of the alignments with references of mutations, the best at each place.

    Parameters
    ----------
    matches : iterable of Match
    accessions : collection of str
        References that have mutations for the taxon.
    """
    found = [m for m in matches if m.reference.is_mutation and m.reference.accession in accessions]
    found = [m for m in found if m.alignment.identity >= IDENTITY and (m.coverage >= PARTIAL or m.at_contig_end)]
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (-m.alignment.identities, m.reference.accession, m.place)):
        if not any(o.frame.contig == match.frame.contig and _same_place(o, match) for o in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: (m.frame.contig, m.place))
