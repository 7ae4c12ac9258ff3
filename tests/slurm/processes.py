"""Processes that carry a mark in their environment: found without pid files, ended without guessing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

FOLDER, PART = "RIBOSWITCH_CLUSTER", "RIBOSWITCH_CLUSTER_PART"


def start(folder: Path, part: str, command: Sequence[str], *, env: dict[str, str], **how: Any) -> None:
    """Start a daemon in the foreground of a session of its own, with its words in log/PART.log."""
    marked = {**os.environ, **env, FOLDER: str(folder), PART: part}
    with open(folder / "log" / f"{part}.log", "ab") as log:
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, env=marked, start_new_session=True, **quiet, **how)
    # It may outlive this program, and Python is not to warn of that.
    process.returncode = 0


def running(folder: Path, part: str | None = None) -> list[int]:
    """Live processes of the folder, or of one part of it."""
    marks = {f"{FOLDER}={folder}"} | ({f"{PART}={part}"} if part else set())
    return [pid for pid in every() if marks <= set(environment(pid))]


def every() -> list[int]:
    """Ids of all processes."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def environment(pid: int) -> list[str]:
    """The environment a process was started with; of one that has ended it is empty."""
    return _words(pid, "environ")


def command_line(pid: int) -> list[str]:
    """The words a process was started with."""
    return _words(pid, "cmdline")


def _words(pid: int, file: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def parent(pid: int) -> int:
    """The process that started this one; 0 when there is none left."""
    try:
        # The name, in brackets, may hold spaces and brackets.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def with_children(pids: Iterable[int]) -> list[int]:
    """These processes and all that descend from them."""
    found, parents = set(pids), {pid: parent(pid) for pid in every()}
    while more := {pid for pid, of in parents.items() if of in found} - found:
        found |= more
    return sorted(found)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end(find: Callable[[], list[int]], patience: float = 15) -> None:
    """Ask all that are found to end, and kill what has not after so many seconds."""
    send(find(), signal.SIGTERM)
    if not until(lambda: not find(), patience):
        send(with_children(find()), signal.SIGKILL)


def until(condition: Callable[[], Any], seconds: float, every: float = 0.2) -> Any:
    """What the condition gives as soon as it is true, or its last answer after so many seconds."""
    give_up = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < give_up:
        time.sleep(every)
    return answer
