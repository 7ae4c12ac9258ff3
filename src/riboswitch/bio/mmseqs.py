"""Families by alignment, with the program MMseqs2 if it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from riboswitch.bio.families import kind_of
from riboswitch.errors import InputError, UsageError

PROGRAM = "mmseqs"
DATABASE = {"protein": "1", "nucleic": "2"}


def program() -> str:
    """Path of the executable.

    Raises
    ------
    UsageError
        If there is none.
    """
    path = shutil.which(PROGRAM)
    if path is None:
        raise UsageError(f"the program {PROGRAM} is not on the PATH", hint=(
            "Install MMseqs2 (Debian: apt-get install mmseqs2; conda: bioconda's mmseqs2), "
            "or group by method family, which needs no program."))  # fmt: skip
    return path


def version() -> str:
    """The version that the program states."""
    return _run([program(), "version"]).strip()


def clusters(sequences: Sequence[str], identity: float, coverage: float) -> np.ndarray:
    """Find the connected components of the graph that joins sequences which MMseqs2 aligns well enough.

    The program runs in one step with connected components as clusters. Its defaults, a cascade and a greedy
    cover, can put relatives into different clusters.

    Parameters
    ----------
    sequences : sequence of str
        All different.
    identity, coverage : float
        Least fraction of identical letters in an alignment, and of both sequences that it spans.

    Returns
    -------
    ndarray
        int64, shape (sequences,): all members of a cluster have the number of one of them.

    References
    ----------
    Steinegger and Söding, Nature Biotechnology 2017, 35, 1026.
    """
    if not sequences:
        return np.empty(0, np.int64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fasta = "".join(f">{i}\n{s}\n" for i, s in enumerate(sequences))
        (folder / "in.fasta").write_text(fasta, "ascii", "replace")
        _run([
            program(), "easy-cluster", str(folder / "in.fasta"), str(folder / "out"), str(folder / "work"),
            "--min-seq-id", str(identity), "-c", str(coverage), "--cov-mode", "0", "--cluster-mode", "1",
            "--single-step-clustering", "1", "--dbtype", DATABASE[kind_of(sequences)], "--threads", "1",
            "-v", "1",
        ])  # fmt: skip
        return _members(folder / "out_cluster.tsv", len(sequences))


def _members(path: Path, count: int) -> np.ndarray:
    """Read the program's table of representatives and members; a sequence that is not in it stands alone."""
    component = np.arange(count)
    if path.exists():
        for line in path.read_text("ascii").splitlines():
            representative, member = line.split("\t")
            component[int(member)] = int(representative)
    return component


def _run(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          check=False)  # fmt: skip
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()] or ["nothing"]
        raise InputError(f"{PROGRAM} {command[1]} failed", found=lines[-1],
                         hint=f"It ended with code {done.returncode}.")  # fmt: skip
    return done.stdout
