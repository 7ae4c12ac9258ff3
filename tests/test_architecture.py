"""The house rules that a machine can read: who may import what, and who may name whom."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

import riboswitch
from riboswitch import cli, modalities

SOURCE = Path(riboswitch.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
PICKLERS = {"cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
LEARNING_STEPS = [
    "split", "featurize", "pretrain", "train", "stack", "ensemble", "baseline", "predict", "evaluate",
    "explain",
]  # fmt: skip
LEARNING = [*SOURCE.glob("learning/*.py")] + [SOURCE / f"steps/{step}.py" for step in LEARNING_STEPS]
CHEMISTRY, TENSORS = {"rdkit", "Bio"}, {"torch", "torch_geometric"}


def name(path):
    return str(path.relative_to(SOURCE))


@cache
def tree(path):
    return ast.parse(path.read_text("utf-8"))


def imports(path, nodes=None):
    """Dotted names that a file imports (or that ``nodes`` of it do)."""
    found = set()
    for node in ast.walk(tree(path)) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def roots(path):
    return {dotted.split(".")[0] for dotted in imports(path)}


def reachable(path):
    """A file, and all of riboswitch that it imports, however deep."""
    seen, waiting = set(), [path]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            places = [SOURCE.parent / dotted.replace(".", "/") for dotted in imports(file)]
            waiting += [p.with_suffix(".py") for p in places if p.with_suffix(".py").is_file()]
    return seen


@pytest.mark.parametrize("part", ["read", "group", "encode"])
@pytest.mark.parametrize("modality", modalities.names())
def test_left_of_the_arrays_nothing_imports_torch(modality, part):
    for file in reachable(SOURCE / f"modalities/{modality}/{part}.py"):
        assert not roots(file) & TENSORS, name(file)


@pytest.mark.parametrize("modality", modalities.names())
def test_right_of_the_arrays_nothing_knows_chemistry_or_biology(modality):
    for file in [SOURCE / f"modalities/{modality}/nets/network.py", *SOURCE.glob("learning/*.py")]:
        for reached in reachable(file):
            assert not roots(reached) & CHEMISTRY, name(reached)


@pytest.mark.parametrize("path", [*SOURCE.glob("modalities/**/*.py")], ids=name)
def test_a_modality_knows_no_genomes_and_no_steps(path):
    assert not any(d.startswith(("riboswitch.genomes", "riboswitch.steps")) for d in imports(path))


@pytest.mark.parametrize("path", LEARNING, ids=name)
def test_what_learns_names_no_modality(path):
    words = {n.value for n in ast.walk(tree(path)) if isinstance(n, ast.Constant)}
    assert not words & set(modalities.names())
    assert not any(dotted.startswith("riboswitch.modalities.") and dotted != "riboswitch.modalities.load"
                   for dotted in imports(path))  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_pickles(path):
    dotted = imports(path) - {"pickle.UnpicklingError"}  # an error may be caught
    assert not {d.split(".")[0] for d in dotted} & PICKLERS
    assert not any(d.startswith("pickle.") for d in dotted)
    safe = {
        id(node.func)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and any(k.arg == "weights_only" and getattr(k.value, "value", 0) is True for k in node.keywords)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            assert not any(alias.name == "pickle" for alias in node.names)
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant) and node.value.value is False
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "torch":
            assert node.attr != "save" and (node.attr != "load" or id(node) in safe)


@pytest.mark.parametrize("modality", modalities.names())
def test_a_modality_is_a_folder_with_these_files(modality):
    for part in ("read", "group", "encode", "nets/network", "baselines"):
        assert (SOURCE / f"modalities/{modality}/{part}.py").is_file()


def test_the_command_line_imports_nothing_heavy():
    top = {dotted.split(".")[0] for dotted in imports(SOURCE / "cli.py", tree(SOURCE / "cli.py").body)}
    assert not top & {*CHEMISTRY, *TENSORS, "numpy", "pandas", "pyarrow", "sklearn", "scipy"}


@pytest.mark.parametrize("verb", cli.VERBS.values(), ids=lambda verb: verb.name)
def test_a_verb_has_one_name_everywhere(verb):
    path = SOURCE / f"steps/{verb.module}.py"
    functions = {n.name: n for n in tree(path).body if isinstance(n, ast.FunctionDef)}
    assert ast.get_docstring(functions["command"]) and verb.help
    assert verb.module in functions and verb.module in verb.public
    assert set(verb.public) <= set(riboswitch.__all__)


def test_every_step_with_a_command_is_a_verb():
    with_command = {p.stem for p in SOURCE.glob("steps/*.py") if "\ndef command(" in p.read_text("utf-8")}
    assert {verb.module for verb in cli.VERBS.values()} == with_command


@pytest.mark.parametrize("public", riboswitch.__all__)
def test_a_public_name_is_a_documented_class_or_function_of_that_name(public):
    made = getattr(riboswitch, public)
    assert (made.__name__, made.__module__.split(".")[0]) == (public, "riboswitch")
    assert made.__doc__


def test_there_are_no_other_public_names():
    assert riboswitch.__version__ == version("riboswitch")
    with pytest.raises(AttributeError):
        _ = riboswitch.nothing


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_except_catches_everything(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"all"}
            assert not caught & {"all", "Exception", "BaseException"}
