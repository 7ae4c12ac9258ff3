"""No path and no value of a configuration is read by a shell or taken for a wildcard."""

import re
import shlex
import shutil
import subprocess

import pytest

from .conftest import REPOSITORY, make_analysis, snakemake

RULES = sorted((REPOSITORY / "workflow/rules").glob("*.smk"))
ODD = 'é è it\'s $(touch RUN) `touch RUN` {b} [x]; touch RUN & "q" *'
WITHOUT_BRACES = ODD.replace("{b}", "b")
WORDS = 'riboswitch() { printf "%s\\0" "$@"; }\n'


def blocks(name: str) -> list[str]:
    """The directives of this name in all rules, with the lines that are indented below them."""
    form = re.compile(rf"^( +){name}:\n((?:\1 +.*\n|\n)+)", re.MULTILINE)
    return [found[2] for path in RULES for found in form.finditer(path.read_text("utf-8"))]


def test_every_placeholder_of_a_shell_line_is_quoted():
    shells = blocks("shell")
    assert len(shells) >= 20
    for shell in shells:
        placeholders = re.findall(r"\{[^{}]*\}", shell)
        assert placeholders and [p for p in placeholders if not p.endswith(":q}")] == [], shell


def test_option_and_value_are_one_word():
    """As --option=value: a value that starts with a dash is no option, and an empty one is not lost."""
    assert [s for s in blocks("shell") if re.search(r"--[a-z-]+ +\{", s)] == []


def test_parameters_are_functions():
    """Snakemake takes braces in a plain text for wildcards; what a function returns stays as it is."""
    for params in blocks("params"):
        values = re.findall(r"^ +\w+=(.+)$", params, re.MULTILINE)
        assert values
        for value in values:
            assert re.match(r"(as_is|partial|subpath)\(|\w+,$", value), value


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A clone in a folder with an odd name, and an analysis with odd values."""
    clone = tmp_path_factory.mktemp("clone") / ODD
    for name in ("Snakefile", "workflow", "config", "profiles"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        clone.mkdir(exist_ok=True)
        copy(REPOSITORY / name, clone / name)
    config = make_analysis(clone / "made")
    config["report"]["title"] = ODD
    config["scan"] |= {"database": ODD, "database_version": f"-{ODD}"}
    config["tasks"]["solubility"]["targets"] = ["-logS"]
    config["tasks"]["solubility"]["parse"]["sources"][0]["rename"] = {"logS": "-logS"}
    config["tasks"]["solubility"]["split"]["repeats"] = 1
    table = clone / "config" / f"{WITHOUT_BRACES}.tsv"
    shutil.copy(clone / "config/drug_classes.tsv", table)
    config["rank"]["classes"] = f"config/{table.name}"
    del config["tasks"]["drug_class"]["parse"]["classes"]["table"]
    return clone, config


def test_a_shell_gets_every_word_as_it_is_and_runs_nothing_else(odd):
    clone, config = odd
    done = snakemake(clone, config, "--dry-run", "--printshellcmds", snakefile=clone / "Snakefile")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = re.findall(r"^Shell command: (riboswitch .*)$", done.stdout + done.stderr, re.MULTILINE)
    assert {shlex.split(line)[1] for line in lines} >= {"fetch", "parse", "train", "scan", "rank", "report"}
    for line in lines:
        command = line.rpartition(" 2> ")[0]
        told = subprocess.run(["sh", "-c", WORDS + command], cwd=clone, capture_output=True, check=True)
        assert told.stdout.decode().split("\0")[:-1] == shlex.split(command)[1:]
    assert list(clone.rglob("RUN")) == []
    words = [word for line in lines for word in shlex.split(line)]
    assert f"--title={ODD}" in words and f"--database-version=-{ODD}" in words
    assert f"--classes=config/{WITHOUT_BRACES}.tsv" in words and "--target=-logS" in words


@pytest.mark.slow
def test_a_clone_in_a_folder_with_an_odd_name_runs(odd):
    clone, config = odd
    wanted = "results/solubility/split.parquet"
    done = snakemake(clone, config, wanted, snakefile=clone / "Snakefile")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (clone / wanted).exists() and list(clone.rglob("RUN")) == []


def test_a_configuration_that_is_a_program_is_refused(odd):
    clone, config = odd
    text = "__use_yte__: true\n" + (clone / "config/config.yaml").read_text("utf-8")
    done = snakemake(clone, config, "--dry-run", text=text, snakefile=clone / "Snakefile")
    assert done.returncode == 1
    assert "line 1: the key __use_yte__ makes a program of a configuration" in done.stdout + done.stderr
