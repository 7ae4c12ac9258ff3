"""What scenarios share, made once: a laptop run, a large library, slow networks, a cluster."""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from cluster import Cluster
from library import grow
from packages import SetupError
from record import Failed, Record, equal
from workplace import REPOSITORY, Run, Workplace

TASKS = ("gene_class", "activity", "solubility")
ENCODED = [f"results/{task}/features.npz" for task in TASKS[1:]]
BLOCK = 8192  # rows that are scored at once in large libraries; a shard is some blocks
LEARNED = (*(f"results/{task}" for task in TASKS), "results/genomes", "data")
RESULTS = ("hits.csv", "metrics.json", "compounds.parquet", *(f"{task}/model.safetensors" for task in TASKS))
# As for halicin (Stokes et al. 2020, Cell 180:688: 20 members of hidden 1600, depth 5), but narrower.
WIDE = '{"hidden": 600, "depth": 5}'
FEW, MOST = 3, 30  # members of an ensemble: to measure with, and at most


@dataclass
class Stage:
    """A folder for everything, and what was already made in it."""

    work: Path
    finished: Path | None = None  # a laptop run that is there already
    quick: bool = False  # seconds in place of minutes: to try the scenarios themselves
    cores: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    _cluster: Cluster | None = None
    _alone: int = -1  # open while this run has the machine's cluster

    def check(self) -> None:
        """See at once, not after the first hour, whether there is all that is needed."""
        if find_spec("snakemake_executor_plugin_slurm") is None:
            raise SetupError("Snakemake's plugin for Slurm is missing: pip install -e '.[cluster]'")
        if not Path(sys.executable).with_name("riboswitch").exists():
            raise SetupError(
                f"There is no riboswitch beside {sys.executable}: make venv, and use its Python."
            )
        self._be_alone()
        self.cluster()

    def _be_alone(self) -> None:
        """There is one cluster on a machine; a second run would end it."""
        self._alone = os.open(f"{Cluster().folder}.lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError("Another acceptance run is at work on this machine.") from error

    def cluster(self, **settings: Any) -> Cluster:
        """A cluster with these settings."""
        if self._cluster is None or Cluster(**settings) != self._cluster:
            (self._cluster or Cluster()).down()
            self._cluster = Cluster(**settings)
        self._cluster.up()
        return self._cluster

    def clean_up(self) -> None:
        """Take the cluster down, if one was started here."""
        if self._cluster:
            self._cluster.down()
        self._cluster = None

    def place(self, name: str, *, fresh: bool = True) -> Workplace:
        """A folder to run the workflow in."""
        folder = self.work / name
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        return Workplace(folder)

    def laptop(self, record: Record) -> Path:
        """Folder of a run of the default analysis on this machine."""
        if self.finished:
            return self.finished
        place = self.place("laptop", fresh=False)
        if not (place.results / "report.html").exists():
            record.say("     the default analysis on this machine, for comparison")
        run = place.run("run", "--cores", "2", seconds=3600)
        record.need("a laptop run ends well", run.process.returncode == 0, run.last())
        return place.folder

    def prepared(self, record: Record, blocks: int) -> Workplace:
        """A place with all that is learned and a prepared library of so many blocks, ready to be screened."""
        place = self.place(f"library-{blocks}", fresh=False)
        if not (place.folder / "done").exists():
            laptop = self.laptop(record)
            place.adopt(laptop, *LEARNED)
            library = place.folder / "grown.smi.gz"
            grow(laptop / "data/molecules/chembl_approved_drugs.parquet", blocks * BLOCK, library)
            options = place.configure(self.analysis(place.folder, shards=2))
            started = time.monotonic()
            how = ("--forcerun", *ENCODED, "--omit-from", "screen")
            run = place.run("run", "--cores", "all", *how, *options)
            record.need(f"a library of {blocks * BLOCK} is prepared", run.process.returncode == 0, run.last())
            record.figure(prepare_seconds=time.monotonic() - started)
            (place.folder / "done").touch()
        return place

    def screening(self, record: Record, name: str, blocks: int, library: bool = True) -> Workplace:
        """A fresh place where only screening and what follows is left to do."""
        place = self.place(name)
        source = self.prepared(record, blocks).folder
        place.adopt(source, *LEARNED, *(["results/library"] if library else []))
        return place

    def analysis(self, source: Path, shards: int) -> dict[str, Any]:
        """The default analysis with the grown library of that place, for networks alone.

        Descriptors of 262,144 compounds take longer than all scenarios together, and change nothing about
        how a screen runs.
        """
        config: dict[str, Any] = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
        path = source / "grown.smi.gz"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        config["data"]["grown"] = {"source": f"file:{path}", "sha256": digest, "licence": "made from ChEMBL"}
        config["library"] = {"data": "grown", "file": path.name, "duplicates_by": "smiles"}
        for task in TASKS[1:]:
            config["tasks"][task] |= {"featurize": {"descriptors": "none"}, "stack": "never"}
        config["screen"]["shards"] = shards
        config["rank"].pop("name_column")
        return config

    def ensemble(self, record: Record, place: Workplace, seconds: float) -> int:
        """Put wide networks in the place of the activity bundle, so many that a block takes so long.

        It takes so long while each core is at work on one, as in a screen.
        """
        few, more = self._block_seconds(place, 1), self._block_seconds(place, FEW)
        each = max(more - few, 0.1) / (FEW - 1)
        members = 1 + min(MOST, max(0, math.ceil((seconds - few) / each)))
        record.say(f"     a block takes {few:.1f} s with one wide network, {each:.1f} s more with each")
        self.bundle(members, place)
        return members

    def models(self, place: Workplace) -> list[str]:
        """The models that screen, as the steps take them."""
        return [f"{task}={place.results}/{task}/model.safetensors" for task in TASKS[1:]]

    def command(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a step without Snakemake."""
        done = subprocess.run(
            [sys.executable, "-m", "riboswitch", *map(str, words)], capture_output=True, text=True
        )
        if done.returncode:
            raise Failed(f"riboswitch {words[0]}: {done.stderr.strip()[-500:]}")
        return done

    def _member(self, seed: int) -> Path:
        path = self.work / "wide" / f"{seed}.safetensors"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            folder = next(self.work.glob("library-*/results/activity"))
            rows = [folder / name for name in ("records.parquet", "features.npz", "split.parquet")]
            task = ("--kind", "binary", "--target", "inhibits", "--seed", str(seed))
            how = ("--network", WIDE, "--settings", '{"epochs": 1}')
            self.command("train", *rows, *task, *how, "--output", path)
        return path

    def bundle(self, members: int, place: Workplace) -> None:
        """Put an ensemble of wide networks in the place of the activity bundle."""
        folder = place.results / "activity"
        output = folder / "model.safetensors"
        before = output.stat()
        files = [self._member(seed) for seed in range(members)]
        self.command("ensemble", *files, "--records", folder / "records.parquet", "--output", output)
        # Its time is that of the bundle before: what was made with that one counts as made with this one.
        os.utime(output, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _block_seconds(self, place: Workplace, members: int) -> float:
        """Seconds of a screen of one block, its start included, while as many run as there are cores."""
        self.bundle(members, place)
        started = time.monotonic()
        with ThreadPoolExecutor(self.cores) as pool:
            list(pool.map(partial(self._screen_block, place), range(self.cores)))
        return time.monotonic() - started

    def _screen_block(self, place: Workplace, number: int) -> None:
        output = self.work / f"pilot-{number}.parquet"
        one = ("--shard", "0", "--shards", "32", "--processes", "1")
        self.command("screen", place.results / "library", *self.models(place), *one, "--output", output)


def finished_shards(place: Workplace) -> dict[str, tuple[int, int]]:
    """Score files by name, with what changes when one is written again."""
    files = (place.results / "scores").glob("*-of-*.parquet")
    return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


def check_scores(record: Record, place: Workplace, other: Workplace, shards: int) -> None:
    """Check that all shards are there, with the same bytes, and that each row was scored once."""
    import pandas as pd

    names = [f"scores/{i + 1}-of-{shards}.parquet" for i in range(shards)]
    different = [name for name in names if not equal(place.results / name, other.results / name)]
    record.check(f"all {shards} score files have the same bytes", not different, different)
    tables = [pd.read_parquet(place.results / name) for name in names if (place.results / name).exists()]
    scored = pd.concat(tables)["id"] if tables else pd.Series(dtype=str)
    parts = sorted((place.results / "library").glob("part-*.parquet"))
    rows = pd.concat([pd.read_parquet(path, columns=["id"]) for path in parts])["id"]
    record.check("no row is scored twice", not scored.duplicated().any())
    record.check(
        "no row is lost", scored.tolist() == rows.tolist(), f"{len(scored)} scores of {len(rows)} rows"
    )
    record.figure(rows=len(rows), scores=len(scored))


def ended_well(record: Record, what: str, run: Run) -> None:
    """Check the exit code of a run."""
    record.need(what, run.process.returncode == 0, f"see {run.log}\n{run.last()}")


def check_clean(record: Record, place: Workplace) -> None:
    """Check that nothing half done is left among the results."""
    ends = (".partial", ".lock", ".checkpoint")
    left = [str(path.relative_to(place.results)) for path in place.results.rglob("*") if path.suffix in ends]
    record.check("nothing half done is left", not left, left[:5])
