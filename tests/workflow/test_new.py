"""What `riboswitch new` writes is planned by the workflow, and runs."""

import os
import random
import re
import shlex
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from intake.files import assay, fasta, genbank, library
from resistance.curated.invented import TEM, dna, spacer, write_database
from riboswitch import cli
from riboswitch.io.atomic_files import sha256

from .conftest import REPOSITORY

ODD = "it's (my) [files] & more"


def begun(folder, *words, activity=None, genomes=None):
    """The configuration that is written for invented files in a folder with an odd name."""
    files = folder / ODD
    files.mkdir()
    genomes = genomes or [fasta(files / "my isolate.fna")]
    words = [word for genome in genomes for word in ("--genome", genome)] + [*words]
    if activity:
        words += ["--activity", f"{assay(files / 'assay.csv', activity)}:active"]
    cli.main(["new", *map(str, (folder / "run", "--library", library(files / "library.csv", 20), *words))])
    return yaml.safe_load((folder / "run/config.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("activity", "rules"),
    [
        (None, {"parse_held_out", "check", "scan", "rank", "report"}),
        (["Yes", "No"] * 30, {"parse", "scan", "rank", "report"}),
    ],
)
def test_the_command_that_is_printed_plans_the_whole_run(tmp_path, capsys, monkeypatch, activity, rules):
    monkeypatch.chdir(tmp_path)
    begun(tmp_path, activity=activity)
    words = shlex.split(capsys.readouterr().out)
    done = subprocess.run([*words, "--dry-run"], capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-3000:]
    assert rules <= set(re.findall(r"^([a-z_]+) +\d+$", told, re.MULTILINE))


@pytest.mark.slow
def test_from_files_to_the_report(tmp_path, capsys):
    """Two isolates, one with a gene that defeats penicillins; the database and the sizes are small."""
    rng = random.Random(3)
    made = tmp_path / "genomes"
    made.mkdir()
    (made / "carrier.fna").write_text(f">c1\n{spacer(rng, 400)}{dna(TEM)}{spacer(rng, 400)}\n")
    genomes = [made / "carrier.fna", genbank(made / "other.gbk")]
    config = begun(tmp_path, activity=["Active", "Inactive", "Inactive"] * 20 + [""], genomes=genomes)
    database = write_database(tmp_path / "database")
    files = sorted(path.name for path in database.iterdir())
    config["data"]["ncbi_amr"] = {
        "source": f"file:{database}", "members": files,
        "sha256": {name: sha256(database / name) for name in files},
    }  # fmt: skip
    task = config["tasks"]["activity"]
    task |= {"train": {"epochs": 2}, "network": {"hidden": 8, "ffn_hidden": 8}, "final": {"members": 1}}
    task["split"]["repeats"] = 1
    config["evaluate"] = {"bootstrap": 50}
    (tmp_path / "run/config.yaml").write_text(yaml.safe_dump(config))
    capsys.readouterr()
    # As it was printed, with no environment on the PATH.
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"),
             "--directory", "run", "--configfile", "run/config.yaml", "--cores", "2"]  # fmt: skip
    bare = {**os.environ, "PATH": os.defpath}
    done = subprocess.run(words, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    results = tmp_path / "run/results"
    assert f"Done. Where to look:\n  report      {results / 'report.html'}\n" in done.stderr
    assert "results/hits.csv (20 compounds" in done.stderr and "calls: carrier" in done.stderr
    hits = pd.read_csv(results / "hits.csv")
    assert len(hits) == 20 and hits["id"].str.startswith("C-").all()
    calls = pd.read_csv(results / "genomes/carrier/calls.tsv", sep="\t")
    assert "blaTEM-1" in calls["gene_symbol"].tolist()
    assert "carrier" in (results / "report.html").read_text("utf-8")
