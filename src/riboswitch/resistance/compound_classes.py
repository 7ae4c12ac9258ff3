"""The drug class of each compound: known by its name or its structure, or else predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riboswitch.errors import InputError
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.rules import shipped_rules
from riboswitch.resistance.drugs.structures import RECOGNISED, recognised

UNKNOWN = ""
NONE = "none"  # the predicted class of compounds that are of no drug class


def classify(
    names: pd.Series,
    predicted: pd.Series,
    probability: pd.Series,
    trained: pd.Series,
    knowledge: DrugClasses,
    min_probability: float,
    keys: pd.Series | None = None,
) -> pd.DataFrame:
    """The class of each compound: known by name or structure, predicted, and which of the two the join uses.

    A compound's label in training goes before its prediction: a prediction that contradicts the model's own
    training label is a fault of the model, not a finding.

    Parameters
    ----------
    names : Series of str
        Names of the compounds; empty where there is none.
    predicted, probability : Series
        The predicted class and its probability.
    trained : Series of str
        The class of a compound in the training data; empty if it was not there.
    knowledge : DrugClasses
        Which name belongs to which class.
    min_probability : float
        A predicted class counts only with at least this probability, and only where the name gives no class.
    keys : Series of str, optional
        InChIKeys of the compounds: a compound whose name says nothing may have the structure of a known drug.

    Returns
    -------
    DataFrame
        One row a compound: ``name``, ``recognised_as`` (the drug whose structure it has, if its name says
        nothing), ``known_class``, ``phenotype_class``, ``class_basis`` (empty if the name
        gives no class), ``predicted_class``, ``class_probability``, ``join_class`` (empty if unknown),
        ``contradicted`` (predicted to be of a class, but of class ``none`` in training).
    """
    known = [knowledge.drug_class(name) if name else None for name in names]
    table = pd.DataFrame({"name": names, RECOGNISED: ""})
    if keys is not None:
        named = pd.Series([k is not None for k in known], names.index)
        table[RECOGNISED] = recognised(names, keys, named, shipped_rules().book)
        known = [knowledge.drug_class(drug) if drug else k
                 for drug, k in zip(table[RECOGNISED], known, strict=True)]  # fmt: skip
    table["known_class"] = [k.drug_class if k else UNKNOWN for k in known]
    table["phenotype_class"] = [k.phenotype_class if k else UNKNOWN for k in known]
    table["class_basis"] = [
        f"{f'structure of {drug}; ' if drug else ''}{k.basis}" if k else UNKNOWN
        for drug, k in zip(table[RECOGNISED], known, strict=True)
    ]
    table["predicted_class"], table["class_probability"] = predicted, probability
    joined = predicted.where((predicted != NONE) & (probability >= min_probability), UNKNOWN)
    joined = joined.where(trained == UNKNOWN, trained.replace(NONE, UNKNOWN))
    table["join_class"] = table["known_class"].where(table["known_class"] != UNKNOWN, joined)
    table["contradicted"] = (table["known_class"] == UNKNOWN) & (trained == NONE) & (predicted != NONE)
    return table


def classify_scored(
    table: pd.DataFrame, task: str, name_column: str, knowledge: DrugClasses, min_probability: float
) -> pd.DataFrame:
    """`classify` for a table of scored compounds.

    Parameters
    ----------
    table : DataFrame
        Compounds with the scores of ``task``, as ``TASK.class`` and ``TASK.probability``.
    task : str
        The task that predicts the drug class; empty if none does.
    name_column : str
        Column of the compounds' names; it need not be there.

    Raises
    ------
    InputError
        If the task was not screened.
    """
    empty = pd.Series("", table.index)
    names = table.get(name_column, empty).fillna("").astype(str)
    keys = table.get("key", empty).fillna("").astype(str)
    if not task:
        unknown = pd.Series(np.nan, table.index)
        return classify(names, empty, unknown, empty, knowledge, min_probability, keys)
    if f"{task}.class" not in table:
        raise InputError("no such class prediction among the scores", found=task,
                         hint="--class-task must name a multi-class task that was screened.")  # fmt: skip
    trained = table.get(f"{task}.training_label", empty)
    return classify(names, table[f"{task}.class"], table[f"{task}.probability"], trained, knowledge,
                    min_probability, keys)  # fmt: skip
