"""An audit: the traffic light, counts for each kind of relation, and pairs of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riboswitch.config.facts_file import FactsFile
from riboswitch.config.schemas import (
    COUNT,
    NAME,
    NAMES,
    SECTION,
    TEXT,
    TEXTS,
    Schema,
    either,
    mismatch,
    named,
    record,
)

FORMAT = 2
BINS = 20  # of a histogram from 0 to 1
LIGHTS = ("red", "amber", "green")
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_SIDE: Schema = record(
    {
        "files": TEXTS,
        "read": COUNT,
        "accepted": COUNT,
        "rejected": COUNT,
        "by_code": named(COUNT),
        "rows": COUNT,
    }
)
_KIND: Schema = record(
    {"kind": NAME, "level": {"enum": ["red", "amber"]}, "meaning": TEXT, "strongest": COUNT, "all": COUNT}
)
_NEAREST: Schema = record(
    {
        "meaning": TEXT,
        "counts": {"type": "array", "items": COUNT, "minItems": BINS, "maxItems": BINS},
        "unmeasured": COUNT,
        "median": either(_SHARE),
    }
)
_REPEAT: Schema = record(
    {"repeat": COUNT, "light": {"enum": [*LIGHTS]}, "leaked": COUNT, "unrelated": COUNT, "test_rows": COUNT}
)
_PAIR: Schema = record(
    {"kind": NAME, "test": TEXT, "train": TEXT, "value": _SHARE},
    {"target": NAME, "test_label": TEXT, "train_label": TEXT},
)
SCHEMA: Schema = record(
    {
        "format": {"const": FORMAT},
        "modality": NAME,
        "light": {"enum": [*LIGHTS]},
        "reasons": TEXTS,
        "settings": SECTION,
        "train": _SIDE,
        "test": _SIDE,
        "leaked": COUNT,
        "unrelated": COUNT,
        "kinds": {"type": "array", "items": _KIND},
        "nearest": named(_NEAREST),
        "labels": named(record({"compared": COUNT, "conflicts": COUNT})),
        "pairs": {"type": "array", "items": _PAIR},
        "pairs_left_out": COUNT,
    },
    {
        "split": record(
            {
                "name": TEXT,
                "digest": NAME,
                "repeat": COUNT,
                "repeats": {"type": "array", "items": _REPEAT, "minItems": 1},
                "training_parts": NAMES,
            }
        )
    },
)


@dataclass(frozen=True)
class Audit(FactsFile):
    """What training and test rows have in common.

    Attributes
    ----------
    facts : dict
        JSON values as `SCHEMA` says. ``light`` and its ``reasons``; ``train`` and ``test`` with the rows that
        were read, accepted and rejected; ``kinds`` with the test rows of each kind: ``strongest`` counts each
        test row once, under its closest relation, so that these and ``unrelated`` add up to the test rows,
        and ``all`` counts it under every kind; ``nearest``, histograms of the similarity to the nearest
        training row; ``labels``, conflicts by target; ``pairs``. If a split was audited, all this is of the
        worst ``repeat``, and ``split`` has the light and the counts of each of its ``repeats``.
    """

    WHAT, MADE_BY = "an audit", "riboswitch audit"

    @property
    def light(self) -> str:
        """red, amber or green."""
        return str(self.facts["light"])

    @staticmethod
    def problem(facts: Any) -> str:
        if problem := mismatch(facts, SCHEMA):
            return problem
        kinds, rows = facts["kinds"], facts["test"]["rows"]
        if sum(kind["strongest"] for kind in kinds) + facts["unrelated"] != rows:
            return "kinds: they and the unrelated rows are not all test rows"
        if sum(kind["strongest"] for kind in kinds if kind["level"] == "red") != facts["leaked"]:
            return "leaked: not the rows of the red kinds"
        if any(kind["all"] < kind["strongest"] for kind in kinds):
            return "kinds: more rows in one way than in all"
        if any(sum(n["counts"]) + n["unmeasured"] != rows for n in facts["nearest"].values()):
            return "nearest: not all test rows"
        if "split" in facts and of_repeat(facts) not in facts["split"]["repeats"]:
            return "split: the audited repeat is not among the repeats"
        sides = (facts["train"], facts["test"])
        if any(side["read"] != side["accepted"] + side["rejected"] for side in sides):
            return "read: not accepted and rejected rows together"
        return ""


def of_repeat(facts: dict[str, Any]) -> dict[str, Any]:
    """What ``split.repeats`` says of the repeat that the facts are of."""
    counts = {name: facts[name] for name in ("light", "leaked", "unrelated")}
    return counts | {"repeat": facts["split"]["repeat"], "test_rows": facts["test"]["rows"]}
