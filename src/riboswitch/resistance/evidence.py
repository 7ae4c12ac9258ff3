"""The evidence behind a line of the short-list: one sentence that a reader can check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riboswitch.resistance.drugs.structures import RECOGNISED
from riboswitch.screening.nearest import (
    DOMAIN,
    NEAREST_COLUMNS,
    OUT_OF_FOLD,
    TRAINING_COLUMNS,
    TrainingSet,
)


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
        how = "structure" if compound[RECOGNISED] else "name"
        parts.append(f"{compound['known_class']} by {how} ({compound['class_basis']})")
    elif compound[RECOGNISED]:
        parts.append(f"structure of {compound[RECOGNISED]}")
    if class_task:
        parts.append(f"predicted {compound['predicted_class']} p={compound['class_probability']:.2f}")
    else:
        parts.append(f"{score_by} {compound['score']:.2f}")
    parts.append(_training(compound, class_task or score_by))
    if compound["compromised"]:
        locus = f" at {compound['compromise_locus']}" if compound["compromise_locus"] else ""
        parts.append(f"compromised by {compound['compromised_by']}{locus}: {compound['compromise_basis']}")
    if "defeated_in" in compound:
        parts.append(
            "of the panel {defeated_in} defeat it, {reduced_in} reduce it; in {not_seen_in} nothing was "
            "seen that does, in {not_looked_at_in} nobody looked".format(**compound)
        )
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
        label = compound.get(f"{task}.training_label")  # a shared bundle has none
        seen = "in training" if label is None else f"in training as {label or 'labelled'}"
        if f"{task}.{OUT_OF_FOLD}" in compound:
            apart = compound[f"{task}.{OUT_OF_FOLD}"]
            seen += (
                ", scored by networks that did not see it" if apart else ", scored by networks that saw it"
            )
    if f"{task}.nearest_training" not in compound:
        inside = compound.get(f"{task}.{DOMAIN}")
        return seen if inside is None or pd.isna(inside) or inside else f"{seen}, outside the domain"
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
        column = _place(table, task, training)
        if column is None:
            continue
        near = training.nearest({training.modality.component: table.loc[hits, "smiles"].tolist()})
        near = near.set_axis(hits).reindex(table.index)
        for offset, name in enumerate(near):
            values = near[name]
            if name == DOMAIN:
                values = values.astype("boolean")
            elif name == NEAREST_COLUMNS[0]:
                values = values.fillna("")
            else:
                values = values.astype("float64").round(6)
            table.insert(column + offset, f"{task}.{name}", values)
    return table


def _place(table: pd.DataFrame, task: str, training: TrainingSet) -> int | None:
    """Where the columns of `TrainingSet.nearest` go; None if there are none, or they are there."""
    if not training.comparable or f"{task}.{NEAREST_COLUMNS[0]}" in table or f"{task}.{DOMAIN}" in table:
        return None
    told = [name for name in (f"{task}.{column}" for column in TRAINING_COLUMNS) if name in table]
    if training.ids and len(told) < len(TRAINING_COLUMNS):
        return None
    return int(table.columns.get_loc(told[-1])) + 1 if told else len(table.columns)
