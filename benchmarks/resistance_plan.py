"""Many genomes: seconds to plan the workflow for a thousand, and memory of one scan for few and for more."""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from common import HERE, run, worker

if TYPE_CHECKING:
    from resistance import Bench

GENOMES = 1000
PANEL = ["g0", "g500", "g999"]
SCANNED = (2, 12)
GENOME = "genome_usa300/GCF_000017085.fna.gz"
TAXON = "Staphylococcus_aureus"


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    taken = _planned(bench.work / "plan")
    few, many = (_scanned(bench, number) for number in SCANNED)
    each = (many["cpu"] - few["cpu"]) / (SCANNED[1] - SCANNED[0])
    return {"plan_seconds_1000_genomes": round(taken["cpu"], 2)}, {
        "plan_wall_seconds": round(taken["wall"], 2), "jobs": taken["jobs"],
        "scan": {str(n): one for n, one in zip(SCANNED, (few, many), strict=True)},
        "scan_cpu_each": round(each, 2),
    }  # fmt: skip


def _planned(folder: Path) -> dict[str, float]:
    """A dry run of the default workflow with a sheet of a thousand genomes: the least of three."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "genomes").mkdir(parents=True)
    for number in range(GENOMES):
        (folder / f"genomes/g{number}.fna").write_text(f">c\n{'ACGT' * number}\n")
    _write_sheet(folder, {f"g{n}": f"genomes/g{n}.fna" for n in range(GENOMES)})
    config = yaml.safe_load((HERE / "../config/config.yaml").read_text("utf-8"))
    config["rank"] = {k: v for k, v in config["rank"].items() if k != "genome"} | {"genomes": PANEL}
    (folder / "config.yaml").write_text(yaml.safe_dump(config | {"genomes": "samples.tsv"}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(HERE / "../Snakefile"), "--directory",
               str(folder), "--configfile", str(folder / "config.yaml"), "--cores", "2",
               "--workflow-profile", "none", "--dry-run"]  # fmt: skip
    tries = [run(command) for _ in range(3)]
    (jobs,) = {line.split()[1] for out, _ in tries for line in out.splitlines() if line.startswith("total ")}
    return min((seconds for _, seconds in tries), key=lambda one: one["cpu"]) | {"jobs": int(jobs)}


def _scanned(bench: Bench, number: int) -> dict[str, float]:
    """CPU seconds and peak memory of one process for so many copies of a genome."""
    folder = bench.work / "many"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = gzip.decompress((bench.data / GENOME).read_bytes())
    for copy in range(number):
        (folder / f"{copy}.fna").write_bytes(text)
    _write_sheet(folder, {f"g{copy}": f"{copy}.fna" for copy in range(number)})
    command = [sys.executable, "-m", "riboswitch", "scan", f"--samples={folder / 'samples.tsv'}",
               f"--curated={bench.source('ncbi_amr')}", f"--output={folder / 'out'}"]  # fmt: skip
    peak = worker("peak.py", "peak", command=command)["mb"]
    return {"cpu": round(run(command)[1]["cpu"], 2), "mb": peak}


def _write_sheet(folder: Path, genomes: dict[str, str]) -> None:
    rows = ["name\tgenome\ttaxon", *(f"{name}\t{path}\t{TAXON}" for name, path in genomes.items())]
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
