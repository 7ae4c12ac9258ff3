"""The commands of docs/quickstart.md, run as they stand: `new` in full, Snakemake as far as its plan."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from intake.files import assay, fasta, genbank, library
from riboswitch import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/quickstart.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in block.splitlines()
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory with the files that the page names."""
    fasta(tmp_path / "isolate.fna")
    genbank(tmp_path / "other.gbk")
    library(tmp_path / "compounds.csv")
    assay(tmp_path / "assay.csv", ["1", "0"] * 30)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_one_command_to_install_two_to_begin_and_one_to_run():
    programs = [shlex.split(line)[0] for line in COMMANDS]
    assert programs == ["make", ".venv/bin/riboswitch", ".venv/bin/snakemake", ".venv/bin/riboswitch"]


def test_the_commands_of_the_page_run(home, capsys):
    for line in COMMANDS:
        program, *words = shlex.split(line)
        if program.endswith("riboswitch"):
            cli.main(words)
            printed = shlex.split(capsys.readouterr().out)
            assert (home / words[1] / "config.yaml").is_file() and printed[-1] == f"{words[1]}/config.yaml"
    _, *words = shlex.split(next(line for line in COMMANDS if "snakemake" in line))
    plan = ["--dry-run", "--quiet"]
    words = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *words, *plan]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_page_says_of_the_output_is_what_is_said(home, capsys):
    """The shown lines are real ones, but for numbers and names."""
    cli.main(shlex.split(COMMANDS[1])[1:])
    said = {re.sub(r"\d[\d,]*", "N", line.strip()) for line in capsys.readouterr().err.splitlines()}
    shown = re.search(r"^```text\n(.*?)^```", PAGE, re.M | re.S)[1].splitlines()
    form = {re.sub(r"\d[\d,]*", "N", line.strip()) for line in shown if "/home/me" not in line}
    form = {line.replace("Staphylococcus aureus", "Escherichia coli") for line in form}
    assert form <= said
