"""The program that makes shards go wrong takes its fault from the command lines of the workflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHIM = Path(__file__).parent / "faulty" / "riboswitch"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The shim before a riboswitch that prints its words."""
    (folder / "faulty").mkdir()
    shutil.copy(SHIM, folder / "faulty")
    (folder / "faulty/time").write_text("0")
    (folder / "real").mkdir()
    real = folder / "real/riboswitch"
    real.write_text('#!/bin/sh\necho "$@"\n')
    real.chmod(0o755)
    path = os.pathsep.join([str(folder / "faulty"), str(folder / "real"), os.environ["PATH"]])
    env = os.environ | {"PATH": path, "SLURM_JOB_ID": "77"}
    return subprocess.run(
        [sys.executable, str(folder / "faulty/riboswitch"), *words],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip


@pytest.mark.parametrize("words", [["--shard=3", "--shards=8"], ["--shard", "3", "--shards", "8"]])
def test_a_shard_of_a_screen_has_the_fault_and_goes_on(tmp_path, words):
    done = run(tmp_path, "screen", "library", "model", *words)
    assert (tmp_path / "faulty/time.3.77").exists()
    assert done.stdout.split() == ["screen", "library", "model", *words]


@pytest.mark.parametrize("words", [["rank", "--shard=3"], ["screen", "--shards=8"]])
def test_no_other_command_has_it(tmp_path, words):
    done = run(tmp_path, *words)
    assert (tmp_path / "faulty/time").exists()
    assert done.stdout.split() == words
