"""Counts of ranked compounds, which are added up block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from riboswitch.data.library import DUPLICATE_OF

NO_CLASS = "other"
"""How drugs of no class of the vocabulary are counted."""
_OF_TRAINING = ".in_training"


@dataclass
class Tally:
    """Numbers of ranked compounds.

    Attributes
    ----------
    ranked, duplicates, compromised : int
    by_class : Counter
        Compromised compounds by drug class.
    in_training : dict of str to int
        By task.
    """

    ranked: int = 0
    duplicates: int = 0
    compromised: int = 0
    by_class: Counter[str] = field(default_factory=Counter)
    in_training: dict[str, int] = field(default_factory=dict)

    def add(self, table: pd.DataFrame) -> None:
        """Count compounds that were judged."""
        self.ranked += len(table)
        self.duplicates += int((table[DUPLICATE_OF] != "").sum())
        self.compromised += int(table["compromised"].sum())
        self.by_class.update(table.loc[table["compromised"], "join_class"].replace("", NO_CLASS).tolist())
        for column in (c for c in table if c.endswith(_OF_TRAINING)):
            task = column.split(".")[0]
            self.in_training[task] = self.in_training.get(task, 0) + int(table[column].sum())

    def counts(self, library: Mapping[str, Any], kept: int) -> dict[str, Any]:
        """All counts: those of the library and its scores, of the compounds, and of the short-list."""
        agree = library["accepted"] == library["scored"] == self.ranked
        if not agree or library["read"] != library["accepted"] + library["rejected"]:
            raise AssertionError(f"the library counts {library}, but {self.ranked} compounds were ranked")
        return {
            **library,
            "ranked": self.ranked,
            "duplicates": self.duplicates,
            "kept": kept,
            "compromised": self.compromised,
            "compromised_by_class": dict(sorted(self.by_class.items())),
            "in_training": self.in_training,
        }
