"""What a bundle must be to be used: its header as JSON Schema, and how header and arrays must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from riboswitch.config.schemas import (
    COUNT,
    FRACTIONS,
    NAME,
    NAMES,
    NUMBER,
    NUMBERS,
    SECTION,
    TEXT,
    Schema,
    either,
    mismatch,
    named,
    record,
)
from riboswitch.data.bundles.calibration_checks import array_problem, limit_problem, map_problem
from riboswitch.data.bundles.shared_checks import SHARED, shared_problem
from riboswitch.data.task import TASK, Task
from riboswitch.errors import BundleError

AGAIN = "Train or import it again."
POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
SEED: Schema = {"type": "integer", "minimum": 0}
WEIGHTS: Schema = {
    "type": "object",
    "required": ["network"],
    "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
}
MEMBER: Schema = record(
    {
        "repeat": either(COUNT),
        "seed": either(SEED),
        "epoch": either(COUNT),
        "history": {"type": "array", "items": named(either({"type": "number"}))},
        "temperature": POSITIVE,
        "thresholds": FRACTIONS,
        "label_mean": NUMBERS,
        "label_sd": {"type": "array", "items": POSITIVE},
        "rows": named(COUNT),
    }
)
STACK: Schema = record(
    {
        "weights": WEIGHTS,
        "temperature": POSITIVE,
        "thresholds": FRACTIONS,
        "repeats": {"type": "array", "items": record({"weights": WEIGHTS, "temperature": POSITIVE})},
    }
)
MAP: Schema = record(
    {
        "kind": {"enum": ["none", "platt", "beta", "temperature", "vector"]},
        "parameters": NUMBERS,
        "reason": TEXT,
    },
    {"shift": NUMBERS},
)
ROWS_OF_LIMITS: Schema = {"type": "array", "items": {"type": "array", "items": either(NUMBER)}}
CALIBRATION: Schema = record(
    {
        "method": NAME,
        "rows": COUNT,
        "groups": COUNT,
        "grouping": SECTION,
        "maps": {"type": "array", "items": MAP},
        "refused": {"type": "array", "items": TEXT},
    },
    {
        "limits": record(dict.fromkeys(("0.8", "0.9", "0.95"), ROWS_OF_LIMITS)),
        "sample": record({"label": TEXT, "rows": COUNT, "of": COUNT}),
    },
)
CARD: Schema = record(
    {"rows": COUNT, "labels": named(named(COUNT))},
    {
        "metrics": record(
            {
                "method": NAME,
                "rows": COUNT,
                "groups": COUNT,
                "repeats": COUNT,
                "values": named(record({"mean": NUMBER}, {"low": NUMBER, "high": NUMBER})),
            }
        ),
        "notes": TEXT,
    },
)
TRAINING: Schema = record(
    {"records": either(NAME), "split": either(NAME)},
    {
        "settings": SECTION,
        "split_name": either(TEXT),
        "pretrained": either(TEXT),
        "start": record({"network": NAME, "frozen": {"type": "boolean"}}),
        "distilled": {"type": "array", "items": SECTION},
        "federated": SECTION,
        "labels": {"enum": ["shuffled"]},
        "versions": named(TEXT),
        "source": TEXT,
        "files": {"type": "array", "items": record({"name": TEXT, "sha256": TEXT})},
    },
)
HEADER: Schema = record(
    {
        "format": COUNT,
        "modality": NAME,
        "components": {**NAMES, "minItems": 1},
        "task": TASK,
        "encoder": {"type": "object", "required": ["modality"], "properties": {"modality": NAME}},
        "training": TRAINING,
        "members": {"type": "array", "items": MEMBER},
    },
    {
        "reading": SECTION,
        "network": SECTION,
        "stack": STACK,
        "calibration": CALIBRATION,
        "card": CARD,
        "shared": SHARED,
        "golden": {"type": "array", "items": NUMBERS, "minItems": 1},
    },
)
OF_NETWORKS = ("reading", "network", "golden")
"""Keys that a bundle with networks has, and one of base learners alone does not need."""


class Contents(Protocol):
    """What a `Model` offers to the checks."""

    header: dict[str, Any]
    tensors: dict[str, np.ndarray]
    source: str

    @property
    def task(self) -> Task: ...

    @property
    def members(self) -> list[dict[str, Any]]: ...

    def texts(self, name: str) -> list[str]: ...

    def inputs(self, name: str) -> dict[str, list[Any]]: ...


def check_header(header: dict[str, Any], where: str) -> None:
    """Raise `BundleError` unless a header is one that this version writes."""
    problem = mismatch(header, HEADER) or _disagreement(header, where)
    if problem:
        raise BundleError("the header of the bundle is not as it should be", where=where, found=problem,
                          hint=AGAIN)  # fmt: skip


def _disagreement(header: dict[str, Any], where: str) -> str:
    """What in a header of the right form does not fit together; empty if all does."""
    task = Task.read(header["task"], where, BundleError)
    if not task.outputs:
        return "a task without classes"
    if header["encoder"]["modality"] != header["modality"]:
        return f"arrays of {header['encoder']['modality']} in a bundle of {header['modality']}"
    for number, member in enumerate(header["members"]):
        if problem := _of_member(member, task):
            return f"members[{number}].{problem}"
    if "stack" in header and abs(sum(header["stack"]["weights"].values()) - 1) > 1e-6:
        return "stack.weights: they do not sum to 1"
    calibration = header.get("calibration")
    if calibration and (
        problem := map_problem(calibration["maps"], task) or limit_problem(calibration, task)
    ):
        return f"calibration.{problem}"
    if calibration and ("limits" in calibration) != ("shared" in header):
        return "calibration.limits: a shared bundle has them, no other"
    if header["members"]:
        return _of_networks(header, task)
    return "" if "stack" in header else "neither networks nor base learners"


def _of_networks(header: dict[str, Any], task: Task) -> str:
    missing = [key for key in OF_NETWORKS if key not in header]
    missing += [f"training.{key}" for key in ("settings", "versions") if key not in header["training"]]
    if missing:
        return f"no {missing[0]}"
    lengths = {len(row) for row in header["golden"]}
    return "" if lengths == {len(task.outputs)} else f"golden: not {len(task.outputs)} numbers a row"


def _of_member(member: dict[str, Any], task: Task) -> str:
    targets = len(task.targets)
    for key in ("label_mean", "label_sd"):
        if len(member[key]) != targets:
            return f"{key}: not {targets} numbers"
    return "" if len(member["thresholds"]) in (0, targets) else f"thresholds: not {targets} numbers"


def check_arrays(model: Contents) -> None:
    """Raise `BundleError` unless the arrays are those that the header speaks of, and can be used.

    The parameters of a network are compared with its layers later, where networks are made.
    """
    problem = _foreign(model) or _not_finite(model) or _bad_inputs(model)
    if not problem and "shared" in model.header:
        problem = shared_problem(model.header, model.tensors)
    if not problem and "calibration" in model.header and "shared" not in model.header:
        problem = array_problem(model.header["calibration"], model.tensors, model.task)
    if problem:
        raise BundleError("the arrays of the bundle are not as they should be", where=model.source,
                          found=problem, hint=AGAIN)  # fmt: skip


def _foreign(model: Contents) -> str:
    owners = {*map(str, range(len(model.members)))}
    owners |= {"golden", "training"} if model.members else set()
    owners |= {key for key in ("stack", "calibration", "shared") if key in model.header}
    foreign = [name for name in model.tensors if name.split(".")[0] not in owners]
    return f"{foreign[0]} belongs to nothing" if foreign else ""


def _not_finite(model: Contents) -> str:
    """A parameter of a network or base learner that is infinite, or of a network that is NaN."""
    for name, values in model.tensors.items():
        if values.dtype.kind != "f" or name.startswith(("golden.", "training.", "calibration.")):
            continue
        bad = np.isinf(values) if name.startswith("stack.") else ~np.isfinite(values)
        if bad.any():
            return f"{name} has values that are not finite"
    return ""


def _bad_inputs(model: Contents) -> str:
    """A fault in the stored texts and inputs, or numbers of them that differ."""
    if not model.members:
        return ""
    try:
        counts = {name: [len(values) for values in model.inputs(name).values()]
                  for name in ("golden", "training.inputs")}  # fmt: skip
        texts = [len(model.texts(f"training.{name}")) for name in ("ids", "keys")]
        labels = len(model.texts("training.labels"))
    except (ValueError, KeyError) as error:
        return f"stored inputs cannot be read ({error})"
    if not _agree(model, counts["golden"]):
        return f"{counts['golden']} golden inputs for {len(model.header['golden'])} answers"
    rows = texts[0]
    if {*texts, *counts["training.inputs"]} != {rows} or labels not in (rows, int(rows > 1) * rows):
        return f"{rows} ids of training rows, but other numbers of inputs, keys or labels"
    return ""


def _agree(model: Contents, golden: Sequence[int]) -> bool:
    """Whether there is an answer for each golden input, or as many or more for positions of them."""
    answers, (inputs, *others) = len(model.header["golden"]), golden
    if not inputs or any(other != inputs for other in others):
        return False
    return answers == inputs if model.task.level == "record" else answers >= inputs
