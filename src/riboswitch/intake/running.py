"""The command that runs an analysis, and the clone of the workflow that it needs."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import riboswitch

PARTS = ("Snakefile", "workflow/Snakefile", "config/drug_classes.tsv")


def find_clone() -> Path | None:
    """The folder of the workflow: that of this package or its environment, or the working directory."""
    places = (Path(riboswitch.__file__).parents[2], Path(sys.prefix).parent, Path.cwd())
    return next((folder for folder in places if all((folder / part).is_file() for part in PARTS)), None)


def run_command(folder: Path, clone: Path | None) -> str:
    """The command line that runs the configuration of a folder, from the working directory."""
    words = [_program()]
    if clone is None:
        words += ["--snakefile", "PATH_OF_THE_CLONE/Snakefile"]
    elif not clone.samefile(Path.cwd()):
        words += ["--snakefile", str(clone / "Snakefile")]
    return shlex.join([*words, "--directory", str(folder), "--configfile", str(folder / "config.yaml")])


def command_from_anywhere(folder: Path, clone: Path | None) -> str:
    """The same from any working directory, with no environment activated."""
    place = "PATH_OF_THE_CLONE" if clone is None else str(clone)
    folder = folder.absolute()
    program = str(_beside()) if _beside().is_file() else "snakemake"
    return shlex.join([program, "--snakefile", f"{place}/Snakefile", "--directory", str(folder),
                       "--configfile", str(folder / "config.yaml")])  # fmt: skip


def has_snakemake() -> bool:
    """Whether Snakemake is installed, beside this Python or on the PATH."""
    return _beside().is_file() or shutil.which("snakemake") is not None


def _program() -> str:
    """How Snakemake is called from here: by its name only if that is the one of this environment."""
    beside, here, named = _beside(), Path.cwd(), shutil.which("snakemake")
    if not beside.is_file() or (named is not None and beside.samefile(named)):
        return "snakemake"
    return str(beside.relative_to(here)) if beside.is_relative_to(here) else str(beside)


def _beside() -> Path:
    """Snakemake of the environment of this Python, which need not be activated."""
    return Path(sys.executable).absolute().parent / "snakemake"
