"""The owner of a lock: one process of one machine."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import sys
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from riboswitch.io.strict_json import parse_json


@dataclass(frozen=True)
class LockOwner:
    """The process that holds a lock. Empty texts are unknown.

    Attributes
    ----------
    token : str
        Random; no other lock has it.
    host, user, since, slurm_job, command : str
    pid : int
    born : str
        Boot of the machine, pid namespace, and start of the process. With ``pid`` it identifies a process,
        also after a reboot, in containers that share a host name, and when the pid is used again.
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
        """The owner that the text of a lock names; all unknown if the text is empty or broken."""
        try:
            noted = parse_json(text)
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
        """Whether it was a process of this machine and has ended; False if that cannot be known."""
        if not self.born or self.host != socket.gethostname():
            return False
        here = _born(os.getpid()).rpartition(" ")[0]
        return self.born.rpartition(" ")[0] == here and _born(self.pid) != self.born


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in containers
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _born(pid: int) -> str:
    """Boot, pid namespace and start of a process of this machine; empty if it has ended, or without /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # The program name may hold blanks and parentheses; it ends at the last one. States Z and X: ended.
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if facts[0] in ("Z", "X") else f"{boot} {Path('/proc/self/ns/pid').readlink()} {facts[19]}"
    except (OSError, IndexError):
        return ""
