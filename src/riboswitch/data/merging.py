"""Rows of one input become one row: each label is decided on its own, and what was lost is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pandas as pd

from riboswitch.data.records import Records, Rejection
from riboswitch.errors import shorten

Policy = Literal["first", "mean", "reject"]

ROUNDING = 1e-9
STAGE = "curate"


class Merging(NamedTuple):
    """How rows of one input are merged; see `riboswitch.data.curation.curate`."""

    kind: str
    duplicates: Policy
    conflicts: Policy
    tolerance: float
    same: tuple[str, str]

    def agree(self, labels: Sequence[Any]) -> bool:
        """Whether labels of one input and target are the same."""
        if self.kind == "regression":
            return max(labels) - min(labels) <= self.tolerance + ROUNDING
        return len({*labels}) == 1

    def merged(self, labels: Sequence[Any]) -> Any:
        """The label of an input that has these, in the order of the rows; None if it loses its label."""
        policy = self.duplicates if self.agree(labels) else self.conflicts
        if policy == "mean":
            return math.fsum(labels) / len(labels)  # fsum is exact: the order of the rows does not matter
        return labels[0] if policy == "first" or self.agree(labels) else None


@dataclass
class Tally:
    """The labels of one target: how many there were, and how many it lost.

    Attributes
    ----------
    labels, positives : int
        Labels that can be used, and those of them that are 1 (binary).
    lost_to_conflicts, positives_lost : int
        Labels of inputs that have several, and lost all of them because they disagree.
    repeated_inputs, disagreeing_inputs : int
        Inputs with several labels, and those whose labels disagree by more than the tolerance.
    """

    labels: int = 0
    positives: int = 0
    lost_to_conflicts: int = 0
    positives_lost: int = 0
    repeated_inputs: int = 0
    disagreeing_inputs: int = 0

    def count(self, labels: Sequence[Any], merged: Any, agree: bool) -> None:
        """Take account of an input that has several labels."""
        self.repeated_inputs += 1
        self.disagreeing_inputs += not agree
        if merged is None:
            self.lost_to_conflicts += len(labels)
            self.positives_lost += sum(label == 1 for label in labels)

    def facts(self, kind: str) -> dict[str, Any]:
        """The counts for the ledger; positives of binary labels only."""
        share = self.disagreeing_inputs / self.repeated_inputs if self.repeated_inputs else 0.0
        facts = {**vars(self), "disagreeing_share": round(share, 4)}
        return facts if kind == "binary" else {k: n for k, n in facts.items() if "positives" not in k}


@dataclass
class Merged:
    """What became of the rows: rejections by position, tallies by target, and counts of inputs."""

    gone: dict[int, Rejection] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    repeated: int = 0
    conflicting: int = 0


def merge(records: Records, keys: Sequence[str], targets: Sequence[str], how: Merging) -> Merged:
    """Merge rows with equal keys into the first of them. The labels in the table of ``records`` change.

    Parameters
    ----------
    records : Records
    keys : sequence of str
        One a row; rows with equal keys have the same input.
    targets : sequence of str
        Label columns: numbers or text, gaps as missing values.
    how : Merging

    Returns
    -------
    Merged
        The rows to reject, which this function leaves in the table.
    """
    labels = {target: _with_none(records.table[target]) for target in targets}
    done = Merged(tallies={target: _tally(values, how.kind) for target, values in labels.items()})
    for rows in _groups(keys):
        conflict = _merge_group(labels, rows, how, done.tallies)
        done.repeated, done.conflicting = done.repeated + 1, done.conflicting + bool(conflict)
        for row in _losers(labels, rows, bool(conflict), how):
            kept = row != rows[0] and rows[0] not in done.gone
            done.gone[row] = _rejection(records, row, rows, conflict, how.same, keys[row], kept)
    for target, values in labels.items():
        column = records.table[target]
        records.table[target] = pd.Series(values, index=column.index, dtype=column.dtype)
    return done


def _with_none(column: pd.Series) -> list[Any]:
    return [None if gap else label for label, gap in zip(column.tolist(), column.isna(), strict=True)]


def _tally(labels: Sequence[Any], kind: str) -> Tally:
    present = [label for label in labels if label is not None]
    return Tally(len(present), sum(label == 1 for label in present) if kind == "binary" else 0)


def _groups(keys: Sequence[str]) -> list[list[int]]:
    """Rows with equal keys, for each key of more than one row."""
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [group for group in rows.values() if len(group) > 1]


def _merge_group(
    labels: Mapping[str, list[Any]], rows: list[int], how: Merging, tallies: Mapping[str, Tally]
) -> str:
    """Give the first row the labels of the group; describe the labels that disagree, empty if none do."""
    conflicts = []
    for target, values in labels.items():
        present = [values[row] for row in rows if values[row] is not None]
        if not present:
            continue
        values[rows[0]] = merged = how.merged(present)
        if len(present) > 1:
            tallies[target].count(present, merged, agree := how.agree(present))
            if not agree:
                low, high = (_shown(label) for label in (min(present), max(present)))
                conflicts.append(f"{target} is {low} in one row and {high} in another")
    return "; ".join(conflicts)


def _losers(labels: Mapping[str, list[Any]], rows: list[int], conflict: bool, how: Merging) -> list[int]:
    """The rows of a group that are rejected: all but the first, or all."""
    policy = how.conflicts if conflict else how.duplicates
    no_label = conflict and all(values[rows[0]] is None for values in labels.values())
    return rows if no_label or (policy == how.duplicates == "reject") else rows[1:]


def _shown(label: Any) -> str:
    return f"{label:g}" if isinstance(label, float) else repr(shorten(label))


def _rejection(
    records: Records, row: int, rows: list[int], conflict: str, same: tuple[str, str], key: str, merged: bool
) -> Rejection:
    """The rejection of a row of a group; ``merged``: its first row is kept and stands for it."""
    other = rows[1] if row == rows[0] else rows[0]
    table = records.table
    reason = f"{same[0]} as {shorten(table['id'].iat[other])} (row {table['row'].iat[other]})"
    if same[1] and any(table[name].iat[row] != table[name].iat[other] for name in records.components):
        reason += f", {shorten(key)}: {same[1]}"
    if not conflict:
        return records.rejection(row, "DUPLICATE", reason, stage=STAGE)
    reason += f"; of its {len(rows)} rows {conflict}"
    if merged:
        return records.rejection(row, "DUPLICATE", reason, "The first row stands for it.", stage=STAGE)
    hint = "Correct it at the source. --conflicts chooses another policy."
    return records.rejection(row, "CONFLICTING_LABEL", reason, hint, stage=STAGE)
