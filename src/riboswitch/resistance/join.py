"""The joins: compounds with their scores, row by row; compounds with genes, by drug class.

A gene's class comes with its call. A compound's class is known by its name, or else predicted. Where both the
gene's phenotype and the compound's name say more than the class (a lincosamide gene, a macrolide drug), they
must agree. Tables go in and tables come out; nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from riboswitch.errors import InputError
from riboswitch.resistance.drug_classes import DrugClasses

UNKNOWN = ""

# What joins a compound to a gene, the most direct first.
BASES = (
    "the antibiotic is named in the gene's phenotype",
    "drug class of the name, and of the gene's phenotype",
    "predicted drug class, and class of the gene",
)


def side_by_side(
    compounds: pd.DataFrame, scores: Sequence[pd.DataFrame], reserved: Collection[str], name_column: str
) -> pd.DataFrame:
    """Compounds and their scores in one table.

    Parameters
    ----------
    compounds : DataFrame
        With ``row`` and ``id``, and columns of the user's; those that are ``reserved``, or named as a score,
        get the prefix ``input_``.
    scores : sequence of DataFrame
        All shards in order, with the same ``row`` and ``id``; float32 becomes float64 of six decimals.
    reserved : collection of str
        Names that later columns need.
    name_column : str
        The one column that keeps its name in any case.

    Raises
    ------
    InputError
        If the scores are not those of the compounds, row for row.
    """
    scored = pd.concat(scores, ignore_index=True)
    same = len(scored) == len(compounds) and all((scored[k] == compounds[k]).all() for k in ("row", "id"))
    if not same:
        raise InputError("the scores are not those of this library, row for row",
                         found=f"{len(scored)} scores for {len(compounds)} compounds",
                         hint="Give all shards, in order, of a screen of just this library.")  # fmt: skip
    scored = scored.drop(columns=["row", "id"])
    single = scored.select_dtypes("float32").columns
    scored[single] = scored[single].astype("float64").round(6)
    taken = {*reserved, *scored} - {name_column}
    compounds = compounds.rename(columns={c: f"input_{c}" for c in compounds if c in taken})
    return pd.concat([compounds, scored], axis=1)


def drug_classes(
    names: pd.Series,
    predicted: pd.Series,
    probability: pd.Series,
    trained: pd.Series,
    knowledge: DrugClasses,
    min_probability: float,
    *,
    none: str = "none",
) -> pd.DataFrame:
    """The class of each compound: known by name, predicted, and which of the two the join uses.

    What a compound was labelled in training goes before what is predicted for it: a prediction that
    contradicts its own label is a fault of the model, not a finding.

    Parameters
    ----------
    names : Series of str
        Names of the compounds; empty where there is none.
    predicted, probability : Series
        The predicted class and its probability.
    trained : Series of str
        The class as which a compound stood in the training data; empty if it did not.
    knowledge : DrugClasses
        Which name belongs to which class.
    min_probability : float
        A predicted class counts from here on, and only where the name says nothing.
    none : str
        The predicted class of compounds that are of no class.

    Returns
    -------
    DataFrame
        One row a compound: ``name``, ``known_class``, ``phenotype_class``, ``class_basis`` (empty if the name
        says nothing), ``predicted_class``, ``class_probability``, ``join_class`` (empty if unknown),
        ``contradicted`` (predicted to be of a class, though trained as being of none).
    """
    known = [knowledge.drug_class(name) if name else None for name in names]
    table = pd.DataFrame({"name": names})
    table["known_class"] = [k.drug_class if k else UNKNOWN for k in known]
    table["phenotype_class"] = [k.phenotype_class if k else UNKNOWN for k in known]
    table["class_basis"] = [k.basis if k else UNKNOWN for k in known]
    table["predicted_class"], table["class_probability"] = predicted, probability
    sure = predicted.where((predicted != none) & (probability >= min_probability), UNKNOWN)
    sure = sure.where(trained == UNKNOWN, trained.replace(none, UNKNOWN))
    table["join_class"] = table["known_class"].where(table["known_class"] != UNKNOWN, sure)
    table["contradicted"] = (table["known_class"] == UNKNOWN) & (trained == none) & (predicted != none)
    return table


def compromised(compounds: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """For each compound the gene that defeats it, if any: the one that speaks most directly.

    Parameters
    ----------
    compounds : DataFrame
        With the columns of `drug_classes`.
    genes : DataFrame
        Confident calls, see `riboswitch.data.calls.COLUMNS`; of equals the first counts.

    Returns
    -------
    DataFrame
        One row a compound: ``compromised`` (bool), ``compromised_by`` (gene), ``compromise_basis`` (one of
        `BASES`), ``compromise_locus`` (its place in the genome).
    """
    lines = genes.to_dict("records")
    found = [_strongest(compound, lines) for compound in compounds.to_dict("records")]
    return pd.DataFrame(found, index=compounds.index)


def _strongest(compound: Mapping[str, Any], genes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = [(level, i) for i, gene in enumerate(genes) if (level := basis(compound, gene)) is not None]
    if not found:
        return {"compromised": False, "compromised_by": "", "compromise_basis": "", "compromise_locus": ""}
    level, i = min(found)
    gene = genes[i]
    return {
        "compromised": True,
        "compromised_by": gene["nearest_gene"],
        "compromise_basis": BASES[level],
        "compromise_locus": f"{gene['contig']}:{gene['start']}-{gene['end']}({gene['strand']})",
    }


def basis(compound: Mapping[str, Any], gene: Mapping[str, Any]) -> int | None:
    """Which of `BASES` joins a compound to a gene (its number); None if nothing does."""
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


def evidence(compound: Mapping[str, Any], task: str) -> str:
    """One sentence a reader can check: the class and where it is from, the nearest known compound, the gene.

    Parameters
    ----------
    compound : mapping
        One row with the columns of `drug_classes` and `compromised`, and the scores of ``task``; whether it
        was in training and what is nearest to it are told if they are known.
    task : str
        The task that predicts the drug class.
    """
    parts = []
    if compound["known_class"]:
        parts.append(f"{compound['known_class']} by name ({compound['class_basis']})")
    parts.append(f"predicted {compound['predicted_class']} p={compound['class_probability']:.2f}")
    parts.append(_seen(compound, task))
    if compound["compromised"]:
        gene, locus = compound["compromised_by"], compound["compromise_locus"]
        parts.append(f"compromised by {gene} at {locus}: {compound['compromise_basis']}")
    return "; ".join(parts)


def _seen(compound: Mapping[str, Any], task: str) -> str:
    """What the model was shown of the compound."""
    if f"{task}.in_training" not in compound:
        return "the model does not say what it was trained on"
    seen = "not in training"
    if compound[f"{task}.in_training"]:
        seen = f"in training as {compound[f'{task}.training_label'] or 'labelled'}"
    if f"{task}.nearest_training" not in compound:
        return seen
    nearest, similarity = compound[f"{task}.nearest_training"], compound[f"{task}.similarity"]
    return f"{seen}, nearest {nearest} (Tanimoto {similarity:.2f})"
