"""What every strain of a species has and resists by nature.

`intrinsic_genes.tsv` lists genes that every strain of a taxon has, or nearly every one. They are no news, and
by themselves they defeat nothing in the join. `intrinsic_resistance.tsv` lists the drugs that every strain of
a taxon resists, above all by EUCAST's tables of intrinsic resistance, whether or not a gene is known for it.

| column     | meaning                                                                            |
|------------|------------------------------------------------------------------------------------|
| `taxon`    | taxa of the curated database, as patterns: ``Enterobacter_*``                       |
| `family`   | families of the gene hierarchy, or symbols, as patterns                             |
| `subclass` | only genes of this subclass: SHV without an extended spectrum; empty: any          |
| `effect`   | ``defeats``, or ``reduces``: shown, but the drug may still work                     |
| `drugs`    | drugs and groups; ``-`` before one leaves it out                                    |
| `despite`  | inhibitors of beta-lactamases that do not save the drug, or ``all``                 |
| `by`       | families that do it, if that is known                                               |
| `source`   | where that is written                                                               |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.errors import InputError
from riboswitch.genomes.intervals import Interval
from riboswitch.resistance.drugs.effects import DEFEATS, REDUCES, Effect, GeneEffects
from riboswitch.resistance.drugs.genes import DefeatingGene, recognised
from riboswitch.resistance.drugs.names import TABLES, DrugBook, rows, split
from riboswitch.resistance.drugs.rules import shipped_rules

INTRINSIC = "INTRINSIC"
"""The flag of a call that every strain of the species has."""

GENE_COLUMNS = ["taxon", "family", "subclass", "source"]
DRUG_COLUMNS = ["taxon", "effect", "drugs", "despite", "by", "source"]


@dataclass(frozen=True, slots=True)
class SpeciesGene:
    """A gene that every strain of some taxa has."""

    taxa: tuple[str, ...]
    families: tuple[str, ...]
    subclass: str
    source: str


@dataclass(frozen=True, slots=True)
class SpeciesResistance:
    """Drugs that every strain of some taxa resists."""

    taxa: tuple[str, ...]
    effect: str
    drugs: tuple[str, ...]
    despite: frozenset[str]
    families: tuple[str, ...]
    source: str

    @property
    def as_effect(self) -> Effect:
        """As the effect of a gene."""
        left_out = frozenset(d[1:] for d in self.drugs if d.startswith("-"))
        return Effect(
            self.effect, frozenset(self.drugs) - {f"-{d}" for d in left_out}, left_out, self.despite
        )


@dataclass(frozen=True)
class Nature:
    """What is known of the taxa: the two tables."""

    genes: tuple[SpeciesGene, ...]
    resistances: tuple[SpeciesResistance, ...]

    @classmethod
    def load(cls, book: DrugBook, folder: Path = TABLES) -> Nature:
        """Read `intrinsic_genes.tsv` and `intrinsic_resistance.tsv` of a folder.

        Raises
        ------
        InputError
            If a table is missing, or a row names an unknown drug or effect.
        """
        genes = tuple(
            SpeciesGene(tuple(r["taxon"].split()), tuple(r["family"].split()), r["subclass"], r["source"])
            for _, r in rows(folder / "intrinsic_genes.tsv", GENE_COLUMNS)
        )
        found = rows(folder / "intrinsic_resistance.tsv", DRUG_COLUMNS)
        return cls(genes, tuple(_resistance(where, row, book) for where, row in found))

    def source(self, taxon: str | None, names: Iterable[str], subclass: str) -> str:
        """Where it is written that every strain of a taxon has a gene; empty if it is not.

        Parameters
        ----------
        taxon : str or None
        names : iterable of str
            The gene's family and symbol.
        subclass : str
            Its words for drugs.
        """
        known = [*names]
        return next(
            (g.source for g in self.genes
             if _fits([taxon or ""], g.taxa) and _fits(known, g.families) and g.subclass in ("", subclass)),
            "",
        )  # fmt: skip

    def of(self, taxon: str | None) -> Iterator[SpeciesResistance]:
        """What every strain of a taxon resists."""
        return (r for r in self.resistances if _fits([taxon or ""], r.taxa))


def _fits(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names if name for pattern in patterns)


def _resistance(where: str, row: Mapping[str, str], book: DrugBook) -> SpeciesResistance:
    drugs = tuple(split(row["drugs"], ";"))
    unknown = {d.removeprefix("-") for d in drugs} - book.groups.keys() - book.drugs.keys()
    if unknown or row["effect"] not in (DEFEATS, REDUCES):
        hint = f"Drugs are in drugs.tsv and drug_groups.tsv; effects are {DEFEATS} and {REDUCES}."
        raise InputError(
            "a row that cannot be read", where=where, found=sorted(unknown) or row["effect"], hint=hint
        )
    despite = frozenset(split(row["despite"], ";"))
    taxa, families = tuple(row["taxon"].split()), tuple(row["by"].split())
    return SpeciesResistance(taxa, row["effect"], drugs, despite, families, row["source"])


def by_nature(calls: Calls) -> list[DefeatingGene]:
    """What the species of a genome resists by nature, as genes that join.

    The evidence is a gene of the genome that is known to do it, if there is one, and else the taxon.
    """
    taxon = calls.meta.get("taxon")
    has_it = [INTRINSIC in str(flags).split(",") for flags in calls.table["flags"]]
    genes = calls.table[pd.Series(has_it, calls.table.index, dtype=bool)].to_dict("records")
    return [_gene(taxon, row, genes) for row in nature().of(taxon)] if taxon else []


def _gene(taxon: str, resistance: SpeciesResistance, genes: Sequence[Mapping[str, Any]]) -> DefeatingGene:
    effects = GeneEffects.of([resistance.as_effect], frozenset(), shipped_rules().book)
    does = [g for g in genes if _fits([g["family"], g["nearest_gene"]], resistance.families)]
    no = frozenset[Any]()
    if not does:
        symbol = f"the species {taxon.replace('_', ' ')}"
        return DefeatingGene(symbol, "", effects, no, no, no, resistance.source)
    gene = does[0]
    locus = str(Interval(gene["contig"], gene["start"], gene["end"], gene["strand"]))
    return DefeatingGene(gene["nearest_gene"], locus, effects, no, no, no, resistance.source,
                         str(gene["drug_class"]), recognised(gene))  # fmt: skip


@cache
def nature() -> Nature:
    """The tables that are shipped."""
    return Nature.load(shipped_rules().book)
