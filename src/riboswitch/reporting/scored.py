"""Scorecards in words: one sentence for each verdict, check and warning."""

from __future__ import annotations

from typing import Any

from riboswitch.drawing.numbers import number
from riboswitch.reporting.verdicts import VERBS, metric_name
from riboswitch.scorecards.scorecard import Scorecard


def in_words(card: Scorecard) -> list[str]:
    """The verdicts, the check of chance, the audit and the warnings of each split, in order."""
    return [
        f"{name}: {sentence}"
        for name, about in card.facts["splits"].items()
        for sentence in [*verdict_sentences(card, about), *check_sentences(card, about), *about["warnings"]]
    ]


def verdict_sentences(card: Scorecard, about: dict[str, Any]) -> list[str]:
    """Whether the network wins, ties or loses against each rival, and why; or why that cannot be told."""
    return [
        _verdict(card, rival, about["comparisons"].get(rival), about["not_run"].get(rival))
        for rival in card.facts["rivals"]
    ]


def _verdict(card: Scorecard, rival: str, compared: dict[str, Any] | None, failed: str | None) -> str:
    model, metric = card.facts["model"], metric_name(card.facts["metric"])
    if compared is None or compared["verdict"] == "not evaluable":
        reason = failed or (compared or {}).get("reason", "no fold could be scored")
        return f"{model} against {rival} is not evaluable: {reason}."
    interval = f"{compared['difference']:+.3f} ({compared['low']:+.3f} to {compared['high']:+.3f})"
    verb = VERBS[compared["verdict"]]
    return f"{model} {verb} {rival}: {metric} differs by {interval}; {compared['reason']}."


def check_sentences(card: Scorecard, about: dict[str, Any]) -> list[str]:
    """The network that was trained on shuffled labels, and the audit."""
    found = []
    chance = about.get("chance")
    if chance and chance["verdict"] == "not evaluable":
        found.append(f"whether shuffled labels give chance is not evaluable: {chance['reason']}.")
    elif chance:
        interval = f"{chance['gain']:+.3f} ({chance['low']:+.3f} to {chance['high']:+.3f})"
        level = f"{metric_name(card.facts['metric'])} of chance {number(chance['chance'])}"
        found.append(f"shuffled labels: {chance['verdict']}, gain {interval} over {level}.")
    if "audit" in about:
        audit = about["audit"]
        found.append(f"audit of fold {audit['fold']}: {audit['light']}, {audit['leaked']} of "
                     f"{audit['test_rows']} test rows were seen in training.")  # fmt: skip
    return found
