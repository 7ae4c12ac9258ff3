"""A training killed by its time limit again and again ends with the bytes of one that is left alone."""

from __future__ import annotations

import math
import time
from typing import Any

import yaml
from record import Record
from stage import Stage, check_clean, ended_well
from workplace import ON_SLURM, REPOSITORY, Run, Workplace, ended_afterwards

TASK = "solubility"
MODEL = f"results/{TASK}/members/repeat-0.safetensors"
INPUTS = [f"results/{TASK}/{name}" for name in ("records.parquet", "features.npz", "split.parquet")]
BEFORE = [*INPUTS, f"results/{TASK}/rejected.tsv", f"results/{TASK}/counts.json"]
LEAST = 3  # kills
LONGEST = 100  # seconds a job with a limit of one minute can last: Slurm looks every half minute
PILOT = 30  # epochs


def run(stage: Stage, record: Record) -> None:
    """Train twice at the same time, one of them with a limit of a minute a job."""
    alone, limited = stage.place("time-limit-alone"), stage.place("time-limit")
    laptop = stage.laptop(record)
    for place in (alone, limited):
        place.adopt(laptop, "data/molecules", *BEFORE)
    least = 1 if stage.quick else LEAST
    epochs = _epochs(stage, record, alone, least)
    stage.cluster(nodes=stage.cores, cpus=1)
    how = ("--set-resources", "train:runtime=1", "train:mem_mb=2000", "--retries", "20")
    with (
        ended_afterwards(alone.start("run", "--cores", "1", *_analysis(alone, epochs), MODEL)) as whole,
        ended_afterwards(limited.start("run", *ON_SLURM, *how, *_analysis(limited, epochs), MODEL)) as parts,
    ):
        parts.wait(1800)
        whole.wait(1800)
    ended_well(record, "the training that is left alone ends well", whole)
    ended_well(record, "the training with a time limit ends well", parts)
    _report(record, parts, least)
    record.same([MODEL], limited.folder, alone.folder)
    check_clean(record, limited)


def _report(record: Record, parts: Run, least: int) -> None:
    killed = [job for job in parts.jobs if parts.failed(job.slurm)]
    timeouts = [job for job in killed if "TIMEOUT" in " ".join(parts.seen(job))]
    record.check(f"Slurm killed it {least} times or more", len(timeouts) >= least, len(timeouts))
    record.check("it failed for no other reason", len(killed) == len(timeouts))
    record.figure(jobs=len(parts.jobs), killed=len(timeouts), wall_seconds=parts.seconds)
    for job in timeouts[:1]:
        record.fault(
            "time limit of a training", "a limit of 1 minute for a training of more", parts.seen(job)
        )


def _epochs(stage: Stage, record: Record, place: Workplace, kills: int) -> int:
    """So many that even jobs that are killed late are killed often enough."""
    each = (_seconds(stage, place, 1 + PILOT) - _seconds(stage, place, 1)) / PILOT
    epochs = math.ceil(kills * LONGEST / each)
    record.figure(seconds_an_epoch=each, epochs=epochs)
    return epochs


def _seconds(stage: Stage, place: Workplace, epochs: int) -> float:
    files = [place.folder / name for name in INPUTS]
    task = ("--kind", "regression", "--target", "SOL", "--settings", f'{{"epochs": {epochs}}}')
    started = time.monotonic()
    stage.command("train", *files, *task, "--output", stage.work / "pilot.safetensors")
    return time.monotonic() - started


def _analysis(place: Workplace, epochs: int) -> tuple[str, ...]:
    config: dict[str, Any] = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    task = config["tasks"][TASK]
    task["train"]["epochs"] = epochs
    return place.configure({"data": {"molecules": config["data"]["molecules"]}, "tasks": {TASK: task}})
