"""The page of maps: a table of `explain` -> one HTML text that loads nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.model import Model
from riboswitch.modalities.optional_parts import Explainer
from riboswitch.reporting.html import environment, style

FULL = 98  # percentile of absolute scores with the full colour, so that a few outliers do not pale all others
STATES = ("ok", "unstable")
UNITS = {"regression": "in the unit of the label", "survival": "in log hazard"}


def render(
    table: pd.DataFrame, model: Model, explainer: Explainer, inputs: Mapping[Any, Any], key: str = "id"
) -> str:
    """The page as HTML; equal tables give equal text.

    Parameters
    ----------
    table : DataFrame
        From `explain`.
    model : Model
    explainer : Explainer
        Draws the maps, and names their parts and colours.
    inputs : mapping
        The input of each id, as the explainer draws it.
    key : str
        The column by which ``inputs`` has them, if ids may repeat.
    """
    tables = [rows for _, rows in table.groupby(_input_number(table))]
    explained = [rows.iloc[0].to_dict() | {"scores": rows["score"].tolist()} for rows in tables]
    colours = list(explainer.COLOURS)
    largest = full_scale(table, FULL if colours else 100)
    items = [_item(i, explainer, largest, inputs[i[key]]) for i in explained if i["status"] in STATES]
    rejected = [i for i in explained if i["status"] not in STATES]
    counts = {state: sum(item["status"] == state for item in items) for state in STATES}
    template = environment().get_template("explained.html.j2")
    return template.render(
        title=f"Which parts of the inputs matter for {', '.join(model.task.targets)}",
        style=style(),
        part=explainer.PART,
        colours=colours,
        largest=largest,
        same_rows=len({member["repeat"] for member in model.members}) == 1,
        unit=UNITS.get(model.task.kind, "in log odds"),
        counts=counts | {"rejected": len(rejected), "all": len(explained)},
        items=items,
        rejected=rejected,
    )


def full_scale(table: pd.DataFrame, percentile: float = FULL) -> float:
    """The absolute score that has the full colour or height; 0 if no map is shown."""
    shown = table.loc[table["status"] == "ok", "score"].abs()
    return float(np.percentile(shown, percentile)) if len(shown) else 0.0


def _input_number(table: pd.DataFrame) -> pd.Series:
    """Number of the input that a row belongs to. An input starts with part 1, or has no parts at all."""
    return (~(table["number"] > 1).fillna(False)).cumsum()


def _item(values: dict[str, Any], explainer: Explainer, largest: float, component: Any) -> dict[str, Any]:
    scores = values["scores"] if values["status"] == "ok" else None
    return values | {"drawing": explainer.draw(component, scores, largest, values["id"])}
