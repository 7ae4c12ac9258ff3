"""From what a pilot measured to jobs of the wished length, and to the bill for the whole library."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from riboswitch.data.library import Library, block_rows
from riboswitch.errors import UsageError

MOST_SHARDS = 10_000  # what the configuration allows
ROUNDING = 1e-9
GROWTH = 1.15  # times its memory after some blocks that a job of a million compounds was seen to hold at most
STARTS = 3  # times its start that a job must last at least
RANK_BASE, RANK_COPIES, RANK_COLUMNS = 250e6, 2.4, 125  # bytes; tables at once; bytes a row that ranking adds


@dataclass(frozen=True)
class LibrarySize:
    """How large a library is: rows, how they were counted, compounds to screen, and their blocks."""

    compounds: int
    counted: str
    accepted: int
    block_rows: int
    blocks: int

    @classmethod
    def of(cls, compounds: int, counted: str, accepted: int) -> LibrarySize:
        """As `prepare` would cut so many accepted compounds."""
        size = block_rows(accepted)
        return cls(compounds, counted, accepted, size, -(-accepted // size))

    @classmethod
    def of_library(cls, library: Library, compounds: int | None) -> LibrarySize:
        """Of the library, or of a larger one that it stands for."""
        if compounds is not None:
            return cls.of(compounds, "given", compounds)
        rows = len(library)
        return cls(rows, "exact", rows, library.header["block_rows"], len(library.block_ranges()))


class Shards(NamedTuple):
    """Jobs that a screen is cut into: how many, how long the longest takes, and whether that is too long."""

    number: int
    seconds: float
    too_long: bool


def shards(blocks: int, block_seconds: float, start: float, minutes: float) -> Shards:
    """The fewest shards of whole blocks none of which takes longer than wished.

    Parameters
    ----------
    blocks : int
        Of the library: a shard has at least one.
    block_seconds : float
        That one core needs for one.
    start : float
        Seconds until a job has begun with the first.
    minutes : float
        The longest that a job may take.

    Raises
    ------
    UsageError
        If a job would do little but start.
    """
    if 60 * minutes < STARTS * start:
        least = math.ceil(10 * STARTS * start / 60) / 10
        raise UsageError(f"a job needs {start:.1f} s to start, so that it would do little else",
                         where="minutes", found=minutes, hint=f"Give at least {least:g}.")  # fmt: skip
    each = max(1, math.floor((60 * minutes - start) / block_seconds))
    number = min(math.ceil(blocks / each), MOST_SHARDS)
    seconds = start + math.ceil(blocks / number) * block_seconds
    return Shards(number, seconds, seconds > 60 * minutes * (1 + ROUNDING))


@dataclass(frozen=True)
class Cost:
    """What a step takes.

    Attributes
    ----------
    rate : float
        Compounds that one core does in a second.
    hours : float
        Of one core, for all compounds; the starts of the jobs are in it.
    memory_mb : int, optional
        Most that a job holds, in 10^6 bytes; None where the system does not tell.
    disk_bytes : int
        That it leaves.
    """

    rate: float
    hours: float
    memory_mb: int | None
    disk_bytes: int


@dataclass(frozen=True)
class Sizes:
    """What `rank` needs: it holds the scores of all compounds.

    Attributes
    ----------
    memory_mb, disk_bytes : int
    """

    memory_mb: int
    disk_bytes: int


@dataclass(frozen=True)
class Estimate:
    """What a screen will take.

    Attributes
    ----------
    compounds : int
        Rows of the library, or of the raw file.
    counted : {"exact", "given", "estimated"}
        How they were counted.
    accepted : int
        Compounds to screen: of a raw file those that will be accepted, judged by the sample.
    sample : int
        Compounds that were screened to tell.
    minutes : float
        The longest that a job was wished to take.
    shards : int
        Jobs to cut the screen into.
    shard_minutes : float
        That the longest of them takes.
    seconds_start : float
        Until such a job has begun with its first block.
    slots : int
        Jobs that run at once.
    hours_wall : float
        From the first of the screen's jobs to the last, with so many at once.
    screen : Cost
    prepare : Cost, optional
        Of a raw file.
    rank : Sizes
    notes : tuple of str
        What to know before one relies on it.
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
    rank: Sizes
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"notes": [*self.notes]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Estimate:
        """Back from `to_dict`."""
        made = {name: values[name] for name in (field.name for field in fields(cls))}
        made["screen"], made["rank"] = Cost(**made["screen"]), Sizes(**made["rank"])
        made["prepare"] = made["prepare"] and Cost(**made["prepare"])
        return cls(**made | {"notes": tuple(made["notes"])})

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


def evenly(total: int, many: int) -> list[int]:
    """``many`` of the numbers below ``total``, the middles of equal stretches; all if there are no more."""
    many = min(many, total)
    return [(2 * i + 1) * total // (2 * many) for i in range(many)]


def rank_sizes(compounds: int, table_bytes: float, score_bytes: float, disk: float) -> Sizes:
    """What `rank` takes for so many compounds.

    Parameters
    ----------
    compounds : int
    table_bytes, score_bytes : float
        Of a compound in the library's table, and in the table of scores.
    disk : float
        Bytes of both on the disk: the ranked library holds both.
    """
    # Measured with 93 thousand to 930 thousand compounds: joining and sorting copy the table.
    held = RANK_BASE + RANK_COPIES * compounds * (table_bytes + score_bytes + RANK_COLUMNS)
    return Sizes(in_mb(held), math.ceil(compounds * disk))


def in_mb(memory: float) -> int:
    """Bytes as 10^6 bytes, rounded up."""
    return math.ceil(memory / 1e6)


def _line(name: str, cost: Cost | Sizes) -> str:
    rate, hours = (f"{cost.rate:,.0f}", _figure(cost.hours)) if isinstance(cost, Cost) else ("", "")
    memory = "not measured" if cost.memory_mb is None else f"{cost.memory_mb:,} MB"
    large = cost.disk_bytes >= 1e8
    disk = f"{_figure(cost.disk_bytes / 1e9)} GB" if large else f"{_figure(cost.disk_bytes / 1e6)} MB"
    return f"{name:8}{rate:>18}{hours:>12}{memory:>18}{disk:>12}"


def _figure(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.2g}"


def _jobs(number: int) -> str:
    return f"{number:,} job{'s' * (number != 1)}"
