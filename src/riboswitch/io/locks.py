"""Locks: only one process at a time writes a result. A lock names its owner.

``held("scores.parquet")`` makes ``scores.parquet.lock``, a JSON object with the owner. The lock of a folder
lies beside the folder too, because the folder may not exist yet and its next owner may empty it.

An owner touches its lock every few seconds. A lock is dead if its process has ended, or if it was not touched
for a minute by the clock of its own file system: the node failed or the job was killed. A process that waits
for a dead lock takes it over. An owner that was only suspended learns this from `Lock.check`, which it calls
before it publishes a result.
"""

from __future__ import annotations

import errno
import json
import os
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
from riboswitch.io.log.messages import say

BEAT = 10.0  # seconds between two touches of a lock
DEAD = 60.0  # seconds without a touch after which a lock is dead
WAIT = 90.0  # seconds to wait for a lock: longer than DEAD, in case its node has just failed
POLL = 1.0  # seconds between two looks at the lock of another process
# Errors of file systems without hard links.
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def held(
    path: str | Path, *, wait: float = WAIT, beat: float = BEAT, dead: float = DEAD, poll: float = POLL
) -> Iterator[Lock]:
    """Hold the lock of ``path`` while the block runs.

    Parameters
    ----------
    path : path
        The file or folder to be written; it need not exist.
    wait : float
        Seconds to wait for another owner to release the lock.
    beat, dead, poll : float
        Seconds between two touches of this lock; without a touch until another lock is dead; between two
        looks at another lock.

    Yields
    ------
    Lock
        Call its `check` just before a result gets its name.

    Raises
    ------
    LockedError
        If another owner was still alive after ``wait`` seconds.
    StorageError
        If the lock cannot be made: the disk is full or read-only.
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
        for folder in missing:  # remove the folders made for the lock, if they are still empty
            with suppress(OSError):
                folder.rmdir()


@dataclass(frozen=True)
class LockState:
    """State of a lock: its owner, and the seconds since it was touched."""

    owner: LockOwner
    age: float

    def death(self, dead: float) -> str:
        """Why the lock is dead; empty if it is not."""
        if self.owner.is_gone():
            return "whose process is gone"
        return f"which gave no sign of life for {self.age:.0f} s" if self.age > dead else ""


@dataclass(frozen=True)
class Lock:
    """A lock that is held.

    Attributes
    ----------
    path : Path
        The file or folder that is locked.
    place : Path
        The file of the lock.
    owner : LockOwner
    """

    path: Path
    place: Path
    owner: LockOwner

    @property
    def is_held(self) -> bool:
        """Whether the file of the lock exists and names this owner."""
        return _read(self.place) == self.owner

    def check(self) -> None:
        """Raise unless the lock is still held. It may have been taken over while the process was suspended.

        Raises
        ------
        LockedError
        """
        if (now := _read(self.place)) != self.owner:
            who = "was removed" if now is None else f"was taken over by {now}"
            raise LockedError(
                f"the lock of this run {who}; nothing more was written",
                where=str(self.path),
                hint="This run gave no sign of life for too long, or somebody removed it.",
            )

    def release(self) -> None:
        """Remove the lock if it is still held."""
        with suppress(OSError):  # the disk fails; the lock will be dead soon
            if self.is_held:
                self.place.unlink()


# --- taking a lock


def _place(path: Path) -> Path:
    """The file of the lock of ``path``; the same one for every name that ``path`` has."""
    path = Path(os.path.realpath(path)) if path.is_symlink() or path.name in ("", "..") else path
    # Beside a mount point lies another disk, which other machines may not see.
    if path.is_dir() and (os.path.ismount(path) or not os.access(path.parent, os.W_OK)):
        return path / ".lock"
    return path.parent / f"{path.name}.lock"


def _acquire(lock: Lock, wait: float, dead: float, poll: float) -> None:
    until, logged = time.monotonic() + wait, ""
    while not _create(lock.place, lock.owner):
        if (other := _look(lock.place)) is None:
            continue
        if other.owner == lock.owner:  # another process that claimed the same dead lock put this one there
            return
        if death := other.death(dead):
            if _take_over(lock, other.owner, dead):
                _log(lock, f"taking over the lock of {other.owner}, {death}")
                return
            continue
        if time.monotonic() >= until:
            raise LockedError(
                f"is being written by {other.owner}; last sign of life {other.age:.0f} s ago",
                where=str(lock.path), hint=f"Wait for it; if it is gone, remove {lock.place}.",
            )  # fmt: skip
        if logged != (logged := other.owner.token):
            _log(lock, f"is being written by {other.owner}; waiting for it, at most {wait:.0f} s")
        time.sleep(poll)


def _create(place: Path, owner: LockOwner) -> bool:
    """Make the lock and return True; False if there is one already.

    The lock appears with its owner in it or not at all, as the process may be stopped between any two steps.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{owner.token}.partial")
    try:
        draft.write_text(json.dumps(asdict(owner)), "utf-8")
        os.link(draft, place)
    except (FileExistsError, FileNotFoundError):  # or the last owner has just removed the folder
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _create_in_place(place, owner)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _create_in_place(place: Path, owner: LockOwner) -> bool:
    """`_create` on a file system without hard links."""
    try:
        number = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    written = False
    try:
        with os.fdopen(number, "w", encoding="utf-8") as handle:
            json.dump(asdict(owner), handle)
        written = True
    finally:
        if not written:  # a full disk or SIGTERM; the lock would name no owner
            place.unlink(missing_ok=True)
    return True


def _take_over(lock: Lock, other: LockOwner, dead: float) -> bool:
    """Replace a dead lock by this one. If several processes try, one succeeds.

    The process that makes the claim, a file named after the dead lock, may replace the lock. A claim whose
    process has ended is removed like a dead lock. Only the lock itself decides who holds it.
    """
    claim = lock.place.with_name(f"{lock.place.name}.{other.token if other.token.isalnum() else 'unknown'}")
    if not _create(claim, lock.owner):
        left = _look(claim)
        if left is not None and left.death(dead):
            claim.unlink(missing_ok=True)
        time.sleep(0.01)
        return False
    try:
        if _read(lock.place) == other:
            os.replace(claim, lock.place)
    except FileNotFoundError:  # this claim was slow, and removed as dead
        return False
    finally:
        claim.unlink(missing_ok=True)
    return lock.is_held


def _read(place: Path) -> LockOwner | None:
    """The owner of a lock; None if there is no lock."""
    try:
        return LockOwner.read(place.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return None


def _look(place: Path) -> LockState | None:
    """The state of a lock; None if there is no lock."""
    # Opened, because network file systems cache the times of files that are not open.
    try:
        with open(place, encoding="utf-8", errors="replace") as handle:
            owner, touched = LockOwner.read(handle.read()), os.fstat(handle.fileno()).st_mtime
    except FileNotFoundError:
        return None
    return LockState(owner, max(_clock(place.parent) - touched, 0.0))


def _clock(folder: Path) -> float:
    """The time by the clock of the file system, which may be that of another machine."""
    with tempfile.TemporaryFile(dir=folder) as handle:
        return os.fstat(handle.fileno()).st_mtime


def _beat(lock: Lock, beat: float, ended: threading.Event) -> None:
    """Touch the lock until it is released or another owner takes it over."""
    while not ended.wait(beat):
        with suppress(OSError):  # the disk is away for a moment
            if not lock.is_held:
                return
            os.utime(lock.place)


def _log(lock: Lock, what: str) -> None:
    with suppress(OSError):  # standard error may be closed
        say("note", f"{lock.path}: {what}", "riboswitch: ")
