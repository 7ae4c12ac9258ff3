"""What the Snakemake workflow catalog asks for, and docs/workflow.md as the workflow is."""

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml

from .conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/workflow.md").read_text("utf-8")
RULES = sorted((REPOSITORY / "workflow/rules").glob("*.smk"))
RULE = re.compile(
    r"^ *(?:rule|checkpoint)\b(.*?:\n.*?)(?=^ *(?:rule|checkpoint)\b|\Z)", re.MULTILINE | re.DOTALL
)


def module(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_standardised_usage():
    readme = (REPOSITORY / "README.md").read_text("utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (REPOSITORY / "workflow/Snakefile").exists()
    assert (REPOSITORY / "config/README.md").exists()
    assert RULES
    usage = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    ways = usage["software-stack-deployment"]
    assert ways.keys() == {"conda", "apptainer", "apptainer+conda"}
    assert any(ways.values())


def test_the_catalog_states_the_deployment_that_is_there():
    usage = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    ways = usage["software-stack-deployment"]
    text = "".join(path.read_text("utf-8") for path in [REPOSITORY / "workflow/Snakefile", *RULES])
    assert ways["conda"] == bool(re.search(r"^ *conda:", text, re.MULTILINE))
    assert ways["apptainer"] == bool(re.search(r"^container:", text, re.MULTILINE))


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_snakemake_finds_nothing_to_lint(snakefile):
    done = module("snakemake", "--lint", "--snakefile", snakefile)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_snakefiles_are_formatted():
    done = module("snakefmt", "--check", "Snakefile", "workflow")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_word_of_a_shell_line_is_quoted():
    """A path may hold blanks, apostrophes and brackets, so no placeholder goes without ``:q``."""
    for path in (path for path in RULES if path.name != "common.smk"):
        blocks = re.findall(r'shell:\n((?: +".*"\n)+)', path.read_text("utf-8"))
        words = re.findall(r"\{([^{}]+)\}", "".join(blocks))
        assert len(words) > len(blocks) > 0, path.name
        assert [word for word in words if not word.endswith(":q")] == [], path.name


def test_the_rule_graphs_are_those_of_the_workflow():
    spec = importlib.util.spec_from_file_location("rulegraph", REPOSITORY / "docs/rulegraph.py")
    rulegraph = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rulegraph)
    assert rulegraph.redrawn(PAGE) == PAGE, "stale: run python docs/rulegraph.py"


def test_every_rule_is_in_the_table_with_its_verb():
    verbs = {}
    for path in RULES:
        for rule in RULE.findall(path.read_text("utf-8")):
            # A rule made in a loop has its name in braces: fetch_{source}.
            name = re.search(r'^ (\w+):|name:\s+f"(\w+)\{\w+\}"', rule)
            verbs[name[1] or f"{name[2]}NAME"] = re.search(r'[" ]riboswitch ([\w-]+) ', rule)[1]
    assert {"fetch_NAME", "parse", "screen"} <= verbs.keys()
    told = re.findall(r"^\| `(\w+)` \| .* \| `riboswitch ([\w-]+)` \|$", PAGE, re.MULTILINE)
    assert len(told) == len(dict(told))
    assert dict(told) == verbs
