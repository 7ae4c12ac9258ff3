"""Records made from an annotated genome."""

from __future__ import annotations

from riboswitch.genomes.tasks.background import background
from riboswitch.genomes.tasks.records import annotated_records

__all__ = ["annotated_records", "background"]
