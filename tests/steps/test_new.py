"""`riboswitch new`: what it writes, prints and refuses; no network, nothing overwritten."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import riboswitch
from intake.files import assay, excel, fasta, library
from riboswitch import cli
from riboswitch.config.loading import load
from riboswitch.intake import running

ROOT = Path(__file__).parents[2]
ODD = "it's (my) [files]"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    return fasta(folder / "my isolate.fna"), library(folder / "the [library].csv"), folder


def run(*words):
    cli.main(["new", *map(str, words)])


def refused(capsys, *words):
    with pytest.raises(SystemExit):
        run(*words)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


def test_one_command_is_printed_and_everything_else_goes_to_standard_error(files, capsys):
    genome, compounds, folder = files
    made = folder / "my analysis"
    run(made, "--genome", genome, "--library", compounds)
    out, err = capsys.readouterr()
    words = shlex.split(out)
    assert out.count("\n") == 1 and words[-4:] == [
        "--directory",
        str(made),
        "--configfile",
        str(made / "config.yaml"),
    ]
    for said in (
        "FASTA, 2 contigs",
        "12 rows",
        "column 'SMILES'",
        "--library-ids",
        "S. aureus",
        "need not inhibit",
    ):
        assert said in err
    assert sorted(path.name for path in made.iterdir()) == ["README.md", "config.yaml"]
    assert load(made / "config.yaml")["data"]["my_isolate"]["source"] == f"file:{genome}"
    readme = (made / "README.md").read_text("utf-8")
    command = next(line.strip() for line in readme.splitlines() if "--configfile" in line)
    assert shlex.split(command)[-1] == str(made / "config.yaml") and "FASTA, 2 contigs" in readme


def test_paths_from_the_working_directory_are_written_from_the_root(files, capsys, monkeypatch):
    genome, compounds, folder = files
    monkeypatch.chdir(folder)
    run("a", "--genome", genome.name, "--library", compounds.name)
    out = capsys.readouterr().out
    assert load("a/config.yaml")["data"]["library"]["source"] == f"file:{compounds}"
    assert shlex.split(out)[-1] == "a/config.yaml" and str(ROOT / "Snakefile") in shlex.split(out)
    monkeypatch.chdir(ROOT)
    run(folder / "b", "--genome", genome, "--library", compounds)
    assert "--snakefile" not in capsys.readouterr().out


def test_an_assay_is_the_training_set(files, capsys):
    genome, compounds, folder = files
    measured = assay(folder / "assay.csv", ["Active", "Inactive"] * 30)
    run(folder / "a", "--genome", genome, "--library", compounds, "--activity", f"{measured}:active")
    err = capsys.readouterr().err
    assert "30 active and 30 inactive rows" in err and "'Active' is active" in err
    task = load(folder / "a/config.yaml")["tasks"]["activity"]
    assert task["parse"]["sources"][0]["labels"] == {"Active": 1, "Inactive": 0}


def test_a_folder_that_is_not_empty_is_left_as_it_is(files, capsys):
    genome, compounds, folder = files
    (folder / "a").mkdir()
    (folder / "a/config.yaml").write_text("mine")
    told = refused(capsys, folder / "a", "--genome", genome, "--library", compounds)
    assert "the folder is not empty, and nothing is overwritten" in told
    assert (folder / "a/config.yaml").read_text() == "mine"
    told = refused(capsys, genome, "--genome", genome, "--library", compounds)
    assert "this is a file" in told
    (folder / "empty").mkdir()
    run(folder / "empty", "--genome", genome, "--library", compounds)
    assert (folder / "empty/config.yaml").exists()


def test_a_file_that_cannot_work_leaves_no_folder(files, capsys):
    genome, compounds, folder = files
    told = refused(capsys, folder / "a", "--genome", genome, "--library", excel(folder / "l.xlsx"))
    assert "this is an Excel file" in told and "CSV UTF-8" in told
    two = folder / "two.csv"
    two.write_text("SMILES_1,SMILES_2\nC,C\n")
    told = refused(capsys, folder / "a", "--genome", genome, "--library", two)
    assert "--library-smiles names the one to read" in told
    measured = assay(folder / "assay.csv", ["1", "0"] * 30)
    told = refused(capsys, folder / "a", "--genome", genome, "--library", compounds, "--activity", measured)
    assert "no column of the activity is named" in told and "Columns: id, smiles, active" in told
    assert not (folder / "a").exists()


def test_equal_files_give_equal_bytes(files, capsys):
    genome, compounds, folder = files
    for name in ("a", "b"):
        run(folder / name, "--genome", genome, "--library", compounds)
    assert (folder / "a/config.yaml").read_bytes() == (folder / "b/config.yaml").read_bytes()


def test_without_a_clone_the_command_says_that_one_is_needed(files, capsys, monkeypatch, tmp_path):
    genome, compounds, folder = files
    (tmp_path / "a/b/riboswitch").mkdir(parents=True)
    monkeypatch.setattr(running.riboswitch, "__file__", str(tmp_path / "a/b/riboswitch/__init__.py"))
    monkeypatch.setattr(running.sys, "prefix", str(tmp_path / "a/venv"))
    monkeypatch.chdir(folder)
    run("a", "--genome", genome, "--library", compounds)
    out, err = capsys.readouterr()
    assert "PATH_OF_THE_CLONE/Snakefile" in out and "clone its repository" in err
    assert "PATH_OF_THE_CLONE" in (folder / "a/README.md").read_text()


def test_the_function_of_the_same_name_returns_what_was_found(files):
    genome, compounds, _ = files
    analysis = riboswitch.new([str(genome)], compounds)
    assert (list(analysis.genomes), analysis.library.rows, analysis.assay) == (["my_isolate"], 12, None)


def test_nothing_heavy_is_imported(files):
    """A new user waits for no torch."""
    genome, compounds, folder = files
    code = (
        "import sys; from riboswitch.cli import main; main(sys.argv[1:]); assert 'torch' not in sys.modules"
    )
    words = ["new", folder / "a", "--genome", genome, "--library", compounds]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr
