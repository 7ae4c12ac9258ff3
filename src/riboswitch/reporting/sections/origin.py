"""Origin: the data with licence, citation and checksums, and the models with their settings."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section


def contents(findings: Findings) -> dict[str, Any]:
    """The manifests of the data, and the tasks."""
    return {"sources": findings.sources, "tasks": findings.tasks}


SECTION = Section("Data and models", 80, contents)
