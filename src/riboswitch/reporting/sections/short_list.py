"""The short-list: every kept compound with its structure, its evidence and its flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from riboswitch.data.task import FORMS, FROM, HIGH, LOW, TO
from riboswitch.modalities import find
from riboswitch.modalities.optional_parts import Drawer
from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.sections import Section

STRUCTURE = "smiles"  # column with the input that was scored

Row = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """One row of the short-list.

    Attributes
    ----------
    row : dict
        The compound's columns.
    drawing : Markup or None
        None if the modality has no drawings.
    class_sd : float or None
        Standard deviation of the class probability over the networks.
    estimates : list of str
        Predictions of the other tasks.
    in_training : bool or None
        Whether the model (`Ranking.shown_task`) was trained on it; None if that is not known.
    out_of_fold : bool
        Whether networks scored it that saw neither it nor its group.
    similarity : float or None
        To the nearest compound in the training data of that model.
    flags : list of str
        What a reader must know before trusting the row.
    """

    row: Row
    drawing: Markup | None
    class_sd: float | None
    estimates: list[str]
    in_training: bool | None
    out_of_fold: bool
    similarity: float | None
    flags: list[str]


def contents(findings: Findings) -> dict[str, Any] | None:
    """The hits, best first; the other tasks that predict them; the name of the similarity, empty if none."""
    ranking = findings.ranking
    if ranking is None:
        return None
    others = [name for name in ranking.tasks if name != ranking.class_task]
    modality = find(ranking.modality)
    hits = ranking.hits.iloc[: ranking.shown].to_dict("records")
    drawn = len(hits) if ranking.drawn is None else ranking.drawn
    drawers = (modality.drawer if i < drawn else None for i in range(len(hits)))
    return {
        "hits": [_hit(row, ranking, others, d) for row, d in zip(hits, drawers, strict=True)],
        "kept": len(ranking.hits),
        "drawn": min(drawn, len(hits)),
        "others": others,
        "by_class": bool(ranking.class_task),
        "task": ranking.shown_task,
        "panel": not ranking.genome,
        "similarity": modality.similarity.NAME if modality.similarity else "",
    }


SECTION = Section("Short-list", 30, contents)


def _hit(row: Row, ranking: Ranking, others: list[str], drawer: Drawer | None) -> Hit:
    task = ranking.class_task
    in_training = row.get(f"{ranking.shown_task}.in_training")
    return Hit(
        row=row,
        drawing=drawer.draw(row[STRUCTURE], row["name"] or row["id"]) if drawer else None,
        class_sd=row.get(f"{task}.p_{row['predicted_class']}_sd"),
        estimates=[estimate for name in others for estimate in _estimates(row, name)],
        in_training=None if in_training is None else bool(in_training),
        out_of_fold=bool(row.get(f"{ranking.shown_task}.out_of_fold")),
        similarity=row.get(f"{ranking.shown_task}.similarity"),
        flags=_flags(row, task, _tested(row, ranking)),
    )


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


def _flags(row: Row, class_task: str, tested: str) -> list[str]:
    flags = [tested] if tested else []
    if (forms := row.get(FORMS)) is not None and forms > 1:
        flags.append(f"mean of {int(forms)} stereoisomers{_range(row, 'score')}")
    if row["compromised"]:
        locus = f" at {row['compromise_locus']}" if row["compromise_locus"] else ""
        flags.append(f"compromised by {row['compromised_by']}{locus}")
    if row.get("reduced_by"):
        flags.append(f"reduced by {row['reduced_by']}: it may still work")
    if row.get("may_be_compromised_by"):
        flags.append(f"{row['may_be_compromised_by']} defeats some drugs of the predicted class")
    flags += [f"outside filter: {failed}" for failed in row["outside_filter"].split(";") if failed]
    if tested and row["known_class"]:
        flags.append("a known antibiotic: a rediscovery")
    if not class_task:
        return flags
    if not row["known_class"]:
        flags.append("no class known by name: check before you trust the prediction")
    elif row["predicted_class"] != row["known_class"]:
        flags.append("predicted class differs from the class by name")
    return flags


def _range(row: Row, column: str) -> str:
    """The range of a prediction over the forms of a compound; empty if there is one form."""
    low, high = (row.get(f"{column}{end}") for end in (LOW, HIGH))
    return "" if pd.isna(low) or pd.isna(high) else f" (forms: {low:.2f} to {high:.2f})"


def _interval(row: Row, column: str) -> str:
    """The interval that holds the true value of 90 % of new groups; empty if the model promises none."""
    low, high = (row.get(f"{column}{end}") for end in (FROM, TO))
    return "" if pd.isna(low) or pd.isna(high) else f" (90 %: {low:.2f} to {high:.2f})"


def _estimates(row: Row, task: str) -> list[str]:
    """Predictions of a task, as ``SOL -3.21 ± 0.40 (90 %: -4.6 to -1.8)``, and whether it was in training."""
    columns = [c for c in row if c.startswith(f"{task}.") and f"{c}_sd" in row]
    names = [c.removeprefix(f"{task}.") for c in columns]
    estimates = [f"{name} {row[c]:.2f} ± {row[f'{c}_sd']:.2f}{_range(row, c)}{_interval(row, c)}"
                 for name, c in zip(names, columns, strict=True)]  # fmt: skip
    if estimates and row.get(f"{task}.in_training"):
        apart = row.get(f"{task}.out_of_fold")
        estimates.append("(in training, by networks that did not see it)" if apart else "(in training)")
    return estimates
