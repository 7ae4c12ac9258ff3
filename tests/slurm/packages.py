"""The Debian packages that the cluster is made of."""

from __future__ import annotations

import os
import subprocess
import sys

SLURM = ("munge", "slurmctld", "slurmd", "slurm-client")
ACCOUNTING = ("slurmdbd", "mariadb-server")


class SetupError(Exception):
    """The cluster cannot be had on this machine; the message says what to do."""


def missing(packages: tuple[str, ...]) -> list[str]:
    """Those that are not installed."""
    if not _has("dpkg-query"):
        raise SetupError("This is no Debian or Ubuntu: the starter knows their packages of Slurm only.")
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return [name for name in packages if f"{name} installed" not in answer.splitlines()]


def install(accounting: bool) -> None:
    """Install what is missing, without questions."""
    names = missing(SLURM + (ACCOUNTING if accounting else ()))
    if not names:
        return
    by_hand = f"apt-get install {' '.join(names)}"
    if os.geteuid() != 0:
        raise SetupError(f"Slurm is not installed, and only root can install it: {by_hand}")
    print(f"installing {', '.join(names)}", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        done = subprocess.run(
            ["apt-get", "--quiet", *step], env=quiet, capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise SetupError(f"apt-get {step[0]} failed: {' '.join(last)}\nTry it by hand: {by_hand}")


def _has(program: str) -> bool:
    return any(os.access(f"{folder}/{program}", os.X_OK) for folder in os.environ["PATH"].split(os.pathsep))
