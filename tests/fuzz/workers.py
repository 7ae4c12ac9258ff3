"""Processes that run commands of riboswitch, each watched: a command may neither hang nor crash.

A worker imports riboswitch once and runs one command after another, with its output caught. It is replaced
when it dies or takes too long.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

MEMORY = 8 * 2**30
"""Most address space of a worker, in bytes."""


@dataclass(frozen=True)
class Job:
    """A command to run, and its time limit in seconds; ``about`` comes back with the outcome."""

    words: list[str]
    about: Any = None
    limit: float = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    job : Job
    code : int, optional
        Exit code; None if the command raised, crashed or hung.
    error : str
        Standard error, or the traceback.
    output : str
        Standard output.
    end : str
        ``exit``, ``traceback``, ``crash`` or ``hang``.
    """

    job: Job
    code: int | None
    error: str
    output: str
    end: str


def _serve(connection: Connection) -> None:
    import torch

    from riboswitch import cli

    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        words = connection.recv()
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        code, end = None, "exit"
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main(words)
                code = 0
            except SystemExit as leaving:
                code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
            except BaseException:
                end = "traceback"
                traceback.print_exc()
        out.flush()
        text = out.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]
        connection.send((code, err.getvalue(), text, end))


class _Worker:
    """One process and the job it has."""

    def __init__(self) -> None:
        # Started afresh: a fork of a process with threads of torch may hang by itself.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.used_before = False

    def give(self, job: Job) -> None:
        self.job = job
        self.connection.send(job.words)

    def cpu(self) -> float:
        """CPU seconds of the process so far."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / 100
        except OSError:
            return 0.0

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def run(jobs: Iterable[Job], processes: int) -> Iterator[Outcome]:
    """Run jobs side by side; outcomes come in the order in which they end.

    A job hangs if its process computes for longer than the limit, or stands still for ten times as long. CPU
    time is counted, so that a busy machine makes no hangs.
    """
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    waiting = iter(jobs)
    workers = [_Worker() for _ in range(processes)]
    try:
        yield from _turns(waiting, workers)
    finally:
        for worker in workers:
            worker.stop()


def _turns(waiting: Iterator[Job], workers: list[_Worker]) -> Iterator[Outcome]:
    started: dict[int, tuple[float, float]] = {}
    while True:
        for worker in workers:
            if worker.job is None and (job := next(waiting, None)) is not None:
                worker.give(job)
                started[id(worker)] = worker.cpu(), time.monotonic()
        busy = [worker for worker in workers if worker.job is not None]
        if not busy:
            return
        ready = wait([w.connection for w in busy], timeout=0.2)
        for worker in busy:
            assert worker.job is not None
            cpu, clock = started[id(worker)]
            first = 120.0 * (not worker.used_before)  # imports and compiling are not the command's time
            if worker.connection in ready:
                yield _finished(worker, workers)
            elif (
                worker.cpu() - cpu > worker.job.limit + first
                or time.monotonic() - clock > 10 * worker.job.limit + 4 * first
            ):
                yield Outcome(worker.job, None, "", "", "hang")
                _replace(worker, workers)


def _finished(worker: _Worker, workers: list[_Worker]) -> Outcome:
    job = worker.job
    assert job is not None
    try:
        code, error, output, end = worker.connection.recv()
    except EOFError:
        worker.process.join()
        code, error, output, end = None, f"exit code {worker.process.exitcode}", "", "crash"
        _replace(worker, workers)
    worker.job, worker.used_before = None, True
    return Outcome(job, code, error, output, end)


def _replace(worker: _Worker, workers: list[_Worker]) -> None:
    worker.stop()
    workers[workers.index(worker)] = _Worker()
