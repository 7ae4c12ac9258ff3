"""Ten million compounds: a pilot says into how many jobs they are cut, and Snakemake plans all of them."""

from __future__ import annotations

import json
import re
from typing import Any

from record import Record
from stage import Stage, ended_well
from workplace import ON_SLURM, Workplace

COMPOUNDS, MINUTES = 10_000_000, 20
MOST_JOBS, MOST_SECONDS = 200, 10
BLOCKS = 8
MEMBERS = 5  # wide networks: a screen as slow as any that users of such ensembles run


def run(stage: Stage, record: Record) -> None:
    """Ask the pilot with the networks of the default analysis and with slow ones; plan the slow screen."""
    stage.cluster()  # the plugin asks Slurm even for a plan
    place = stage.screening(record, "ten-million", BLOCKS)
    _estimate(stage, record, place, "fast_models")
    stage.bundle(MEMBERS, place)
    shards = _estimate(stage, record, place, "slow_models")["shards"]
    fresh = stage.place("ten-million-plan")
    options = fresh.configure(stage.analysis(stage.work / f"library-{BLOCKS}", shards))
    plan = fresh.run("plan", *ON_SLURM, "--dry-run", *options, seconds=300)
    ended_well(record, "it can be planned", plan)
    jobs = int(re.findall(r"^total +(\d+)$", plan.text, re.MULTILINE)[-1])
    record.figure(jobs=jobs, plan_seconds=plan.seconds)
    record.check(f"fewer than {MOST_JOBS} jobs", jobs < MOST_JOBS, jobs)
    if not stage.quick:
        record.check(f"planned in less than {MOST_SECONDS} s", plan.seconds < MOST_SECONDS, plan.seconds)


def _estimate(stage: Stage, record: Record, place: Workplace, name: str) -> dict[str, Any]:
    output = place.folder / f"{name}.json"
    asked = ("--compounds", str(COMPOUNDS), "--minutes", str(MINUTES), "--output", output)
    stage.command("estimate", place.results / "library", *stage.models(place), *asked)
    told: dict[str, Any] = json.loads(output.read_text())
    kept = {key: told[key] for key in ("shards", "shard_minutes", "hours_wall", "slots")}
    kept |= {"rate": told["screen"]["rate"], "memory_mb": told["screen"]["memory_mb"]}
    kept |= {"disk_bytes": told["screen"]["disk_bytes"], "rank_memory_mb": told["rank"]["memory_mb"]}
    record.figure(**{name: kept})
    return told
