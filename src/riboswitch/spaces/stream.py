"""Scores all units of a plan, in several processes; a run that was killed goes on where it was."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.log import progress as telling
from riboswitch.screening.process_pool import ordered
from riboswitch.spaces.best import BestProducts
from riboswitch.spaces.plan import Plan, Unit, check_enumerated
from riboswitch.spaces.worker import Wanted, Worker

SECONDS = 2.0  # between two checkpoints; writing one takes milliseconds
FEW_UNITS = 4  # done before another process has started


@dataclass
class Progress:
    """How far a run has come.

    Attributes
    ----------
    best : BestProducts
    done : int
        Units that are done.
    counts : Counter of str
    worst : float
        Largest difference of an audited score, relative.
    """

    best: BestProducts
    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0

    def save(self, path: Path, key: str) -> None:
        """Write a checkpoint of the run with this key."""
        names = sorted(self.counts)
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.savez(handle, key=np.array(key), done=self.done, scores=self.best.scores, worst=self.worst,
                     numbers=self.best.numbers, names=np.array(names, "U"),
                     counts=np.array([self.counts[name] for name in names], np.int64))  # fmt: skip

    @classmethod
    def load(cls, path: Path, key: str, k: int) -> Progress:
        """That of a checkpoint; a new one if there is none, or one of another run."""
        new = cls(BestProducts(k))
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["key"]) != key:
                    return new
                counts = Counter(dict(zip(stored["names"].tolist(), stored["counts"].tolist(), strict=True)))
                best = BestProducts(k, stored["scores"], stored["numbers"])
                return cls(best, int(stored["done"]), counts, float(stored["worst"]))
        except (OSError, ValueError, KeyError, EOFError):
            return new


def stream(
    plan: Plan, wanted: Wanted, processes: int, checkpoint: Path | None = None, key: str = ""
) -> Progress:
    """Find the best products of a space.

    Parameters
    ----------
    plan : Plan
    wanted : Wanted
    processes : int
        The result does not depend on it.
    checkpoint : Path, optional
        Where the run notes how far it has come.
    key : str
        What is equal only for equal runs.

    Raises
    ------
    UsageError
        If more products must be enumerated than allowed.
    """
    progress = Progress(BestProducts(wanted.k))
    if checkpoint is not None:
        progress = Progress.load(checkpoint, key, wanted.k)
    saved, before = time.monotonic(), progress.counts["products"]
    told = telling.Progress("screen", "products", plan.space.products, before)
    units = _with_least(plan.units[progress.done :], progress)
    for found in ordered(Worker, (plan, wanted), units, processes, FEW_UNITS):
        progress.best.add(found.scores, found.numbers)
        progress.counts.update(found.counts)
        progress.worst, progress.done = max(progress.worst, found.worst), progress.done + 1
        check_enumerated(progress.counts["enumerated"], wanted.most_enumerated,
                         "their stereo marks depend on the partner")  # fmt: skip
        told.add(progress.counts["products"] - told.done)
        if time.monotonic() - saved > SECONDS:
            saved = time.monotonic()
            if checkpoint is not None:
                progress.save(checkpoint, key)
    told.close()
    return progress


def _with_least(units: Sequence[Unit], progress: Progress) -> Iterator[tuple[Unit, float]]:
    """Units with the score that a product must reach when they are begun."""
    for unit in units:
        yield unit, progress.best.least


def summary(progress: Progress) -> dict[str, Any]:
    """The counts of a run."""
    return {**{name: int(value) for name, value in sorted(progress.counts.items())},
            "audit_difference": float(f"{progress.worst:.2g}")}  # fmt: skip
