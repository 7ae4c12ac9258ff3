"""Audits: what the test rows of each task have in common with its training rows."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting.audited import shown
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section


def contents(findings: Findings) -> dict[str, Any] | None:
    """The audit of each task that has one; None if none has."""
    tasks = {name: shown(task.audit) for name, task in findings.tasks.items() if task.audit is not None}
    return {"tasks": tasks} if tasks else None


SECTION = Section("Training and test rows", 58, contents)
