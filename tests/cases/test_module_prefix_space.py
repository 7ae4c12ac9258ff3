"""The workflow as a module whose prefix holds a blank."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workflow.conftest import REPOSITORY

CASE = Path(__file__).parents[1] / "data/cases/module_prefix_space"


@pytest.mark.slow
def test_every_path_below_the_prefix_is_one_word(tmp_path):
    text = (CASE / "Snakefile").read_text("utf-8").replace("PROJECT", str(REPOSITORY))
    (tmp_path / "Snakefile").write_text(text)
    config = yaml.safe_load((REPOSITORY / "config/annotation.yaml").read_text("utf-8"))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"ribo": config}))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--workflow-profile", "none",
               "--dry-run", "--printshellcmds"]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path})  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-2000:]
    lines = re.findall(r"^Shell command: (riboswitch .*)$", told, re.MULTILINE)
    assert {shlex.split(line)[1] for line in lines} == {"fetch", "parse"}
    for line in lines:
        words = shlex.split(line)
        assert words[-2] == "2>" and words[-1].startswith("my screening/logs/")
        assert not [word for word in words if word in ("my", "screening")]
    fetch, parse = (next(line for line in lines if line.split()[1] == verb) for verb in ("fetch", "parse"))
    assert "my screening/data/genomes" in shlex.split(fetch)
    assert "--output=my screening/results/coding/records.parquet" in shlex.split(parse)
