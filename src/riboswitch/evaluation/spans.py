"""Spans: runs of positions that are one thing, as the mention of a name. A span is right if it is exactly so.

Two classes of positions make the spans of a type: the first position has the capital letter, those after it
the small one (``Ccc``). All other classes are outside. The most likely classes of a row are chosen together:
a span cannot go on where none began.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.named_words import named_words
from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.evaluation.metrics import Array, ratio
from riboswitch.evaluation.whole_records import WholeRecords
from riboswitch.numeric.row_steps import row_steps

LEAST = 1e-12
OUTSIDE = "-"
COUNTS = 3  # of each type: right, predicted, true


def spans_of(words: Sequence[str]) -> dict[str, str]:
    """The capital letter of each type, from words TYPE=LETTER; `UsageError` for any other word."""
    hint = "As --span Chemical=C --span Disease=D, each type once."
    found = named_words(words, "a type of span needs a name and the letter that begins it", hint)
    for letter in found.values():
        if len(letter) != 1 or letter == letter.lower():
            raise UsageError("a span begins with one capital letter", found=letter, hint=hint)
    return found


class Types(NamedTuple):
    """The type of each class, -1 outside, and whether it begins a span; both of shape (classes,)."""

    type: np.ndarray
    begins: np.ndarray

    @classmethod
    def of(cls, task: Task, spans: Mapping[str, str]) -> Types:
        """The types of a task's classes.

        Raises
        ------
        UsageError
            If the task has no classes of positions, or none that begins a type.
        """
        if task.level != "position":
            raise UsageError("only labels of positions make spans", found=task.kind, hint="Leave --span out.")
        for name, letter in spans.items():
            if letter not in task.classes:
                raise UsageError(f"no class begins a span of {name}", found=letter,
                                 hint=f"Classes: {', '.join(task.classes)}.")  # fmt: skip
        return cls._of_letters(task.classes, list(spans.values()))

    @classmethod
    def in_classes(cls, classes: Sequence[str]) -> Types | None:
        """The types that the classes themselves are made of: ``-``, capitals, and small letters of these.

        None if no capital has its small letter, or there are other classes: then they need not be spans.
        """
        capitals = [c for c in classes if c != c.lower()]
        small = {c for c in classes if c not in capitals and c != OUTSIDE}
        if OUTSIDE not in classes or not small or not small <= {c.lower() for c in capitals}:
            return None
        return cls._of_letters(classes, capitals)

    @classmethod
    def _of_letters(cls, classes: Sequence[str], letters: Sequence[str]) -> Types:
        type_ = [next((n for n, x in enumerate(letters) if c in (x, x.lower())), -1) for c in classes]
        return cls(np.array(type_), np.array([c in letters for c in classes]))


def span_trials(task: Task, trials: Sequence[Trial], spans: Mapping[str, str]) -> list[Trial]:
    """Count spans in each record.

    Returns
    -------
    list of Trial
        A row is a record; outputs have shape (records, 3 * types): spans that are right, predicted, and true,
        for each type.
    """
    types = Types.of(task, spans)
    return [_counted(trial, types, len(spans)) for trial in trials]


def _counted(trial: Trial, types: Types, number: int) -> Trial:
    records = WholeRecords.of(trial)
    size = len(records.ids)
    record, labels = np.repeat(np.arange(size), records.lengths), trial.labels[records.order, 0]
    known = np.isfinite(labels)
    true = _found(np.where(known, labels, -1).astype(np.int64), record, types)
    outputs = {}
    for name, probabilities in trial.outputs.items():
        best = np.where(known, decoded(probabilities[records.order], records.lengths, types), -1)
        predicted = _found(best, record, types)
        right = predicted[_among(predicted, true)]
        counts = [_per_record(some, size, number) for some in (right, predicted, true)]
        outputs[name] = np.stack(counts, 2).reshape(size, -1)
    return records.trial(trial, outputs)


def decoded(probabilities: np.ndarray, lengths: np.ndarray, types: Types) -> np.ndarray:
    """The most likely classes of each row in which no span goes on where none of its type is.

    Parameters
    ----------
    probabilities : ndarray
        Shape (positions, classes), row after row.
    lengths : ndarray
        Positions of each row.
    types : Types

    Returns
    -------
    ndarray
        Classes, int64 of shape (positions,).
    """
    goes_on = (types.type >= 0) & ~types.begins
    allowed = ~goes_on | (types.type[:, None] == types.type)
    cost = np.where(allowed, 0.0, -np.inf)
    score = np.log(np.maximum(probabilities, LEAST))
    steps = row_steps(lengths)
    came = np.zeros(score.shape, np.int64)
    if steps:
        score[steps[0]] += np.where(goes_on, -np.inf, 0.0)
    for before, now in pairwise(steps):
        reach = score[before[: len(now)]][:, :, None] + cost
        came[now] = reach.argmax(1)
        score[now] += reach.max(1)
    best = score.argmax(1)
    for before, now in reversed([*pairwise(steps)]):
        best[before[: len(now)]] = came[now, best[now]]
    return best


def _found(classes: np.ndarray, record: np.ndarray, types: Types) -> np.ndarray:
    """Spans as rows of first position, last position, type and record; class -1 is a gap and outside."""
    type_ = np.where(classes >= 0, types.type[classes], -1)
    opens = np.where(classes >= 0, types.begins[classes], False)
    joined = (np.diff(record, prepend=-1) == 0) & (np.roll(type_, 1) == type_) & ~opens  # to the one before
    first = np.flatnonzero((type_ >= 0) & ~joined)
    last = np.flatnonzero((type_ >= 0) & ~np.append(joined[1:], False))
    return np.stack([first, last, type_[first], record[first]], 1)


def _among(spans: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each span is one of the others; no two of these begin at one position."""
    size = 1 + max(int(some[:, 0].max(initial=-1)) for some in (spans, others))
    last_and_type = np.full((size, 2), -1)
    last_and_type[others[:, 0]] = others[:, 1:3]
    same: np.ndarray = (last_and_type[spans[:, 0]] == spans[:, 1:3]).all(1)
    return same


def _per_record(spans: np.ndarray, records: int, types: int) -> np.ndarray:
    counts = np.bincount(spans[:, 3] * types + spans[:, 2], minlength=records * types)
    return counts.reshape(records, types).astype(np.float64)


def span_metrics(
    names: Sequence[str],
    labels: Array,
    outputs: Array,
    thresholds: Any = None,
    skip: Collection[str] = (),
    weight: Array | None = None,
) -> dict[str, Array]:
    """Precision, recall and F1 of all spans, and of those of each type (``f1_<type>``), from `span_trials`.

    NaN where nothing was predicted, or nothing is there.
    """
    sums = outputs.sum(0) if weight is None else weight @ outputs
    counts = sums.reshape(*sums.shape[:-1], len(names), COUNTS)
    found = _three("", counts.sum(-2))
    for number, name in enumerate(names):
        found |= _three(f"_{name}", counts[..., number, :])
    return found


def _three(end: str, counts: Array) -> dict[str, Array]:
    right, predicted, true = np.moveaxis(counts, -1, 0)
    return {
        f"precision{end}": ratio(right, predicted),
        f"recall{end}": ratio(right, true),
        f"f1{end}": np.where(true > 0, ratio(2 * right, predicted + true), np.nan),
    }
