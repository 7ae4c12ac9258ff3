"""A panel of isolates against drugs: what each genome does to each compound, and what was not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.io.table_writer import write_text_table
from riboswitch.resistance.drugs.effects import DEFEATS, REDUCES
from riboswitch.resistance.drugs.genes import (
    DefeatingGene,
    class_verdict,
    compound,
    defeating_genes,
    verdict,
)
from riboswitch.resistance.drugs.intrinsic import by_nature
from riboswitch.resistance.drugs.names import TABLES, Drug, DrugBook, Named, rows, split
from riboswitch.resistance.drugs.rules import MUTATION, GeneRules, shipped_rules

NOT_SEEN = "not seen"
GENES_ONLY = "not seen; mutations not looked at"
NOT_LOOKED_AT = "not looked at"
DEFEATED, REDUCED = "defeated by ", "reduced by "
"""How a cell begins; the gene follows."""
PERHAPS = "may be defeated by "
STATES = {
    "defeated": (DEFEATED,),
    "reduced": (REDUCED, PERHAPS),
    "not_seen": (NOT_SEEN,),
    "not_looked_at": (NOT_LOOKED_AT,),
}
"""What is counted, and how such cells begin."""
LOCUS_COLUMNS = ["locus", "terms", "source"]


@dataclass(frozen=True)
class Panel:
    """Compounds against isolates.

    Attributes
    ----------
    cells : DataFrame
        Strings, shape (compounds, isolates): ``defeated by GENE``, ``reduced by GENE``, ``not seen``,
        ``not seen; mutations not looked at`` (drugs that genes and mutations defeat), ``not looked at``, or
        ``may be defeated by GENE`` of a compound of which only the predicted class is known.
    counts : DataFrame
        Of each compound the number of isolates by state: `STATES`. ``not_seen`` are those on which it should
        still work. ``reduced`` counts those that may be defeated, too.
    """

    cells: pd.DataFrame
    counts: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """Cells and counts, one row a compound, the compound first."""
        return pd.concat([self.cells, self.counts], axis=1).rename_axis("compound").reset_index()

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
        Names of drugs; or a table with ``name`` and, if there are such, ``known_class``, ``phenotype_class``
        and ``join_class`` (see `riboswitch.resistance.compound_classes.classify`).
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
    known = {name: Isolate.of(calls, rules) for name, calls in isolates.items()}
    lines = [
        [_cell(row, isolate, rules.book, matter) for isolate in known.values()]
        for row in table.to_dict("records")
    ]
    cells = pd.DataFrame(lines, index=table["name"].to_list(), columns=[*known], dtype=object)
    return Panel(cells, pd.DataFrame(_counts(lines), index=cells.index))


def _counts(lines: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    return {s: [sum(c.startswith(begin) for c in line) for line in lines] for s, begin in STATES.items()}


def _cell(row: Mapping[str, Any], isolate: Isolate, book: DrugBook, matter: _Loci) -> str:
    text = {key: str(row.get(key) or "") for key in ("name", "known_class", "phenotype_class", "join_class")}
    named = compound(text["name"], text["known_class"], text["phenotype_class"], book)
    if named is None:
        return _of_class(text["join_class"], isolate, book)
    found = verdict(named, isolate.genes)
    symbols = " and ".join(gene.symbol for gene in found.genes)
    if found.effect:
        return (DEFEATED if found.effect == DEFEATS else REDUCED) + symbols
    return _unseen([matter.looked_at(drug, isolate.loci) for drug in named.drugs], _ways(named, book))


def _of_class(drug_class: str, isolate: Isolate, book: DrugBook) -> str:
    """The cell of a compound of which only its predicted class is known."""
    found = class_verdict(drug_class, isolate.genes)
    if found.effect:
        return (DEFEATED if found.effect == DEFEATS else PERHAPS) + found.genes[0].symbol
    ways = [book.groups[root].resistance_by for root in book.roots(drug_class)] if drug_class else []
    return _unseen([False] * len(ways), ways)


def _ways(named: Named, book: DrugBook) -> list[str]:
    groups = [next((g for g in drug.groups if g in book.groups), "") for drug in named.drugs]
    return [book.groups[g].resistance_by if g else "" for g in groups]


def _unseen(looked_at: Sequence[bool], ways: Sequence[str]) -> str:
    """Nothing was seen: because nothing is there, or because nobody looked?"""
    missed = {way for way, seen in zip(ways, looked_at, strict=True) if not seen}
    if not ways or missed & {"", "mutation"}:
        return NOT_LOOKED_AT
    return GENES_ONLY if "both" in missed else NOT_SEEN


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
