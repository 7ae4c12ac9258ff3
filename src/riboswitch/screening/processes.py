"""Several processes for one stream of work, its results in order: the same for any number of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, TypeVar

from riboswitch.errors import RiboswitchError

Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 2  # items a process that wait for it, so that it never waits for them

_work: Callable[[Any], Any] | None = None  # of a worker process, made once


def cores() -> int:
    """Cores that this process is given."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(
    make: Callable[..., Callable[[Item], Result]],
    settings: tuple[Any, ...],
    items: Iterable[Item],
    processes: int = 1,
    few: int = 1,
) -> Iterator[Result]:
    """Apply a function to items, in several processes if there are more than a few items.

    Parameters
    ----------
    make : callable
        ``make(*settings)`` returns the function; called once in each process.
    settings : tuple
    items : iterable
        Taken as they are needed, so the stream may be longer than memory.
    processes : int
        With 1 everything happens in this process.
    few : int
        So many items are done here sooner than other processes have started.

    Yields
    ------
    Result
        In the order of the items.
    """
    items = iter(items)
    first = list(islice(items, few + 1 if processes > 1 else 0))
    items = chain(first, items)
    if len(first) <= few:
        yield from map(make(*settings), items)
        return
    pool = ProcessPoolExecutor(processes, _context(make.__module__), _begin, (make, settings))
    try:
        yield from _in_order(pool, items, processes * AHEAD)
    except BrokenProcessPool as error:
        hint = "Was it killed for its memory? Use fewer processes."
        raise RiboswitchError("a worker process ended too early", hint=hint) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _context(module: str) -> Any:
    """Processes that share nothing but what one of them, that has no threads, has imported."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context


def _in_order(pool: ProcessPoolExecutor, items: Iterator[Any], most: int) -> Iterator[Any]:
    waiting: deque[Future[Any]] = deque()
    for item in items:
        waiting.append(pool.submit(_apply, item))
        if len(waiting) == most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _begin(make: Callable[..., Callable[[Any], Any]], settings: tuple[Any, ...]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends its workers
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _work = _AtFirstUse(make, settings)


class _AtFirstUse:
    """The function, made when it is first called: what is wrong with the settings then reaches the parent."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], settings: tuple[Any, ...]):
        self.make, self.settings = make, settings
        self.made: Callable[[Any], Any] | None = None

    def __call__(self, item: Any) -> Any:
        self.made = self.made or self.make(*self.settings)
        return self.made(item)


def _leave_with_parent() -> None:
    """End with a parent that was killed: it could tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _apply(item: Any) -> Any:
    assert _work is not None
    return _work(item)
