"""Estimate a screen: a pilot measures jobs on a sample, and the whole library is computed from that."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from riboswitch import errors
from riboswitch.config.settings import one_of, positive, positive_int
from riboswitch.data.library import PART_ROWS, Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError, RiboswitchError, UsageError, WorkerError
from riboswitch.modalities import find
from riboswitch.screening.screeners import ScreenSettings
from riboswitch.screening.sizing import GROWTH, Cost, Estimate, LibrarySize, evenly, in_mb, rank_cost, shards

SAMPLE = 32_768  # rows: four of the largest blocks
RUNS = 16  # runs of consecutive rows that a sample of a raw file consists of
FEW = 32  # rows to warm up with
SLOW = 10  # seconds to start; from this on the pilot is run once more
PILOT = "riboswitch.screening.pilot"


@dataclass(frozen=True)
class EstimateRequest:
    """Settings of an estimate; see `riboswitch.estimate`."""

    compounds: int | None
    minutes: float
    slots: int
    sample: int
    duplicates_by: str | None
    precision: str

    def __post_init__(self) -> None:
        if self.compounds is not None:
            positive_int("compounds", self.compounds)
        positive("minutes", self.minutes)
        positive_int("slots", self.slots)
        positive_int("sample", self.sample)


def estimate_screen(
    library: Library | str | Path,
    models: Mapping[str, Model],
    request: EstimateRequest,
    reading: Mapping[str, Any] | None = None,
) -> Estimate:
    """Estimate the screen of a prepared library or a raw file; see `riboswitch.estimate`."""
    for model in models.values():
        modality = find(model.modality)
        keys = modality.required("library", modality.library).KEYS
        if request.duplicates_by is not None:
            one_of("duplicates_by", request.duplicates_by, keys)
    prepared = None
    with TemporaryDirectory(prefix="riboswitch-") as scratch:
        if isinstance(library, Library) or Path(library).is_dir():
            library = library if isinstance(library, Library) else Library.open(library)
            folder, size = library.folder, LibrarySize.of_library(library, request.compounds)
        else:
            folder = Path(scratch) / "library"
            size, prepared = _try_preparing(library, reading, folder, models, request)
        screened = _try_screening(folder, models, size, Path(scratch), request)
    return _estimate_of(size, screened, prepared, request)


def _try_preparing(
    source: str | Path,
    reading: Mapping[str, Any] | None,
    folder: Path,
    models: Mapping[str, Model],
    request: EstimateRequest,
) -> tuple[LibrarySize, dict[str, Any]]:
    """Prepare a sample of a raw file into ``folder``: the size of the whole library, and measurements."""
    if str(source) == "-":
        raise UsageError("a sample of standard input cannot be spread over it", hint="Give a file.")
    if not Path(source).exists():
        raise InputError("no such file or folder", where=str(source))
    few, some = folder.with_name("few"), folder.with_name("sample")
    settings, options = ScreenSettings(models), dict(reading or {})
    modality = settings.modality
    library = modality.required("library", modality.library)
    how = options.get("format"), options.get("skip_lines", 0)
    counted = library.count(source, *how)
    library.sample_rows(source, few, [range(min(FEW, counted.rows))], counted, *how)
    runs = runs_of_rows(counted.rows, request.sample)
    options["format"] = library.sample_rows(source, some, runs, counted, *how)
    job = {"source": str(some), "few": str(few), "folder": str(folder), "modality": modality.name,
           "reading": options, "encoder": settings.encoder,
           "duplicates_by": request.duplicates_by}  # fmt: skip
    try:
        measured = run_pilot("prepare", **job)
    except RiboswitchError as error:
        where = error.where.replace(str(some), f"a sample of {source}")
        raise type(error)(error.problem, where=where, found=error.found, hint=error.hint) from error
    rows, counting = counted.rows, "exact" if counted.exact else "estimated"
    if request.compounds is not None:
        rows, counting = request.compounds, "given"
    accepted = max(1, round(rows * measured["accepted"] / measured["rows"]))
    return LibrarySize.of(rows, counting, accepted), measured


def runs_of_rows(rows: int, sample: int) -> list[range]:
    """Runs of rows that make up a sample, spread over the file."""
    length = -(-sample // RUNS)
    starts = (length * number for number in evenly(-(-rows // length), RUNS))
    return [range(start, min(start + length, rows)) for start in starts]


def _try_screening(
    folder: Path, models: Mapping[str, Model], size: LibrarySize, scratch: Path, request: EstimateRequest
) -> dict[str, Any]:
    """Screen a sample of a prepared library: measurements."""
    named_files = []
    for number, model in enumerate(models.values()):
        model.save(scratch / f"{number}.safetensors")
        named_files.append(f"{number}={scratch / f'{number}.safetensors'}")
    job = {
        "folder": str(folder),
        "models": named_files,
        "precision": request.precision,
        "rows": request.sample,
        "block_rows": size.block_rows,
        "to": str(scratch / "scores.parquet"),
    }
    measured = run_pilot("screen", **job)
    # The first run after an installation compiles its loops and stores them for later runs.
    return measured if measured["start"] < SLOW else run_pilot("screen", **job)


def run_pilot(job: str, **request: Any) -> dict[str, Any]:
    """Run a small job in a process of its own; a `RiboswitchError` there is raised here."""
    command = [sys.executable, "-P", "-m", PILOT]
    text = json.dumps({"job": job, "started": time.time(), **request})
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise WorkerError("the pilot ended too early", where=job, found=last,
                              hint="Was it killed for its memory?")  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    if "error" in answer:
        raise getattr(errors, answer.pop("error"))(answer.pop("problem"), **answer)
    return answer


def _estimate_of(
    size: LibrarySize,
    screened: Mapping[str, Any],
    prepared: Mapping[str, Any] | None,
    request: EstimateRequest,
) -> Estimate:
    rate, accepted = _rate(screened), size.accepted
    block_seconds = min(size.block_rows, accepted) / rate
    jobs = shards(size.blocks, block_seconds, screened["start"], request.minutes)
    hours = (accepted / rate + jobs.number * screened["start"]) / 3600
    memory = None if screened["memory"] is None else in_mb(GROWTH * screened["memory"])
    return Estimate(
        compounds=size.compounds, counted=size.counted, accepted=accepted, sample=screened["rows"],
        minutes=request.minutes, shards=jobs.number, shard_minutes=round(jobs.seconds / 60, 3),
        seconds_start=round(screened["start"], 2), slots=request.slots,
        hours_wall=round(math.ceil(jobs.number / request.slots) * jobs.seconds / 3600, 4),
        screen=Cost(round(rate, 1), round(hours, 4), memory, math.ceil(accepted * screened["disk"])),
        prepare=None if prepared is None else _cost_of_preparing(size, prepared),
        rank=rank_cost(accepted, screened["table_bytes"], screened["score_bytes"],
                        screened["table_disk"] + screened["disk"]),
        notes=tuple(_notes(size, screened, prepared, jobs.too_long)),
    )  # fmt: skip


def _cost_of_preparing(size: LibrarySize, measured: Mapping[str, Any]) -> Cost:
    rate, memory = _rate(measured), None
    if measured["memory"] is not None:
        # A part is held until it is full; digests and ids of all rows are held to the end.
        part = min(size.accepted, PART_ROWS) - measured["accepted"]
        grown = max(0, part) * measured["part_bytes"] + size.accepted * measured["kept_bytes"]
        memory = in_mb(measured["memory"] + grown)
    hours = (size.compounds / rate + measured["start"]) / 3600
    return Cost(round(rate, 1), round(hours, 4), memory, math.ceil(size.compounds * measured["disk"]))


def _rate(measured: Mapping[str, Any]) -> float:
    return float(measured["rows"]) / max(measured["seconds"], 1e-9)


def _notes(
    size: LibrarySize, screened: Mapping[str, Any], prepared: Mapping[str, Any] | None, too_long: bool
) -> list[str]:
    """What makes the estimate less reliable."""
    rows, block_rows = screened["block_rows"], min(size.block_rows, size.accepted)
    notes = {
        "the machine was busy with something else: times are processor times":
            screened["busy"] or (prepared is not None and prepared["busy"]),
        "rows were estimated from the bytes of the file, not counted": size.counted == "estimated",
        f"the sample has blocks of {rows:,} compounds, the library of {block_rows:,}, which go faster":
            rows < block_rows,
        "jobs take longer than the minutes given: there are no more blocks, or shards, to cut": too_long,
        "this system does not report the memory of a process": screened["memory"] is None,
    }  # fmt: skip
    return [note for note, holds in notes.items() if holds]
