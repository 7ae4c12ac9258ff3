"""What a message tells a user to do can be done: every option in it exists, for the verb that says it."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riboswitch
from riboswitch.cli import FLAGS, main
from riboswitch.config.command_options import option_names
from riboswitch.config.word_hints import OPTION, OTHER_PROGRAM, SENTENCE_END, followable
from riboswitch.steps.verbs import verbs

SOURCE = Path(riboswitch.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
# The text is about the command of another program, although the sentence does not name it.
OF_OTHERS = {"modalities/molecule/nets/chemprop.py", "io/download.py", "bio/mmseqs.py"}


@cache
def options(verb: str) -> frozenset[str]:
    module = importlib.import_module(f"riboswitch.steps.{verbs()[verb].module}")
    return frozenset(option_names(module.command)) | {"--help"}


@cache
def all_options() -> frozenset[str]:
    return frozenset().union(*map(options, verbs()))


def text_of(node: ast.AST | None) -> str:
    """The fixed text of an expression; values that are filled in are dots."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(v) if isinstance(v, ast.Constant) else "…" for v in node.values)
    return ""


def texts(path: Path) -> list[str]:
    """Every text of a file that is no docstring and stands in no other text."""
    tree = ast.parse(path.read_text("utf-8"))
    inner = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [node for node in ast.walk(tree) if id(node) not in inner | docs]
    return [text for node in found if (text := text_of(node))]


def name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", [p for p in FILES if name(p) not in OF_OTHERS], ids=name)
def test_every_option_in_a_message_exists(path):
    """In a step: for its verb. In a room below: for some verb, and others do not show the sentence."""
    own = {v: options(v) for v, verb in verbs().items() if path == SOURCE / f"steps/{verb.module}.py"}
    allowed = (frozenset.union(*own.values()) if own else all_options()) | {*FLAGS}
    for text in texts(path):
        for sentence in SENTENCE_END.split(text):
            if " " in sentence and not OTHER_PROGRAM.search(sentence):
                assert {*OPTION.findall(sentence)} <= allowed, sentence


SETTINGS = {option[2:].replace("-", "_") for option in all_options() if "-" in option[2:]}
HINTS = {"hint"}
# Settings that are no options of their own: they stand in the JSON of --spec, or in the configuration.
WRITTEN_AS_KEYS = {"id_pattern", "max_rejected"}


def hints(path: Path) -> list[str]:
    """The texts that a file gives as hints: by that name, or as the last text of a problem."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword | ast.Assign):
            named = [node] if isinstance(node, ast.keyword) else node.targets
            if {getattr(n, "arg", getattr(n, "id", "")) for n in named} & HINTS:
                found.append(text_of(node.value))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
            found += [text_of(argument) for argument in node.args[2:]]
    return [text for text in found if text]


def test_hints_name_settings_as_options():
    """A setting named in any other way would be shown by verbs that do not have it."""
    every = [(path, hint) for path in FILES for hint in hints(path)]
    assert len(every) > 100
    for path, hint in every:
        words = {word.strip(".,:;()'\"") for word in hint.split()}
        assert words & SETTINGS - WRITTEN_AS_KEYS == set(), f"{name(path)}: {hint}"


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_shows_no_option_that_it_lacks(verb):
    for hint in {hint for path in FILES for hint in hints(path)}:
        shown = followable(hint, options(verb))
        for sentence in SENTENCE_END.split(shown):
            assert OTHER_PROGRAM.search(sentence) or {*OPTION.findall(sentence)} <= options(verb)
        if not OPTION.search(hint):
            assert shown.split() == hint.split()


@given(st.text("aB. -\n", max_size=40))
def test_a_hint_without_options_stays_as_it_is(hint):
    if not OPTION.search(hint):
        assert followable(hint, set()).split() == hint.split()


def refusal(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("screen lib m --output s.csv --top 3 --by -logP", "If -logP is a value, write --by=-logP."),
        ("parse a.csv --output r.parquet --target -y", "If -y is a value, write --target=-y."),
        ("parse a.csv --output r.parquet --target --y", "If --y is a value, write --target=--y."),
        ("annotate g m --output o --tracks -b", "If -b is a value, write --tracks=-b."),
        ("predict -odd.csv m", "If -odd.csv is a file, write ./-odd.csv."),
        ("predict a.csv m --outptu x", "See riboswitch --help."),
    ],
)
def test_a_value_that_starts_with_a_dash_is_noticed(capsys, words, told):
    assert told in refusal(capsys, *words.split())


def test_a_value_with_a_dash_is_read_behind_an_equals_sign(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("smiles,-y,-n\nCCO,1.5,a\nCCC,2,b\n")
    main(["parse", str(tmp_path / "a.csv"), "--modality=molecule", f"--output={tmp_path / 'r.parquet'}",
          "--target=-y", "--kind=regression", "--columns=-y", "--columns=-n"])  # fmt: skip
    assert "read 2, accepted 2" in capsys.readouterr().err


def test_a_second_value_of_an_option_is_noticed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("smiles,y\nCCO,1\n")
    words = "parse a.csv --output r.parquet --kind binary --target y z"
    told = refusal(capsys, *words.split())
    assert "If it is a value of --target, repeat the option: --target=y --target=z." in told


def test_the_next_option_is_no_second_value(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = refusal(capsys, *["parse", "a.csv", "--target", "y", "--output", "r.parquet", "z"])
    assert "--target=--output" not in told and "nothing takes these words: z" in told
