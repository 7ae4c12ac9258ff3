"""The command line: data on standard output, one line of trouble on standard error, honest exit codes."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cases import running
from riboswitch import cli
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.io.strict_json import read_json

TOY = '''"""Count the letters of a text.

More than one letter may be equal.
"""

from __future__ import annotations

__all__ = ["toy"]
__verb__ = ("Genomes", 155)


def toy(text: str) -> int:
    """How many letters a text has."""
    return len(text)


def command(text: str) -> None:
    """Read a text, print a number."""
    print(toy(text))
'''


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process; returns exit code, standard output, lines of standard error."""

    def run(*words, stdin=b""):
        code, out, err = running.run(words, capsys, monkeypatch, stdin)
        return code, out, err.splitlines()

    return run


@pytest.fixture(scope="module")
def bundle(gene_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    gene_model.save(path)
    return path


def test_help_is_light_and_quiet():
    """What start-up costs is what it imports; the seconds are measured in benchmarks, not here."""
    code = "import sys; from riboswitch.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print(*sys.modules, sep='\\n', file=sys.stderr)"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(made.stderr.split("\n"))
    heavy = {"torch", "rdkit", "pandas", "numpy", "Bio", "pyarrow", "markdown_it", "rich.markdown", "email"}
    assert made.returncode == 0 and "riboswitch.cli" in loaded
    assert not heavy & loaded and len(loaded) < 280
    assert {name for name in loaded if name.startswith("riboswitch.steps.")} == {"riboswitch.steps.verbs"}
    assert all(f" {verb} " in made.stdout for verb in cli.VERBS)


def test_python_m_is_the_same_command():
    made = subprocess.run([sys.executable, "-m", "riboswitch", "nope"], capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (2, "") and made.stderr.startswith(
        "riboswitch: error: no such verb"
    )


def test_cores_and_locale_change_no_byte():
    """OpenBLAS adds in another order on several threads; a locale may have another alphabet, or none."""
    toy = (
        "import numpy, os; print('\u0131', os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"
    )
    code = (
        "import sys, riboswitch.cli as c; assert 'numpy' not in sys.modules\n"
        f"c.app = lambda words: lambda words: exec({toy!a})\nc.main()"
    )
    told = set()
    for surroundings in (
        {"OMP_NUM_THREADS": "4"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ):
        made = subprocess.run(
            [sys.executable, "-c", code, "doctor"], capture_output=True, env=os.environ | surroundings
        )
        assert made.returncode == 0, made.stderr
        told.add(made.stdout)
    assert told == {"ı 1 1\n".encode()}


@pytest.mark.parametrize(
    "words", [("parse", "é.csv"), ("report", "r", "d", "--title", "é"), ("split", "--target=é")]
)
def test_words_that_are_no_utf8_are_one_line(run, words):
    code, out, errors = run(*(os.fsdecode(word.encode("latin-1")) for word in words))
    assert (code, out, len(errors)) == (2, "", 1)
    assert errors[0].startswith("riboswitch: error: this word is not UTF-8") and "dce9" in errors[0]


def test_help_lists_the_verbs_in_the_order_of_the_workflow(run):
    listed = re.findall(r"^│ ([a-z-]+) ", run("--help")[1], re.MULTILINE)
    assert [word for word in listed if not word.startswith("-")] == list(cli.VERBS)


def test_no_two_verbs_have_the_same_place():
    """Else their order would be that in which the file system lists the files."""
    places = [verb.order for verb in cli.VERBS.values()]
    assert len(set(places)) == len(places)


def test_a_verb_is_one_file(tmp_path):
    source = tmp_path / "riboswitch"
    shutil.copytree(Path(cli.__file__).parent, source, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "steps/toy.py").write_text(TOY)

    def python(*words):
        made = subprocess.run([sys.executable, *words], capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(tmp_path)})  # fmt: skip
        assert made.returncode == 0, made.stderr
        return made.stdout

    verbs = re.findall(r"^│ ([a-z-]+) ", python("-m", "riboswitch", "--help"), re.MULTILINE)
    assert verbs[verbs.index("genes") : verbs.index("scan") + 1] == ["genes", "toy", "scan"]
    assert "More than one letter" in python("-m", "riboswitch", "toy", "--help")
    assert python("-m", "riboswitch", "toy", "ACGT") == "4\n"
    assert python("-c", "import riboswitch as r; print(r.toy('ACG'), 'toy' in r.__all__)") == "3 True\n"


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_has_help(run, verb):
    code, out, err = run(verb, "--help")
    assert (code, err) == (0, []) and f"Usage: riboswitch {verb}" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nope"], "no such verb; found 'nope'. There are: new, fetch"),
        (["spilt"], "no such verb; found 'spilt'. Did you mean 'split'?"),
        (["--nope"], "no such verb; found '--nope'"),
        (["-"], "no such verb"),
        (["split", "r.parquet", "--output", "s", "--nope"], "Unknown option"),
        (["split", "r.parquet", "--outptu", "s"], "Did you mean --output"),
        (["split", "r.parquet"], "--output"),
        (["split"], "RECORDS"),
        (["split", "r.parquet", "--output", "s", "--repeats", "1.5"], 'unable to convert "1.5" into int'),
        (["split", "r.parquet", "--output", "s", "--seed", "1.0"], 'unable to convert "1.0" into int'),
        (["split", "r.parquet", "--output", "s", "--train", "half"], "--train"),
        (["train", "r", "f", "s", "--output", "o", "--kind", "ternary"], "ternary"),
        (["ensemble", "--records", "r", "--output", "o"], "MODELS"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_2(run, words, told):
    code, out, err = run(*words)
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith("riboswitch: error: ") and told in err[0]


@pytest.mark.parametrize(
    "words",
    [
        ["split", "none.parquet", "--output", "s"],
        ["featurize", "none.parquet", "--output", "f"],
        ["train", "none.parquet", "f.npz", "s.parquet", "--kind", "binary", "--target", "y", "--output", "o"],
        ["ensemble", "none.safetensors", "--records", "r", "--output", "o"],
        ["predict", "in.csv", "none.safetensors"],
        ["parse", "none.faa", "--modality", "sequence", "--output", "r"],
        ["prepare", "none.csv", "--output", "lib"],
        ["screen", "lib", "none.safetensors"],
        ["rank", "none", "s.parquet", "--calls", "none", "--classes", "none", "--hits", "h"],
        ["scan", "none.fna", "none.safetensors", "--references", "r", "--output", "o"],
        ["baseline", "none.parquet", "s", "--kind", "binary", "--target", "y", "--output", "o"],
    ],
    ids=lambda words: words[0],
)
def test_a_missing_file_is_one_line_and_exit_code_1(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert (code, out, len(err)) == (1, "", 1), err
    assert "none" in err[0] or "lib" in err[0]


@pytest.fixture
def parsed(run, tmp_path, proteins):
    fasta = tmp_path / "in.faa"
    fasta.write_text(
        "".join(f">{i}\n{s}\n" for i, s in zip(proteins.ids, proteins.inputs["sequence"], strict=True))
        + ">bad\nM*K\n"
    )
    code, out, _ = run("parse", fasta, "--modality", "sequence", "--alphabet", "protein",
                       "--output", tmp_path / "records.parquet",
                       "--summary", tmp_path / "counts.json")  # fmt: skip
    assert (code, out) == (0, "")
    return tmp_path / "records.parquet"


@pytest.mark.parametrize("value", ["{", "[1]", "3", "", "{'epochs': 3}"])
def test_options_that_are_no_json_object(run, parsed, tmp_path, value):
    for words in (["featurize", parsed, "--settings", value], ["split", parsed, "--options", value]):
        code, out, err = run(*words, "--output", tmp_path / "x")
        assert (code, out, len(err)) == (2, "", 1)
        assert "valid JSON" in err[0] or "must be a JSON object" in err[0]
    assert not (tmp_path / "x").exists()


def test_methods_and_columns_of_a_split_can_be_repeated(run, parsed, tmp_path):
    records = Records.load(parsed)
    records.table["site"] = [f"s{i % 3}" for i in range(len(records))]
    records.table["batch"] = [f"b{i // 4}" for i in range(len(records))]
    records.save(parsed)
    words = [
        "split",
        parsed,
        "--output",
        tmp_path / "s.parquet",
        "--train",
        "0.5",
        "--valid",
        "0",
        "--test",
        "0.5",
    ]
    several = ["--method", "random", "--method", "column", "--column", "site", "--column", "batch"]
    code, out, err = run(*words, *several, "--repeats", "1", "--seed", "2")
    assert (code, out) == (0, "") and "rows are left out of the repeats" in err[0], err
    made = Split.load(tmp_path / "s.parquet")
    assert made.groupings == ["group_random", "group_site", "group_batch"]
    assert run(*words, "--repeats", "1")[0] == 0 and Split.load(tmp_path / "s.parquet").groupings == ["group"]


def test_from_files_to_a_bundle(run, parsed, tmp_path, proteins):
    records = Records.load(parsed)
    assert read_json(tmp_path / "counts.json")["rejected"] == 1 and len(records) == len(proteins)
    records.table["y"] = [str(i % 2) for i in range(len(records))]
    records.save(parsed)
    features, split, one, final = (
        tmp_path / n for n in ("f.npz", "s.parquet", "m.safetensors", "e.safetensors")
    )
    assert run("featurize", parsed, "--output", features)[:2] == (0, "")
    assert run("split", parsed, "--output", split, "--repeats", "1", "--method", "family")[:2] == (0, "")
    small = ["--epochs", "1", "--hidden", "4", "--network", '{"embedding": 4}']
    words = ["train", parsed, features, split, "--output", one]
    assert run(*words, "--kind", "binary", "--target", "y", *small)[:2] == (0, "")
    assert run(*words[:-1], tmp_path / "again", "--like", one, "--epochs", "all")[:2] == (0, "")
    fixed = [*words[:-1], tmp_path / "fixed", "--like", one]
    assert run(*fixed, "--epochs", "2")[:2] == (0, "")
    trained = [Model.load(tmp_path / name).header["training"]["settings"] for name in ("again", "fixed")]
    assert [how["epochs"] for how in trained] == [1, 2]
    assert "Only --epochs" in run(*fixed, "--hidden", "4")[2][0]
    assert run(*words)[0] == 2
    wrong = run(*words, "--kind", "binary", "--target", "y", "--epochs", "all")
    assert wrong[0] == 2 and "epochs must be a whole number of at least 1; found 'all'" in wrong[2][0]
    code, _, err = run(*words, "--kind", "binary", "--target", "y", "--settings", '{"epoch": 1}')
    assert code == 2 and "Did you mean 'epochs'?" in err[0]
    assert run("ensemble", one, tmp_path / "m.safetensors", "--records", parsed, "--output", final)[:2] == (
        0,
        "",
    )
    assert (
        run(
            "predict",
            parsed,
            one,
            "--split",
            split,
            "--features",
            features,
            "--output",
            tmp_path / "p.parquet",
        )[0]
        == 0
    )
    assert run("predict", parsed, one, "--split", split)[0] == 2
    code, out, _ = run("predict", tmp_path / "in.faa", final)
    table = pd.read_csv(io.StringIO(out))
    assert code == 0 and table["status"].tolist().count("INTERNAL_STOP") == 1


def test_predict_reads_standard_input_and_writes_csv_only(run, bundle, proteins):
    fasta = f">a\n{proteins.inputs['sequence'][0]}\n>b\nM*K\n".encode()
    code, out, err = run("predict", "-", bundle, "--format", "fasta", stdin=fasta)
    table = pd.read_csv(io.StringIO(out), keep_default_na=False)
    assert code == 0
    assert err == ["riboswitch: read 2, accepted 1, rejected 1", "riboswitch: rejected 1: 1 INTERNAL_STOP"]
    assert table["id"].tolist() == ["a", "b"] and table["status"].tolist() == ["ok", "INTERNAL_STOP"]
    assert run("predict", "-", bundle, "--format", "fasta", "--output", "-", stdin=fasta)[:2] == (0, out)
    code, out, err = run("predict", "-", bundle, stdin=fasta)
    assert (code, out, len(err)) == (2, "", 1)
    code, out, err = run("predict", "-", bundle, "--format", "fasta", stdin=b">b\nM*K\n")
    assert (code, out, len(err)) == (1, "", 1) and "INTERNAL_STOP" in err[0]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".xlsx"])
def test_the_output_is_what_its_suffix_says(run, bundle, proteins, tmp_path, suffix):
    (tmp_path / "in.faa").write_text(f">a\n{proteins.inputs['sequence'][0]}\n")
    code, out, err = run("predict", tmp_path / "in.faa", bundle, "--output", tmp_path / f"out{suffix}")
    assert out == ""
    if suffix == ".xlsx":
        assert code == 2 and "suffix" in err[-1]
        return
    path = tmp_path / f"out{suffix}"
    read = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path, sep=",\t"[suffix == ".tsv"])
    assert read["id"].tolist() == ["a"]


def test_tampered_golden_answers_stop_the_command(run, gene_model, proteins, tmp_path):
    header = {**gene_model.header, "golden": [[0.5] * 3] * len(gene_model.header["golden"])}
    type(gene_model)(header, gene_model.tensors).save(tmp_path / "bad.safetensors")
    (tmp_path / "in.faa").write_text(f">a\n{proteins.inputs['sequence'][0]}\n")
    code, out, err = run("predict", tmp_path / "in.faa", tmp_path / "bad.safetensors")
    assert (code, out, len(err)) == (1, "", 1) and "answers differently here" in err[0]


def test_a_reader_that_leaves_early_is_no_fault(bundle, proteins, tmp_path):
    (tmp_path / "in.faa").write_text(
        "".join(f">{i}\n{s}\n" for i, s in enumerate(proteins.inputs["sequence"] * 40))
    )
    command = f"{sys.executable} -m riboswitch predict {tmp_path}/in.faa {bundle} | head -1"
    made = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert made.stdout.startswith("row,id,status") and "Traceback" not in made.stderr and made.returncode == 0
