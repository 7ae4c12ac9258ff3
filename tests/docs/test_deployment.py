"""The ways of installing keep step with each other: constraints, lock, conda, Docker, Apptainer, make."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYTHON_OF = {"bookworm": "3.11"}  # what Debian's python3 is
VERSION = re.compile(r"[<>=~!]=?\s*v?\d")


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code(name: str) -> str:
    """A file without the lines that are comments."""
    return "\n".join(line for line in text(name).splitlines() if not line.lstrip().startswith("#"))


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = {
    canonicalize_name(name): version
    for name, version in (x.split("==") for x in code("constraints.txt").split())
}
DOCKER, APPTAINER, INSTALL = map(
    code, ("containers/Dockerfile", "containers/riboswitch.def", "containers/install.sh")
)
CONDA = yaml.safe_load(text("workflow/envs/riboswitch.yaml"))
PIP = next(item["pip"] for item in CONDA["dependencies"] if isinstance(item, dict))


def image(recipe: str) -> str:
    """The base of a container."""
    return re.search(r"^F(?:ROM|rom:) (?:docker\.io/library/)?(\S+)$", recipe, re.MULTILINE)[1]


# --- versions stand in constraints.txt and nowhere else


@pytest.mark.parametrize(
    "name", ["containers/Dockerfile", "containers/riboswitch.def", "containers/install.sh"]
)
def test_a_recipe_names_no_version(name: str) -> None:
    assert not VERSION.search(code(name).replace("torch=cpu", ""))


def test_the_conda_environment_names_the_version_of_python_only() -> None:
    plain = [item for item in CONDA["dependencies"] if isinstance(item, str)]
    assert [item for item in plain if VERSION.search(item)] == [f"python={PYTHON_OF['bookworm']}"]
    assert {"pip", "mmseqs2"} <= set(plain)
    assert not VERSION.search(" ".join(PIP))


LOCKED = "--require-hashes --no-deps --requirement requirements.lock"
OWN = re.compile(r"--no-deps --no-build-isolation (--editable )?\.$")


def test_whatever_pip_installs_is_locked_or_constrained() -> None:
    lines = re.findall(r"pip install .*", INSTALL)
    assert LOCKED in lines[0]
    for line in lines[1:]:
        assert "--constraint constraints.txt" in line or OWN.search(line), line
    assert "--constraint ../../constraints.txt" in PIP
    assert (ROOT / "workflow/envs/../../constraints.txt").exists()


def test_make_installs_by_hashes_but_for_torch_and_this_clone() -> None:
    lines = re.findall(r"pip install (?:\$\(QUIET\) )?(.*)", text("Makefile").partition("lock: ##")[0])
    assert lines[0] == LOCKED and lines[1] == "$(TORCH)" and OWN.search(lines[2]) and len(lines) == 3


def test_the_lock_has_a_hash_for_every_version_of_the_constraints_but_torch() -> None:
    locked = re.findall(
        r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", code("requirements.lock"), re.M
    )
    assert "\n".join(f"{name}=={version}{hashes}" for name, version, hashes in locked) == code(
        "requirements.lock"
    )
    assert {canonicalize_name(name): version for name, version, _ in locked} == {
        name: version for name, version in PINS.items() if name != "torch"
    }


def test_make_takes_the_torch_of_the_constraints() -> None:
    assert re.search(r"^TORCH \?= torch==(\S+)$", text("Makefile"), re.MULTILINE)[1] == PINS["torch"]
    assert set(re.findall(r"torch==([\w.]+)", text("docs/deployment.md"))) <= {PINS["torch"]}


def test_the_constraints_lie_within_the_bounds_of_the_project() -> None:
    groups = [PROJECT["dependencies"], *EXTRAS.values()]
    for needed in (Requirement(word) for group in groups for word in group):
        if needed.name != "riboswitch":
            assert needed.specifier.contains(PINS[canonicalize_name(needed.name)]), needed


def test_every_dependency_has_a_constraint() -> None:
    needed: set[str] = set()
    todo = [Requirement(f"riboswitch[{','.join(EXTRAS)}]")]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        try:
            below = [Requirement(word) for word in requires(name) or ()]
        except PackageNotFoundError:  # an extra that is not installed here
            continue
        marks = [{"extra": extra} for extra in (requirement.extras or {""})]
        fitting = [r for r in below if not r.marker or any(r.marker.evaluate(mark) for mark in marks)]
        known = {name, f"{name}{sorted(requirement.extras)}"} <= needed
        needed |= {name, f"{name}{sorted(requirement.extras)}"}
        todo += [] if known else fitting
    # PyPI's torch brings these along, each of a version that it names itself.
    cuda = re.compile(r"nvidia-|cuda-|triton$|riboswitch$")
    assert {name for name in needed if "[" not in name and not cuda.match(name)} <= PINS.keys()


# --- the recipes do the same


def test_both_containers_stand_on_the_same_base_with_a_tag() -> None:
    assert image(DOCKER) == image(APPTAINER)
    assert re.fullmatch(r"debian:(\w+)-slim", image(DOCKER))[1] in PYTHON_OF


def test_python_is_one_that_the_project_is_made_for() -> None:
    python = PYTHON_OF[re.split("[:-]", image(DOCKER))[1]]
    assert f"python={python}" in CONDA["dependencies"]
    assert f"on Python {python}." in text("constraints.txt")
    low, high = re.fullmatch(r">=([\d.]+),<([\d.]+)", PROJECT["requires-python"]).groups()
    assert Version(low) <= Version(python) < Version(high)


def test_both_containers_hold_the_same_files_and_these_are_there() -> None:
    copied = {word for line in re.findall(r"^COPY (.+) \S+$", DOCKER, re.MULTILINE) for word in line.split()}
    files = re.search(r"^%files\n(.*?)\n\n", APPTAINER, re.MULTILINE | re.DOTALL)[1]
    pairs = [line.split() for line in files.splitlines()]
    assert copied == {source for source, _ in pairs}
    assert all(target == f"/opt/riboswitch/{source}" for source, target in pairs)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {
        PROJECT["readme"],
        *PROJECT["license-files"],
        "pyproject.toml",
        "constraints.txt",
        "requirements.lock",
        "src",
    } <= copied


def test_both_containers_install_by_the_same_script_for_the_cpu() -> None:
    assert "ARG TORCH=cpu" in DOCKER
    assert 'RUN containers/install.sh "$TORCH"' in DOCKER
    assert re.search(r"^%arguments\n +torch=cpu\n", APPTAINER, re.MULTILINE)
    assert '/opt/riboswitch/containers/install.sh "{{ torch }}"' in APPTAINER
    assert "USER riboswitch" in DOCKER


def test_conda_installs_what_the_workflow_needs() -> None:
    conda = next(line for line in PIP if line.startswith("../.."))
    assert conda == "../..[tracks,workflow]"
    assert {"tracks", "workflow"} <= EXTRAS.keys()


def test_the_script_is_a_shell_script_that_refuses_unknown_words() -> None:
    assert subprocess.run(["sh", "-n", ROOT / "containers/install.sh"], check=False).returncode == 0
    assert (ROOT / "containers/install.sh").stat().st_mode & 0o111
    assert INSTALL.index("*) echo") < INSTALL.index("apt-get")


# --- what is written of it


def test_the_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    told = set(
        re.findall(
            r"\bmake ([a-z-]+)", "\n".join(re.findall(r"```.*?```|`[^`]+`", text("docs/deployment.md"), re.S))
        )
    )
    assert told
    assert told <= targets


# --- continuous integration


def continuous_integration() -> dict:
    # All values as text: YAML would take "on" for a boolean.
    return yaml.load(text(".github/workflows/ci.yml"), yaml.BaseLoader)


def test_github_runs_the_checks_of_the_project_on_each_python_it_is_made_for() -> None:
    workflow = continuous_integration()
    assert {"push", "pull_request"} <= workflow["on"].keys()
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(int(low), int(high))]


def test_github_takes_the_torch_of_the_constraints_for_the_cpu() -> None:
    (job,) = continuous_integration()["jobs"].values()
    pin, _, where = job["env"]["TORCH"].partition(" --index-url ")
    assert pin == f"torch=={PINS['torch']}"
    assert where.endswith("/whl/cpu")


def test_github_caches_by_files_that_exist() -> None:
    (job,) = continuous_integration()["jobs"].values()
    (python,) = (step["with"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    assert python["cache"] == "pip"
    assert all((ROOT / name).exists() for name in python["cache-dependency-path"].split())
