"""Scores all units of a plan, in several processes; a run that was killed goes on where it was."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.model import Model
from riboswitch.io.atomic_files import atomic_path
from riboswitch.screening.process_pool import ordered
from riboswitch.spaces.best import BestProducts
from riboswitch.spaces.exact.properties import Limit
from riboswitch.spaces.plan import Plan, Unit, check_enumerated
from riboswitch.spaces.worker import Worker

SECONDS = 20.0  # between two checkpoints, and two lines about the rate
FEW_UNITS = 4  # done before another process has started


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a space.

    Attributes
    ----------
    model : Model
    column : str
        The answer that ranks.
    lowest, networks_only : bool
        See `judge.Judge`.
    limits : tuple of Limit
    k : int
        How many products are kept.
    most_enumerated : int
    """

    model: Model
    column: str
    lowest: bool
    networks_only: bool
    limits: tuple[Limit, ...]
    k: int
    most_enumerated: int


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
    settings = (
        plan,
        wanted.model,
        wanted.column,
        wanted.lowest,
        wanted.networks_only,
        wanted.limits,
        wanted.k,
    )
    start = saved = time.monotonic()
    before = progress.counts["products"]
    for found in ordered(
        Worker, settings, _with_least(plan.units[progress.done :], progress), processes, FEW_UNITS
    ):
        progress.best.add(found.scores, found.numbers)
        progress.counts.update(found.counts)
        progress.worst, progress.done = max(progress.worst, found.worst), progress.done + 1
        check_enumerated(progress.counts["enumerated"], wanted.most_enumerated,
                         "their stereo marks depend on the partner")  # fmt: skip
        if time.monotonic() - saved > SECONDS:
            saved = time.monotonic()
            _report(progress, plan, progress.counts["products"] - before, saved - start)
            if checkpoint is not None:
                progress.save(checkpoint, key)
    return progress


def _with_least(units: Sequence[Unit], progress: Progress) -> Iterator[tuple[Unit, float]]:
    """Units with the score that a product must reach when they are begun."""
    for unit in units:
        yield unit, progress.best.least


def _report(progress: Progress, plan: Plan, products: int, seconds: float) -> None:
    rate = products / max(seconds, 1e-9)
    left = (plan.space.products - progress.counts["products"]) / max(rate, 1e-9)
    with suppress(OSError):  # the run goes on if the log cannot be written
        print(f"screen: {progress.counts['products']:,} products, {rate:,.0f} a second, {left:.0f} s left",
              file=sys.stderr, flush=True)  # fmt: skip


def summary(progress: Progress) -> dict[str, Any]:
    """The counts of a run."""
    return {**{name: int(value) for name, value in sorted(progress.counts.items())},
            "audit_difference": float(f"{progress.worst:.2g}")}  # fmt: skip
