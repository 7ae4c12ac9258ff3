"""The evidence behind a line of the short-list: one sentence that a reader can check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riboswitch.screening.nearest import DOMAIN, TrainingSet


def evidence(compound: Mapping[str, Any], class_task: str, score_by: str) -> str:
    """The class and its source, the nearest training compound, and the gene that defeats the compound.

    Parameters
    ----------
    compound : mapping
        One row with the columns of `compound_classes.classify` and `compromised`, and the scores of the
        tasks. Whether it was in training, and the nearest training compound, may be missing.
    class_task : str
        The task that predicts the drug class; empty if none does.
    score_by : str
        The task that ranks.
    """
    parts = []
    if compound["known_class"]:
        parts.append(f"{compound['known_class']} by name ({compound['class_basis']})")
    if class_task:
        parts.append(f"predicted {compound['predicted_class']} p={compound['class_probability']:.2f}")
    else:
        parts.append(f"{score_by} {compound['score']:.2f}")
    parts.append(_training(compound, class_task or score_by))
    if compound["compromised"]:
        locus = f" at {compound['compromise_locus']}" if compound["compromise_locus"] else ""
        parts.append(f"compromised by {compound['compromised_by']}{locus}: {compound['compromise_basis']}")
    if compound.get("reduced_by"):
        parts.append(f"reduced by {compound['reduced_by']}: it may still work")
    if compound.get("may_be_compromised_by"):
        gene = compound["may_be_compromised_by"]
        parts.append(f"may be compromised by {gene}, which defeats some of its class")
    return "; ".join(parts)


def _training(compound: Mapping[str, Any], task: str) -> str:
    """Whether the compound was in training, and the nearest compound that was."""
    if f"{task}.in_training" not in compound:
        return "the model does not say what it was trained on"
    seen = "not in training"
    if compound[f"{task}.in_training"]:
        seen = f"in training as {compound[f'{task}.training_label'] or 'labelled'}"
    if f"{task}.nearest_training" not in compound:
        return seen
    nearest, similarity = compound[f"{task}.nearest_training"], compound[f"{task}.similarity"]
    inside = compound.get(f"{task}.{DOMAIN}")
    outside = "" if inside is None or pd.isna(inside) or inside else ", outside the domain"
    return f"{seen}, nearest {nearest} (Tanimoto {similarity:.2f}{outside})"


def add_nearest_training(
    table: pd.DataFrame, hits: pd.Index, sets: Mapping[str, TrainingSet]
) -> pd.DataFrame:
    """Add to the hits the nearest training compound of each task, unless screening has added it.

    Parameters
    ----------
    table : DataFrame
        Compounds with their scores.
    hits : Index
        Rows to look up; the other rows stay empty.
    sets : mapping of str to TrainingSet
        By task.
    """
    for task, training in sets.items():
        label = f"{task}.training_label"
        if not training.known or label not in table or f"{task}.nearest_training" in table:
            continue
        near = training.nearest({training.modality.component: table.loc[hits, "smiles"].tolist()})
        near = near.set_axis(hits).reindex(table.index)
        column = int(table.columns.get_loc(label)) + 1
        table.insert(column, f"{task}.nearest_training", near["nearest_training"].fillna(""))
        table.insert(column + 1, f"{task}.similarity", near["similarity"].astype("float64").round(6))
        if DOMAIN in near:
            table.insert(column + 2, f"{task}.{DOMAIN}", near[DOMAIN].astype("boolean"))
    return table
