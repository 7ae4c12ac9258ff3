"""A panel of isolates against drugs: what each genome does to each compound, and what was not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.io.table_writer import write_text_table
from riboswitch.resistance.drugs.effects import DEFEATS, REDUCES
from riboswitch.resistance.drugs.genes import (
    NONE,
    DefeatingGene,
    Verdict,
    class_verdict,
    compound,
    defeating_genes,
    verdict,
)
from riboswitch.resistance.drugs.intrinsic import by_nature
from riboswitch.resistance.drugs.names import TABLES, Drug, DrugBook, Named, rows, split
from riboswitch.resistance.drugs.rules import MUTATION, GeneRules, shipped_rules
from riboswitch.resistance.drugs.structures import drug_names

NOT_SEEN = "not seen"
GENES_ONLY = "not seen; mutations not looked at"
NOT_LOOKED_AT = "not looked at"
DEFEATED, REDUCED = "defeated by ", "reduced by "
"""How a cell begins; the gene follows."""
PERHAPS = "may be defeated by "
SPECIES = "the species"
STATES = {
    "defeated": (DEFEATED,),
    "reduced": (REDUCED, PERHAPS),
    "not_seen": (NOT_SEEN,),
    "not_looked_at": (NOT_LOOKED_AT,),
}
"""What is counted, and how such cells begin."""
LOCUS_COLUMNS = ["locus", "terms", "source"]
KEY = ("known_class", "phenotype_class", "join_class")
"""What is known of a compound."""


@dataclass(frozen=True)
class Cell:
    """What an isolate does to a compound.

    Attributes
    ----------
    text : str
        ``defeated by GENE``, ``defeated by the species (GENE)`` if every strain of the species resists the
        compound, ``reduced by GENE``, ``not seen``, ``not seen; mutations not looked at`` (of drugs that
        genes and mutations defeat), ``not looked at``, or ``may be defeated by GENE`` of a compound of which
        only the predicted class is known.
    found : Verdict
        The genes that do it, with what joins them to the compound.
    """

    text: str
    found: Verdict = NONE

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return next(s for s, begins in STATES.items() if self.text.startswith(begins))

    @property
    def evidence(self) -> dict[str, str]:
        """Gene, its classes, place, how it was recognised, and what joins it to the compound."""
        genes = self.found.genes

        def joined(values: Iterable[str]) -> str:
            return " and ".join(dict.fromkeys(value for value in values if value))

        return {
            "by": self.found.symbols,
            "gene_class": joined(gene.drug_class for gene in genes),
            "locus": joined(gene.locus for gene in genes),
            "recognised": joined(gene.recognised for gene in genes),
            "basis": self.found.basis if genes else "",
        }


@dataclass(frozen=True)
class Panel:
    """Compounds against isolates.

    Attributes
    ----------
    names : list of str
        The compounds.
    lines : list of list of Cell
        Of each compound a cell for each isolate.
    isolates : list of str
    """

    names: list[str]
    lines: list[Sequence[Cell]]
    isolates: list[str]

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The texts of the cells, shape (compounds, isolates)."""
        texts = [[cell.text for cell in line] for line in self.lines]
        return pd.DataFrame(texts, index=self.names, columns=self.isolates, dtype=object)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Of each compound the number of isolates by state: `STATES`.

        ``not_seen`` are those on which it should still work. ``reduced`` counts those that may be defeated,
        too.
        """
        states = [[cell.state for cell in line] for line in self.lines]
        return pd.DataFrame({s: [line.count(s) for line in states] for s in STATES}, index=self.names)

    @property
    def table(self) -> pd.DataFrame:
        """Cells and counts, one row a compound, the compound first."""
        return pd.concat([self.cells, self.counts], axis=1).rename_axis("compound").reset_index()

    def evidence(self) -> Iterator[dict[str, str]]:
        """One row a cell: compound, isolate, state, the text, and `Cell.evidence`."""
        for name, line in zip(self.names, self.lines, strict=True):
            for isolate, cell in zip(self.isolates, line, strict=True):
                known = {"compound": name, "isolate": isolate, "state": cell.state, "cell": cell.text}
                yield known | cell.evidence

    def save(self, path: str | Path) -> None:
        """Write a TSV file."""
        write_text_table(self.table, path, "\t")


@dataclass(frozen=True)
class Isolate:
    """What was seen in a genome.

    Attributes
    ----------
    genes : list of DefeatingGene
        Calls that may join.
    loci : frozenset of str
        Loci that were searched for mutations, and found.
    """

    genes: Sequence[DefeatingGene]
    loci: frozenset[str]

    @classmethod
    def of(cls, calls: Calls, rules: GeneRules) -> Isolate:
        """Of the calls of a genome."""
        seen: Mapping[str, Iterable[str]] = calls.meta.get("loci") or {}
        found = {locus for state in ("mutation", "none", "lost", "intact") for locus in seen.get(state, ())}
        return cls([*defeating_genes(calls.confident, rules), *by_nature(calls)], frozenset(found))


def panel(
    compounds: Iterable[str] | pd.DataFrame, isolates: Mapping[str, Calls], rules: GeneRules | None = None
) -> Panel:
    """What the genomes of a panel do to compounds.

    Parameters
    ----------
    compounds : iterable of str, or DataFrame
        Names of drugs; or a table with ``name`` and, if there are such, ``recognised_as``, ``known_class``,
        ``phenotype_class`` and ``join_class`` (see `riboswitch.resistance.compound_classes.classify`).
    isolates : mapping of str to Calls
        The calls of each isolate.
    rules : GeneRules, optional
        What genes defeat; by default the tables that are shipped.

    Returns
    -------
    Panel
    """
    rules = rules or shipped_rules()
    matter = _Loci.load(rules)
    table = compounds if isinstance(compounds, pd.DataFrame) else pd.DataFrame({"name": [*compounds]})
    seen = [Isolate.of(calls, rules) for calls in isolates.values()]
    columns = [table[c].fillna("").astype(str) if c in table else [""] * len(table) for c in KEY]
    keys = [*zip(drug_names(table), *columns, strict=True)]
    known = {
        key: [_cell(key, isolate, rules.book, matter) for isolate in seen] for key in dict.fromkeys(keys)
    }
    return Panel(table["name"].to_list(), [known[key] for key in keys], [*isolates])


def _cell(key: tuple[str, ...], isolate: Isolate, book: DrugBook, matter: _Loci) -> Cell:
    name, known_class, phenotype_class, join_class = key
    named = compound(name, known_class, phenotype_class, book)
    if named is None:
        return _of_class(join_class, isolate, book)
    found = verdict(named, isolate.genes)
    if found.effect:
        return Cell((DEFEATED if found.effect == DEFEATS else REDUCED) + _by(found), found)
    return _unseen([matter.looked_at(drug, isolate.loci) for drug in named.drugs], _ways(named, book))


def _by(found: Verdict) -> str:
    """The genes; the species, if it and not an acquired gene does it."""
    natural = [gene for gene in found.genes if gene.by_nature]
    if len(natural) < len(found.genes):
        return found.symbols
    genes = [gene.symbol for gene in natural if gene.locus]
    return f"{SPECIES} ({' and '.join(genes)})" if genes else SPECIES


def _of_class(drug_class: str, isolate: Isolate, book: DrugBook) -> Cell:
    """The cell of a compound of which only its predicted class is known."""
    found = class_verdict(drug_class, isolate.genes)
    if found.effect:
        return Cell((DEFEATED if found.effect == DEFEATS else PERHAPS) + _by(found), found)
    ways = [book.groups[root].resistance_by for root in book.roots(drug_class)] if drug_class else []
    return _unseen([False] * len(ways), ways)


def _ways(named: Named, book: DrugBook) -> list[str]:
    groups = [next((g for g in drug.groups if g in book.groups), "") for drug in named.drugs]
    return [book.groups[g].resistance_by if g else "" for g in groups]


def _unseen(looked_at: Sequence[bool], ways: Sequence[str]) -> Cell:
    """Nothing was seen: because nothing is there, or because nobody looked?"""
    missed = {way for way, seen in zip(ways, looked_at, strict=True) if not seen}
    if not ways or missed & {"", "mutation"}:
        return Cell(NOT_LOOKED_AT)
    return Cell(GENES_ONLY if "both" in missed else NOT_SEEN)


@dataclass(frozen=True)
class _Loci:
    """Of each drug the loci whose mutations defeat it; if there are none, those that reduce it."""

    of_drug: Mapping[str, frozenset[str]]

    @classmethod
    def load(cls, rules: GeneRules) -> _Loci:
        found: dict[str, dict[str, set[str]]] = {DEFEATS: {}, REDUCES: {}}
        for _, row in rows(TABLES / "mutation_loci.tsv", LOCUS_COLUMNS):
            effects = rules.effects(split(row["terms"], ";"), [row["locus"]], MUTATION)
            for name, drug in rules.book.drugs.items():
                if (effect := effects.on(drug)) is not None and effect[0] in found:
                    found[effect[0]].setdefault(name, set()).add(row["locus"])
        return cls({name: frozenset(loci) for name, loci in (found[REDUCES] | found[DEFEATS]).items()})

    def looked_at(self, drug: Drug, loci: frozenset[str]) -> bool:
        """Whether some locus that matters for the drug was found and read."""
        return not loci.isdisjoint(self.of_drug.get(drug.name, ()))
