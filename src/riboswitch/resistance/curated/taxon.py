"""Which taxon of the database a genome is of, by the proteins in which the database reads mutations.

These are housekeeping proteins (gyrA, parC, rpoB, ...), and the database has those of each of its taxa. The
scan aligns them anyway, so that the taxon costs nothing more. A plasmid has none of them, and so no taxon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from riboswitch.resistance.curated.rules import same_place
from riboswitch.resistance.curated.search.finder import Match

AUTO, NONE = "auto", "none"
"""Words in the place of a taxon: it is found from the genome, and no taxon."""

ALIKE, HALF = 90.0, 50.0
"""Least identity and coverage, in percent, of a locus that counts as found."""

SHARE = 0.3
"""Least share of a taxon's loci that must be found."""

CLEAR, CLEAR_OF_FEW, FEW = 98.5, 99.0, 3
"""Least median identity of the loci, in percent; and of fewer loci than this.

*Neisseria meningitidis* has 98.0 to 98.2 with the loci of *N. gonorrhoeae*, and at least 99.0 with its own.
"""

MARGIN = 0.3
"""So much more identical, in percent, the loci must be than those of another taxon at the same places."""

FOUND, UNCLEAR, NO_TAXON = "found", "unclear", "none"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a genome is to a taxon.

    Attributes
    ----------
    taxon : str
    loci : mapping of str to Match
        The best alignment of each gene that was found.
    expected : int
        How many genes the database has of the taxon.
    """

    taxon: str
    loci: Mapping[str, Match]
    expected: int

    @property
    def identity(self) -> float:
        """Median identity of the loci, in percent."""
        return median(m.alignment.identity for m in self.loci.values())

    @property
    def clear(self) -> bool:
        """Whether enough loci are found and are identical enough."""
        least = CLEAR if len(self.loci) >= FEW else CLEAR_OF_FEW
        return len(self.loci) >= SHARE * self.expected and self.identity >= least

    def ahead_of(self, other: Likeness) -> float | None:
        """How much more identical it is at the places of both, in percent; None without a common place."""
        pairs = [
            (one.alignment, two.alignment)
            for one in self.loci.values()
            for two in other.loci.values()
            if one.frame.contig == two.frame.contig and same_place(one.place, two.place)
        ]
        if not pairs:
            return None
        return sum(a.identity - b.identity for a, b in pairs) / len(pairs)

    def about(self) -> dict[str, Any]:
        """Its numbers, as JSON values."""
        return {"taxon": self.taxon, "loci": len(self.loci), "expected": self.expected,
                "identity": round(self.identity, 2)}  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.taxon} ({len(self.loci)} of {self.expected} loci, median identity {self.identity:.1f} %)"
        )


@dataclass(frozen=True, slots=True)
class Taxon:
    """The answer.

    Attributes
    ----------
    state : {"found", "unclear", "none"}
    best, runner_up : Likeness or None
        The taxa that the genome is most like.
    given : str
        The taxon that was given; empty if there was none.
    expected : int
        How many genes the database has of the taxon that was given.
    """

    state: str
    best: Likeness | None = None
    runner_up: Likeness | None = None
    given: str = ""
    expected: int = 0

    @property
    def found(self) -> str | None:
        """The taxon that the genome shows; None if none is clear."""
        return self.best.taxon if self.best and self.state == FOUND else None

    @property
    def name(self) -> str | None:
        """The taxon that counts: the one that was given, or else the one that was found."""
        if self.given:
            return None if self.given == NONE else self.given
        return self.found

    @property
    def contradiction(self) -> str:
        """What the genome says against the taxon that was given, for people; empty if it says nothing."""
        if self.given in ("", NONE, self.found):
            return ""
        if self.best is None:
            lacks = f"given as {self.given}, but none of its {self.expected} loci is in the genome"
            return lacks if self.expected else ""
        near = [x.taxon for x in (self.best, self.runner_up) if x is not None]
        if self.found is None and self.given in near:
            return ""
        return f"given as {self.given}, but its loci are nearer to {self.best.taxon}"

    def __str__(self) -> str:
        if self.best is None:
            return "the genome has no locus of the database's taxa"
        second = f"; the next is {self.runner_up}" if self.runner_up else ""
        if self.state == UNCLEAR:
            return f"the taxon is unclear: the nearest is {self.best}{second}"
        return f"the genome is of the taxon {self.best}{second}"

    def about(self) -> dict[str, Any]:
        """All of it, as JSON values; ``says`` is for people."""
        best, second = (x.about() if x else None for x in (self.best, self.runner_up))
        return {"state": self.state, "given": self.given, "found": self.found, "best": best,
                "runner_up": second, "says": str(self), "contradiction": self.contradiction}  # fmt: skip


UNKNOWN = Taxon(NO_TAXON)


def taxon_of(
    matches: Iterable[Match], loci: Mapping[str, tuple[str, str]], given: str | None = None
) -> Taxon:
    """The taxon of a genome.

    Parameters
    ----------
    matches : iterable of Match
    loci : mapping of str to (str, str)
        Taxon and gene by accession: `Database.loci_of_taxa`.
    given : str, optional
        A taxon, if it is known; `NONE` if none is wanted; `AUTO` is the same as nothing.
    """
    found = sorted(_likenesses(matches, loci), key=lambda x: (-x.clear, -x.identity, x.taxon))
    given = given if given and given != AUTO else ""
    known = given, len({gene for taxon, gene in loci.values() if taxon == given})
    if not found:
        return Taxon(NO_TAXON, None, None, *known)
    best = found[0]
    for other in found[1:]:  # the one that is ahead at the places of both
        if other.clear and (best.ahead_of(other) or 0.0) < 0:
            best = other
    others = [x for x in found if x is not best]
    rivals = [x for x in others if x.clear and (best.ahead_of(x) or 0.0) < MARGIN]
    state = FOUND if best.clear and not rivals else UNCLEAR
    return Taxon(state, best, next(iter(rivals or others), None), *known)


def _likenesses(matches: Iterable[Match], loci: Mapping[str, tuple[str, str]]) -> Iterator[Likeness]:
    """The taxa of which some locus is found."""
    best: dict[str, dict[str, Match]] = {}
    for match in matches:
        taxon, gene = loci.get(match.reference.accession, ("", ""))
        if taxon and match.alignment.identity >= ALIKE and match.coverage >= HALF:
            genes = best.setdefault(taxon, {})
            genes[gene] = min(genes.get(gene, match), match, key=_rank)
    expected: dict[str, set[str]] = {}
    for taxon, gene in loci.values():
        expected.setdefault(taxon, set()).add(gene)
    for taxon, genes in best.items():
        yield Likeness(taxon, genes, len(expected[taxon]))


def _rank(match: Match) -> tuple[Any, ...]:
    """Most identical residues first; the rest makes the answer the same in any order."""
    alignment = match.alignment
    accession, contig = match.reference.accession, match.frame.contig
    return (-alignment.identities, alignment.columns, accession, contig, match.place)
