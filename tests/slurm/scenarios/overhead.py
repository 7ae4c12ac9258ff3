"""What Slurm and Snakemake cost: the wall time of a screen over its jobs' time divided by the cores."""

from __future__ import annotations

import csv
import re

from cluster import Cluster
from record import Record
from stage import Stage, ended_well
from workplace import ON_SLURM, Workplace, ended_afterwards

SHARDS = 32
SECONDS, QUICK_SECONDS = 68, 12  # of a shard while the other cores are at work, too
LEAST, MOST = 60, 1.3
MOST_SLOTS = 4  # with more, 32 shards are too few to tell


def run(stage: Stage, record: Record) -> None:
    """Screen on as many slots as there are cores; library and models are there before."""
    place = stage.screening(record, "overhead", SHARDS)
    members = stage.ensemble(record, place, QUICK_SECONDS if stage.quick else SECONDS)
    slots = min(stage.cores, MOST_SLOTS)
    cluster = stage.cluster(nodes=slots, cpus=1)
    targets = [f"results/scores/{i + 1}-of-{SHARDS}.parquet" for i in range(SHARDS)]
    options = place.configure(stage.analysis(stage.work / f"library-{SHARDS}", SHARDS))
    rules = place.rules(*options, *targets)
    record.need("nothing but the screen is left to do", rules == {"screen"}, rules)
    memory = ("--set-resources", "screen:mem_mb=4000 * attempt")
    with ended_afterwards(place.start("run", *ON_SLURM, *memory, *options, *targets)) as snakemake:
        snakemake.wait(3600)
    ended_well(record, "the screen ends well", snakemake)
    inner, outer = _seconds(place), [_elapsed(cluster, job.slurm) for job in snakemake.jobs]
    record.check(f"{SHARDS} shards ran, each once", len(inner) == len(outer) == SHARDS)
    record.figure(shards=len(inner), slots=slots, members=members, wall_seconds=snakemake.seconds)
    record.figure(shard_seconds_least=min(inner), shard_seconds_most=max(inner))
    record.figure(shard_seconds_sum=sum(inner), slurm_seconds_sum=sum(outer))
    overhead, by_slurm = (snakemake.seconds / (sum(of_jobs) / slots) for of_jobs in (inner, outer))
    record.figure(overhead=overhead, overhead_by_slurm_seconds=by_slurm)
    if not stage.quick:
        # Single shards take less when the load of the machine falls; what is compared are sums.
        mean = sum(inner) / len(inner)
        record.check("a shard took a minute or more on average", mean >= LEAST, mean)
        record.check(f"the overhead is at most {MOST}", overhead <= MOST, overhead)


def _seconds(place: Workplace) -> list[float]:
    """Seconds of the program itself, as Snakemake's benchmarks have them."""
    found = []
    for path in sorted((place.folder / "logs/screen").glob("*.tsv")):
        with open(path) as file:
            found += [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
    return found


def _elapsed(cluster: Cluster, job: str) -> int:
    """Seconds that Slurm gave to a job; 0 if it knows nothing of it."""
    found = re.search(r"RunTime=(?:(\d+)-)?(\d+):(\d+):(\d+)", cluster.ask("scontrol", "show", "job", job))
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
