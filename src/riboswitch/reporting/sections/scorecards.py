"""Scorecards: the network of each task beside plain methods, on shared folds."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from riboswitch.drawing.charts import Bar, dot_chart
from riboswitch.drawing.numbers import number
from riboswitch.evaluation.scoring import LOWER_IS_BETTER
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.scored import check_sentences, verdict_sentences
from riboswitch.reporting.sections import Section
from riboswitch.reporting.verdicts import metric_name
from riboswitch.scorecards.scorecard import Scorecard

Facts = dict[str, Any]


def contents(findings: Findings) -> dict[str, Any] | None:
    """The scorecard of each task that has one; None if none has."""
    cards = {name: _shown(task.scorecard) for name, task in findings.tasks.items() if task.scorecard}
    return {"tasks": cards} if cards else None


SECTION = Section("Scorecards", 61, contents)


def _shown(card: Scorecard) -> dict[str, Any]:
    """What the template prints of one scorecard."""
    facts = card.facts
    return {
        "facts": facts,
        "metric": metric_name(facts["metric"]),
        "margin": number(facts["margin"]),
        "splits": {name: _of_split(card, about) for name, about in facts["splits"].items()},
    }


def _of_split(card: Scorecard, about: Facts) -> dict[str, Any]:
    methods = [card.facts["model"], *card.facts["rivals"]]
    errors = about["errors"]
    parts = [(f"{part['from']:g} to {part['to']:g}", part) for part in errors["by_similarity"]]
    parts += [(f"{part['group']} group", part) for part in errors["by_group"]]
    return {
        "about": about,
        "verdicts": verdict_sentences(card, about),
        "checks": check_sentences(card, about),
        "chart": _chart(card.facts["metric"], about, methods),
        "methods": [method for method in methods if method in about["methods"]],
        "parts": [(name, part, [_cell(part, m) for m in methods if m in about["methods"]])
                  for name, part in parts],
    }  # fmt: skip


def _chart(metric: str, about: Facts, methods: list[str]) -> Markup | None:
    found = {m: about["methods"][m][metric] for m in methods if metric in about["methods"].get(m, {})}
    bars = [
        Bar(method, value["mean"], value.get("low"), value.get("high"),
            tuple(v for v in value["per_fold"] if v is not None), main=method == methods[0])
        for method, value in found.items()
    ]  # fmt: skip
    title = f"{metric_name(metric)}{' (lower is better)' if metric in LOWER_IS_BETTER else ''}"
    return dot_chart(title, bars) if bars else None


def _cell(part: Facts, method: str) -> str:
    """The error of a method in one part of the rows, with its interval."""
    found = part["methods"].get(method)
    if found is None:
        return "–"
    ends = f" ({number(found['low'])} to {number(found['high'])})" if "low" in found else ""
    return f"{number(found['error'])}{ends}"
