"""One writer a result: whoever holds a lock is told, and the dead do not keep it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from riboswitch.errors import LockedError, Stopped, StorageError
from riboswitch.io import lock_owner as holders
from riboswitch.io.lock_owner import LockOwner
from riboswitch.io.locks import held
from waiting import until

ELSEWHERE = replace(LockOwner.this(), token="f00d", host="node3", user="anna", pid=4711, slurm_job="99",
                    since="2026-11-21T13:05:22+00:00", command="riboswitch prepare")  # fmt: skip
AT_ONCE = {"wait": 0, "poll": 0.001}
OLD = 1_000_000  # a time, long ago


def leave_lock(path, holder=ELSEWHERE, *, old=False):
    """The lock of somebody else."""
    path.write_text(json.dumps(asdict(holder)))
    if old:
        os.utime(path, (OLD, OLD))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.parquet"


@pytest.fixture
def lock(tmp_path):
    return tmp_path / "scores.parquet.lock"


# What a holder is


@given(st.builds(LockOwner, *[st.text()] * 3, st.integers(0, 2**31), *[st.text()] * 4))
def test_the_owner_of_a_lock_comes_back_from_its_file(holder):
    assert LockOwner.read(json.dumps(asdict(holder))) == holder


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_broken_lock_has_no_owner(text):
    assert str(LockOwner.read(text)) == "somebody"


def test_a_process_is_distinguished_from_all_others(monkeypatch):
    this = LockOwner.this()
    assert not this.is_gone()
    boot, namespace, start = this.born.split()
    assert replace(this, born=f"{boot} {namespace} {int(start) + 1}").is_gone()  # its number was given again
    assert replace(this, pid=2**30).is_gone()
    # Of other machines, and of other containers on this one, nothing can be known.
    assert not replace(this, host="node3", pid=2**30).is_gone()
    assert not replace(this, born=f"{boot} pid:[1] {start}", pid=2**30).is_gone()
    assert not replace(this, born="", pid=2**30).is_gone()
    monkeypatch.setattr(holders, "_born", lambda _: "")  # a system without /proc
    assert not this.is_gone()


def test_a_user_without_a_name_is_a_number(monkeypatch):
    for error in (KeyError, OSError, ImportError):
        monkeypatch.setattr("getpass.getuser", lambda error=error: (_ for _ in ()).throw(error))
        assert LockOwner.this().user == str(os.getuid())


# Holding


class Lives(RuleBasedStateMachine):
    """Holders come, freeze, wake and go, locks are removed: never do two think that they hold one."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "new", "library")
        self.lock = self.path.with_name("library.lock")
        self.locks, self.owner, self.dead = {}, None, True

    @rule(actor=st.integers(0, 3))
    def enter(self, actor):
        if actor in self.locks:
            return
        stack = ExitStack()
        free = self.owner is None or self.dead
        try:
            self.locks[actor] = stack, stack.enter_context(held(self.path, beat=1000, **AT_ONCE))
        except LockedError:
            assert not free
        else:
            assert free
            self.owner, self.dead = actor, False

    @precondition(lambda self: self.lock.exists())
    @rule()
    def freeze(self):
        os.utime(self.lock, (OLD, OLD))
        self.dead = True

    @precondition(lambda self: self.lock.exists())
    @rule()
    def remove(self):
        self.lock.unlink()
        self.owner = None

    @precondition(lambda self: self.locks)
    @rule(data=st.data(), failing=st.booleans())
    def leave(self, data, failing):
        actor = data.draw(st.sampled_from(sorted(self.locks)))
        stack, _ = self.locks.pop(actor)
        stack.__exit__(*((ValueError, ValueError(), None) if failing else (None, None, None)))
        if actor == self.owner:
            self.owner = None

    @invariant()
    def one_holds(self):
        sure = {actor for actor, (_, lock) in self.locks.items() if lock.is_held}
        assert sure == ({self.owner} if self.owner is not None else set())
        assert self.lock.exists() == (self.owner is not None)

    def teardown(self):
        for stack, _ in self.locks.values():
            stack.close()
        files = [p for p in Path(self.folder.name).rglob("*") if p.is_file() and p != self.lock]
        assert not files
        self.folder.cleanup()


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_a_lock_names_its_owner_and_is_removed(path, lock, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "99")
    with held(path) as mine:
        noted = json.loads(lock.read_text())
        assert (noted["pid"], noted["slurm_job"], noted["token"]) == (os.getpid(), "99", mine.owner.token)
        mine.check()
    assert not list(path.parent.iterdir())
    with pytest.raises(ValueError), held(path):
        raise ValueError
    assert not list(path.parent.iterdir())


def test_folders_made_for_a_lock_go_with_it_unless_something_came_of_it(tmp_path):
    with held(tmp_path / "a/b/c"):
        assert (tmp_path / "a/b/c.lock").exists()
    assert not (tmp_path / "a").exists()
    with held(tmp_path / "a/b/c"):
        (tmp_path / "a/x").write_text("")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["x"]


def test_a_live_lock_is_reported_and_kept(path, lock, capsys):
    leave_lock(lock)
    with pytest.raises(LockedError) as caught, held(path, wait=0.02, poll=0.001):
        pass
    who = "anna@node3 (pid 4711, Slurm job 99, riboswitch prepare, since 2026-11-21 13:05:22)"
    assert str(caught.value).startswith(f"{path}: is being written by {who}; last sign of life ")
    assert str(caught.value).endswith(f" s ago. Wait for it; if it is gone, remove {lock}.")
    assert isinstance(caught.value, StorageError)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"riboswitch: {path}: is being written by {who}; waiting for it, at most 0 s"]
    assert LockOwner.read(lock.read_text()) == ELSEWHERE


def test_a_lock_without_signs_of_life_is_taken_over(path, lock, capsys):
    leave_lock(lock, old=True)
    with held(path, **AT_ONCE) as mine:
        mine.check()
    told = capsys.readouterr().err
    assert "taking over the lock of anna@node3 (pid 4711" in told and "which gave no sign of life for" in told
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize("text", ["", "{", '{"token": 3}'])
def test_an_empty_lock_is_a_lock(path, lock, text):
    lock.write_text(text)
    with pytest.raises(LockedError, match="is being written by somebody"), held(path, **AT_ONCE):
        pass
    os.utime(lock, (OLD, OLD))
    with held(path, **AT_ONCE):
        pass
    assert not list(path.parent.iterdir())


def test_an_abandoned_claim_is_removed(path, lock):
    leave_lock(lock, old=True)
    leave_lock(path.with_name(f"{lock.name}.f00d"), replace(ELSEWHERE, token="dead"), old=True)
    with held(path, **AT_ONCE):
        assert [p.name for p in path.parent.iterdir()] == [lock.name]


def test_a_process_gets_the_lock_as_soon_as_it_is_free(path, lock, capsys):
    with held(path):
        release = threading.Timer(0.05, lock.unlink)
        release.start()
        with held(path, poll=0.001) as second:
            second.check()
    release.join()
    assert capsys.readouterr().err.count("waiting") == 1


def test_an_owner_whose_lock_was_taken_over_must_not_publish(path, lock):
    with held(path) as frozen:
        os.utime(lock, (OLD, OLD))
        with held(path, **AT_ONCE) as other:
            with pytest.raises(LockedError, match=r"was taken over by .*; nothing more was written"):
                frozen.check()
            frozen.release()
            other.check()
        with pytest.raises(LockedError, match="was removed"):
            frozen.check()


def test_the_owner_of_a_lock_refreshes_it(path, lock):
    with held(path, beat=0.001):
        os.utime(lock, (OLD, OLD))
        until(lambda: lock.stat().st_mtime > OLD)


def test_a_lock_is_beside_what_it_guards_but_for_the_root_of_a_disk(tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    (tmp_path / "name").symlink_to("disk")
    with held(tmp_path / "disk"), pytest.raises(LockedError), held(tmp_path / "name", **AT_ONCE):
        pass
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path).name == "disk")
    with held(tmp_path / "disk"):
        assert [p.name for p in (tmp_path / "disk").iterdir()] == [".lock"]


@pytest.mark.parametrize("links", [True, False])
def test_a_lock_that_cannot_be_made_is_reported(tmp_path, monkeypatch, links):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if not links:
        without_links(monkeypatch)
    monkeypatch.setattr("os.link" if links else "json.dump", full)
    with pytest.raises(StorageError, match=r"x\.lock: the disk is full"), held(tmp_path / "x"):
        pass
    assert not list(tmp_path.iterdir())


def without_links(monkeypatch):
    def never(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", never)


def test_a_disk_without_links_has_locks_too(tmp_path, monkeypatch):
    without_links(monkeypatch)
    with held(tmp_path / "x") as lock:
        assert lock.is_held
        with pytest.raises(LockedError), held(tmp_path / "x", wait=0):
            pass
    assert not list(tmp_path.iterdir())


def test_a_signal_right_after_the_lock_was_made_leaves_none(tmp_path, monkeypatch):
    link = os.link

    def interrupted(*names):
        link(*names)
        raise Stopped("stopped by SIGTERM")

    monkeypatch.setattr("os.link", interrupted)
    with pytest.raises(Stopped), held(tmp_path / "x"):
        pass
    assert not list(tmp_path.iterdir())


# Processes

COUNT = """
import os, sys
from pathlib import Path
from riboswitch.io.locks import held
folder = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with held(folder / "x", poll=0.001) as lock:
        os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        (folder / "n").write_text(str(int((folder / "n").read_text()) + 1))
        lock.check()
        (folder / "inside").unlink()
"""
HOLD = """
import sys, time
from riboswitch.io.locks import held
with held(sys.argv[1]):
    time.sleep(600)
"""


def script(text, *words):
    return subprocess.Popen([sys.executable, "-c", text, *map(str, words)], stderr=subprocess.DEVNULL)


def test_of_many_processes_one_at_a_time_holds_a_lock_that_was_dead(tmp_path):
    (tmp_path / "n").write_text("0")
    leave_lock(tmp_path / "x.lock", old=True)
    running = [script(COUNT, tmp_path, 15) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert (tmp_path / "n").read_text() == "60"
    assert [p.name for p in tmp_path.iterdir()] == ["n"]


def test_the_lock_of_a_killed_process_is_free_at_once(path, lock, capsys):
    running = script(HOLD, path)
    until(lambda: lock.exists() and LockOwner.read(lock.read_text()).pid == running.pid)
    with pytest.raises(LockedError, match=f"pid {running.pid}"), held(path, **AT_ONCE):
        pass
    running.send_signal(signal.SIGKILL)
    until(lambda: LockOwner.read(lock.read_text()).is_gone())  # a zombie already is
    with held(path, **AT_ONCE):
        pass
    running.wait()
    assert "whose process is gone" in capsys.readouterr().err
