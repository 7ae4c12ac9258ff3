"""One run of the analysis in miniature: where, with what, and the digests of what it wrote."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pythons import REPOSITORY, Python

sys.path.append(str(REPOSITORY / "tests" / "workflow"))
import conftest as miniature  # the analysis of the workflow tests

CLONE = ("Snakefile", "workflow", "config", "profiles", "src")
SHELL = re.compile(r"^Shell command: (riboswitch (\S+) .*)$", re.MULTILINE)
LEARNING = {"fetch", "pretrain", "train", "stack", "ensemble"}  # these are not repeated on finished bundles
CLASSES = Path("config/drug_classes.tsv")
TEMPORARY = "tmp é"  # name of the folder for temporary files
LEARNED = {"stack.parquet"}  # written by those, beside bundles
# Names that are changed by a wrong upper or lower case, by another encoding, by a comma for a point.
NAMES = ("İstanbul ıii", "Straße é è", "1,5-pentandiol I", "ΣΑΣ 日本")


class Failed(Exception):
    """A run did not end well; the message is the end of its output."""


@dataclass
class Run:
    """A folder with a clone and an analysis in it."""

    folder: Path
    python: Python
    environment: dict[str, str] = field(default_factory=dict)  # beside those that every run has
    nobody: bool = False  # run by the user nobody, to whom only the analysis belongs
    shell: str = ""  # what the shell does first

    @property
    def place(self) -> Path:
        """The folder of the analysis."""
        return self.folder / "analysis"

    def make(self, source: Path | None = None) -> None:
        """Copy the clone; write the sources, or take over data and bundles of a finished analysis."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in CLONE:
            copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
            target = self.folder / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(REPOSITORY / name, target, **_without_caches(copy))
        program = self.folder / "bin" / "riboswitch"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(self.python.program)} -m riboswitch "$@"\n')
        program.chmod(0o755)
        (self.folder / TEMPORARY).mkdir()
        if source is None:
            _sources(self.place, self.folder / "clone")
        else:
            _take_over(source, self.place)
        if self.nobody:
            for path in (self.place, *self.place.rglob("*"), self.folder / TEMPORARY):
                shutil.chown(path, "nobody", "nogroup")

    def whole(self) -> str:
        """Run the workflow; returns what it printed."""
        words = ["-m", "snakemake", "--snakefile", str(self.folder / "clone" / "Snakefile"), "--cores", "2",
                 "--directory", str(self.place), "--configfile", str(self.place / "analysis.yaml"),
                 "--workflow-profile", "none", "--printshellcmds"]  # fmt: skip
        return self._run(shlex.join([self.python.program, *words]))

    def repeat(self, printed: str) -> None:
        """Run the commands that another run printed, but not those that learn: they take most of the time."""
        commands = [line for line, verb in SHELL.findall(printed) if verb not in LEARNING]
        self._run(" && ".join(commands))

    def _run(self, line: str) -> str:
        packages = [str(self.folder / "clone" / "src"), self.python.packages]
        environment = {
            "PATH": f"{self.folder / 'bin'}:{Path(self.python.program).parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": ":".join(filter(None, packages)),
            "TMPDIR": str(self.folder / TEMPORARY),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
        }
        environment = {k: v for k, v in (environment | self.environment).items() if v}
        script = f"cd {shlex.quote(str(self.place))} && {self.shell}{line}"
        words = self.python.command(["sh", "-c", script], environment, nobody=self.nobody)
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        printed = done.stdout.decode("utf-8", "replace")
        (self.folder / "printed.txt").write_text(printed, "utf-8")
        if done.returncode:
            raise Failed(printed[-1500:] + self._logs())
        return printed

    def _logs(self) -> str:
        logs = sorted(self.place.glob("logs/**/*.log"))
        return "".join(f"\n{log.name}: {log.read_text('utf-8', 'replace')[-400:]}" for log in logs)

    def digests(self) -> dict[str, str]:
        """SHA-256 of each result; hidden files are locks."""
        results = self.place / "results"
        return {
            str(p.relative_to(results)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(results.rglob("*"))
            if p.is_file() and not p.name.startswith(".")
        }


def _without_caches(copy: object) -> dict:
    ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    return {"ignore": ignored} if copy is shutil.copytree else {}


def _sources(folder: Path, clone: Path) -> None:
    """The analysis of the workflow tests, with some names of other alphabets, and its configuration."""
    miniature.make_analysis(folder)
    table = folder / "source" / "library.csv"
    rows = [f'ü{n},{"C" * (n + 2)}O,"{name}",-{n}.25' for n, name in enumerate(NAMES)]
    table.write_text(table.read_text("utf-8") + "\n".join(rows) + "\n", "utf-8")
    config = miniature.configuration(folder / "source")
    # Snakemake would take the braces of an odd folder for a wildcard: files of a configuration are relative.
    shutil.copy(clone / CLASSES, folder / "source")
    config = json.loads(json.dumps(config).replace(str(REPOSITORY / "config"), "source"))
    config["report"] = {"title": "I i"}
    for task in config["tasks"].values():
        task.setdefault("split", {})["repeats"] = 2
    (folder / "analysis.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")


def _take_over(source: Path, folder: Path) -> None:
    """Data and bundles of a finished analysis; what the commands will write is not there."""
    for name in ("source", "data", "results", "analysis.yaml"):
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy2
        folder.mkdir(parents=True, exist_ok=True)
        copy(source / name, folder / name)
    for path in (folder / "results").rglob("*"):
        if path.is_file() and path.suffix != ".safetensors" and path.name not in LEARNED:
            path.unlink()
    (folder / "logs").mkdir()
    for log in (source / "logs").rglob("*"):
        if log.is_dir():
            (folder / "logs" / log.relative_to(source / "logs")).mkdir(parents=True, exist_ok=True)


def differing(first: dict[str, str], other: dict[str, str]) -> list[str]:
    """The files that only one of them has, or that differ."""
    return sorted(name for name in {*first, *other} if first.get(name) != other.get(name))
