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
    """The same with paths from the root."""
    place = "PATH_OF_THE_CLONE" if clone is None else str(clone)
    folder = folder.absolute()
    program = _program() if shutil.which("snakemake") else str(_beside())
    return shlex.join([program, "--snakefile", f"{place}/Snakefile", "--directory", str(folder),
                       "--configfile", str(folder / "config.yaml")])  # fmt: skip


def has_snakemake() -> bool:
    """Whether Snakemake is installed, on the PATH or beside this Python."""
    return shutil.which("snakemake") is not None or _beside().is_file()


def _program() -> str:
    if shutil.which("snakemake") or not _beside().is_file():
        return "snakemake"
    beside, here = _beside(), Path.cwd()
    return str(beside.relative_to(here)) if beside.is_relative_to(here) else str(beside)


def _beside() -> Path:
    """Snakemake of the environment of this Python, which need not be activated."""
    return Path(sys.executable).absolute().parent / "snakemake"
