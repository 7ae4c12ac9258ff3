"""A folder in which the workflow is run as a user would run it, and what a run's log tells."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import processes
import yaml

REPOSITORY = Path(__file__).parents[2]
ON_SLURM = ("--workflow-profile", "profiles/slurm", "--slurm-status-command", "squeue")
SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+) \(log: (.+?)\)\.")
RULE = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):", re.MULTILINE)
RUN_ID = re.compile(r"SLURM run ID: (\S+)")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "RIBOSWITCH_MIRROR", "LD_LIBRARY_PATH")
TELLING = re.compile(r"error:|^riboswitch: |Killed|Terminated|CANCELLED")  # of the lines of a job's logs
WIDTH = 200  # letters of a line that are kept
LONG_AGO = 10**9  # a clone may be younger than results that were made before, which are not to be made again
ANOTHER = re.compile(r"SLURM-job '|^Trying to restart|^Select jobs")  # here the words about a job end


class TooLong(Exception):
    """Something did not end, or did not happen, in the time it was given."""


@dataclass(frozen=True)
class Submitted:
    """A job of Snakemake at Slurm."""

    number: str  # Snakemake's
    slurm: str  # Slurm's
    log: Path

    @property
    def item(self) -> str:
        """Its wildcards, as 3-of-32."""
        return self.log.parent.name


class Run:
    """A Snakemake at work, or done."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
        self.process, self.folder, self.log = process, folder, log
        self.started = time.monotonic()
        self.seconds = 0.0

    def wait(self, seconds: float) -> int:
        """Its exit code; after too long it is killed, for it can hang for ever."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise TooLong(f"Snakemake had not ended after {seconds:.0f} seconds, see {self.log}") from error
        self.seconds = time.monotonic() - self.started
        return code

    def kill(self) -> None:
        """End it without a word; its jobs at Slurm run on."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.seconds = time.monotonic() - self.started

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def slurm_name(self) -> str:
        """The name that all its jobs at Slurm have."""
        found = RUN_ID.search(self.text)
        return found[1] if found else ""

    @property
    def jobs(self) -> list[Submitted]:
        """All that was submitted, in order."""
        return [Submitted(m[1], m[2], self.folder / m[3]) for m in SUBMITTED.finditer(self.text)]

    def failed(self, slurm: str) -> bool:
        """Whether Snakemake has noticed that this job of Slurm failed."""
        return f"SLURM-job '{slurm}' failed" in self.text

    def seen(self, job: Submitted) -> list[str]:
        """What a user reads of a job that failed: Snakemake's words, and the telling lines of its logs."""
        lines = self.text.splitlines()
        said = (i for i, line in enumerate(lines) if f"SLURM-job '{job.slurm}' failed" in line)
        first = next(said, len(lines))
        after = (i for i in range(first + 1, len(lines)) if ANOTHER.search(lines[i]))
        of_job = job.log.read_text(errors="replace").splitlines() if job.log.exists() else []
        logs = [line for line in lines[first + 1 : next(after, None)] + of_job if TELLING.search(line)]
        return self.tidy(lines[first : first + 1] + logs)

    def tidy(self, lines: Iterable[str]) -> list[str]:
        """Each line once, without its end if it is long, and without the path of this folder."""
        whole = (line.partition("For further error details")[0].strip() for line in lines)
        short = (
            line.removeprefix("message: ").replace(f"{self.folder}/", "").replace(str(self.folder), ".")
            for line in whole
        )
        return list(dict.fromkeys(line if len(line) <= WIDTH else f"{line[:WIDTH]} …" for line in short))

    def last(self, lines: int = 12) -> str:
        """The end of its log."""
        return "\n".join(self.text.splitlines()[-lines:])


class Workplace:
    """A folder with the workflow in it, like a fresh clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("examples", "workflow", "profiles", "Snakefile"):
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(REPOSITORY / name)
        if not (folder / "config").exists():
            shutil.copytree(REPOSITORY / "config", folder / "config")
        for file in (folder / "config").iterdir():
            os.utime(file, (LONG_AGO, LONG_AGO))

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def configure(self, config: dict) -> tuple[str, ...]:
        """Write a configuration; returns the options that make Snakemake take it."""
        (self.folder / "analysis.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        return ("--configfile", "analysis.yaml", "--")

    def start(self, name: str, *arguments: str, first_on_path: Path | None = None) -> Run:
        """Start Snakemake with a log of that name."""
        log = self.folder / f"{name}.log"
        path = [str(first_on_path or ""), str(Path(sys.executable).parent), os.environ["PATH"]]
        # Nothing else of this shell: what a user of the cluster has not must not help.
        env = {key: os.environ[key] for key in KEPT if key in os.environ}
        env["PATH"] = os.pathsep.join(filter(None, path))
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        return Run(process, self.folder, log)

    def run(self, name: str, *arguments: str, seconds: float = 1800) -> Run:
        """Run Snakemake to its end."""
        with ended_afterwards(self.start(name, *arguments)) as run:
            run.wait(seconds)
        return run

    def rules(self, *arguments: str) -> set[str]:
        """The rules that Snakemake would run."""
        return set(RULE.findall(self.run("plan", "--dry-run", "--cores", "1", *arguments).text))

    def adopt(self, other: Path, *names: str) -> None:
        """Copy results and data from another run, with their times: Snakemake takes them for its own."""
        for name in names:
            source, target = other / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copy2(source, target)


@contextmanager
def ended_afterwards(run: Run) -> Iterator[Run]:
    """Neither Snakemake nor what it runs on this machine outlives the test that started it."""
    try:
        yield run
    finally:
        if run.process.poll() is None:
            processes.send(processes.with_children([run.process.pid]), signal.SIGKILL)
            run.process.wait()
