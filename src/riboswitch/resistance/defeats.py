"""Which gene of a genome defeats which compound: the join of calls and compounds.

A compound is a drug that its name or its structure says, or else a member of the drug class that is
predicted. A gene defeats single drugs and groups of them, see `riboswitch.resistance.drugs`. Nothing more is
known of a compound of a predicted class, so it counts as defeated only by a gene that defeats the whole
class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from riboswitch.resistance.drugs.effects import DEFEATS, REDUCES
from riboswitch.resistance.drugs.genes import (
    PERHAPS,
    DefeatingGene,
    Verdict,
    class_verdict,
    compound,
    defeating_genes,
    verdict,
)
from riboswitch.resistance.drugs.rules import GeneRules, shipped_rules
from riboswitch.resistance.drugs.structures import drug_names

CLASS_COLUMNS = ["known_class", "phenotype_class", "join_class"]
NOT_COMPROMISED: dict[str, Any] = {
    "compromised": False,
    "compromised_by": "",
    "compromise_basis": "",
    "compromise_locus": "",
    "reduced_by": "",
    "may_be_compromised_by": "",
}


def compromised(
    compounds: pd.DataFrame,
    genes: pd.DataFrame,
    rules: GeneRules | None = None,
    nature: Sequence[DefeatingGene] = (),
) -> pd.DataFrame:
    """Find for each compound the gene that defeats it, if any: the one with the most direct basis.

    Parameters
    ----------
    compounds : DataFrame
        With the columns of `compound_classes.classify`.
    genes : DataFrame
        Rows of calls that may join, see `riboswitch.data.calls.CALL_COLUMNS`; of equals the first counts.
    rules : GeneRules, optional
        What genes defeat; by default the tables that are shipped.
    nature : sequence of DefeatingGene
        What the species resists by nature, see `drugs.intrinsic.by_nature`; a called gene goes before it.

    Returns
    -------
    DataFrame
        One row a compound: ``compromised`` (bool), ``compromised_by`` (gene or species; for a combination of
        drugs the genes), ``compromise_basis`` (`Verdict.basis`),
        ``compromise_locus`` (where the gene lies; empty for a species),
        ``reduced_by`` (gene that weakens the drug, which may still work), ``may_be_compromised_by`` (gene
        that defeats some drugs of the predicted class).
    """
    rules = rules or shipped_rules()
    found = [*defeating_genes(genes, rules), *nature]
    if not found or compounds.empty:
        return pd.DataFrame(NOT_COMPROMISED, index=compounds.index)
    known: dict[tuple[str, ...], tuple[Any, ...]] = {}
    lines = []
    columns_of_class = (compounds[column].tolist() for column in CLASS_COLUMNS)
    for key in zip(drug_names(compounds), *columns_of_class, strict=True):
        if key not in known:
            known[key] = tuple(_line(key, found, rules).values())
        lines.append(known[key])
    columns = dict(zip(NOT_COMPROMISED, zip(*lines, strict=True), strict=True))
    return pd.DataFrame({name: list(values) for name, values in columns.items()}, index=compounds.index)


def defeated_classes(
    genes: pd.DataFrame, rules: GeneRules | None = None, nature: Sequence[DefeatingGene] = ()
) -> list[str]:
    """Drug classes that a genome defeats as a whole; see `compromised`."""
    found = [*defeating_genes(genes, rules or shipped_rules()), *nature]
    return sorted({drug_class for gene in found for drug_class in gene.whole})


def _line(row: tuple[str, ...], genes: Sequence[DefeatingGene], rules: GeneRules) -> dict[str, Any]:
    name, known_class, phenotype_class, predicted = row
    named = compound(name, known_class, phenotype_class, rules.book)
    if named is not None:
        return _of_verdict(verdict(named, genes))
    if not predicted:
        return NOT_COMPROMISED
    return _of_verdict(class_verdict(predicted, genes))


def _of_verdict(found: Verdict) -> dict[str, Any]:
    symbols = found.symbols
    if found.effect == REDUCES:
        return NOT_COMPROMISED | {"reduced_by": symbols}
    if found.effect == PERHAPS:
        return NOT_COMPROMISED | {"may_be_compromised_by": symbols}
    if found.effect != DEFEATS:
        return NOT_COMPROMISED
    return NOT_COMPROMISED | {
        "compromised": True,
        "compromised_by": symbols,
        "compromise_basis": found.basis,
        "compromise_locus": " and ".join(gene.locus for gene in found.genes if gene.locus),
    }
