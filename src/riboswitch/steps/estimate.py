"""Estimate the time and memory of a screen, and the number of shards to cut it into.

A pilot screens a sample on one core. Of a raw file it prepares a sample first.
"""

from __future__ import annotations

__all__ = ["estimate"]
__verb__ = ("Screen", 200)

import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from riboswitch import errors
from riboswitch.config.options import NO_SETTINGS, Json
from riboswitch.config.settings import one_of, positive, positive_int
from riboswitch.data.library import PART_ROWS, Library
from riboswitch.data.model import Model, named_models
from riboswitch.errors import InputError, RiboswitchError, UsageError, WorkerError
from riboswitch.io.files import write_json
from riboswitch.modalities import find
from riboswitch.screening.sizing import GROWTH, Cost, Estimate, LibrarySize, evenly, in_mb, rank_cost, shards
from riboswitch.steps.arguments import DuplicatesBy, Models, Precision
from riboswitch.steps.modality_settings import READING

SAMPLE = 32_768  # rows: four of the largest blocks
RUNS = 16  # places of a raw file that its sample is from
FEW = 32  # rows to warm up with
SLOW = 10  # seconds to start, from which on it is tried once more
PILOT = "riboswitch.screening.pilot"


@dataclass(frozen=True)
class EstimateRequest:
    """How the screen is to be run, see `estimate`."""

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


def estimate(
    library: Library | str | Path,
    model: Model | str | Path | Mapping[str, Model],
    *,
    compounds: int | None = None,
    minutes: float = 20.0,
    slots: int = 16,
    sample: int = SAMPLE,
    reading: Mapping[str, Any] | None = None,
    duplicates_by: str | None = None,
    precision: str = "float32",
) -> Estimate:
    """Try on a sample what a screen takes: time, memory, disk, and the shards for jobs of the wished length.

    Each step runs on one core in a process of its own, with the code of a real job. The time to start
    (imports, models, compiled loops) is measured apart from the rate. The rate is that of whole blocks,
    since larger blocks repeat more atom environments. Libraries are often sorted by size, so the sample is
    spread: blocks in the middles of equal stretches of a library, or 16 runs of consecutive rows of a raw
    file.

    Parameters
    ----------
    library : Library or path
        A prepared library, of which only screening is tried; or a raw file, of which preparing is tried, too.
        The rows of a raw file are counted; of a text file of a gigabyte or more they are estimated.
    model : Model, path, or mapping of name to Model
    compounds : int, optional
        Rows of the whole library, if this one is only a part of it.
    minutes : float
        The longest that a job may take.
    slots : int
        Jobs that run at once.
    sample : int
        Rows to try; rounded up to whole blocks.
    reading : mapping, optional
        How to read a raw file, as in `prepare`.
    duplicates_by : str, optional
        As in `prepare`; it matters for a raw file.
    precision : {"float32", "bfloat16"}
        As in `screen`.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError, RejectedError
        If the library cannot be read, or holds nothing to screen.
    UsageError
        If the jobs would do little but start, or the model is not one of compounds.
    """
    wishes = EstimateRequest(compounds, minutes, slots, sample, duplicates_by, precision)
    if not isinstance(model, Mapping):
        model = {"": model if isinstance(model, Model) else Model.load(model)}
    for one in model.values():
        modality = find(one.modality)
        keys = modality.required("library", modality.library).KEYS
        if duplicates_by is not None:
            one_of("duplicates_by", duplicates_by, keys)
    prepared = None
    with TemporaryDirectory(prefix="riboswitch-") as scratch:
        if isinstance(library, Library) or Path(library).is_dir():
            library = library if isinstance(library, Library) else Library.open(library)
            folder, extent = library.folder, LibrarySize.of_library(library, compounds)
        else:
            folder = Path(scratch) / "library"
            extent, prepared = _try_preparing(library, reading, folder, next(iter(model.values())), wishes)
        screened = _try_screening(folder, model, extent, Path(scratch), wishes)
    return _bill(extent, screened, prepared, wishes)


def _try_preparing(
    source: str | Path, reading: Mapping[str, Any] | None, folder: Path, model: Model, wishes: EstimateRequest
) -> tuple[LibrarySize, dict[str, Any]]:
    """Prepare a sample of a raw file: the library goes to ``folder``."""
    if str(source) == "-":
        raise UsageError("a sample of standard input cannot be spread over it", hint="Give a file.")
    if not Path(source).exists():
        raise InputError("no such file or folder", where=str(source))
    few, some = folder.with_name("few"), folder.with_name("sample")
    modality, how = find(model.modality), dict(reading or {})
    library = modality.required("library", modality.library)
    counted = library.count(source, how.get("format"))
    library.sample_rows(source, few, [range(min(FEW, counted.rows))], counted, how.get("format"))
    runs = _runs(counted.rows, wishes.sample)
    how["format"] = library.sample_rows(source, some, runs, counted, how.get("format"))
    try:
        found = _pilot("prepare", source=str(some), few=str(few), folder=str(folder),
                       modality=modality.name, reading=how, duplicates_by=wishes.duplicates_by)  # fmt: skip
    except RiboswitchError as error:
        where = error.where.replace(str(some), f"a sample of {source}")
        raise type(error)(error.problem, where=where, found=error.found, hint=error.hint) from error
    rows, counting = counted.rows, "exact" if counted.exact else "estimated"
    if wishes.compounds is not None:
        rows, counting = wishes.compounds, "given"
    accepted = max(1, round(rows * found["accepted"] / found["rows"]))
    return LibrarySize.of(rows, counting, accepted), found


def _runs(rows: int, sample: int) -> list[range]:
    """Runs of rows that make up a sample, spread over the file."""
    size = -(-sample // RUNS)
    starts = (size * number for number in evenly(-(-rows // size), RUNS))
    return [range(start, min(start + size, rows)) for start in starts]


def _try_screening(
    folder: Path, models: Mapping[str, Model], extent: LibrarySize, scratch: Path, wishes: EstimateRequest
) -> dict[str, Any]:
    words = []
    for number, model in enumerate(models.values()):
        model.save(scratch / f"{number}.safetensors")
        words.append(f"{number}={scratch / f'{number}.safetensors'}")
    request = {"folder": str(folder), "models": words, "precision": wishes.precision, "rows": wishes.sample,
               "block_rows": extent.block_rows, "to": str(scratch / "scores.parquet")}  # fmt: skip
    found = _pilot("screen", **request)
    # The first run after an installation compiles its loops, and keeps them for all later ones.
    return found if found["start"] < SLOW else _pilot("screen", **request)


def _pilot(job: str, **request: Any) -> dict[str, Any]:
    """Run a job in small, in a process of its own; errors of the user's are raised here."""
    words = [sys.executable, "-P", "-m", PILOT]
    text = json.dumps({"job": job, "started": time.time(), **request})
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise WorkerError("the pilot ended too early", where=job, found=last,
                              hint="Was it killed for its memory?")  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    if "error" in answer:
        raise getattr(errors, answer.pop("error"))(answer.pop("problem"), **answer)
    return answer


def _bill(
    extent: LibrarySize,
    screened: Mapping[str, Any],
    prepared: Mapping[str, Any] | None,
    wishes: EstimateRequest,
) -> Estimate:
    rate, accepted = _rate(screened), extent.accepted
    block_seconds = min(extent.block_rows, accepted) / rate
    cut = shards(extent.blocks, block_seconds, screened["start"], wishes.minutes)
    hours = (accepted / rate + cut.number * screened["start"]) / 3600
    memory = None if screened["memory"] is None else in_mb(GROWTH * screened["memory"])
    return Estimate(
        compounds=extent.compounds, counted=extent.counted, accepted=accepted, sample=screened["rows"],
        minutes=wishes.minutes, shards=cut.number, shard_minutes=round(cut.seconds / 60, 3),
        seconds_start=round(screened["start"], 2), slots=wishes.slots,
        hours_wall=round(math.ceil(cut.number / wishes.slots) * cut.seconds / 3600, 4),
        screen=Cost(round(rate, 1), round(hours, 4), memory, math.ceil(accepted * screened["disk"])),
        prepare=None if prepared is None else _cost_of_preparing(extent, prepared),
        rank=rank_cost(accepted, screened["table_bytes"], screened["score_bytes"],
                        screened["table_disk"] + screened["disk"]),
        notes=tuple(_notes(extent, screened, prepared, cut.too_long)),
    )  # fmt: skip


def _cost_of_preparing(extent: LibrarySize, found: Mapping[str, Any]) -> Cost:
    rate, memory = _rate(found), None
    if found["memory"] is not None:
        # A part is held until it is full; digests and ids of all rows are held to the end.
        part = min(extent.accepted, PART_ROWS) - found["accepted"]
        grown = max(0, part) * found["part_bytes"] + extent.accepted * found["kept_bytes"]
        memory = in_mb(found["memory"] + grown)
    hours = (extent.compounds / rate + found["start"]) / 3600
    return Cost(round(rate, 1), round(hours, 4), memory, math.ceil(extent.compounds * found["disk"]))


def _rate(found: Mapping[str, Any]) -> float:
    return float(found["rows"]) / max(found["seconds"], 1e-9)


def _notes(
    extent: LibrarySize, screened: Mapping[str, Any], prepared: Mapping[str, Any] | None, too_long: bool
) -> list[str]:
    """What is not as it should be for an estimate to rely on."""
    rows, size = screened["block_rows"], min(extent.block_rows, extent.accepted)
    told = {
        "the machine was busy with something else, so times are of the processor":
            screened["busy"] or (prepared is not None and prepared["busy"]),
        "rows were told from the bytes of the file, not counted": extent.counted == "estimated",
        f"the sample makes blocks of {rows:,} compounds, but the library's have {size:,}, which go faster":
            rows < size,
        "jobs take longer than wished, since there are no more blocks, or shards, to give": too_long,
        "this system does not tell the memory of a process": screened["memory"] is None,
    }  # fmt: skip
    return [note for note, holds in told.items() if holds]


def command(
    library: str,
    models: Models,
    /,
    *,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    compounds: int | None = None,
    minutes: float = 20.0,
    slots: int = 16,
    sample: int = SAMPLE,
    duplicates_by: DuplicatesBy = None,
    precision: Precision = "float32",
    output: Path | None = None,
) -> None:
    """Estimate the screen of a library in a file or folder.

    Parameters
    ----------
    library : str
        Folder of a prepared library, or a file of compounds.
    compounds : int
        Rows of the whole library, if this one is only a part of it.
    minutes : float
        The longest that a job may take.
    slots : int
        Jobs that run at once.
    sample : int
        Rows to try.
    output : Path
        Write the estimate here as JSON.
    """
    made = estimate(library, named_models(models), compounds=compounds, minutes=minutes, slots=slots,
                    sample=sample, reading=reading, duplicates_by=duplicates_by,
                    precision=precision)  # fmt: skip
    if output is not None:
        write_json(made.to_dict(), output)
    print(made)
