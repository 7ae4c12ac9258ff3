"""Rows of one input become one row: each label is decided on its own, and what was lost is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import pandas as pd

from riboswitch.data.records import Records, Rejection
from riboswitch.errors import InputError, shorten
from riboswitch.io.disk_faults import Reading
from riboswitch.io.table_writer import read_written

Policy = Literal["first", "mean", "reject"]
Fate = Literal["kept", "left_out", "averaged", "voided", "rejected"]
CURATION_COLUMNS = ["target", "input", "source", "row", "id", "before", "agree", "fate", "after"]
"""Columns of the table of all labels of repeated inputs; see `Merged.curation`."""

ROUNDING = 1e-9
STAGE = "curate"
AGAIN = "riboswitch parse --curation writes one."


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
    single : int
        Labels of inputs that have one row. ``labels`` is the sum of this and of the next five.
    kept, left_out, averaged : int
        Labels of inputs with several rows: those that the input keeps, those that another row's label stands
        for, and those that went into a mean.
    voided, rejected : int
        Those that were lost while their input stayed for another target, and those lost with their rows.
    labels_after : int
        Inputs that have a label of this target in the end.
    lost_to_conflicts, positives_lost : int
        Labels of inputs that have several, and lost all of them because they disagree.
    repeated_inputs, disagreeing_inputs : int
        Inputs with several labels, and those whose labels disagree by more than the tolerance.
    """

    labels: int = 0
    positives: int = 0
    single: int = 0
    kept: int = 0
    left_out: int = 0
    averaged: int = 0
    voided: int = 0
    rejected: int = 0
    labels_after: int = 0
    lost_to_conflicts: int = 0
    positives_lost: int = 0
    repeated_inputs: int = 0
    disagreeing_inputs: int = 0

    def count(self, labels: Sequence[Any], merged: Any, agree: bool, fates: Sequence[Fate]) -> None:
        """Take account of the labels of an input that has several rows."""
        for fate in fates:
            setattr(self, fate, getattr(self, fate) + 1)
        self.single -= len(labels)
        self.labels_after -= len(labels) - (fates[0] not in ("voided", "rejected"))
        if len(labels) == 1:
            return
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
    """What became of the rows.

    Attributes
    ----------
    gone : dict of int to Rejection
        By position in the table.
    tallies : dict of str to Tally
        By target.
    repeated, conflicting : int
        Inputs with several rows, and those of them with a conflict.
    entries : list of tuple
        One for each label of an input with several rows, as `CURATION_COLUMNS`.
    """

    gone: dict[int, Rejection] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    repeated: int = 0
    conflicting: int = 0
    entries: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def curation(self) -> pd.DataFrame:
        """All labels of inputs with several rows, as text: what was measured, and what became of it.

        ``input`` is the id of the first row, which stands for the input. ``before`` is the label of the row
        and ``after`` that of the input, empty if it lost it.
        """
        return pd.DataFrame(self.entries, columns=CURATION_COLUMNS).astype(
            dict.fromkeys(CURATION_COLUMNS, "str") | {"row": "int64"}
        )


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
        before = {target: [(row, values[row]) for row in rows if values[row] is not None]
                  for target, values in labels.items()}  # fmt: skip
        conflict = _merge_group(labels, rows, how)
        done.repeated, done.conflicting = done.repeated + 1, done.conflicting + bool(conflict)
        for row in _losers(labels, rows, bool(conflict), how):
            kept = row != rows[0] and rows[0] not in done.gone
            done.gone[row] = _rejection(records, row, rows, conflict, how.same, keys[row], kept)
        for target, given in before.items():
            _account(done, records, target, given, labels[target][rows[0]], rows[0], how)
    for target, values in labels.items():
        column = records.table[target]
        records.table[target] = pd.Series(values, index=column.index, dtype=column.dtype)
    return done


def _with_none(column: pd.Series) -> list[Any]:
    return [None if gap else label for label, gap in zip(column.tolist(), column.isna(), strict=True)]


def _tally(labels: Sequence[Any], kind: str) -> Tally:
    present = [label for label in labels if label is not None]
    positives = sum(label == 1 for label in present) if kind == "binary" else 0
    return Tally(len(present), positives, single=len(present), labels_after=len(present))


def _groups(keys: Sequence[str]) -> list[list[int]]:
    """Rows with equal keys, for each key of more than one row."""
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [group for group in rows.values() if len(group) > 1]


def _merge_group(labels: Mapping[str, list[Any]], rows: list[int], how: Merging) -> str:
    """Give the first row the labels of the group; describe the labels that disagree, empty if none do."""
    conflicts = []
    for target, values in labels.items():
        present = [values[row] for row in rows if values[row] is not None]
        if not present:
            continue
        values[rows[0]] = how.merged(present)
        if not how.agree(present):
            low, high = (_shown(label) for label in (min(present), max(present)))
            conflicts.append(f"{target} is {low} in one row and {high} in another")
    return "; ".join(conflicts)


def _account(
    done: Merged,
    records: Records,
    target: str,
    given: list[tuple[int, Any]],
    merged: Any,
    first: int,
    how: Merging,
) -> None:
    """Write down what became of the labels ``given`` (position, label) of one target of an input."""
    if not given:
        return
    before, table = [label for _, label in given], records.table
    agree, after = how.agree(before), None if first in done.gone else merged
    fates = _fates(before, after, agree, first in done.gone, how)
    done.tallies[target].count(before, merged, agree, fates)
    name, final = table["id"].iat[first], "" if after is None else str(after)
    for (row, label), fate in zip(given, fates, strict=True):
        origin = (table[column].iat[row] for column in ("source", "row", "id"))
        done.entries.append((target, name, *origin, str(label), "yes" if agree else "no", fate, final))


def _fates(before: Sequence[Any], after: Any, agree: bool, gone: bool, how: Merging) -> list[Fate]:
    if after is None:
        return ["rejected" if gone else "voided"] * len(before)
    if len(before) > 1 and (how.duplicates if agree else how.conflicts) == "mean":
        return ["averaged"] * len(before)
    return ["kept", *["left_out"] * (len(before) - 1)]  # type: ignore[list-item]


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


def read_curation(path: str | Path) -> pd.DataFrame:
    """Read a table that `riboswitch parse --curation` wrote.

    Raises
    ------
    InputError
        If it is missing or not such a table.
    """
    types = {name: "int64" if name == "row" else "str" for name in CURATION_COLUMNS}
    try:
        with Reading(path):
            table = read_written(path, "\t", types)
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except ValueError as error:
        raise InputError("not a table of curation", where=str(path), found=error, hint=AGAIN) from error
    if list(table) != CURATION_COLUMNS:
        raise InputError("not a table of curation", where=str(path),
                         found=f"columns {', '.join(map(str, table))}", hint=AGAIN)  # fmt: skip
    for name, values in (("agree", ("yes", "no")), ("fate", get_args(Fate))):
        if (bad := ~table[name].isin(values)).any():
            row = int(bad.to_numpy().argmax())
            raise InputError(f"{name} is none of {', '.join(values)}", where=f"{path} row {row + 1}",
                             found=table[name].iat[row], hint=AGAIN)  # fmt: skip
    return table
