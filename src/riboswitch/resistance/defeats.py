"""Which gene of a genome defeats which compound: the join of calls and compounds by drug class.

A gene's class comes with its call, a compound's class from `compound_classes`. Where both the gene's
phenotype and the compound's name say more than the class (a lincosamide gene, a macrolide drug), they must
agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

BASES = (
    "the antibiotic is named in the gene's phenotype",
    "drug class of the name, and of the gene's phenotype",
    "predicted drug class, and class of the gene",
)
"""What joins a compound to a gene, the most direct first."""

CLASS_COLUMNS = ["name", "known_class", "phenotype_class", "join_class"]
NOT_COMPROMISED: dict[str, Any] = {
    "compromised": False,
    "compromised_by": "",
    "compromise_basis": "",
    "compromise_locus": "",
}


def compromised(compounds: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Find for each compound the gene that defeats it, if any: the one with the most direct basis.

    Parameters
    ----------
    compounds : DataFrame
        With the columns of `compound_classes.classify`.
    genes : DataFrame
        Confident calls, see `riboswitch.data.calls.COLUMNS`; of equal genes the first counts.

    Returns
    -------
    DataFrame
        One row a compound: ``compromised`` (bool), ``compromised_by`` (gene), ``compromise_basis`` (one of
        `BASES`), ``compromise_locus`` (the gene's position in the genome).
    """
    rows = genes.to_dict("records")
    found = pd.DataFrame(NOT_COMPROMISED, index=compounds.index)
    classed = compounds.loc[compounds["join_class"] != "", CLASS_COLUMNS]
    if len(classed):
        defeats = [_strongest(compound, rows) for compound in classed.to_dict("records")]
        found.loc[classed.index, [*NOT_COMPROMISED]] = pd.DataFrame(defeats, index=classed.index)
    return found


def _strongest(compound: Mapping[str, Any], genes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = [(level, i) for i, gene in enumerate(genes) if (level := basis(compound, gene)) is not None]
    if not found:
        return NOT_COMPROMISED
    level, i = min(found)
    gene = genes[i]
    return {
        "compromised": True,
        "compromised_by": gene["nearest_gene"],
        "compromise_basis": BASES[level],
        "compromise_locus": f"{gene['contig']}:{gene['start']}-{gene['end']}({gene['strand']})",
    }


def basis(compound: Mapping[str, Any], gene: Mapping[str, Any]) -> int | None:
    """Which of `BASES` joins a compound to a gene (its number); None if the gene does not defeat it."""
    if not compound["join_class"] or compound["join_class"] != gene["drug_class"]:
        return None
    if not compound["known_class"]:
        return 2
    named = [antibiotic.strip() for antibiotic in gene["antibiotics"].split(",")]
    if any(antibiotic and _names(compound["name"], antibiotic) for antibiotic in named):
        return 0
    phenotypes = [p.strip() for p in gene["phenotype_classes"].split(",") if p.strip()]
    return 1 if not phenotypes or compound["phenotype_class"] in phenotypes else None


def _names(name: str, antibiotic: str) -> bool:
    """Whether the name is the antibiotic's, in whole words: oxytetracycline is not tetracycline."""
    return re.search(rf"(?<![\w-]){re.escape(antibiotic)}(?![\w-])", name, re.IGNORECASE) is not None
