"""The commands of the tutorials, run as they stand on tiny files.

Options that make a run small are added here, never to what a page shows. What cannot run in a test is in
`ONLY_READ`; test_commands.py reads it with the parsers of the programs.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from docs.page_blocks import PAGES, ROOT, lines, shell_blocks, simple_commands
from intake.files import assay, library
from resistance.curated.invented import OTHER, TEM, dna, spacer, write_database
from riboswitch import cli
from synthon_spaces import model

TUTORIALS = [name for name in PAGES if name.startswith("docs/tutorials/")]
ONLY_READ = {
    "make": "it installs, and asks the package index",
    "tar": "it packs the whole clone",
    "estimate": "its pilot is a process of its own that takes longer than all else here",
    "doctor": "it looks at the installation, which tests/cli does",
}
SMALL = {
    "audit": ["--processes", "1"],
    "baseline": ["--method", "nearest"],
    "evaluate": ["--bootstrap", "20"],
    "prepare": ["--processes", "1"],
    "screen": ["--processes", "1"],
    "train": ["--epochs", "2"],
}
NETWORK = ["--hidden", "8", "--ffn-hidden", "8"]  # of a network that is not like others


def run(name):
    """Run what a page shows, line by line; what each program of the shell printed."""
    printed: dict[str, str] = {}
    for block in shell_blocks(name):
        for line in lines(block):
            (words, *_) = simple_commands(line)
            program = words[0].rsplit("/", 1)[-1]
            if program == "riboswitch":
                assert len(simple_commands(line)) == 1 and ">" not in line, line
                call(words[1:])
            elif program not in ONLY_READ:
                done = subprocess.run(["bash", "-ec", line], capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
                printed[program] = done.stdout
    return printed


def call(words):
    verb = words[0]
    if verb not in ONLY_READ:
        like = "--like" in words
        cli.main([*words, *SMALL.get(verb, []), *(NETWORK if verb == "train" and not like else [])])


def plan(line):
    """What Snakemake says that it would do, of the workflow of this clone."""
    given = [word for word in simple_commands(line)[0][1:] if word != "--dry-run"]
    words = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *given, "--dry-run"]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_tutorial_is_run_here():
    tests = {name for name in globals() if name.startswith("test_the_tutorial_")}
    assert {f"docs/tutorials/{name.removeprefix('test_the_tutorial_')}.md" for name in tests} == {*TUTORIALS}


def test_the_tutorial_chemprop(home, capsys):
    shutil.copy(ROOT / "tests/data/chemprop/regression.pt", "model.pt")
    library(home / "compounds.csv")
    run("docs/tutorials/chemprop.md")
    assert "# Model card" in capsys.readouterr().out
    assert len(pd.read_csv("answers.csv")) == 12
    assert len(pd.read_parquet("scores.parquet")) == 12 and len(pd.read_parquet("scores.top.parquet")) == 5


def test_the_tutorial_own_task(home):
    assay(home / "assay.csv", ["1", "0"] * 30)
    library(home / "new.csv")
    run("docs/tutorials/own_task.md")
    answers = pd.read_csv("answers.csv")
    assert (answers["status"] == "ok").all() and answers["p_active"].between(0, 1).all()
    assert (home / "metrics.json").is_file()


def test_the_tutorial_isolates(home):
    write_database(home / "data/ncbi_amr")
    (home / "config").mkdir()
    shutil.copy(ROOT / "config/drug_classes.tsv", "config")
    rng = random.Random(5)
    for number, genes in enumerate([[TEM], [OTHER, TEM]], 1):
        letters = "".join(spacer(rng, 300) + dna(gene) for gene in genes) + spacer(rng, 300)
        (home / f"isolate-{number}.fna").write_text(f">c{number}\n{letters}\n")
    library(home / "compounds.csv", head="id,smiles,name")
    model(targets=("growth",)).save("model.safetensors")
    printed = run("docs/tutorials/isolates.md")
    assert printed["cut"].splitlines() == ["sample\tstatus\tcalls", "ward-1\tok\t1", "ward-2\tok\t2"]
    assert len(pd.read_csv("hits.csv")) * 2 == len(pd.read_csv("panel.tsv", sep="\t"))


def test_the_tutorial_slurm(home):
    """Nothing is submitted: the run is the dry run without that word, and ends at the plan here."""
    for folder in ("config", "examples", "profiles"):
        (home / folder).symlink_to(ROOT / folder)
    blocks = shell_blocks("docs/tutorials/slurm.md")
    first, second, *rest = (line for block in blocks for line in lines(block))
    assert first == f"{second} --dry-run" and [simple_commands(line)[0][1] for line in rest] == ["estimate"]
    assert "rule screen" in plan(first)
    assert not (home / "results").exists()


def test_the_tutorial_air_gap(home, capsys):
    """The mirror is that of a configuration without downloads; what follows ends at the plan."""
    (home / "config").mkdir()
    library(home / "own.csv")
    source = {"source": f"file:{home}/own.csv", "sha256": "0" * 64}
    (home / "config/config.yaml").write_text(yaml.safe_dump({"data": {"own": source}}))
    page = "docs/tutorials/air_gap.md"
    (mirror,) = (line for block in shell_blocks(page) for line in lines(block) if "riboswitch mirror" in line)
    call(shlex.split(mirror)[1:])
    assert "on disk 1" in capsys.readouterr().err.replace(":", "")
    assert (home / "mirror").is_dir()


def test_the_tutorial_space(home, capsys):
    model("regression", members=1).save("model.safetensors")
    run("docs/tutorials/space.md")
    assert len(pd.read_csv("best.csv")) == 3
    assert (home / "best/library.json").is_file()


def test_what_is_only_read_is_on_a_page():
    shown = {
        word
        for name in TUTORIALS
        for block in shell_blocks(name)
        for line in lines(block)
        for words in simple_commands(line)
        for word in words[:2]
    }
    assert ONLY_READ.keys() <= shown
