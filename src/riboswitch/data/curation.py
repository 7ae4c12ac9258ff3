"""Curation: check labels, and merge or reject rows with the same input by a stated policy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pandas as pd

from riboswitch.config.schemas import COUNT, NUMBER, Schema, named, record
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.labels import TEXT_KINDS, label
from riboswitch.data.merging import STAGE, Merged, Merging, Policy, Tally, merge
from riboswitch.data.records import Records, Rejection
from riboswitch.data.task import Kind
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.io.log.progress import tracked

POLICIES = Limits(choices=get_args(Policy))
LIMITS = {"duplicates": POLICIES, "conflicts": POLICIES, "tolerance": Limits(at_least=0)}
KEPT = {"mean": "averaged", "first": "the first is kept"}

CODES = ("BAD_LABEL", "MISSING_LABEL", "DUPLICATE", "CONFLICTING_LABEL")

_COUNTED = (
    "rows",
    *(code.lower() for code in CODES),
    "repeated_identities",
    "conflicting_identities",
    "accepted",
)
_OF_TARGET = record(
    dict.fromkeys((tally.name for tally in fields(Tally) if "positives" not in tally.name), COUNT)
    | {"disagreeing_share": NUMBER},
    {"positives": COUNT, "positives_lost": COUNT},
)
_CHOICE: Schema = {"enum": [*get_args(Policy)]}
_POLICY = record({"duplicates": _CHOICE, "conflicts": _CHOICE, "tolerance": NUMBER})
LEDGER: Schema = {
    "anyOf": [
        {"type": "object", "maxProperties": 0},
        record(dict.fromkeys(_COUNTED, COUNT) | {"policy": _POLICY, "labels": named(_OF_TARGET)}),
    ]
}
"""JSON Schema of a ledger; it is empty where there are no targets."""


def curate(
    records: Records,
    identity: Callable[[Mapping[str, Any]], str],
    *,
    targets: Sequence[str],
    kind: Kind,
    duplicates: Policy | None = None,
    conflicts: Policy | None = None,
    tolerance: float = 0.0,
    same: tuple[str, str] = ("the same input", ""),
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
    duplicates : {"first", "mean", "reject"}, optional
        For rows of one identity whose labels agree: ``first`` keeps the first row, with the first label of
        each target; ``mean`` keeps it with the mean of each label, and needs numbers; ``reject`` keeps no
        row. By default ``mean`` for regression, else ``first``.
    conflicts : {"reject", "first", "mean"}, optional
        For a target in which rows of one identity disagree: ``reject`` takes the label of this target away.
        The other targets keep theirs; rows are rejected if no label is left. ``first`` keeps the first label,
        ``mean`` the mean (regression only). By default ``mean`` for regression, else ``reject``.
    tolerance : float
        Largest difference between labels that agree (regression). A gap agrees with every label.
    same : tuple of str
        What equal identities are called, and a note for inputs that differ all the same; see
        `modalities.parts.Reader`.
    label_lengths : callable, optional
        Returns the allowed numbers of labels of an input; needed for ``per_position``.

    Returns
    -------
    Records
        Accepted rows in their order, label columns as float64 (or text, for names). Rejected rows have the
        codes ``BAD_LABEL``, ``MISSING_LABEL``, ``DUPLICATE`` or ``CONFLICTING_LABEL``. The order of the rows
        does not change which identities are kept, nor their means. ``meta["ledger"]`` has the counts, and for
        each target what became of its labels (`riboswitch.data.merging.Tally`). ``curation`` lists the
        labels of repeated inputs one by one.

    Raises
    ------
    InputError
        If a label column is missing.
    UsageError
        If the policy does not exist or does not fit the kind of label.
    """
    usual: tuple[Policy, Policy] = ("mean", "mean") if kind == "regression" else ("first", "reject")
    how = Merging(kind, duplicates or usual[0], conflicts or usual[1], tolerance, same)
    _require(records, targets, kind, how.duplicates, how.conflicts, tolerance)
    ledger: dict[str, Any] = {"rows": len(records)}
    already_rejected = len(records.rejected)
    records = _check_labels(records, targets, kind, label_lengths)
    inputs = tracked(records.each_input(), "looking for duplicates", "rows", len(records))
    done = merge(records, [identity(components) for components in inputs], targets, how)
    result = _without(records, done.gone)
    codes = result.rejected["code"].iloc[already_rejected:].value_counts()
    ledger |= {code.lower(): int(codes.get(code, 0)) for code in CODES}
    result.meta["ledger"] = ledger | _merging_ledger(done, how) | {"accepted": len(result)}
    result.curation = done.curation
    return result


def _merging_ledger(done: Merged, how: Merging) -> dict[str, Any]:
    """The part of the ledger about merged rows."""
    return {
        "repeated_identities": done.repeated,
        "conflicting_identities": done.conflicting,
        "policy": {name: getattr(how, name) for name in LIMITS},
        "labels": {target: tally.facts(how.kind) for target, tally in done.tallies.items()},
    }


def label_lines(ledger: Mapping[str, Any]) -> list[str]:
    """What each target lost to labels that disagree, and how many inputs disagree: lines for people."""
    lines, policy = [], ledger.get("policy", {})
    for target, found in ledger.get("labels", {}).items():
        if lost := found["lost_to_conflicts"]:
            line = f"target {target}: {lost} of {found['labels']} labels lost to conflicts"
            if "positives" in found:
                line += f" ({found['positives_lost']} of {found['positives']} positives)"
            lines.append(line)
        elif found["disagreeing_inputs"]:
            by = f" by more than {policy['tolerance']:g}" if policy["conflicts"] == "mean" else ""
            lines.append(
                f"target {target}: {found['disagreeing_inputs']} of {found['repeated_inputs']} inputs with "
                f"several labels disagree{by} ({found['disagreeing_share']:.1%}); {KEPT[policy['conflicts']]}"
            )
    return lines


def _require(
    records: Records, targets: Sequence[str], kind: str, duplicates: str, conflicts: str, tolerance: float
) -> None:
    check_values(LIMITS, tolerance=tolerance)
    for name, policy in (("duplicates", duplicates), ("conflicts", conflicts)):
        one_of(f"policy for {name}", policy, LIMITS[name].choices)
    if kind not in get_args(Kind):
        raise UsageError("no such kind of label", found=kind, hint=f"Choose one of {get_args(Kind)}.")
    if conflicts == "mean" and kind != "regression":
        raise UsageError("conflicting labels have a mean in regression only", found=kind)
    if duplicates == "mean" and kind in TEXT_KINDS:
        raise UsageError("names of classes have no mean", hint="Choose --duplicates first or reject.")
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
