"""The workflow as a module of another one, with a prefix and without."""

import copy
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import REPOSITORY, make_analysis, starter

OUTER = """
configfile: "outer.yaml"


module riboswitch:
    snakefile:
        "{snakefile}"
    config:
        config["riboswitch"]
{prefix}

use rule * from riboswitch as riboswitch_*


rule own:
    default_target: True
    input:
        "{wanted}",
    output:
        "own.txt",
    shell:
        "head -c 1 {{input:q}} > {{output:q}}"
"""


ODD = "Anna's [first] run"  # a prefix that a shell would take apart


def run(folder: Path, config: dict, wanted: str, *arguments: str, prefix: str = ""):
    """Run a workflow of one rule that wants a file of the module."""
    line = f'    prefix:\n        "{prefix}"\n' if prefix else ""
    snakefile = REPOSITORY / "workflow/Snakefile"
    wanted = f"{prefix}/{wanted}" if prefix else wanted
    (folder / "Snakefile").write_text(OUTER.format(snakefile=snakefile, prefix=line, wanted=wanted))
    (folder / "outer.yaml").write_text(yaml.safe_dump({"riboswitch": config, "mine": 1}))
    ready = starter().folder
    path = os.pathsep.join([str(ready), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(ready / "snakemake"), "--cores", "2", "--workflow-profile", "none", *arguments],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("module")
    return folder, make_analysis(folder)


def without_tables(config: dict) -> dict:
    """The analysis with the usual table of drug classes."""
    config = copy.deepcopy(config)
    del config["rank"]["classes"], config["tasks"]["drug_class"]["parse"]["classes"]["table"]
    return config


def without_genomes(config: dict) -> dict:
    """One small task of molecules, and nothing else."""
    task = copy.deepcopy(config["tasks"]["solubility"])
    task["split"]["repeats"], task["train"]["epochs"], task["stack"] = 1, 1, "never"
    return {"data": config["data"], "tasks": {"solubility": task}, "evaluate": {"bootstrap": 0}}


def paths_in(command: str) -> list[str]:
    """The words of a shell line, and the texts of those that are JSON, that name a place of the workflow."""
    texts: list[str] = []
    for word in shlex.split(command):
        value = word.partition("=")[2] if word.startswith("--") else word
        texts += re.findall(r'"([^"]*)"', value) if value.startswith("{") else [value.rpartition("=")[2]]
    return [text for text in texts if re.search(r"(^|/)(data|results|logs)(/|$)", text)]


def commands(text: str) -> list[str]:
    return re.findall(r"^(?:Shell command: |        )?(riboswitch .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("prefix", ["", "screening"])
def test_the_short_list_is_made_from_a_module(analysis, prefix):
    text = run(*analysis, "results/hits.csv", "--dry-run", prefix=prefix)
    jobs = set(re.findall(r"^(\w+) +\d+$", text, re.MULTILINE))
    assert {"own", "riboswitch_fetch_made", "riboswitch_scan", "riboswitch_rank"} <= jobs


def test_with_a_prefix_no_step_reads_or_writes_beside_it(analysis):
    asked = ("results/report.html", "--dry-run", "--printshellcmds")
    told = commands(run(*analysis, *asked, prefix=ODD))
    assert {"fetch", "parse", "prepare", "scan", "screen", "rank", "report"} <= {c.split()[1] for c in told}
    for command in told:
        paths = paths_in(command)
        assert len(paths) >= 2, command
        assert [path for path in paths if not path.startswith(f"{ODD}/")] == [], command


def test_the_usual_table_of_classes_is_found_beside_the_module_or_in_the_working_directory(analysis):
    folder, config = analysis
    usual = "config/drug_classes.tsv"
    asked = ("results/hits.csv", "--dry-run", "--printshellcmds")
    text = run(folder, without_tables(config), *asked, prefix="screening")
    assert f"--classes={REPOSITORY / usual} " in text
    assert f'"table": "{REPOSITORY / usual}"' in text
    (folder / "config").mkdir()
    (folder / usual).write_text("of this folder")
    text = run(folder, without_tables(config), *asked, prefix="screening")
    assert f"--classes={usual} " in text
    assert f'"table": "{usual}"' in text


@pytest.mark.slow
def test_a_module_with_a_prefix_runs_and_then_has_nothing_to_do(analysis, tmp_path):
    """With blanks, apostrophes and brackets in the prefix and in the working folder."""
    config, prefix = without_genomes(analysis[1]), f"deep/{ODD}"
    folder = tmp_path / "the working folder's [name]"
    folder.mkdir()
    run(folder, config, "results/metrics.json", prefix=prefix)
    metrics = json.loads((folder / prefix / "results/metrics.json").read_text())
    assert set(metrics) == {"solubility"}
    assert (folder / "own.txt").read_text() == "{"
    assert {path.name for path in tmp_path.iterdir()} == {folder.name}
    assert {path.name for path in folder.iterdir()} - {".snakemake", ".cache"} == {
        "Snakefile", "outer.yaml", "own.txt", "deep",
    }  # fmt: skip
    again = run(folder, config, "results/metrics.json", "--dry-run", prefix=prefix)
    assert "Nothing to be done" in again
    config["tasks"]["solubility"]["parse"]["sources"][0]["reading"]["max_atoms"] = 200
    changed = run(folder, config, "results/metrics.json", "--dry-run", prefix=prefix)
    assert re.search(r"^riboswitch_parse +1$", changed, re.MULTILINE)
    assert not re.search(r"^riboswitch_fetch_\w+ +\d+$", changed, re.MULTILINE)
