"""The ranking compared with experiment: compounds that were tested, and that training did not see."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from riboswitch.drawing.curves import curves
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section
from riboswitch.reporting.verdicts import verdicts

RANKING = "ranking"


def contents(findings: Findings) -> dict[str, Any] | None:
    """Counts, the first rows by method, the curve, the verdicts, and what the delivered list holds."""
    ranking = findings.ranking
    if ranking is None or ranking.check is None:
        return None
    facts = ranking.check.facts
    if facts["refused"]:
        return {"counts": facts["counts"], "refused": facts["refused"], "delivered": facts["list"]}
    methods = [RANKING, *(name for name in facts["first"] if name != RANKING)]
    return {
        "counts": facts["counts"],
        "refused": "",
        "target": facts["target"],
        "methods": methods,
        "rows": list(zip(*(facts["first"][name] for name in methods), strict=True)),
        "main": RANKING,
        "auroc": {name: found.get("auroc", {}) for name, found in facts["metrics"]["methods"].items()},
        "curve": _curve(facts, methods),
        "verdicts": verdicts(facts["metrics"]),
        "delivered": facts["list"],
    }


SECTION = Section("Check against experiment", 15, contents)


def _curve(facts: dict[str, Any], methods: list[str]) -> Markup:
    found = {name: facts["curve"][name] for name in methods}
    lines = {name: (c["rows"], c["positives"]) for name, c in found.items()}
    return curves("Positives among the first compounds", "tested compounds, best score first",
                  "positives found", lines, RANKING)  # fmt: skip
