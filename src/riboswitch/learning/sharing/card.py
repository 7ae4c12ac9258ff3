"""The model card: what a bundle is, what it was trained on, how good it is, and where it ends, as Markdown.

The bundle holds the facts; the text is made from them, so that they cannot disagree.

References
----------
Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.errors import shorten
from riboswitch.evaluation.scoring import HEADLINE
from riboswitch.learning.federated.describing import sentences

KEY = "card"
USE = (
    "To put inputs that are like the training data into an order; an experiment then tests the first.",
    "An answer is a prediction and no measurement. Nothing here was tested for decisions about patients.",
)
_KINDS = {"regression": "numbers", "binary": "probabilities of yes", "multiclass": "probabilities of classes",
          "survival": "log hazards"}  # fmt: skip


def card_facts(
    task: Task,
    labels: np.ndarray,
    rows: int,
    metrics: Mapping[str, Any] | None = None,
    bounds: np.ndarray | None = None,
) -> dict[str, Any]:
    """What the card says of the training data: sums over many rows, and nothing of any one.

    Parameters
    ----------
    task : Task
    labels : ndarray
        Shape (units, targets), NaN for gaps; or answers of teachers, shape (units, outputs).
    rows : int
        Training rows.
    metrics : mapping, optional
        From `riboswitch.evaluate`: of one method on the held-out rows.
    bounds : ndarray, optional
        Of censored labels, shape (units, targets, 2).
    """
    if labels.shape[1] == len(task.targets):
        counts = {t: _counted(task, column) for t, column in zip(task.targets, labels.T, strict=True)}
    else:  # probabilities of classes
        counts = {task.targets[0]: {"known": int((~np.isnan(labels[:, 0])).sum())}}
    for i, target in enumerate(task.targets if bounds is not None else ()):
        counts[target]["only a bound"] = int((~np.isnan(bounds[:, i, 0])).sum())  # type: ignore[index]
    facts: dict[str, Any] = {"rows": rows, "labels": counts}
    if metrics is None:
        return facts
    method, each = metrics["model"], metrics["counts"].values()
    values = {
        name: {"mean": found["mean"]} | {end: found[end] for end in ("low", "high") if end in found}
        for name, found in metrics["methods"][method].items()
    }
    sums = {name: sum(count[name] for count in each) for name in ("rows", "groups")}
    return facts | {"metrics": {"method": method, "repeats": len(each), **sums, "values": values}}


def _counted(task: Task, column: np.ndarray) -> dict[str, int]:
    known = column[~np.isnan(column)]
    names = task.classes or ("0", "1")
    if task.kind == "regression" or not np.isin(known, range(len(names))).all():
        return {"known": len(known)}
    return {name: int((known == number).sum()) for number, name in enumerate(names)}


def card(model: Model) -> str:
    """The model card of a bundle, as Markdown."""
    header = model.header
    sections = {
        "Model": _model(model),
        "Training data": _data(header),
        "On held-out groups": _metrics(header, HEADLINE[model.task.kind]),
        "What its answers are worth": _trust(header),
        "Meant for": USE,
        "Limits": _limits(header),
        "Changed before it was shared": header.get("shared", {}).get("changes", ()),
        "Made with": [
            f"{name} {text}" for name, text in sorted(header["training"].get("versions", {}).items())
        ],
    }
    parts = [f"# Model card: {', '.join(model.task.targets)}"]
    if notes := header.get(KEY, {}).get("notes"):
        parts.append(notes.strip())
    parts += [
        f"## {title}\n\n" + "\n".join(lines) for title, made in sections.items() if (lines := _list(made))
    ]
    return "\n\n".join(parts) + "\n"


def _list(lines: Sequence[str]) -> list[str]:
    """Sentences as a list, with the rows of a table after them."""
    rows = [line for line in lines if line.startswith("|")]
    made = [f"- {line}" for line in lines if line not in rows]
    return [*made, "", *rows] if rows else made


def _model(model: Model) -> list[str]:
    task, header = model.task, model.header
    what = f"Predicts {_KINDS[task.kind]}: {', '.join(task.outputs)}"
    lines = [f"{what}, for each position." if task.level == "position" else f"{what}."]
    reading = ", ".join(f"{k} {shorten(v)}" for k, v in header.get("reading", {}).items())
    lines.append(f"Input: {', '.join(header['components'])}" + (f" ({reading})." if reading else "."))
    lines.append(
        f"{len(model.members)} network(s), trained from {header['training'].get('source', 'labels')}."
    )
    if start := header["training"].get("start"):
        kept = "kept as it was" if start["frozen"] else "trained on"
        lines.append(f"Began with the layers of another network, {start['network']}, {kept}.")
    if federated := header["training"].get("federated"):
        lines += sentences(federated)
    if model.network_weight < 1:
        weights = ", ".join(f"{name} {weight:g}" for name, weight in header["stack"]["weights"].items())
        lines.append(f"Blended with base learners; weights: {weights}.")
    return lines


def _data(header: Mapping[str, Any]) -> list[str]:
    training, facts = header["training"], header.get(KEY, {})
    lines = [f"Rows: {facts['rows']:,}."] if facts else ["Not known to the bundle."]
    for target, counts in facts.get("labels", {}).items():
        lines.append(f"Labels of {target}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()) + ".")
    if training.get("split_name"):
        lines.append(f"Split: {training['split_name']}.")
    for name in ("records", "split"):
        if training.get(name):
            lines.append(f"SHA-256 of the {name} begins with {training[name]}.")
    return lines + [f"File {file['name']}, SHA-256 {file['sha256']}." for file in training.get("files", ())]


def _metrics(header: Mapping[str, Any], headline: str) -> list[str]:
    found = header.get(KEY, {}).get("metrics")
    if not found:
        return ["Not measured: riboswitch ensemble --held-out does it."]
    rows = ["| metric | mean | 95 % |", "|---|---|---|"]
    for name, value in sorted(found["values"].items(), key=lambda item: (item[0] != headline, item[0])):
        ends = f"{value['low']:.3g} to {value['high']:.3g}" if "low" in value else ""
        rows.append(f"| {name} | {value['mean']:.3g} | {ends} |")
    place = (
        f"Method {found['method']}, {found['repeats']} repeat(s) with {found['rows']:,} test rows of "
        f"{found['groups']:,} groups in all. The network of a repeat saw no row of its test groups. "
        "Intervals are from resampled groups."
    )
    return [place, *rows]


def _trust(header: Mapping[str, Any]) -> list[str]:
    calibration = header.get("calibration")
    if calibration is None:
        return ["Not calibrated: probabilities are the networks' own, and no interval or set is given."]
    lines = [f"Calibrated on {calibration['rows']:,} held-out predictions of {calibration['groups']:,} "
             "groups. Intervals and sets hold with 90 % on new groups like those."]  # fmt: skip
    if sample := calibration.get("sample"):
        lines.append(
            f"Of the {sample['of']:,} rows with the label {sample['label']} {sample['rows']:,} were drawn. "
            "Probabilities and promises are those of all rows."
        )
    kinds = [each["kind"] for each in calibration["maps"]]
    lines += [f"Maps of the probabilities: {', '.join(kinds)}."] if kinds else []
    return lines + [f"Refused: {sentence}." for sentence in calibration["refused"]]


def _limits(header: Mapping[str, Any]) -> list[str]:
    lines = [
        "Inputs unlike the training data get answers, too; what is said of new groups need not hold for them."
    ]
    if domain := header.get("shared", {}).get("domain"):
        lines.append(
            f"in_domain: at least {domain['least']:.0%} of an input's fingerprint is set in {domain['rows']} "
            "training rows or more each, as for 95 % of new groups."
        )
    if "calibration" in header:
        lines.append(
            "A promise assumes the training data's share of actives. For a library with fewer it is too high."
        )
    if "shared" in header:
        lines.append("Networks remember a little of each training row. Nobody has proved how little.")
    return lines
