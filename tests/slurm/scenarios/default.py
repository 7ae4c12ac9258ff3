"""The default analysis on four nodes gives the bytes that it gives on a laptop."""

from __future__ import annotations

from record import Record
from stage import RESULTS, Stage, ended_well
from workplace import ON_SLURM, ended_afterwards

CALLS = ("genomes/usa300/calls.tsv", "genomes/o11/calls.tsv")


def run(stage: Stage, record: Record) -> None:
    """Compare what both leave."""
    laptop = stage.laptop(record)
    stage.cluster(nodes=4, cpus=2)
    place = stage.place("default")
    with ended_afterwards(place.start("run", *ON_SLURM, "--set-threads", "prepare=2")) as snakemake:
        snakemake.wait(3600)
    ended_well(record, "the default analysis ends well on Slurm", snakemake)
    record.same((*RESULTS, *CALLS), place.results, laptop / "results")
    record.figure(jobs=len(snakemake.jobs), wall_seconds=snakemake.seconds)
