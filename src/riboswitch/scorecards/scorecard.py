"""A scorecard: verdicts, metrics and counts of all methods on shared folds, by split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riboswitch.auditing.audit import LIGHTS
from riboswitch.config.facts_file import FactsFile
from riboswitch.config.schemas import (
    COUNT,
    NAME,
    NAMES,
    NUMBER,
    SECTION,
    TEXT,
    TEXTS,
    Schema,
    either,
    mismatch,
    named,
    record,
)
from riboswitch.data.task import TASK
from riboswitch.evaluation.margins import CROSSED, RESAMPLED
from riboswitch.scorecards.folds import CROSS, FIXED, GIVEN
from riboswitch.scorecards.judging import ABOVE, AT, BELOW

FORMAT = 1
VERDICTS = ("wins", "ties", "loses", "not evaluable")
COLUMNS = ("split", "method", "metric", "folds", "mean", "low", "high", "difference", "difference_low",
           "difference_high", "margin", "verdict", "reason")  # fmt: skip
BOTH_ENDS = {"low": ["high"], "high": ["low"]}
_ENDS: Schema = {"low": NUMBER, "high": NUMBER}


def _with_interval(required: Schema, optional: Schema | None = None) -> dict[str, Any]:
    return {**record(required, {**_ENDS, **(optional or {})}), "dependentRequired": BOTH_ENDS}


_MEASURE = _with_interval(
    {"mean": NUMBER, "folds": COUNT, "per_fold": {"type": "array", "items": either(NUMBER)}}
)
_COMPARED = _with_interval(
    {"verdict": {"enum": [*VERDICTS]}, "reason": TEXT, "folds": COUNT}, {"difference": NUMBER}
)
_CHANCE = _with_interval(
    {"verdict": {"enum": [ABOVE, AT, BELOW, "not evaluable"]}, "folds": COUNT},
    {"gain": NUMBER, "chance": NUMBER, "reason": TEXT},
)
_FOLD: Schema = record({"train": COUNT, "valid": COUNT, "test": COUNT, "left_out": COUNT}, {"problem": TEXT})
_ERROR = _with_interval({"error": NUMBER})
_PART: Schema = {"rows": COUNT, "groups": COUNT, "methods": named(_ERROR)}
_ERRORS: Schema = record(
    {
        "error": NAME,
        "by_similarity": {
            "type": "array",
            "items": record({"from": NUMBER, "to": NUMBER, **_PART}, {"reason": TEXT}),
        },
        "by_group": {
            "type": "array",
            "items": record({"group": {"enum": ["known", "new"]}, **_PART}, {"reason": TEXT}),
        },
        "unmeasured": COUNT,
    },
    {"measure": NAME, "meaning": TEXT},
)
_AUDIT: Schema = record(
    {"light": {"enum": [*LIGHTS]}, "leaked": COUNT, "test_rows": COUNT, "reasons": TEXTS, "fold": COUNT}
)
_SPLIT: Schema = record(
    {
        "design": {"enum": [CROSS, FIXED, GIVEN]},
        "interval": {"enum": [RESAMPLED, CROSSED]},
        "test_per_train": NUMBER,
        "folds": {"type": "array", "items": _FOLD, "minItems": 1},
        "tests": COUNT,
        "scored": COUNT,
        "not_scored": named(COUNT),
        "not_evaluable": named(TEXTS),
        "methods": named(named(_MEASURE)),
        "not_run": named(TEXT),
        "comparisons": named(_COMPARED),
        "errors": _ERRORS,
        "warnings": TEXTS,
    },
    {"chance": _CHANCE, "audit": _AUDIT},
)
SCHEMA: Schema = record(
    {
        "format": {"const": FORMAT},
        "modality": NAME,
        "task": TASK,
        "model": NAME,
        "shuffled": NAME,
        "metric": NAME,
        "lower_is_better": {"type": "boolean"},
        "margin": {"type": "number", "minimum": 0},
        "margin_from": TEXT,
        "level": NUMBER,
        "rows": record(
            {"read": COUNT, "accepted": COUNT, "rejected": COUNT, "by_code": named(COUNT), "labelled": COUNT,
             "unlabelled": COUNT}
        ),
        "rivals": NAMES,
        "settings": SECTION,
        "splits": {**named(_SPLIT), "minProperties": 1},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Scorecard(FactsFile):
    """A network beside plain methods, on shared folds.

    Attributes
    ----------
    facts : dict
        JSON values as `SCHEMA` says. For each of ``splits``: ``methods`` with the mean of each metric and its
        interval, ``comparisons`` of the network with each rival, with a verdict and its reason, ``chance``,
        ``errors`` by distance to the training rows, ``folds`` and counts: each test of a labelled row is
        ``scored`` or, with its reason, ``not_scored``.
    """

    WHAT, MADE_BY = "a scorecard", "riboswitch scorecard"

    @property
    def verdicts(self) -> dict[str, dict[str, str]]:
        """By split and rival: wins, ties, loses or not evaluable, as seen from the network."""
        return {
            split: {rival: compared["verdict"] for rival, compared in about["comparisons"].items()}
            | dict.fromkeys(about["not_run"], "not evaluable")
            for split, about in self.facts["splits"].items()
        }

    @property
    def leaks(self) -> list[str]:
        """Splits whose network with shuffled labels is above chance, or whose audit is red."""
        return [
            name
            for name, about in self.facts["splits"].items()
            if about.get("chance", {}).get("verdict") == ABOVE
            or about.get("audit", {}).get("light") == LIGHTS[0]
        ]

    def table(self) -> pd.DataFrame:
        """One row for each split and method, with its metric and the verdict of the network against it."""
        return pd.DataFrame(list(self._lines()), columns=[*COLUMNS])

    def _lines(self) -> Iterator[dict[str, Any]]:
        metric, model = self.facts["metric"], self.facts["model"]
        for split, about in self.facts["splits"].items():
            for method in [model, *self.facts["rivals"]]:
                found = about["methods"].get(method, {}).get(metric, {})
                compared = about["comparisons"].get(method, {})
                if method in about["not_run"]:
                    compared = {"verdict": "not evaluable", "reason": about["not_run"][method]}
                line = {"split": split, "method": method, "metric": metric, "margin": self.facts["margin"],
                        "folds": found.get("folds", 0)}  # fmt: skip
                line |= {key: found.get(key) for key in ("mean", "low", "high")}
                line |= {"difference": compared.get("difference"), "difference_low": compared.get("low"),
                         "difference_high": compared.get("high")}  # fmt: skip
                yield line | {key: compared.get(key, "") for key in ("verdict", "reason")}

    @staticmethod
    def problem(facts: Any) -> str:
        if problem := mismatch(facts, SCHEMA):
            return problem
        rows = facts["rows"]
        if rows["read"] != rows["accepted"] + rows["rejected"]:
            return "rows: not accepted and rejected rows together"
        if rows["accepted"] != rows["labelled"] + rows["unlabelled"]:
            return "rows: not labelled and unlabelled rows together"
        for name, about in facts["splits"].items():
            if problem := _problem_of_split(about, facts):
                return f"splits.{name}.{problem}"
        return ""


def _problem_of_split(about: dict[str, Any], facts: dict[str, Any]) -> str:
    if about["tests"] != about["scored"] + sum(about["not_scored"].values()):
        return "tests: not the scored and the other ones together"
    rivals = about["methods"].keys() | about["not_run"].keys()
    scored = [fold for fold in about["folds"] if "problem" not in fold]
    if scored and rivals != {facts["model"], *facts["rivals"]}:
        return "methods: a rival is missing"
    if about["scored"] != sum(fold["test"] for fold in scored):
        return "scored: not the test rows of the folds"
    errors = about["errors"]
    known = sum(part["rows"] for part in errors["by_similarity"]) + errors["unmeasured"]
    by_group = sum(part["rows"] for part in errors["by_group"])
    if len({known, by_group}) > 1:
        return "errors: not all scored rows"
    return ""
