"""Origin: the data with licence, citation and checksums, and the models with their settings."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting.findings import Findings
from riboswitch.reporting.phrases import without_folders
from riboswitch.reporting.sections import Section


def contents(findings: Findings) -> dict[str, Any]:
    """The manifests of the data, and the tasks."""
    named = {name: s | {"source": without_folders(s["source"])} for name, s in findings.sources.items()}
    return {"sources": named, "tasks": findings.tasks}


SECTION = Section("Data and models", 80, contents)
