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
from copy import copy
from itertools import chain, islice
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from riboswitch.errors import WorkerError
from riboswitch.io.disk_faults import AGAIN

Item = TypeVar("Item")
Result = TypeVar("Result")
KILLED = 9  # a signal that Windows has no name for
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

    Raises
    ------
    WorkerError
        If a process was killed, as for its memory.
    """
    items = iter(items)
    first = list(islice(items, few + 1 if processes > 1 else 0))
    items = chain(first, items)
    if len(first) <= few:
        yield from map(make(*settings), items)
        return
    workers: list[BaseProcess] = []
    pool = ProcessPoolExecutor(processes, _context(make.__module__, workers), _begin, (make, settings))
    whole = False
    try:
        yield from _in_order(pool, items, processes * AHEAD)
        whole = True
    except BrokenProcessPool as error:
        pool.shutdown()
        raise _killed([worker.exitcode or 0 for worker in workers]) from error
    finally:
        for worker in workers:
            if not whole and worker.pid:
                worker.kill()  # nobody waits for what it does
        pool.shutdown(cancel_futures=True)


def _killed(codes: Iterable[int]) -> WorkerError:
    """Say how the first of the workers ended; the pool ends the others by SIGTERM."""
    signals = {-code for code in codes if code < 0}
    first = min(signals - {signal.SIGTERM} or signals, default=0)
    if first == KILLED:
        hint = "So ends a process when memory is used up: give the job more of it, or use fewer processes."
        return WorkerError("a worker process was killed (SIGKILL)", hint=hint)
    how = f" (signal {first}: {signal.strsignal(first)})" if first else ""
    return WorkerError(f"a worker process ended too early{how}", hint=f"If nobody ended it, {AGAIN}")


def _context(module: str, workers: list[BaseProcess]) -> Any:
    """Processes that share nothing but what one of them, that has no threads, has imported.

    They are noted in ``workers``.
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    shared: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        shared.set_forkserver_preload([module])

    def noted(*args: Any, **options: Any) -> BaseProcess:
        workers.append(shared.Process(*args, **options))
        return workers[-1]

    context = copy(shared)
    context.Process = noted
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


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of ``size``; the last may be shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk
