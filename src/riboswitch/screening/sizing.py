"""Sizes of the jobs of a screen, and an estimate of its cost, from the values that a pilot measured."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from riboswitch.data.library import Library, block_rows
from riboswitch.errors import UsageError

MOST_SHARDS = 10_000  # limit of the configuration
ROUNDING = 1e-9
GROWTH = 1.15  # largest memory of a job of a million compounds, measured, over its memory after a few blocks
STARTS = 3  # a job must last at least this many times its start
RANK_BASE, RANK_COPIES, RANK_COLUMNS = 250e6, 2.4, 125  # bytes; copies in memory; bytes a row of new columns
RANK_MOST = 1000e6  # bytes: limit by the sizes of runs and pieces, not measured yet (make bench-rank)


@dataclass(frozen=True)
class LibrarySize:
    """The size of a library.

    Attributes
    ----------
    compounds : int
        Rows.
    counted : {"exact", "given", "estimated"}
        Source of this number.
    accepted : int
        Compounds to screen.
    block_rows, blocks : int
        Rows of a block, and number of blocks.
    """

    compounds: int
    counted: str
    accepted: int
    block_rows: int
    blocks: int

    @classmethod
    def of(cls, compounds: int, counted: str, accepted: int) -> LibrarySize:
        """The size with the blocks that `prepare` would make of so many accepted compounds."""
        size = block_rows(accepted)
        return cls(compounds, counted, accepted, size, -(-accepted // size))

    @classmethod
    def of_library(cls, library: Library, compounds: int | None) -> LibrarySize:
        """The size of a library, or of a larger one with ``compounds`` rows, of which it is a sample."""
        if compounds is not None:
            return cls.of(compounds, "given", compounds)
        rows = len(library)
        return cls(rows, "exact", rows, library.header["block_rows"], len(library.block_ranges()))


class Shards(NamedTuple):
    """The jobs of a screen: their number, seconds of the longest, and whether that exceeds the limit."""

    number: int
    seconds: float
    too_long: bool


def shards(blocks: int, block_seconds: float, start: float, minutes: float) -> Shards:
    """Find the smallest number of shards whose jobs take no longer than ``minutes``.

    Parameters
    ----------
    blocks : int
        Blocks of the library. A shard has at least one.
    block_seconds : float
        Seconds that one core needs for a block.
    start : float
        Seconds from the start of a job to its first block.
    minutes : float
        Longest time that a job may take.

    Raises
    ------
    UsageError
        If ``minutes`` is less than 3 times ``start``.
    """
    if 60 * minutes < STARTS * start:
        least = math.ceil(10 * STARTS * start / 60) / 10
        raise UsageError(f"a job needs {start:.1f} s to start, which leaves too little time for work",
                         where="minutes", found=minutes, hint=f"Give at least {least:g}.")  # fmt: skip
    each = max(1, math.floor((60 * minutes - start) / block_seconds))
    number = min(math.ceil(blocks / each), MOST_SHARDS)
    seconds = start + math.ceil(blocks / number) * block_seconds
    return Shards(number, seconds, seconds > 60 * minutes * (1 + ROUNDING))


@dataclass(frozen=True)
class Cost:
    """The cost of a step.

    Attributes
    ----------
    rate : float
        Compounds a second on one core.
    hours : float
        Core hours for all compounds, with the starts of the jobs.
    memory_mb : int, optional
        Peak memory of a job, in 10^6 bytes; None if the system does not report it.
    disk_bytes : int
        Size of its files.
    """

    rate: float
    hours: float
    memory_mb: int | None
    disk_bytes: int


@dataclass(frozen=True)
class RankCost:
    """The cost of `rank`, which sorts on disk what is too much for memory.

    Attributes
    ----------
    memory_mb : int
        Peak memory, in 10^6 bytes.
    disk_bytes : int
        Size of its files.
    """

    memory_mb: int
    disk_bytes: int


@dataclass(frozen=True)
class Estimate:
    """The estimated cost of a screen.

    Attributes
    ----------
    compounds : int
        Rows of the library, or of the raw file.
    counted : {"exact", "given", "estimated"}
        Source of this number.
    accepted : int
        Compounds to screen. For a raw file: estimated from the fraction accepted in the sample.
    sample : int
        Compounds that the pilot screened.
    minutes : float
        Longest time that a job should take.
    shards : int
        Number of jobs of the screen.
    shard_minutes : float
        Minutes of the longest job.
    seconds_start : float
        Seconds from the start of a job to its first block.
    slots : int
        Jobs that run at once.
    hours_wall : float
        Wall time of the screen with that many jobs at once.
    screen : Cost
    prepare : Cost, optional
        Only for a raw file.
    rank : RankCost
    notes : tuple of str
        Limits of the estimate.
    """

    compounds: int
    counted: str
    accepted: int
    sample: int
    minutes: float
    shards: int
    shard_minutes: float
    seconds_start: float
    slots: int
    hours_wall: float
    screen: Cost
    prepare: Cost | None
    rank: RankCost
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"notes": [*self.notes]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Estimate:
        """Make an estimate from the values of `to_dict`."""
        own = {name: values[name] for name in (field.name for field in fields(cls))}
        own["screen"], own["rank"] = Cost(**own["screen"]), RankCost(**own["rank"])
        own["prepare"] = own["prepare"] and Cost(**own["prepare"])
        return cls(**own | {"notes": tuple(own["notes"])})

    def __str__(self) -> str:
        rejected = self.compounds - self.accepted
        screened = f", {self.accepted:,} of them to screen" if rejected else ""
        steps = [("prepare", self.prepare), ("screen", self.screen), ("rank", self.rank)]
        lines = [
            f"{self.compounds:,} compounds ({self.counted}){screened}; a pilot screened {self.sample:,}",
            "",
            f"{'':8}{'a core and second':>18}{'core hours':>12}{'memory of a job':>18}{'disk':>12}",
            *(_line(name, cost) for name, cost in steps if cost is not None),
            "",
            f"screen in {_jobs(self.shards)} of at most {_figure(self.shard_minutes)} minutes "
            f"({self.seconds_start:.1f} seconds of them to start): {_figure(self.hours_wall)} hours "
            f"with {self.slots} at once",
            *(f"note: {note}" for note in self.notes),
        ]
        return "\n".join(lines)


def evenly(total: int, count: int) -> list[int]:
    """Choose ``count`` numbers below ``total``: the middles of equal intervals; all if there are fewer."""
    count = min(count, total)
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def rank_cost(compounds: int, table_bytes: float, score_bytes: float, disk: float) -> RankCost:
    """Estimate the cost of `rank`.

    Parameters
    ----------
    compounds : int
    table_bytes, score_bytes : float
        Bytes in memory of a compound in the library's table, and in the table of scores.
    disk : float
        Bytes on disk of a compound in both: the ranked library holds both.
    """
    held = RANK_COPIES * compounds * (table_bytes + score_bytes + RANK_COLUMNS)
    return RankCost(in_mb(min(RANK_BASE + held, RANK_MOST)), math.ceil(compounds * disk))


def in_mb(memory: float) -> int:
    """Convert bytes to 10^6 bytes, rounded up."""
    return math.ceil(memory / 1e6)


def _line(name: str, cost: Cost | RankCost) -> str:
    rate, hours = (f"{cost.rate:,.0f}", _figure(cost.hours)) if isinstance(cost, Cost) else ("", "")
    memory = "not measured" if cost.memory_mb is None else f"{cost.memory_mb:,} MB"
    large = cost.disk_bytes >= 1e8
    disk = f"{_figure(cost.disk_bytes / 1e9)} GB" if large else f"{_figure(cost.disk_bytes / 1e6)} MB"
    return f"{name:8}{rate:>18}{hours:>12}{memory:>18}{disk:>12}"


def _figure(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.2g}"


def _jobs(number: int) -> str:
    return f"{number:,} job{'s' * (number != 1)}"
