"""The house rules that a machine can read: rooms and their arrows, sizes, and who may name whom.

``python tests/test_architecture.py`` draws the house.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pytest

import riboswitch
from riboswitch import cli, modalities

SOURCE = Path(riboswitch.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in FILES
}
PICKLERS = {"cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
CHEMISTRY, TENSORS = {"rdkit", "Bio"}, {"torch", "torch_geometric"}

BASE = {"errors", "numeric", "io", "config"}
PARTS = (  # of the contract, without a row of their own
    "defaults", "parts", "optional_parts", "pair_parts", "stack_part",
)  # fmt: skip
CONTRACT = {f"modalities.{part}" for part in ("base", *PARTS)}
ROOMS = {  # lowest first; each with the rooms that it may import
    "errors": set(),
    "numeric": set(),
    "drawing": set(),
    "io": {"errors", "numeric"},
    "config": {"errors", "io"},
    "data": BASE,
    "chem": BASE | {"drawing", "data"},
    "bio": BASE | {"drawing", "data"},
    "tracks": BASE | {"data"},
    "genomes": BASE | {"data", "bio", "tracks"},
    "evaluation": BASE | {"data"},
    "modalities.parts": {"errors", "data"},
    "modalities.defaults": {"errors", "data", "modalities.parts"},
    "modalities.optional_parts": {"config", "data", "modalities.parts"},
    "modalities.pair_parts": {"data", "modalities.parts"},
    "modalities.stack_part": {"data"},
    "modalities.base": {"errors", "modalities.parts", "modalities.optional_parts", "modalities.pair_parts",
                        "modalities.stack_part"},
    "learning": BASE | CONTRACT | {"data", "evaluation"},
    "modalities.molecule": BASE | CONTRACT | {"data", "chem", "evaluation", "learning"},
    "modalities.sequence": BASE | CONTRACT | {"data", "bio", "genomes", "evaluation", "learning"},
    "modalities.pair": BASE | CONTRACT | {"data", "learning"},
    "modalities.image": BASE | CONTRACT | {"data", "drawing", "evaluation", "learning"},
    "modalities.profile": BASE | CONTRACT | {"data", "drawing", "evaluation", "learning"},
    "modalities.series": BASE | CONTRACT | {"data", "drawing", "evaluation", "learning"},
    "modalities.text": BASE | CONTRACT | {"data", "drawing", "evaluation", "learning"},
    "modalities": BASE | CONTRACT | {"data"},
    "screening": BASE | CONTRACT | {"data", "learning", "modalities"},
    "spaces": BASE | CONTRACT | {"data", "chem", "learning", "modalities", "modalities.molecule",
                                 "screening"},
    "resistance": BASE | CONTRACT | {"data", "bio", "genomes", "learning", "modalities",
                                     "modalities.sequence", "screening"},
    "auditing": BASE | CONTRACT | {"modalities", "screening"},
    "scorecards": BASE | CONTRACT | {"data", "evaluation", "learning", "auditing"},
    "reporting": BASE | CONTRACT | {"data", "drawing", "evaluation", "modalities", "auditing", "scorecards"},
    "intake": BASE | CONTRACT | {"data", "bio", "modalities", "modalities.molecule"},
    "steps": {"any"},
    "cli": {"errors", "io", "config", "steps"},
}  # fmt: skip
ROOT = {"", "__main__", "cli", "errors"}  # modules at the package root
# Rooms that work with every modality, and so must not name one.
GENERAL = {"io", "config", "data", "learning", "evaluation", "screening", "auditing", "scorecards",
           "reporting", "steps", "cli"}  # fmt: skip
MOST_FILES, MOST_LINES, LONGEST = 16, 350, 70


def name(path):
    return str(path.relative_to(SOURCE))


def room_of(module):
    """The room of a module, as ``chem`` of ``chem.smiles``; the longest name that fits."""
    rooms = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(rooms, key=len, default="")


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


@cache
def own(path):
    """Modules of riboswitch that a file imports, without the package name."""
    names = {d.removeprefix("riboswitch.") for d in imports(path) if d.startswith("riboswitch.")}
    modules = names & MODULES.keys()
    # ``from riboswitch.chem import sdf`` imports chem.sdf; chem itself holds only a docstring.
    return {m for m in modules if not any(other.startswith(f"{m}.") for other in modules)}


def roots(path):
    return {dotted.split(".")[0] for dotted in imports(path)}


def reachable(path):
    """A file, and all of riboswitch that it imports, however deep."""
    seen, waiting = set(), [path]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [MODULES[module] for module in own(file)]
    return seen


def functions():
    return [(p, n) for p in FILES for n in ast.walk(tree(p)) if isinstance(n, ast.FunctionDef)]


def length(node):
    return node.end_lineno - node.lineno + 1


def circles():
    """Modules that import each other, however indirectly."""
    behind = {module: {MODULES_OF[file] for file in reachable(path)} for module, path in MODULES.items()}
    return {m for m in MODULES for other in behind[m] - {m} if m in behind[other]}


MODULES_OF = {path: module for module, path in MODULES.items()}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_room_imports_only_rooms_that_it_may(path):
    room = room_of(MODULES_OF[path])
    if room:
        met = {room_of(module) for module in own(path)} - {room}
        allowed = set(ROOMS) - {"cli"} if ROOMS[room] == {"any"} else ROOMS[room]
        assert met <= allowed


def test_rooms_are_listed_from_the_lowest_up():
    order = list(ROOMS)
    for room, allowed in ROOMS.items():
        assert all(order.index(other) < order.index(room) for other in allowed - {"any"}), room


def test_every_module_lies_in_a_room_or_is_one_of_four_at_the_root():
    assert {
        module for module in MODULES if "." not in module and not MODULES[module].match("*/__init__.py")
    } == (ROOT - {""})
    assert {module for module in MODULES if not room_of(module)} == {"", "__main__"}


def test_no_modules_import_each_other_in_a_circle():
    assert circles() == set()


def test_the_contributing_page_lists_the_same_rooms_in_the_same_order():
    text = (SOURCE.parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = [room.replace("/", ".") for row in rows for room in re.findall(r"`([a-z/]+)`", row)]
    assert listed == [room for room in ROOMS if room.split(".")[-1] not in (*modalities.kinds(), *PARTS)]


def test_no_folder_and_no_file_is_too_large():
    sizes = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert {name(folder): size for folder, size in sizes.items() if size > MOST_FILES} in ({}, {
        "steps": sizes[SOURCE / "steps"]
    })  # fmt: skip
    assert {name(path) for path in FILES if path.read_text("utf-8").count("\n") > MOST_LINES} == set()
    assert {f"{name(p)} {n.name}" for p, n in functions() if length(n) > LONGEST} == set()


@pytest.mark.parametrize("part", ["read", "group", "encode"])
@pytest.mark.parametrize("modality", modalities.kinds())
def test_left_of_the_arrays_nothing_imports_torch(modality, part):
    for file in reachable(SOURCE / f"modalities/{modality}/{part}.py"):
        assert not roots(file) & TENSORS or room_of(MODULES_OF[file]) in CONTRACT, name(file)


@pytest.mark.parametrize("modality", modalities.names())
def test_right_of_the_arrays_nothing_knows_chemistry_or_biology(modality):
    for file in [*SOURCE.glob(f"modalities/{modality}/nets/network.py"), *SOURCE.glob("learning/*.py")]:
        for reached in reachable(file):
            assert not roots(reached) & CHEMISTRY, name(reached)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rooms_for_every_modality_name_none(path):
    # The sheet of genomes has a key that is called like a modality.
    others = {SOURCE / "steps/import_chemprop.py", SOURCE / "config/samples.py"}
    if room_of(MODULES_OF[path]) not in GENERAL or path in others:
        return
    words = {n.value for n in ast.walk(tree(path)) if isinstance(n, ast.Constant)}
    assert not words & (set(modalities.names()) - {"text"})  # columns and keys are called so, too


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


def asserts(function, functions, seen=()):
    """Whether a test, or a function of its file that it calls, can fail by an assertion."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("raises", "fail", "until") or called.startswith("assert_"):
                return True
            if called in functions.keys() - seen and asserts(functions[called], functions, (*seen, called)):
                return True
    return False


def test_every_folder_of_tests_is_run(pytestconfig):
    """Those that are left out have a command of their own: make acceptance, make acceptance-slurm."""
    tests = Path(__file__).parent
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py") if path.parent != tests}
    listed = {path.removeprefix("tests/") for path in pytestconfig.getini("testpaths")}
    assert folders - listed == {"acceptance", "slurm"}


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("test_*.py")), ids=lambda path: path.name)
def test_every_test_asserts_something(path):
    functions = {node.name: node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}
    tests = {called: node for called, node in functions.items() if called.startswith("test_")}
    assert [called for called, node in tests.items() if not asserts(node, functions)] == []


def drawing():
    """The house in words: its rooms with their arrows, and its sizes."""
    lines = [f"{'room':22}{'files':>6}{'lines':>7}  imports"]
    for room, allowed in ROOMS.items():
        files = [path for path in FILES if room_of(MODULES_OF[path]) == room]
        total = sum(path.read_text("utf-8").count("\n") for path in files)
        arrows = "any but cli" if allowed == {"any"} else ", ".join(r for r in ROOMS if r in allowed)
        lines.append(f"{room:22}{len(files):>6}{total:>7}  {arrows}")
    sizes = Counter(path.parent for path in FILES if path.name != "__init__.py")
    largest = max(FILES, key=lambda path: path.read_text("utf-8").count("\n"))
    lengths = sorted(((length(node), node.name, name(path)) for path, node in functions()), reverse=True)
    steps = sizes.pop(SOURCE / "steps")
    folder, most = sizes.most_common(1)[0]
    return "\n".join([
        *lines,
        f"modules in circles: {len(circles())}; modules at the root: {len(ROOT)}",
        f"largest folder: {name(folder)}, {most} files (steps: {steps})",
        f"largest file: {name(largest)}, {largest.read_text('utf-8').count(chr(10))} lines",
        f"functions: median {median(n for n, *_ in lengths):.0f} lines, "
        f"largest {lengths[0][0]} ({lengths[0][1]})",
    ])  # fmt: skip


if __name__ == "__main__":
    print(drawing())
