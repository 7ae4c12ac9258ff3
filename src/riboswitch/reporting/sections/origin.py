"""Origin: the data with licence, citation and checksums, and the models with their settings."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from riboswitch.io.download import is_download
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section


def contents(findings: Findings) -> dict[str, Any]:
    """The manifests of the data, and the tasks."""
    named = {name: s | {"source": _without_folders(s["source"])} for name, s in findings.sources.items()}
    return {"sources": named, "tasks": findings.tasks}


def _without_folders(source: str) -> str:
    """Of a path the last name only: the folders above it are those of one machine."""
    return source if is_download(source) else f"file:{PurePath(source.removeprefix('file:')).name}"


SECTION = Section("Data and models", 80, contents)
