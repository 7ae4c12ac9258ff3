"""What `riboswitch.evaluate` writes, as JSON Schema, and how it must agree with itself."""

from __future__ import annotations

from typing import Any

from riboswitch.config.schemas import (
    COUNT,
    NAME,
    NUMBER,
    SECTION,
    TEXT,
    Schema,
    either,
    mismatch,
    named,
    record,
)
from riboswitch.data.task import TASK
from riboswitch.evaluation.scoring import HEADLINE


def by_repeat(of: Schema) -> dict[str, Any]:
    """Return the schema of an object whose keys are numbers of repeats."""
    return {**named(of), "propertyNames": {"pattern": "^[0-9]{1,9}$"}}


WHOLES = ("spans", "boxes")
"""What positions make together; each is judged beside them."""
BOTH_ENDS = {"low": ["high"], "high": ["low"]}  # of an interval
MEASURE: Schema = {
    **record(
        {"mean": NUMBER, "per_repeat": by_repeat(either(NUMBER))},
        {"sd": NUMBER, "low": NUMBER, "high": NUMBER},
    ),
    "dependentRequired": BOTH_ENDS,
}
COMPARED: Schema = {
    **record(
        {"difference": NUMBER},
        {"low": NUMBER, "high": NUMBER, "verdict": {"enum": ["wins", "loses", "ties"]}},
    ),
    "dependentRequired": {"verdict": ["low", "high"], **BOTH_ENDS},
}
BIN: Schema = {
    **record({"from": NUMBER, "to": NUMBER, "count": COUNT}, {"predicted": NUMBER, "observed": NUMBER}),
    "dependentRequired": {"predicted": ["observed"], "observed": ["predicted"]},
}
PRECISION: Schema = record({"threshold": NUMBER, "selected": COUNT}, {"precision": NUMBER})
OF_CLASS: Schema = record(
    {
        "class": TEXT,
        "status": {"enum": ["evaluable", "not evaluable"]},
        "support": by_repeat(COUNT),
        "groups": by_repeat(COUNT),
        "reasons": by_repeat(TEXT),
    },
    {"precision": NUMBER, "recall": NUMBER, "f1": NUMBER},
)
CEILING: Schema = named(record({"best": NUMBER, "low": NUMBER, "high": NUMBER}))
OF_NOISE = (*(f"{name}{end}" for name in ("sd", "disagreement") for end in ("", "_low", "_high")),
            "sd_without_identical", "kappa")  # fmt: skip
NOISE: Schema = record(
    {
        "targets": named(
            {
                **record(
                    {},
                    {
                        **dict.fromkeys(("repeated_inputs", "labels", "identical_inputs"), COUNT),
                        **dict.fromkeys(OF_NOISE, NUMBER),
                        "ceiling": CEILING,
                        "reason": TEXT,
                    },
                ),
                "oneOf": [{"required": ["reason"]}, {"required": ["ceiling", "repeated_inputs"]}],
            }
        )
    },
    {"ceiling": CEILING},
)
CONFUSION: Schema = record(
    {
        "classes": {"type": "array", "items": TEXT},
        "counts": {"type": "array", "items": {"type": "array", "items": COUNT}},
    }
)
COMPARED_METHODS: dict[str, Schema] = {
    "methods": named(named(MEASURE)),
    "comparisons": named(named(COMPARED)),
}
MEASURED: dict[str, Schema] = {"not_evaluable": by_repeat(named(TEXT)), **COMPARED_METHODS}
OF_CLASSES: dict[str, Schema] = {"classes": {"type": "array", "items": OF_CLASS}, "confusion": CONFUSION}
METRICS: Schema = record(
    {
        "task": TASK,
        "model": NAME,
        "headline": {"enum": sorted(set(HEADLINE.values()))},
        "settings": SECTION,
        "counts": by_repeat(record({"rows": COUNT, "labelled": COUNT, "groups": COUNT})),
        **MEASURED,
    },
    {
        "calibration": named({"type": "array", "items": BIN}),
        "expected_precision": named({"type": "array", "items": PRECISION}),
        "noise": NOISE,
        "bounds": record(
            {
                "labels": by_repeat(COUNT),
                "methods": named(record({"share": NUMBER, "within": by_repeat(COUNT)})),
            }
        ),
        **OF_CLASSES,
        "given": named(TEXT),
        "merged": record({"merge": named(TEXT), **MEASURED, **OF_CLASSES}),
        **{name: record({name: named(TEXT), **COMPARED_METHODS}) for name in WHOLES},
    },
)


def metrics_problem(metrics: Any) -> str:
    """How a JSON value differs from metrics, in one clause; empty if it does not."""
    if problem := mismatch(metrics, METRICS):
        return problem
    methods = metrics["methods"]
    if metrics["model"] not in methods or not set(metrics["comparisons"]) <= set(methods):
        return "methods: the model or a compared method is missing"
    repeats = set(metrics["counts"])
    for name in ("merged", *WHOLES):
        found = metrics.get(name, {"methods": {}, "comparisons": {}})
        if not {*found["methods"], *found["comparisons"]} <= set(methods):
            return f"{name}: other methods than those of methods"
    rows = metrics.get("classes", [])
    if any(set(row[key]) != repeats for row in rows for key in ("support", "groups")):
        return "classes: other repeats than those of counts"
    return ""
