"""The page of an audit: one HTML text that loads nothing from outside."""

from __future__ import annotations

from typing import Any

from riboswitch.auditing.audit import Audit
from riboswitch.drawing.charts import histogram
from riboswitch.reporting.html import environment, style

LIGHTS = {
    "red": "Test rows were seen in training. Scores on them do not show what the model does on new ones.",
    "amber": "No more test rows than allowed were seen in training, but some have close relatives there. "
    "Scores show what the model does within known series and families.",
    "green": "No test row is related to a training row in a way that was looked for.",
}
"""What each light means."""


def render(audit: Audit, title: str = "Audit of training and test rows") -> str:
    """The page as HTML; equal audits give equal text."""
    return environment().get_template("audited.html.j2").render(title=title, style=style(), **shown(audit))


def shown(audit: Audit) -> dict[str, Any]:
    """Values for a template: the facts, what the light means, and a drawing for each measure."""
    nearest = audit.facts["nearest"]
    drawings = [histogram(f"nearest training row, {name}", part["counts"]) for name, part in nearest.items()]
    return {"facts": audit.facts, "means": LIGHTS[audit.light], "drawings": drawings}
