"""What the called genes of a genome do to a compound, by the rules and by ResFinder's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from riboswitch.genomes.intervals import Interval
from riboswitch.resistance.drug_classes import VOCABULARY
from riboswitch.resistance.drugs.effects import (
    ALL,
    DEFEATS,
    EFFECTS,
    NAMED,
    REDUCES,
    Effect,
    GeneEffects,
)
from riboswitch.resistance.drugs.names import Drug, DrugBook, Named, split
from riboswitch.resistance.drugs.rules import GeneRules

PERHAPS = "may defeat"
BY_CLASS = 2  # beside NAMED and BY_GROUP: only the predicted class of the compound is known
BASES = (
    "the antibiotic is named in the gene's phenotype",
    "drug class of the name, and of the gene's phenotype",
    "predicted drug class, and class of the gene",
)
"""What joins a compound to a gene, the most direct first."""
BY_NATURE = "every strain of the species resists it"
UNKNOWN = "unknown"  # how ResFinder begins a phenotype of which it knows the class only


@dataclass(frozen=True, eq=False)
class DefeatingGene:
    """A called gene, mutation or loss.

    Attributes
    ----------
    symbol, locus : str
        The gene, allele or mutation, and where it lies.
    effects : GeneEffects
    named : frozenset
        `Named.key` of the drugs that ResFinder names for this very protein.
    direct : frozenset of str
        Drugs that the database's words for it name.
    classes : frozenset of str
        Drug classes that it defeats, if nothing else is known of it.
    by_nature : str
        Where it is written that every strain of the species resists these drugs; empty for a called gene.
    drug_class, recognised : str
        Its drug classes, and how it was recognised: the method, with identity and coverage.
    """

    symbol: str
    locus: str
    effects: GeneEffects
    named: frozenset[tuple[frozenset[str], frozenset[str]]]
    direct: frozenset[str]
    classes: frozenset[str]
    by_nature: str = ""
    drug_class: str = ""
    recognised: str = ""

    @cached_property
    def whole(self) -> frozenset[str]:
        """Drug classes that it defeats as a whole."""
        return self.classes | self._of(self.effects.covered, all)

    @cached_property
    def partly(self) -> frozenset[str]:
        """Drug classes of which it defeats some drugs."""
        return self.classes | self._of(self.effects.touched, any)

    def _of(self, groups: frozenset[str], how: Callable[[Iterable[bool]], bool]) -> frozenset[str]:
        """Drug classes of whose widest groups all, or any, are among some."""
        book = self.effects.book
        classes = {g.drug_class for g in book.groups.values() if g.drug_class}
        return frozenset(c for c in classes if how(root in groups for root in book.roots(c)))

    def on(self, drug: Drug, named: Named) -> tuple[str, int] | None:
        """The effect on a drug of a compound, and `NAMED` or `BY_GROUP`; None if nothing is known.

        A rule goes before what ResFinder names, which may be no more than a reduced susceptibility.
        """
        if named.key in self.named or self.effects.names(named):
            ruled = self.effects.on(drug, named.inhibitors)
            return (DEFEATS, NAMED) if ruled is None or ruled[0] == DEFEATS else ruled
        found = self.effects.on(drug, named.inhibitors)
        if found is None and (frozenset({drug.name}), frozenset()) in self.named and not named.inhibitors:
            return DEFEATS, NAMED
        return (DEFEATS, NAMED) if found and found[0] == DEFEATS and drug.name in self.direct else found


def defeating_genes(calls: pd.DataFrame, rules: GeneRules) -> list[DefeatingGene]:
    """The genes of a table of calls, in its order. Only rows with the status ``call`` may join."""
    return [defeating_gene(row, rules) for row in calls.to_dict("records")]


def defeating_gene(row: Mapping[str, Any], rules: GeneRules) -> DefeatingGene:
    """A row of calls, see `riboswitch.data.calls.CALL_COLUMNS`; newer columns may be missing."""
    columns = ("amr_class", "subclass", "family", "kind", "antibiotics")
    text = {column: str(row.get(column) or "") for column in columns}
    drugs = [rules.book.read(name) for name in split(text["antibiotics"], ",")]
    terms = split(text["subclass"] or text["amr_class"], "/")
    house = split(str(row.get("drug_class") or ""), "/")
    classes: Sequence[str] = ()
    if terms and not set(terms) <= {*VOCABULARY, *house}:
        effects = rules.effects(terms, [str(row["nearest_gene"]), text["family"]], text["kind"] or "gene")
        drugs = [] if effects.silent else drugs  # ResFinder names those of the whole operon
    else:
        phenotypes = split(str(row.get("phenotype_classes") or ""), ",")
        unsure = UNKNOWN in text["antibiotics"].lower()
        effects = _by_phenotype(drugs, phenotypes, house, unsure, rules.book)
        classes = () if text["antibiotics"].strip(", ") or phenotypes else house
    return DefeatingGene(
        symbol=str(row["nearest_gene"]),
        locus=str(Interval(*(row[c] for c in Interval._fields))) if row["contig"] else str(row["orf_id"]),
        effects=effects,
        named=frozenset(d.key for d in drugs if d is not None),
        direct=frozenset(d.name for term in terms for d in rules.book.drugs_of(term)),
        classes=frozenset(classes),
        drug_class="/".join(house),
        recognised=recognised(row),
    )


def recognised(row: Mapping[str, Any]) -> str:
    """As ``BLAST, 99.1 % identical over 100 %``; empty where the columns are missing."""
    method, identity, coverage = (row.get(name) for name in ("method", "identity", "coverage"))
    found = [str(method)] if method else []
    if isinstance(identity, float) and isinstance(coverage, float) and identity == identity:
        found.append(f"{100 * identity:.4g} % identical over {100 * coverage:.4g} %")
    return ", ".join(found)


def _by_phenotype(
    drugs: Sequence[Named | None],
    phenotypes: Sequence[str],
    house: Sequence[str],
    unsure: bool,
    book: DrugBook,
) -> GeneEffects:
    """The effects of a gene of which no more is known than ResFinder's phenotype, or only its class.

    The drugs that are named stand for those of their narrowest group, if these are alike. A class of the
    phenotype of which no drug is named counts as a whole, unless a drug is named that is of no such class:
    ResFinder keeps *bleO* among the glycopeptides.
    """
    named = [d for n in drugs if n is not None for d in n.drugs if len(n.drugs) == 1 and not n.inhibitors]
    combined = {d for n in drugs if n is not None for d in n.drugs}
    roots = set(_roots(phenotypes, house, book))
    free = {root for root in roots if not any(root in d.groups for d in combined)}
    if not all(roots & set(d.groups) for d in combined):
        free = set()
    found = [Effect(DEFEATS, frozenset({d.name}), despite=frozenset()) for d in named]
    found += [Effect(DEFEATS, frozenset({d.groups[0]})) for d in named if book.groups[d.groups[0]].alike]
    if unsure:
        found.append(Effect(REDUCES, frozenset(roots)))
    else:
        found.append(Effect(DEFEATS, frozenset(free), despite=frozenset({ALL})))
    return GeneEffects.of(found, frozenset(), book)


def _roots(phenotypes: Sequence[str], house: Sequence[str], book: DrugBook) -> Iterable[str]:
    """The widest groups of a phenotype's classes; of the gene's own classes if it has no phenotype."""
    known = {c: g.name for g in book.groups.values() for c in g.phenotype_classes}
    found = [known[p] for p in phenotypes if p in known]
    rest = not phenotypes or any(p not in known for p in phenotypes)
    folate = [r for c in house for r in book.roots(c) if not book.groups[r].phenotype_classes]
    return [*found, *(folate if phenotypes else [r for c in house for r in book.roots(c)])] if rest else found


@dataclass(frozen=True)
class Verdict:
    """What a genome does to a compound.

    Attributes
    ----------
    effect : str
        ``defeats``, ``reduces``, ``may defeat`` or empty.
    level : int
        `NAMED`, `BY_GROUP` or `BY_CLASS`.
    genes : tuple of DefeatingGene
        Those that do it: one, or one for each drug of a combination.
    """

    effect: str
    level: int = NAMED
    genes: tuple[DefeatingGene, ...] = ()

    @property
    def symbols(self) -> str:
        """The genes, for people."""
        return " and ".join(gene.symbol for gene in self.genes)

    @property
    def basis(self) -> str:
        """What joins the compound to the genes: one of `BASES`, or `BY_NATURE` with its source."""
        sources = "; ".join(dict.fromkeys(gene.by_nature for gene in self.genes if gene.by_nature))
        if not sources:
            return BASES[self.level]
        predicted = "predicted drug class; " if self.level == BY_CLASS else ""
        return f"{predicted}{BY_NATURE} ({sources})"


NONE = Verdict("")


def verdict(named: Named, genes: Sequence[DefeatingGene]) -> Verdict:
    """What genes do to a compound. A combination is defeated if all of its drugs are.

    A combination of which only some drugs are defeated is reduced.
    """
    whole = [g for g in genes if named.key in g.named or g.effects.names(named)]
    if not named.drugs:
        return Verdict(DEFEATS, NAMED, (whole[0],)) if whole else NONE
    parts = [_strongest(drug, named, genes) for drug in named.drugs]
    hit = [part for part in parts if part.effect]
    if not hit:
        return NONE
    by = tuple(dict.fromkeys(gene for part in hit for gene in part.genes))
    effect = DEFEATS if all(part.effect == DEFEATS for part in parts) else REDUCES
    return Verdict(effect, max(part.level for part in hit), by)


def class_verdict(drug_class: str, genes: Sequence[DefeatingGene]) -> Verdict:
    """What genes do to a compound of which only the class is known.

    A gene that defeats the whole class defeats it; one that defeats some drugs of the class may.
    """
    whole = [gene for gene in genes if drug_class in gene.whole]
    some = whole or [gene for gene in genes if drug_class in gene.partly]
    return Verdict(DEFEATS if whole else PERHAPS, BY_CLASS, tuple(some[:1])) if some else NONE


def _strongest(drug: Drug, named: Named, genes: Sequence[DefeatingGene]) -> Verdict:
    best = None
    for i, gene in enumerate(genes):
        if (found := gene.on(drug, named)) is not None and found[0] in (DEFEATS, REDUCES):
            key = EFFECTS.index(found[0]), bool(gene.by_nature), found[1], i
            best = key if best is None else min(best, key)
    return NONE if best is None else Verdict(EFFECTS[best[0]], best[2], (genes[best[3]],))


def compound(name: str, known_class: str, phenotype_class: str, book: DrugBook) -> Named | None:
    """What is known of a compound by its name; None if its name gives neither drug nor class."""
    found = book.read(name) if name else None
    if found is not None or not known_class:
        return found
    groups = book.roots(known_class, phenotype_class) or (known_class,)
    return Named((Drug(name, groups[:1] if phenotype_class else groups),))
