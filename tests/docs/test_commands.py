"""Every command on every page: those that no test runs are read by the program's own parser.

The commands of the quickstart and of the tutorials are also run (test_quickstart.py, test_tutorials.py).
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import subprocess
import tomllib
from functools import cache

import pytest
import yaml
from cyclopts import CycloptsError

import riboswitch
from config_keys import SCHEMA, resolved
from docs.page_blocks import PAGES, ROOT, blocks, commands, page, shell_blocks, simple_commands
from riboswitch import cli
from riboswitch.config.command_options import option_names

SHELL = {  # programs of a shell and of a site, whose words nothing here can check
    "apptainer", "cd", "conda", "cut", "docker", "nano", "printf", "scancel", "sed", "tail", "tar",
}  # fmt: skip
ON_EVERY_VERB = {"--help", "--quiet", "--log-json"}
NOT_INSTALLED = "--cluster-generic-"  # options of a plugin that docs/cluster.md has installed first
LANGUAGES = {"bash", "html", "mermaid", "python", "sh", "text", "yaml"}
ALL = [command for name in PAGES for command in commands(name)]


def of(program):
    found = [command for command in ALL if command.program == program]
    return pytest.mark.parametrize("command", found, ids=str)


@pytest.mark.parametrize("name", PAGES)
def test_a_block_has_a_language_that_a_test_here_reads(name):
    assert {language for language, _ in blocks(name)} <= LANGUAGES
    assert page(name).count("```") == 2 * len(blocks(name))
    assert not re.search(r"^ {4,}(riboswitch|snakemake|make) ", page(name), re.MULTILINE), "write a block"


def test_every_program_is_known():
    programs = {command.program for command in ALL}
    assert programs - SHELL == {"riboswitch", "snakemake", "make", "pip", "python"} | (programs & {"."})


def test_the_commands_of_a_line_are_found():
    line = "A=1 B=$PWD printf 'a | b\\n' | riboswitch predict - m --format smi 2> log > out  # said"
    assert simple_commands(line) == [
        ("printf", "a | b\\n"),
        ("riboswitch", "predict", "-", "m", "--format", "smi"),
    ]


@pytest.mark.parametrize("name", [name for name in PAGES if shell_blocks(name)])
def test_the_shell_can_read_the_blocks(name):
    for block in shell_blocks(name):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block


def parsed(words):
    """What the parser of the program makes of the words; nothing runs."""
    verb, *rest = words
    assert verb in cli.VERBS, f"no such verb: {verb}"
    kept = [cli.PIPE if word == "-" else word for word in rest if word not in ON_EVERY_VERB]
    return cli.app(words)[verb].parse_args(kept, print_error=False, exit_on_error=False)


@of("riboswitch")
def test_the_program_takes_the_command(command):
    parsed(command.words[1:])


@pytest.mark.parametrize(
    "line", ["predcit a b", "predict a b --otput c", "predict", "train r f s --output m --epochs many"]
)
def test_a_command_with_a_fault_is_seen(line):
    with pytest.raises((AssertionError, CycloptsError)):
        parsed(line.split())


@pytest.mark.parametrize("name", PAGES)
def test_verbs_and_options_in_the_text_exist(name):
    """In code between backticks, where options may stand without what they need."""
    text = re.sub(r"^ *```.*?^ *```", "", page(name), flags=re.MULTILINE | re.DOTALL)
    for found in re.findall(r"`riboswitch ([a-z][a-z-]*)((?: [^`]*)?)`", text):
        verb, options = found[0], set(re.findall(r"(?<= )--[a-z][a-z-]*", found[1]))
        assert verb in cli.VERBS, verb
        assert options <= option_names(cli._command(verb)) | ON_EVERY_VERB, verb


@cache
def snakemake_options():
    from snakemake.cli import get_argument_parser

    return {option for action in get_argument_parser()._actions for option in action.option_strings}


@of("snakemake")
def test_snakemake_has_the_options(command):
    given = {word for word in command.words if word.startswith("--")}
    assert {option for option in given if not option.startswith(NOT_INSTALLED)} <= snakemake_options()
    for before, file in zip(command.words, command.words[1:], strict=False):
        if before in ("--configfile", "--workflow-profile") and file.startswith(("config/", "profiles/")):
            assert (ROOT / file).exists() or file == "config/mine.yaml", file


@of("make")
def test_make_has_the_target_and_the_variable(command):
    text = (ROOT / "Makefile").read_text("utf-8")
    for word in command.words[1:]:
        name, assigned, _ = word.partition("=")
        assert re.search(rf"^{name} \?=" if assigned else rf"^{name}:.*##", text, re.MULTILINE), word


@of("python")
def test_the_script_is_there_and_knows_the_options(command):
    path = ROOT / command.words[1]
    text = path.read_text("utf-8")
    for option in (word for word in command.words[2:] if word.startswith("--")):
        assert f'"{option}"' in text, option


@of("pip")
def test_pip_installs_extras_that_exist(command):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert command.words[1] == "install"
    for extras in re.findall(r"\[(.+)\]", " ".join(command.words)):
        assert {*extras.split(",")} <= project["optional-dependencies"].keys()


def python_blocks():
    return [(name, text) for name in PAGES for language, text in blocks(name) if language == "python"]


@pytest.mark.parametrize(("name", "text"), python_blocks(), ids=lambda value: value[:30])
def test_python_blocks_call_public_functions_with_arguments_that_they_take(name, text):
    if text.startswith("configfile:"):  # rules of Snakemake: tests/workflow/test_module.py runs such a module
        assert name == "docs/workflow.md" and "use rule * from riboswitch" in text
        return
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        if ast.unparse(call.func).startswith("riboswitch."):
            public = getattr(riboswitch, ast.unparse(call.func).removeprefix("riboswitch."))
            inspect.signature(public).bind(*call.args, **{word.arg: 0 for word in call.keywords})
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)


def unknown(value, schema, path=""):
    """Keys of a configuration that the schema does not have."""
    schema = resolved(schema)
    if isinstance(value, list):
        for item in value:
            yield from unknown(item, schema.get("items", {}), f"{path}[]")
    for key, below in value.items() if isinstance(value, dict) else ():
        rest = schema.get("additionalProperties", True)
        if key in schema.get("properties", {}):
            yield from unknown(below, schema["properties"][key], f"{path}.{key}")
        elif isinstance(rest, dict):
            yield from unknown(below, rest, f"{path}.{key}")
        elif rest is False:
            yield f"{path}.{key}"


def faults(made):
    """The same for a whole configuration, or for a part of a task, as ``split: ...``."""
    task = SCHEMA["properties"]["tasks"]["additionalProperties"]
    return min(([*unknown(made, schema)] for schema in (SCHEMA, task)), key=len)


@pytest.mark.parametrize(
    "text", [text for name in PAGES for language, text in blocks(name) if language == "yaml"]
)
def test_yaml_blocks_have_keys_of_the_configuration(text):
    made = yaml.safe_load(text)
    assert isinstance(made, dict) and made
    assert faults(made) == []


def test_a_key_that_does_not_exist_is_seen():
    assert faults({"tasks": {"x": {"kindness": 1}}}) == [".tasks.x.kindness"]
    assert faults({"screening": {}}) and not faults({"split": {"method": "random"}})
