"""What the models say of a hit, in sentences: prediction, calibration, set or interval, and if they apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from scipy.special import expit

from riboswitch.data.task import FORMS, FROM, HIGH, LOW, RISK, TO
from riboswitch.drawing.numbers import digits
from riboswitch.numeric.logit import logit
from riboswitch.reporting.findings import Ranking, TaskResult
from riboswitch.reporting.hits.said import Said

SET = "set90"
CLIP = 1e-6  # log odds of 0 and 1 are infinite
Row = dict[str, Any]


def of_list(row: Row, ranking: Ranking) -> Iterator[Said]:
    """What holds for the score of the list."""
    yield Said("score", "Score {0}, rank {1} of {2} compounds.",
               (digits(row["score"], 3), str(row["rank"]), f"{ranking.ranked.distinct:,}"))  # fmt: skip
    precision = row.get("expected_precision")
    if precision is not None and not _missing(precision):
        yield Said("score", "Of new compounds with at least this score, expect {0} in 100 to be active.",
                   (f"{100 * precision:.0f}",))  # fmt: skip
    if not _missing(row.get("fdr")):
        yield Said("score", "Conformal selection takes it at a false-discovery rate of {0} and above.",
                   (digits(row["fdr"]),))  # fmt: skip
    if not _missing(row.get(FORMS)) and row[FORMS] > 1:
        yield Said("score", "It stands for {0} stereoisomers. Each was predicted; this is their mean{1}.",
                   (str(int(row[FORMS])), ends(row, "score")))  # fmt: skip


def of_task(row: Row, name: str, task: TaskResult) -> Iterator[Said]:
    """What one task says."""
    kind = task.metrics["task"]["kind"]
    if kind == "multiclass":
        yield from _classes(row, name, task)
    elif kind == "survival":
        yield from _number(row, name, RISK, task)
    else:
        for target in task.metrics["task"]["targets"]:
            yield from (_binary if kind == "binary" else _number)(row, name, target, task)
    yield from _domain(row, name)
    yield from _training(row, name)


def ends(row: Row, column: str) -> str:
    """The range of a prediction over the forms of a compound; empty if there is one form."""
    low, high = (row.get(f"{column}{end}") for end in (LOW, HIGH))
    return "" if _missing(low) or _missing(high) else f" (forms: {low:.2f} to {high:.2f})"


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or value != value


def _binary(row: Row, name: str, target: str, task: TaskResult) -> Iterator[Said]:
    column = f"{name}.p_{target}"
    if _missing(row.get(column)):
        return
    p = row[column]
    yield Said(name, "The probability that {0} is 1 is {1}; the networks differ by {2} (standard deviation).",
               (target, digits(p, 3), digits(row.get(f"{column}_sd"))))  # fmt: skip
    yield _seen(name, target, p, task)
    yield from _set(row, name, f"{column}_{SET}", target)


def _seen(name: str, question: str, p: float, task: TaskResult) -> Said:
    """How often a probability like this one was right on held-out rows."""
    bins = task.metrics.get("calibration", {}).get(question, [])
    calibration = task.header.get("calibration", {})
    if sample := calibration.get("sample"):
        if task.metrics["task"]["kind"] == "multiclass":
            return Said(name, "Of the label {0} a sample was drawn: held-out rows do not say how often a "
                              "probability like this one is right.", (sample["label"],))  # fmt: skip
        bins = [_of_all_rows(each, calibration["maps"][0]["shift"][0]) for each in bins]
    found = next((b for b in bins if b["from"] <= p <= b["to"] and b["count"]), None)
    if found is None:
        return Said(name, "No held-out row had a probability like this one, so its calibration is not known.")
    places = 2 if sample else 1
    seen = (f"{found['count']:,}", digits(found["from"], places), digits(found["to"], places),
            f"{100 * found['observed']:.0f}")  # fmt: skip
    if sample:
        return Said(name, "Of {0} held-out rows with a probability from {1} to {2}, {3} in 100 were so, "
                          "if each row with the label {4} counts as {5}.",
                    (*seen, sample["label"], digits(sample["of"] / sample["rows"], 1)))  # fmt: skip
    return Said(name, "Of {0} held-out rows with a probability from {1} to {2}, {3} in 100 were so.", seen)


def _of_all_rows(found: dict[str, Any], shift: float) -> dict[str, Any]:
    """A bin of probabilities of a sample, as it is among all rows: odds differ by a factor."""
    moved = {key: float(expit(logit(found[key], CLIP) + shift)) for key in ("from", "to", "observed")
             if key in found}  # fmt: skip
    return found | moved | ({"to": 1.0} if found["to"] == 1 else {})


def _set(row: Row, name: str, column: str, target: str) -> Iterator[Said]:
    if column not in row:
        yield Said(
            name, "There is no conformal set: the model was calibrated on too few groups, or not at all."
        )
    elif _missing(row[column]) or row[column] == "":
        yield Said(name, "Conformal set, 90 %: empty. The compound is unlike every class.")
    elif " | " in row[column]:
        yield Said(name, "Conformal set, 90 %: {0} may be {1}. The model cannot tell these apart.",
                   (target, str(row[column]).replace(" | ", " or ")))  # fmt: skip
    else:
        yield Said(name, "Conformal set, 90 %: {0} is {1}. 9 of 10 such sets of new groups hold the truth.",
                   (target, str(row[column])))  # fmt: skip


def _number(row: Row, name: str, target: str, task: TaskResult) -> Iterator[Said]:
    column = f"{name}.{target}"
    if _missing(row.get(column)):
        return
    yield Said(name, "{0} is predicted as {1}; the networks differ by {2} (standard deviation){3}.",
               (target, digits(row[column]), digits(row.get(f"{column}_sd")), ends(row, column)))  # fmt: skip
    low, high = row.get(f"{column}{FROM}"), row.get(f"{column}{TO}")
    if _missing(low) or _missing(high):
        yield Said(
            name, "No interval is promised: the model was calibrated on too few groups, or not at all."
        )
    else:
        yield Said(name, "The interval from {0} to {1} holds the true value of 90 % of new groups.",
                   (digits(low), digits(high)))  # fmt: skip


def _classes(row: Row, name: str, task: TaskResult) -> Iterator[Said]:
    best, p = row.get(f"{name}.class"), row.get(f"{name}.probability")
    if _missing(best) or _missing(p):
        return
    yield Said(name, "The most probable class is {0}, with a probability of {1}.", (str(best), digits(p, 3)))
    yield _seen(name, "top class", float(str(p)), task)
    yield from _set(row, name, f"{name}.{SET}", "the class")


def _domain(row: Row, name: str) -> Iterator[Said]:
    inside = row.get(f"{name}.in_domain")
    if _missing(inside):
        yield Said(name, "Whether the model applies is not known: it is not calibrated for that.")
    elif inside:
        yield Said(
            name, "The model applies: the compound is as like the training data as 95 % of new groups are."
        )
    else:
        yield Said(
            name, "Outside the domain of the model: nothing that is said of new groups is known to hold."
        )


def _training(row: Row, name: str) -> Iterator[Said]:
    seen = row.get(f"{name}.in_training")
    if _missing(seen):
        yield Said(name, "Whether it was in the training data is not known: the model does not name them.")
    elif not seen:
        yield Said(name, "It was not in the training data.")
    elif row.get(f"{name}.out_of_fold"):
        yield Said(name, "It was in the training data{0}; networks that did not see it made this prediction.",
                   (_labelled(row, name),))  # fmt: skip
    else:
        yield Said(name, "It was in the training data{0}: the prediction is recall, not evidence.",
                   (_labelled(row, name),))  # fmt: skip


def _labelled(row: Row, name: str) -> str:
    label = row.get(f"{name}.training_label")
    return "" if _missing(label) or label == "" else f" as {label}"
