"""Flags: what a reader must know before trusting a line of the short-list."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riboswitch.data.task import FORMS
from riboswitch.reporting.findings import Ranking
from riboswitch.reporting.hits.predictions import ends

Row = dict[str, Any]


def flags(row: Row, ranking: Ranking) -> list[str]:
    """The flags of a hit, the most important first."""
    tested = _tested(row, ranking)
    found = [tested] if tested else []
    if (forms := row.get(FORMS)) is not None and forms > 1:
        found.append(f"mean of {int(forms)} stereoisomers{ends(row, 'score')}")
    if row["compromised"]:
        locus = f" at {row['compromise_locus']}" if row["compromise_locus"] else ""
        found.append(f"compromised by {row['compromised_by']}{locus}")
    if row.get("reduced_by"):
        found.append(f"reduced by {row['reduced_by']}: it may still work")
    if row.get("may_be_compromised_by"):
        found.append(f"{row['may_be_compromised_by']} defeats some drugs of the predicted class")
    found += [f"outside filter: {failed}" for failed in row["outside_filter"].split(";") if failed]
    if tested and row["known_class"]:
        found.append("a known antibiotic: a rediscovery")
    return [*found, *_recalled(row, ranking), *_class(row, ranking)]


def _tested(row: Row, ranking: Ranking) -> str:
    """What an experiment said about the compound; empty if nothing is known of experiments."""
    if ranking.check is None:
        return ""
    if row["id"] not in ranking.check.values:
        return "not tested"
    value = ranking.check.values[row["id"]]
    return (
        "tested: its forms disagree" if pd.isna(value) else f"tested: {'positive' if value else 'negative'}"
    )


def _recalled(row: Row, ranking: Ranking) -> list[str]:
    if not row.get(f"{ranking.shown_task}.in_training"):
        return []
    if row.get(f"{ranking.shown_task}.out_of_fold"):
        return ["in training: scored by networks that did not see it"]
    return ["in training: recall, not evidence"]


def _class(row: Row, ranking: Ranking) -> list[str]:
    if not ranking.class_task:
        return []
    if not row["known_class"]:
        return ["no class known by name or structure: check before you trust the prediction"]
    if row["predicted_class"] != row["known_class"]:
        return ["predicted class differs from the known class"]
    return []
