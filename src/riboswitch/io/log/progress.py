"""How far long work is, on standard error: a bar on a terminal, a line now and then in a log.

Work that takes less than `SECONDS` says nothing. Deep code says that a piece is done with `tick`, whatever is
counted; the code that knows the whole opens a `Progress`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, TypeVar

from riboswitch.io.log import messages

Item = TypeVar("Item")

SECONDS = 5.0  # before the first line, and at least between two
SHARE = 0.05  # of the time that has passed: a run of days writes no more lines than one of hours

INPUTS = "inputs"
"""The unit of work that encodes."""

_open: list[Progress] = []  # those that `tick` counts for, the innermost last


class Progress:
    """Counts what is done, and says so.

    Parameters
    ----------
    name : str
        What is being done, as ``screen`` or ``reading library.csv``.
    unit : str
        What is counted, in the plural.
    total : int, optional
        None if nobody knows it.
    before : int
        How many were done in an earlier run.

    Attributes
    ----------
    done : int
    """

    def __init__(self, name: str, unit: str, total: int | None = None, before: int = 0):
        self.name, self.unit, self.total, self.before, self.done = name, unit, total, before, before
        self._start = time.monotonic()
        self._next = self._start + SECONDS
        self._said = False
        self._bar: Any = None

    def __enter__(self) -> Progress:
        _open.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        _open.remove(self)
        self.close(failed=kind is not None)

    def add(self, many: int = 1) -> None:
        """Count more that are done."""
        self.done += many
        if self._bar is not None:
            self._bar.update(many)
            return
        now = time.monotonic()
        if now < self._next:
            return
        if messages.on_terminal():
            self._bar = self._new_bar()
        else:
            self._say(now)
            self._next = now + max(SECONDS, SHARE * (now - self._start))

    def close(self, failed: bool = False) -> None:
        """Take the bar away; a log gets a last line if it had one before."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._said and not failed:
            self._say(time.monotonic())

    def _new_bar(self) -> Any:
        from tqdm import tqdm

        bar = tqdm(total=self.total, desc=self.name, unit=f" {self.unit}", initial=self.done, leave=False,
                   file=sys.stderr)  # fmt: skip
        bar.start_t -= time.monotonic() - self._start  # for the rate
        bar.initial = self.before
        return bar

    def _say(self, now: float) -> None:
        self._said = True
        seconds = max(now - self._start, 1e-9)
        rate = (self.done - self.before) / seconds
        left = None if self.total is None or not rate else max(0.0, (self.total - self.done) / rate)
        of = "" if self.total is None else f" of {self.total:,}"
        rest = "" if left is None else f", {duration(left)} left"
        facts = {"name": self.name, "unit": self.unit, "done": self.done, "total": self.total,
                 "per_second": float(f"{rate:.3g}"),
                 "seconds_left": None if left is None else round(left)}  # fmt: skip
        text = f"{self.done:,}{of} {self.unit}, {_rate(rate)} a second{rest}"
        messages.say("progress", text, f"{self.name}: ", **facts)


def tick(many: int, unit: str) -> None:
    """Count for the innermost open `Progress`, if there is one and it counts this unit."""
    if _open and _open[-1].unit == unit:
        _open[-1].add(many)


def tracked(
    items: Iterable[Item],
    name: str,
    unit: str,
    total: int | None = None,
    size: Callable[[Item], int] | None = None,
) -> Iterator[Item]:
    """Iterate, and say how far it is; an item counts once it has been dealt with.

    ``size`` tells how many an item counts, 1 unless given; see `Progress` for the rest.
    """
    progress = Progress(name, unit, total)
    failed = True
    try:
        for item in items:
            yield item
            progress.add(1 if size is None else size(item))
        failed = False
    finally:
        progress.close(failed)


def duration(seconds: float) -> str:
    """A time in words: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
