"""Locks: one writer a result, and whoever meets a lock is told whose it is.

``held("scores.parquet")`` makes ``scores.parquet.lock``, a JSON object that says who holds it. The lock lies
beside what it guards, a folder's too: the folder may not be there yet, and may be emptied by its next owner.

A holder touches its lock every few seconds. A lock that was not touched for a minute, by the clock of its own
file system, or whose process is gone, is dead: the node vanished, or the job was killed. Whoever waits for it
then takes it over. A holder that was only frozen finds out by `Lock.check`, and must not publish.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from riboswitch.errors import LockedError
from riboswitch.io.disk_faults import Writing
from riboswitch.io.lock_owner import LockOwner

BEAT = 10.0  # seconds between two signs of life
DEAD = 60.0  # seconds without one, after which nobody is waited for
WAIT = 90.0  # seconds: long enough to see a lock die whose node has just vanished
POLL = 1.0  # seconds between two looks at another's lock
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def held(
    path: str | Path, *, wait: float = WAIT, beat: float = BEAT, dead: float = DEAD, poll: float = POLL
) -> Iterator[Lock]:
    """Be the only one who writes ``path``, as long as the block lasts.

    Parameters
    ----------
    path : path
        The file or folder to be written; it need not be there.
    wait : float
        Seconds to wait for another holder. Those of killed jobs are not waited for longer than ``dead``.
    beat, dead, poll : float
        Seconds between two signs of life, without one until a lock is dead, and between two looks at it.

    Yields
    ------
    Lock
        Call its `check` just before a result takes its name.

    Raises
    ------
    LockedError
        If another holder was still alive after ``wait`` seconds.
    StorageError
        If the lock cannot be made: its folder is full, or not to be written to.
    """
    lock = Lock(Path(path), _place(Path(path)), LockOwner.this())
    missing = [f for f in lock.place.parents if not f.exists()]
    ended = threading.Event()
    try:
        with Writing(lock.place):
            _acquire(lock, wait, dead, poll)
        threading.Thread(target=_beat, args=(lock, beat, ended), daemon=True).start()
        yield lock
    finally:
        ended.set()
        lock.release()
        for folder in missing:  # as it was before, if nothing came of it
            with suppress(OSError):
                folder.rmdir()


@dataclass(frozen=True)
class Seen:
    """A look at a lock: whose it is, and how many seconds ago it was touched."""

    holder: LockOwner
    age: float

    def death(self, dead: float) -> str:
        """Why it is dead, or nothing."""
        if self.holder.is_gone():
            return "whose process is gone"
        return f"which gave no sign of life for {self.age:.0f} s" if self.age > dead else ""


@dataclass(frozen=True)
class Lock:
    """A lock that is held.

    Attributes
    ----------
    path : Path
        What it guards.
    place : Path
        Where it lies.
    holder : Holder
    """

    path: Path
    place: Path
    holder: LockOwner

    @property
    def is_held(self) -> bool:
        """Whether it is there and still this one."""
        return _read(self.place) == self.holder

    def check(self) -> None:
        """Raise unless it is still held: a process that was frozen may have been taken for dead.

        Raises
        ------
        LockedError
        """
        if (now := _read(self.place)) != self.holder:
            who = "was removed" if now is None else f"was taken over by {now}"
            raise LockedError(
                f"the lock of this run {who}; nothing more was written",
                where=str(self.path),
                hint="This run gave no sign of life for too long, or somebody removed it.",
            )

    def release(self) -> None:
        """Give it up, if it is still held."""
        with suppress(OSError):  # the disk has failed: the lock will be dead soon
            if self.is_held:
                self.place.unlink()


# --- getting one


def _place(path: Path) -> Path:
    """Where the lock of ``path`` lies: one place for all names it may have."""
    path = Path(os.path.realpath(path)) if path.is_symlink() or path.name in ("", "..") else path
    # Beside a mount point is another disk, which no other machine may see.
    if path.is_dir() and (os.path.ismount(path) or not os.access(path.parent, os.W_OK)):
        return path / ".lock"
    return path.parent / f"{path.name}.lock"


def _acquire(lock: Lock, wait: float, dead: float, poll: float) -> None:
    until, told = time.monotonic() + wait, ""
    while not _create(lock.place, lock.holder):
        if (other := _look(lock.place)) is None:
            continue
        if other.holder == lock.holder:  # another who claimed the same dead lock has put this one there
            return
        if death := other.death(dead):
            if _take_over(lock, other.holder, dead):
                _tell(lock, f"taking over the lock of {other.holder}, {death}")
                return
            continue
        if time.monotonic() >= until:
            raise LockedError(
                f"is being written by {other.holder}; last sign of life {other.age:.0f} s ago",
                where=str(lock.path), hint=f"Wait for it; if it is gone, remove {lock.place}.",
            )  # fmt: skip
        if told != (told := other.holder.token):
            _tell(lock, f"is being written by {other.holder}; waiting for it, at most {wait:.0f} s")
        time.sleep(poll)


def _create(place: Path, holder: LockOwner) -> bool:
    """Make the lock, unless there is one.

    It is there with its holder's name in it or not at all: a signal may come between any two steps.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{holder.token}.partial")
    try:
        draft.write_text(json.dumps(asdict(holder)), "utf-8")
        os.link(draft, place)
    except (FileExistsError, FileNotFoundError):  # the last holder has just removed the folder that it made
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _create_in_place(place, holder)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _create_in_place(place: Path, holder: LockOwner) -> bool:
    """The same where files have no second names."""
    try:
        number = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    written = False
    try:
        with os.fdopen(number, "w", encoding="utf-8") as handle:
            json.dump(asdict(holder), handle)
        written = True
    finally:
        if not written:  # a full disk; or SIGTERM, and nobody would know whose it was
            place.unlink(missing_ok=True)
    return True


def _take_over(lock: Lock, other: LockOwner, dead: float) -> bool:
    """Put this lock in the place of a dead one; of several who try it one succeeds.

    Whoever makes the claim, a file named after the dead lock, may replace that. Should a claim have been left
    by one who died over it, it is cleared away as a dead lock is. The last word has the lock itself.
    """
    claim = lock.place.with_name(f"{lock.place.name}.{other.token if other.token.isalnum() else 'unknown'}")
    if not _create(claim, lock.holder):
        left = _look(claim)
        if left is not None and left.death(dead):
            claim.unlink(missing_ok=True)
        time.sleep(0.01)
        return False
    try:
        if _read(lock.place) == other:
            os.replace(claim, lock.place)
    except FileNotFoundError:  # the claim was slow, and taken for dead
        return False
    finally:
        claim.unlink(missing_ok=True)
    return lock.is_held


def _read(place: Path) -> LockOwner | None:
    """Who holds a lock; None if there is none."""
    try:
        return LockOwner.read(place.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return None


def _look(place: Path) -> Seen | None:
    # Opened, since network file systems keep what they know of files that are not.
    try:
        with open(place, encoding="utf-8", errors="replace") as handle:
            holder, touched = LockOwner.read(handle.read()), os.fstat(handle.fileno()).st_mtime
    except FileNotFoundError:
        return None
    return Seen(holder, max(_clock(place.parent) - touched, 0.0))


def _clock(folder: Path) -> float:
    """The time by the clock of a file system, which may be another machine's."""
    with tempfile.TemporaryFile(dir=folder) as handle:
        return os.fstat(handle.fileno()).st_mtime


def _beat(lock: Lock, beat: float, ended: threading.Event) -> None:
    """Touch the lock for as long as it is this one."""
    while not ended.wait(beat):
        with suppress(OSError):  # a disk that is away for a moment
            if not lock.is_held:
                return
            os.utime(lock.place)


def _tell(lock: Lock, what: str) -> None:
    with suppress(OSError):  # nobody to be told
        print(f"riboswitch: {lock.path}: {what}", file=sys.stderr, flush=True)
