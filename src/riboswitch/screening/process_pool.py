"""Work on a stream of items in several processes; the results are in order, for any number of processes."""

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
from queue import SimpleQueue
from typing import Any, TypeVar

from riboswitch.errors import WorkerError
from riboswitch.io.disk_faults import AGAIN

Item = TypeVar("Item")
Result = TypeVar("Result")
KILLED = 9  # SIGKILL, which Windows does not define
ENDING = (signal.SIGTERM, signal.SIGINT)
AHEAD = 2  # items queued for each process, so that it never waits

_work: Callable[[Any], Any] | None = None  # the function of a worker process


def cores() -> int:
    """Number of cores that this process may use."""
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
        They are taken as needed, so the stream need not fit into memory.
    processes : int
        With 1 everything happens in this process.
    few : int
        If there are no more items than this, they are done in this process: starting others takes longer.

    Yields
    ------
    Result
        In the order of the items.

    Raises
    ------
    WorkerError
        If a process was killed, for example for its memory.
    """
    items = iter(items)
    first = list(islice(items, few + 1 if processes > 1 else 0))
    items = chain(first, items)
    if len(first) <= few:
        yield from map(make(*settings), items)
        return
    workers: list[BaseProcess] = []
    pool = ProcessPoolExecutor(processes, _context(make.__module__, workers), _begin, (make, settings))
    complete = False
    try:
        yield from _in_order(pool, items, processes * AHEAD)
        complete = True
    except BrokenProcessPool as error:
        pool.shutdown()
        raise _killed([worker.exitcode or 0 for worker in workers]) from error
    finally:
        for worker in workers:
            if not complete and worker.pid:
                worker.kill()  # its result is not needed
        pool.shutdown(cancel_futures=True)


def _killed(codes: Iterable[int]) -> WorkerError:
    """The error for workers with these exit codes; the pool ended the others by SIGTERM."""
    signals = {-code for code in codes if code < 0}
    first = min(signals - {signal.SIGTERM} or signals, default=0)
    if first == KILLED:
        hint = (
            "The system does this when memory is used up: give the job more memory, or use fewer processes."
        )
        return WorkerError("a worker process was killed (SIGKILL)", hint=hint)
    cause = f" (signal {first}: {signal.strsignal(first)})" if first else ""
    return WorkerError(f"a worker process ended too early{cause}", hint=f"If you did not end it, {AGAIN}")


def _context(module: str, workers: list[BaseProcess]) -> Any:
    """A multiprocessing context; its processes are appended to ``workers``.

    Workers are forked from a server process that has imported ``module`` and has no threads. Without a fork
    server they are spawned.
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    original: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        original.set_forkserver_preload([module])

    def listed(*args: Any, **options: Any) -> BaseProcess:
        workers.append(original.Process(*args, **options))
        return workers[-1]

    context = copy(original)
    context.Process = listed
    return context


def _in_order(pool: ProcessPoolExecutor, items: Iterator[Any], most: int) -> Iterator[Any]:
    """Results in the order of the items; at most ``most`` items are in work."""
    waiting: deque[Future[Any]] = deque()
    for item in items:
        waiting.append(undisturbed(pool.submit, _apply, item))
        if len(waiting) == most:
            yield _result(waiting.popleft())
    while waiting:
        yield _result(waiting.popleft())


def _result(future: Future[Any]) -> Any:
    """The result of a future. A signal may end the waiting: it is in C, and leaves no lock behind."""
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    undisturbed(future.add_done_callback, done.put)
    done.get()
    return undisturbed(future.result)


def undisturbed(call: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function; SIGTERM and SIGINT are answered after it.

    Their exception would leave a lock of the pool closed if it came just after the lock was taken, and the
    pool would never end. Blocking the signals would not do: another thread, as those of BLAS, takes them, and
    Python still runs their handler in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():  # handlers never run in others
        return call(*arguments)
    waiting: list[int] = []
    handlers = {number: signal.getsignal(number) for number in ENDING}
    ours = {number: handler for number, handler in handlers.items() if handler is not None}
    for number in ours:
        signal.signal(number, lambda number, _: waiting.append(number))
    try:
        return call(*arguments)
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for each in waiting:
            signal.raise_signal(each)


def _begin(make: Callable[..., Callable[[Any], Any]], settings: tuple[Any, ...]) -> None:
    """Set up a worker process."""
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work = _MadeAtFirstCall(make, settings)


class _MadeAtFirstCall:
    """The function of a worker, made at the first call: an error in making it then reaches the parent."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], settings: tuple[Any, ...]):
        self.make, self.settings = make, settings
        self.made: Callable[[Any], Any] | None = None

    def __call__(self, item: Any) -> Any:
        self.made = self.made or self.make(*self.settings)
        return self.made(item)


def _end_with_parent() -> None:
    """End this process when the parent ends: a parent that was killed cannot end its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _apply(item: Any) -> Any:
    assert _work is not None
    return _work(item)


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut items into lists of ``size``; the last may be shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk
