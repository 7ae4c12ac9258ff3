"""Genes of the database that no genome can be found to have, since they could not be read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section

STILL_KNOWN = ("DUPLICATE", "NOT_SAMPLED", "RESEMBLES_POSITIVE")
"""Codes of rows that are no references, of which no gene is lost."""
MOST = 100


def contents(findings: Findings) -> dict[str, Any] | None:
    """The rejected references of the scan, the first `MOST` of them, and how many more there are."""
    if findings.scan_task is None:
        return None
    lost = _lost(findings.tasks[findings.scan_task].rows.rejected)
    if lost.empty:
        return None
    rows = lost.head(MOST).to_dict("records")
    return {"task": findings.scan_task, "count": len(lost), "rows": rows, "more": len(lost) - len(rows)}


SECTION = Section("Cannot be called", 15, contents)


def _lost(rejected: pd.DataFrame) -> pd.DataFrame:
    kept = rejected["code"].isin(STILL_KNOWN) | (rejected["stage"] == "background")
    return rejected[~kept]
