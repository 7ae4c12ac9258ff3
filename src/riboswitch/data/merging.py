"""Rows of one input become one row: each label is decided on its own, and what was lost is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from riboswitch.data.arrays import distinct
from riboswitch.data.bounds.agreement import Merging
from riboswitch.data.bounds.bound import Bound, interval
from riboswitch.data.bounds.columns import labels_of, set_labels
from riboswitch.data.records import Records, Rejection
from riboswitch.errors import InputError, shorten
from riboswitch.io.disk_faults import Reading
from riboswitch.io.table_writer import read_written

Fate = Literal["kept", "left_out", "averaged", "voided", "rejected"]
CURATION_COLUMNS = ["target", "input", "source", "row", "id", "before", "agree", "fate", "after"]
"""Columns of the table of all labels of repeated inputs; see `Merged.curation`."""

BOUND_FATES = ("kept", "left_out", "voided", "rejected")  # a bound goes into no mean

STAGE = "curate"
AGAIN = "riboswitch parse --curation writes one."


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
    bounds : dict of str to int
        Those of the labels that are bounds: ``labels``, each fate, and ``labels_after``; empty without any.
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
    bounds: dict[str, int] = field(default_factory=dict)

    def count(self, labels: Sequence[Any], merged: Any, agree: bool, fates: Sequence[Fate]) -> None:
        """Take account of the labels of an input that has several rows."""
        for fate in fates:
            setattr(self, fate, getattr(self, fate) + 1)
        self.single -= len(labels)
        lost = fates[0] in ("voided", "rejected")
        self.labels_after -= len(labels) - (not lost)
        if self.bounds:
            self._count_bounds(labels, fates, isinstance(merged, Bound) and not lost)
        if len(labels) == 1:
            return
        self.repeated_inputs += 1
        self.disagreeing_inputs += not agree
        if merged is None:
            self.lost_to_conflicts += len(labels)
            self.positives_lost += sum(label == 1 for label in labels)

    def _count_bounds(self, labels: Sequence[Any], fates: Sequence[Fate], one_left: bool) -> None:
        of_bounds = [fate for label, fate in zip(labels, fates, strict=True) if isinstance(label, Bound)]
        for fate in of_bounds:
            self.bounds[fate] += 1
        self.bounds["single"] -= len(of_bounds)
        self.bounds["labels_after"] -= len(of_bounds) - one_left

    def facts(self, kind: str) -> dict[str, Any]:
        """The counts for the ledger; positives of binary labels only, bounds only if there are any."""
        share = self.disagreeing_inputs / self.repeated_inputs if self.repeated_inputs else 0.0
        facts = {**vars(self), "disagreeing_share": round(share, 4)}
        if not self.bounds:
            del facts["bounds"]
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
        Label columns: numbers, bounds or text, gaps as missing values.
    how : Merging

    Returns
    -------
    Merged
        The rows to reject, which this function leaves in the table.
    """
    labels = {target: labels_of(records, target) for target in targets}
    done = Merged(tallies={target: _tally(values, how.kind) for target, values in labels.items()})
    for rows in _groups(keys) if how.duplicates != "keep" else ():
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
        set_labels(records, target, values, records.table[target].dtype)
    return done


def _tally(labels: Sequence[Any], kind: str) -> Tally:
    present = [label for label in labels if label is not None]
    positives = sum(label == 1 for label in present) if kind == "binary" else 0
    number = sum(isinstance(label, Bound) for label in present)
    bounds = {"labels": number, "single": number, **dict.fromkeys(BOUND_FATES, 0), "labels_after": number}
    return Tally(len(present), positives, single=len(present), labels_after=len(present),
                 bounds=bounds if number else {})  # fmt: skip


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
            low, high = (_shown(label) for label in _apart(present))
            conflicts.append(f"{target} is {low} in one row and {high} in another")
    return "; ".join(conflicts)


def _apart(labels: Sequence[Any]) -> tuple[Any, Any]:
    """The two labels that lie farthest apart."""
    if isinstance(labels[0], str):
        return min(labels), max(labels)
    return (
        min(labels, key=lambda label: interval(label).high),
        max(labels, key=lambda label: interval(label).low),
    )


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
    averaged = (how.duplicates if agree else how.conflicts) == "mean"
    if averaged and sum(not isinstance(label, Bound) for label in before) > 1:
        return ["left_out" if isinstance(label, Bound) else "averaged" for label in before]
    kept = _kept(before, after)
    return ["kept" if place in kept else "left_out" for place in range(len(before))]


def _kept(before: Sequence[Any], after: Any) -> set[int]:
    """Places of the labels that the input keeps: the first that is its label, or that gave an end to it."""
    if after in before:
        return {before.index(after)}
    ends = [interval(label) for label in before]
    return {min(range(len(ends)), key=lambda i: (abs(ends[i][end] - after[end]), i)) for end in (0, 1)}


def _losers(labels: Mapping[str, list[Any]], rows: list[int], conflict: bool, how: Merging) -> list[int]:
    """The rows of a group that are rejected: all but the first, or all."""
    policy = how.conflicts if conflict else how.duplicates
    no_label = conflict and all(values[rows[0]] is None for values in labels.values())
    return rows if no_label or (policy == how.duplicates == "reject") else rows[1:]


def _shown(label: Any) -> str:
    if isinstance(label, Bound):
        return str(label)
    return f"{label:g}" if isinstance(label, float) else repr(shorten(label))


def _rejection(
    records: Records, row: int, rows: list[int], conflict: str, same: tuple[str, str], key: str, merged: bool
) -> Rejection:
    """The rejection of a row of a group; ``merged``: its first row is kept and stands for it."""
    other = rows[1] if row == rows[0] else rows[0]
    table = records.table
    reason = f"{same[0]} as {shorten(table['id'].iat[other])} (row {table['row'].iat[other]})"
    pairs = ([table[name].iat[row], table[name].iat[other]] for name in records.components)
    if same[1] and any(len(distinct(pair)[0]) == 2 for pair in pairs):
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
