"""Curation: check labels, and merge or reject rows with the same input by a stated policy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from riboswitch.config.settings import Limits, one_of
from riboswitch.data.labels import TEXT_KINDS, label
from riboswitch.data.records import Records, Rejection
from riboswitch.data.task import Kind
from riboswitch.errors import InputError, UsageError, shorten

Policy = Literal["first", "mean", "reject"]
LIMITS = dict.fromkeys(("duplicates", "conflicts"), Limits(choices=get_args(Policy)))

CODES = ("BAD_LABEL", "MISSING_LABEL", "DUPLICATE", "CONFLICTING_LABEL")

ROUNDING = 1e-9
STAGE = "curate"


def curate(
    records: Records,
    identity: Callable[[Mapping[str, Any]], str],
    *,
    targets: Sequence[str],
    kind: Kind,
    duplicates: Policy = "first",
    conflicts: Policy = "reject",
    tolerance: float = 0.0,
    label_lengths: Callable[[Mapping[str, Any]], tuple[int, ...]] | None = None,
) -> Records:
    """Check the labels and merge duplicates, so that each identity has at most one row.

    Parameters
    ----------
    records : Records
    identity : callable
        Gives the key of an input. Inputs with equal keys are duplicates. See `modalities.parts.Reader`.
    targets : sequence of str
        Label columns; none for a library without labels.
    kind : {"regression", "binary", "multiclass", "per_position"}
        Allowed labels: a finite number; 0 or 1; a name; or a text with one character for each letter (or each
        codon) of the input.
    duplicates : {"first", "mean", "reject"}
        For rows of one identity whose labels agree: ``first`` keeps the first row; ``mean`` keeps it with the
        mean of each label, gaps left out, and needs numbers; ``reject`` keeps no row.
    conflicts : {"reject", "first", "mean"}
        For rows of one identity whose labels disagree. ``mean`` is for regression only.
    tolerance : float
        Largest difference between labels that agree (regression). A gap agrees with every label.
    label_lengths : callable, optional
        Returns the allowed numbers of labels of an input; needed for ``per_position``.

    Returns
    -------
    Records
        Accepted rows in their order, label columns as float64 (or text, for names). Rejected rows have the
        codes ``BAD_LABEL``, ``MISSING_LABEL``, ``DUPLICATE`` or ``CONFLICTING_LABEL``. The order of the rows
        does not change which identities are kept, nor their means. ``meta["ledger"]`` has the counts.

    Raises
    ------
    InputError
        If a label column is missing.
    UsageError
        If the policy does not exist or does not fit the kind of label.
    """
    _require(records, targets, kind, duplicates, conflicts)
    ledger: dict[str, Any] = {"rows": len(records)}
    already_rejected = len(records.rejected)
    records = _check_labels(records, targets, kind, label_lengths)
    gone: dict[int, Rejection] = {}
    groups = conflicting = 0
    for rows in _groups([identity(components) for components in records.each_input()]):
        conflict = _conflict(records.table, rows, targets, kind, tolerance)
        gone |= _settle(records, rows, targets, conflict, conflicts if conflict else duplicates)
        groups, conflicting = groups + 1, conflicting + bool(conflict)
    result = _without(records, gone)
    codes = result.rejected["code"].iloc[already_rejected:].value_counts()
    ledger |= {code.lower(): int(codes.get(code, 0)) for code in CODES}
    ledger |= {"repeated_identities": groups, "conflicting_identities": conflicting, "accepted": len(result)}
    ledger["policy"] = {"duplicates": duplicates, "conflicts": conflicts, "tolerance": tolerance}
    result.meta["ledger"] = ledger
    return result


def _require(records: Records, targets: Sequence[str], kind: str, duplicates: str, conflicts: str) -> None:
    for name, policy in (("duplicates", duplicates), ("conflicts", conflicts)):
        one_of(f"policy for {name}", policy, LIMITS[name].choices)
    if kind not in get_args(Kind):
        raise UsageError("no such kind of label", found=kind, hint=f"Choose one of {get_args(Kind)}.")
    if conflicts == "mean" and kind != "regression":
        raise UsageError("conflicting labels have a mean in regression only", found=kind)
    if duplicates == "mean" and kind in TEXT_KINDS:
        raise UsageError("names of classes have no mean", hint="Choose 'first' or 'reject' for duplicates.")
    for target in targets:
        if target not in records.table:
            columns = {str(c).lower(): str(c) for c in records.table}
            near = difflib.get_close_matches(target.lower(), columns, n=1)
            hint = (
                f"Did you mean {columns[near[0]]!r}?" if near else f"Columns: {', '.join(columns.values())}."
            )
            raise InputError("no such label column", found=target, hint=hint)


def _check_labels(
    records: Records,
    targets: Sequence[str],
    kind: str,
    label_lengths: Callable[[Mapping[str, Any]], tuple[int, ...]] | None,
) -> Records:
    """Turn labels into numbers (or text); reject rows with a bad label or without any."""
    table = records.table.copy()
    problems: dict[int, tuple[str, str]] = {}
    lengths = _allowed_lengths(records, kind, label_lengths)
    for target in targets:
        values = []
        for row, cell in enumerate(table[target]):
            try:
                values.append(label(cell, kind, lengths[row]))
            except ValueError as error:
                problems.setdefault(row, ("BAD_LABEL", f"{target} is {shorten(cell)!r}, {error}"))
                values.append(None)
        table[target] = pd.Series(values, dtype="str" if kind in TEXT_KINDS else "float64")
    if targets:
        for row in np.flatnonzero(table[list(targets)].isna().all(axis=1)).tolist():
            problems.setdefault(row, ("MISSING_LABEL", f"no label in {', '.join(targets)}"))
    checked = Records(table, records.rejected, records.read, dict(records.meta))
    return _without(
        checked, {row: checked.rejection(row, *problem, stage=STAGE) for row, problem in problems.items()}
    )


def _allowed_lengths(
    records: Records, kind: str, label_lengths: Callable[[Mapping[str, Any]], tuple[int, ...]] | None
) -> list[tuple[int, ...]]:
    """Numbers of labels that each input may have; empty tuples where each record has one label."""
    if kind != "per_position" or label_lengths is None:
        return [()] * len(records)
    allowed = [label_lengths(components) for components in records.each_input()]
    if allowed and not allowed[0]:
        raise UsageError("inputs of this modality have no positions to label", found=kind,
                         hint="Choose the kind regression, binary or multiclass.")  # fmt: skip
    return allowed


def _without(records: Records, gone: dict[int, Rejection]) -> Records:
    mask = pd.Series(np.isin(np.arange(len(records)), list(gone)))
    return records.reject(mask, [gone[row] for row in sorted(gone)])


def _groups(keys: list[str]) -> list[list[int]]:
    """Rows with equal keys, for each key of more than one row."""
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [group for group in rows.values() if len(group) > 1]


def _conflict(
    table: pd.DataFrame, rows: list[int], targets: Sequence[str], kind: str, tolerance: float
) -> str:
    """Describe the first label in which the rows disagree; empty if they agree."""
    for target in targets:
        present = sorted(table[target].iloc[rows].dropna().unique())
        if len(present) < 2:
            continue
        if kind != "regression" or present[-1] - present[0] > tolerance + ROUNDING:
            return f"{target} is {shorten(present[0])} in one and {shorten(present[-1])} in another"
    return ""


def _settle(
    records: Records, rows: list[int], targets: Sequence[str], conflict: str, policy: str
) -> dict[int, Rejection]:
    """Apply the policy to the rows of one identity; return those to reject. ``mean`` changes the table."""
    if policy == "mean":
        _average(records.table, rows, targets)
    gone = rows if policy == "reject" else rows[1:]
    return {row: _rejection(records, row, rows, conflict) for row in gone}


def _average(table: pd.DataFrame, rows: list[int], targets: Sequence[str]) -> None:
    for target in targets:
        present = table[target].iloc[rows].dropna()
        if len(present):
            # fsum is exact, so the mean does not depend on the order of the rows.
            table.loc[rows[0], target] = math.fsum(present) / len(present)


def _rejection(records: Records, row: int, rows: list[int], conflict: str) -> Rejection:
    other = records.table.iloc[rows[1] if row == rows[0] else rows[0]]
    same = f"the same input as {shorten(other['id'])} (row {other['row']})"
    if not conflict:
        return records.rejection(row, "DUPLICATE", same, stage=STAGE)
    reason = f"{same}, but of its {len(rows)} rows {conflict}"
    hint = "Correct it at the source, or choose a policy for conflicts."
    return records.rejection(row, "CONFLICTING_LABEL", reason, hint, stage=STAGE)
