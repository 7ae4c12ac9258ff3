"""Curation: check labels, and merge or reject rows with the same input by a stated policy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from riboswitch.config.schemas import COUNT, NUMBER, Schema, named, record
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.bounds.agreement import Duplicates, Merging, Policy
from riboswitch.data.bounds.bound import Bound, relation_of
from riboswitch.data.bounds.columns import KEY, labels_of, set_labels
from riboswitch.data.labels import TEXT_KINDS, Censored, kind_of_target, label
from riboswitch.data.merging import BOUND_FATES, STAGE, Merged, Tally, merge
from riboswitch.data.records import Records, Rejection
from riboswitch.data.task import Kind, Task
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.io.log.progress import tracked

POLICIES = Limits(choices=get_args(Policy))
MERGING = {
    "duplicates": Limits(choices=get_args(Duplicates)),
    "conflicts": POLICIES,
    "tolerance": Limits(at_least=0),
}
LIMITS = MERGING | {"censored": Limits(choices=get_args(Censored))}
AS_BOUNDS = (
    "Take it as a bound with --censored bounds. Else give the value that was measured, or leave it empty."
)
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
    {tally.name: COUNT for tally in fields(Tally) if tally.type == "int" and "positives" not in tally.name}
    | {"disagreeing_share": NUMBER},
    {"positives": COUNT, "positives_lost": COUNT,
     "bounds": record(dict.fromkeys(("labels", "single", *BOUND_FATES, "labels_after"), COUNT))},
)  # fmt: skip
_CHOICE: Schema = {"enum": [*get_args(Duplicates)]}
_POLICY = record({"duplicates": _CHOICE, "conflicts": _CHOICE, "tolerance": NUMBER},
                 {"censored": {"enum": [*get_args(Censored)]}})  # fmt: skip
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
    duplicates: Duplicates | None = None,
    conflicts: Policy | None = None,
    tolerance: float = 0.0,
    censored: Censored = "reject",
    relation: str | None = None,
    same: tuple[str, str] = ("the same input", ""),
    label_lengths: Callable[[Mapping[str, Any]], tuple[int, ...]] | None = None,
) -> Records:
    """Check the labels and merge duplicates, so that each identity has at most one row (but for ``keep``).

    Parameters
    ----------
    records : Records
    identity : callable
        Gives the key of an input. Inputs with equal keys are duplicates. See `modalities.parts.Reader`.
    targets : sequence of str
        Label columns; none for a library without labels.
    kind : {"regression", "binary", "multiclass", "per_position", "survival"}
        Allowed labels: a finite number; 0 or 1; a name; a text with one character for each letter (or each
        codon) of the input; or two targets, a time of at least 0 and an event, 0 or 1.
    duplicates : {"first", "mean", "reject", "keep"}, optional
        For rows of one identity whose labels agree: ``first`` keeps the first row, with the first label of
        each target; ``mean`` keeps it with the mean of each label, and needs numbers; ``reject`` keeps no
        row; ``keep`` keeps all, each with its labels. By default ``mean`` for regression, else ``first``.
    conflicts : {"reject", "first", "mean"}, optional
        For a target in which rows of one identity disagree: ``reject`` takes the label of this target away.
        The other targets keep theirs; rows are rejected if no label is left. ``first`` keeps the first label,
        ``mean`` the mean (regression only). By default ``mean`` for regression, else ``reject``.
    tolerance : float
        Largest difference between labels that agree (regression). A gap agrees with every label.
    censored : {"reject", "bounds"}
        Labels as ``>10`` (regression) are rejected as ``BAD_LABEL``, or kept as bounds in columns of their
        own (`data.bounds.columns`). `data.bounds.agreement.Merging` says which of them agree.
    relation : str, optional
        A column with the sign of each label, as ``standard_relation`` of ChEMBL. An empty cell is ``=``.
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
    usual: tuple[Duplicates, Policy] = ("mean", "mean") if kind == "regression" else ("first", "reject")
    how = Merging(kind, duplicates or usual[0], conflicts or usual[1], tolerance, same)
    _require(records, targets, kind, how.duplicates, how.conflicts, tolerance)
    _require_signs(records, targets, kind, censored, relation)
    signs = None if relation is None else list(map(relation_of, records.table[relation]))
    cells = _Cells(kind, _allowed_lengths(records, kind, label_lengths), censored, signs)
    return _curated(records, identity, targets, how, cells)


def _curated(
    records: Records,
    identity: Callable[[Mapping[str, Any]], str],
    targets: Sequence[str],
    how: Merging,
    cells: _Cells,
) -> Records:
    ledger: dict[str, Any] = {"rows": len(records)}
    already_rejected = len(records.rejected)
    records = _check_labels(records, targets, cells)
    inputs = tracked(records.each_input(), "looking for duplicates", "rows", len(records))
    done = merge(records, [identity(components) for components in inputs], targets, how)
    if how.kind == "survival":
        done.gone |= _parted(records, targets, done.gone)
    result = _without(records, done.gone)
    if how.kind == "survival" and len(result):
        Task("survival", tuple(targets)).require_events(
            result.table[list(targets)].to_numpy(float), "anything"
        )
    for target in result.meta.get(KEY, ()):  # all its bounds may be gone
        set_labels(result, target, labels_of(result, target), "float64")
    codes = result.rejected["code"].iloc[already_rejected:].value_counts()
    ledger |= {code.lower(): int(codes.get(code, 0)) for code in CODES}
    result.meta["ledger"] = ledger | _merging_ledger(done, how) | {"accepted": len(result)}
    if cells.censored != "reject":
        result.meta["ledger"]["policy"]["censored"] = cells.censored
    result.curation = done.curation
    return result


def _merging_ledger(done: Merged, how: Merging) -> dict[str, Any]:
    """The part of the ledger about merged rows."""
    return {
        "repeated_identities": done.repeated,
        "conflicting_identities": done.conflicting,
        "policy": {name: getattr(how, name) for name in MERGING},
        "labels": {target: tally.facts(how.kind) for target, tally in done.tallies.items()},
    }


def label_lines(ledger: Mapping[str, Any]) -> list[str]:
    """What each target lost to labels that disagree, and how many inputs disagree: lines for people."""
    lines, policy = [], ledger.get("policy", {})
    for target, found in ledger.get("labels", {}).items():
        if of_bounds := found.get("bounds"):
            lines.append(
                f"target {target}: {of_bounds['labels']} of {found['labels']} labels are bounds; "
                f"{of_bounds['labels_after']} of {found['labels_after']} inputs have no other"
            )
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
    if kind == "survival":
        Task("survival", tuple(targets))  # checks that there are two
        if "mean" in (duplicates, conflicts):
            raise UsageError("times to an event have no mean", hint="Choose first or reject.")
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


def _require_signs(
    records: Records, targets: Sequence[str], kind: str, censored: str, relation: str | None
) -> None:
    one_of("way with censored labels", censored, LIMITS["censored"].choices)
    if kind != "regression" and (censored == "bounds" or relation is not None):
        name = "censored" if censored == "bounds" else "relation"
        raise UsageError(f"{name} is for labels that are numbers", found=kind,
                         hint="Leave it out, or choose the kind regression.")  # fmt: skip
    if relation is not None and len(targets) != 1:
        raise UsageError("a column of relations belongs to one target", found=list(targets),
                         hint="Write the signs before the numbers, as >10.")  # fmt: skip
    if relation is not None and relation not in records.table:
        raise InputError("no such column of relations", found=relation,
                         hint=f"Columns: {', '.join(map(str, records.table))}.")  # fmt: skip


@dataclass(frozen=True)
class _Cells:
    """How the cells of the labels are read; see `curate`."""

    kind: str
    lengths: Sequence[tuple[int, ...]]
    censored: Censored
    signs: Sequence[str] | None

    def __call__(self, row: int, cell: Any) -> Any:
        if isinstance(cell, Bound):  # of records that were curated before
            return cell
        sign = None if self.signs is None else self.signs[row]
        return label(cell, self.kind, self.lengths[row], censored=self.censored, relation=sign)

    def of_target(self, number: int) -> _Cells:
        """The same for the labels of one target."""
        return replace(self, kind=kind_of_target(self.kind, number))

    def hint(self, row: int, cell: Any) -> str:
        """What to do with a cell that could not be read: bounds can be taken."""
        if self.kind != "regression" or self.censored == "bounds":
            return ""
        sign = None if self.signs is None else self.signs[row]
        try:
            taken = label(cell, self.kind, censored="bounds", relation=sign)
        except ValueError:
            return ""
        return AS_BOUNDS if isinstance(taken, Bound) else ""


def _check_labels(records: Records, targets: Sequence[str], every: _Cells) -> Records:
    """Turn labels into numbers, bounds or text; reject rows with a bad label or without any."""
    checked = Records(records.table.copy(), records.rejected, records.read, dict(records.meta))
    problems: dict[int, tuple[str, ...]] = {}
    known = np.zeros(len(records), int)
    for number, target in enumerate(targets):
        values, cells = [], every.of_target(number)
        for row, cell in enumerate(labels_of(records, target)):
            try:
                values.append(cells(row, cell))
            except ValueError as error:
                reason = f"{target} is {shorten(cell)!r}, {error}"
                problems.setdefault(row, ("BAD_LABEL", reason, cells.hint(row, cell)))
                values.append(None)
        set_labels(checked, target, values, "str" if cells.kind in TEXT_KINDS else "float64")
        known += np.array([value is not None for value in values], int)
    if every.kind == "survival":
        for row in np.flatnonzero(known == 1).tolist():
            problems.setdefault(row, ("MISSING_LABEL", f"of {' and '.join(targets)} only one is known"))
    if targets:
        for row in np.flatnonzero(known == 0).tolist():
            problems.setdefault(row, ("MISSING_LABEL", f"no label in {', '.join(targets)}"))
    return _without(
        checked, {row: checked.rejection(row, *problem, stage=STAGE) for row, problem in problems.items()}
    )


def _parted(records: Records, targets: Sequence[str], gone: Mapping[int, Rejection]) -> dict[int, Rejection]:
    """Rows of a survival task that conflicts left with a time or an event alone."""
    rows = np.flatnonzero(records.table[list(targets)].isna().any(axis=1)).tolist()
    reason = f"rows of the same input disagree on {' or '.join(targets)}"
    hint = "Correct it at the source. --conflicts chooses another policy."
    return {row: records.rejection(row, "CONFLICTING_LABEL", reason, hint, stage=STAGE)
            for row in rows if row not in gone}  # fmt: skip


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
