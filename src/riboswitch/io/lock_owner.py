"""Who holds a lock: one process of one machine, told from all others."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class LockOwner:
    """Who holds a lock; an empty text is what is not known.

    Attributes
    ----------
    token : str
        Random: of all locks only this one has it.
    host, user, since, slurm_job, command : str
    pid : int
    born : str
        With ``pid`` what tells a process from all others: the boot of the machine, the pid namespace
        (containers on one machine share its name), and the start of the process.
    """

    token: str = ""
    host: str = ""
    user: str = ""
    pid: int = 0
    since: str = ""
    slurm_job: str = ""
    command: str = ""
    born: str = ""

    @classmethod
    def this(cls) -> LockOwner:
        """This process, with a new token."""
        return cls(
            token=secrets.token_hex(8),
            host=socket.gethostname(),
            user=_user(),
            pid=os.getpid(),
            since=datetime.now().astimezone().isoformat(timespec="seconds"),
            slurm_job=os.environ.get("SLURM_JOB_ID", ""),
            command=" ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]),
            born=_born(os.getpid()),
        )

    @classmethod
    def read(cls, text: str) -> LockOwner:
        """The holder that a lock names; nobody known, if it is empty or broken."""
        try:
            noted = json.loads(text)
            facts = {f.name: str(noted[f.name]) for f in fields(cls) if f.name != "pid"}
            return cls(**facts, pid=int(noted["pid"]))
        except (ValueError, TypeError, KeyError):
            return cls()

    def __str__(self) -> str:
        if not self.token:
            return "somebody"
        words = [f"pid {self.pid}", f"Slurm job {self.slurm_job}" * bool(self.slurm_job), self.command]
        words.append(f"since {self.since[:19].replace('T', ' ')}")
        return f"{self.user}@{self.host} ({', '.join(w for w in words if w)})"

    def is_gone(self) -> bool:
        """Whether it was a process of this machine that is no more; False if that cannot be known."""
        if not self.born or self.host != socket.gethostname():
            return False
        here = _born(os.getpid()).rpartition(" ")[0]
        return self.born.rpartition(" ")[0] == here and _born(self.pid) != self.born


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a number without a name, as in containers
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _born(pid: int) -> str:
    """Boot, pid namespace and start of a process of this machine; empty if there is none, or no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # The name of a program may hold anything, but it ends with the last parenthesis. Z and X are dead.
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if facts[0] in ("Z", "X") else f"{boot} {Path('/proc/self/ns/pid').readlink()} {facts[19]}"
    except (OSError, IndexError):
        return ""
