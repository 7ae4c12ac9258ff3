"""The page of maps: what `explain` found -> one HTML text that loads nothing from outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.model import Model
from riboswitch.modalities.base import Explainer
from riboswitch.reporting.html import environment, style

FULL = 98  # percentile of all scores' sizes that has the full colour: a few outliers must not pale the rest
STATES = ("ok", "unstable")


def render(table: pd.DataFrame, model: Model, explainer: Explainer) -> str:
    """The page as HTML; equal tables give equal text.

    Parameters
    ----------
    table : DataFrame
        From `explain`.
    model : Model
    explainer : Explainer
        Draws the maps, and names their parts and colours.
    """
    inputs = [part for _, part in table.groupby(_number_of_input(table))]
    facts = [part.iloc[0].to_dict() | {"scores": part["score"].tolist()} for part in inputs]
    colours = list(explainer.COLOURS)
    largest = full_scale(table, FULL if colours else 100)
    items = [_item(f, explainer, largest) for f in facts if f["status"] in STATES]
    rejected = [f for f in facts if f["status"] not in STATES]
    return (
        environment()
        .get_template("explained.html.j2")
        .render(
            title=f"What the answers for {', '.join(model.task.targets)} rest on",
            style=style(),
            part=explainer.PART,
            colours=colours,
            largest=largest,
            same_rows=len({member["repeat"] for member in model.members}) == 1,
            unit="in the unit of the label" if model.task.kind == "regression" else "in log odds",
            counts={s: sum(i["status"] == s for i in items) for s in STATES}
            | {"rejected": len(rejected), "all": len(facts)},
            items=items,
            rejected=rejected,
        )
    )


def full_scale(table: pd.DataFrame, percentile: float = FULL) -> float:
    """The score, up or down, that has the full colour or height; 0 if no map is shown."""
    shown = table.loc[table["status"] == "ok", "score"].abs()
    return float(np.percentile(shown, percentile)) if len(shown) else 0.0


def _number_of_input(table: pd.DataFrame) -> pd.Series:
    """Every input begins with its first part, or is rejected and has none."""
    return (~(table["number"] > 1).fillna(False)).cumsum()


def _item(facts: dict[str, Any], explainer: Explainer, largest: float) -> dict[str, Any]:
    scores = facts["scores"] if facts["status"] == "ok" else None
    return facts | {"drawing": explainer.draw(facts["input"], scores, largest, facts["id"])}
