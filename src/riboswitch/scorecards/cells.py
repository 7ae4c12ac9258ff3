"""The cells of a scorecard in a folder: one file of predictions for each split, fold and method.

A cell that was computed from the same rows, settings and versions is read; any other is computed and written.
So a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riboswitch.data.predictions import Predictions
from riboswitch.errors import InputError
from riboswitch.io.log.messages import say

FORMAT = 1


@dataclass(frozen=True)
class Cells:
    """Predictions by split, fold and method.

    Attributes
    ----------
    folder : Path or None
        None: nothing is kept.
    """

    folder: Path | None = None

    def path(self, split: str, fold: int, method: str) -> Path:
        """Where a cell lies."""
        assert self.folder is not None
        return self.folder / split.replace("/", "_") / f"{fold}-{method}.parquet"

    def get(
        self, split: str, fold: int, method: str, identity: Mapping[str, Any], made: Callable[[], Predictions]
    ) -> Predictions:
        """Read a cell, or compute and write it.

        Parameters
        ----------
        split, method : str
        fold : int
        identity : mapping
            JSON values: all that the cell depends on.
        made : callable
            Computes it.
        """
        digest = _digest({"format": FORMAT, "method": method, **identity})
        name = f"{split} fold {fold}, {method}"
        if self.folder is not None:
            kept = self._kept(self.path(split, fold, method), digest, name)
            if kept is not None:
                return kept
        started = time.monotonic()
        found = made()
        _log(f"{name}: {time.monotonic() - started:.1f} s")
        if self.folder is not None:
            stored = Predictions(found.table, found.task, {**found.meta, "cell": digest})
            stored.save(self.path(split, fold, method))
        return found

    def _kept(self, path: Path, digest: str, name: str) -> Predictions | None:
        if not path.exists():
            return None
        try:
            found = Predictions.load(path)
        except InputError as error:
            _log(f"{name} is computed again, because its file cannot be read: {error}")
            return None
        if found.meta.pop("cell", None) != digest:
            _log(f"{name} is computed again: rows, settings or versions have changed")
            return None
        return found


def _digest(identity: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _log(line: str) -> None:
    say("line", line, "scorecard: ")
