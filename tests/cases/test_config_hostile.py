"""Configurations that crash a loader, or smuggle a command into a shell line."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from riboswitch.cli import main
from workflow.conftest import REPOSITORY, snakemake

CASE = Path(__file__).parents[1] / "data/cases/config_hostile"
ODD = "config/drug classes $(touch PWNEDc).tsv"


def test_deep_nesting_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["mirror", str(CASE / "cfg_recursion.yaml"), "--output", str(tmp_path / "m")])
    told = capsys.readouterr().err
    assert left.value.code == 2 and told.count("\n") == 1
    assert "cfg_recursion.yaml line 45: more than 40 lists and sections within each other" in told


@pytest.mark.slow
def test_the_odd_name_of_a_table_is_a_word_and_no_command(tmp_path):
    (tmp_path / "config").mkdir()
    shutil.copy(REPOSITORY / "config/drug_classes.tsv", tmp_path / ODD)
    text = (CASE / "classes_shell_injection.yaml").read_text("utf-8")
    done = snakemake(tmp_path, {}, "--dry-run", "--printshellcmds", text=text, programs=None)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (rank,) = re.findall(r"^Shell command: (riboswitch rank .*) 2> ", done.stdout + done.stderr, re.MULTILINE)
    assert f"--classes={ODD}" in shlex.split(rank)
    echo = 'riboswitch() { printf "%s\\n" "$@"; }\n'
    told = subprocess.run(["sh", "-c", echo + rank], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"--classes={ODD}\n" in told.stdout
    assert not (tmp_path / "PWNEDc").exists()
