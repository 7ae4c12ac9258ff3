"""A job in small, in a process of its own: how long it takes to start, how fast it goes on, what it needs.

``python -m riboswitch.screening.pilot`` takes a JSON object on standard input and answers with another on
standard output. `steps.estimate` starts it once for each kind of job, so that nothing else is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from riboswitch.data.library import BlockRange, Library, part_path
from riboswitch.data.model import named_models
from riboswitch.errors import InputError, RejectedError, RiboswitchError
from riboswitch.modalities import find
from riboswitch.screening.preparing import PrepareSettings, prepare_library
from riboswitch.screening.scorefile import open_scores
from riboswitch.screening.sizing import evenly

BUSY = 0.8  # share of the time below which the processor had other things to do


class Watch:
    """Seconds that work takes where it has a core to itself."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, Any]:
        """``seconds`` on the wall; or of the processor, if it was ``busy`` with something else."""
        wall, processor = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        busy = processor < BUSY * wall
        return {"seconds": processor if busy else wall, "busy": busy}


@dataclass
class Sample(Library):
    """Some blocks of a library, the first of them twice: once to warm up."""

    chosen: list[BlockRange] = field(default_factory=list)

    @classmethod
    def of(cls, library: Library, block_rows: int, rows: int) -> Sample:
        """Blocks of ``block_rows`` that make up ``rows``, or the next more.

        They are whole (where the library has such), since a network computes what repeats in a block only
        once; and spread, since libraries are often sorted.
        """
        header = library.header | {"block_rows": block_rows}
        places = Library(library.folder, header).block_ranges()
        if not places:
            raise InputError("the library holds no compounds", where=str(library.folder))
        most = max(place.rows for place in places)
        whole = [place for place in places if place.rows == most]
        chosen = [whole[i] for i in evenly(len(whole), -(-rows // most))]
        return cls(library.folder, header, chosen=[chosen[0], *chosen])

    def block_ranges(self, shard: int = 0, shards: int = 1) -> list[BlockRange]:
        """All that were chosen."""
        return self.chosen


def screening(
    started: float, folder: str, models: Sequence[str], precision: str, block_rows: int, rows: int, to: str
) -> dict[str, Any]:
    """Screen some blocks of a library with the code that `riboswitch screen` runs, and write the scores.

    Parameters
    ----------
    started : float
        When this process was, as `time.time` told it.
    folder : str
        Of the library.
    models : sequence of str
    precision : str
    block_rows, rows : int
        See `Sample.of`.
    to : str
        File of the scores.
    """
    # Here, since preparing goes without torch, and would be measured with it.
    from riboswitch.screening.scoring import screen_library
    from riboswitch.screening.screeners import ScreenSettings

    sample = Sample.of(Library.open(folder), block_rows, rows)
    tables = screen_library(sample, ScreenSettings(named_models(models), False, precision), 0, 1, 1)
    warmed, begun, used = len(next(tables)), time.time(), time.process_time()
    scored = held = 0
    with open_scores(to) as file:
        watch = Watch()
        for table in tables:
            file.write(table)
            scored, held = scored + len(table), held + _bytes_in_double(table)
        timed = watch.read()
    start = (used if timed["busy"] else begun - started) - timed["seconds"] * warmed / scored
    return timed | {
        "rows": scored, "block_rows": warmed, "start": max(start, 0.0), "memory": peak_memory(),
        "disk": Path(to).stat().st_size / scored, "score_bytes": held / scored,
        **_table_bytes(sample),
    }  # fmt: skip


def preparing(
    started: float,
    source: str,
    few: str,
    folder: str,
    modality: str,
    reading: dict[str, Any],
    duplicates_by: str | None,
) -> dict[str, Any]:
    """Prepare a library of a file with the code that `riboswitch prepare` runs.

    Parameters
    ----------
    started : float
    source : str
        The file.
    few : str
        A file with some rows of it, to warm up.
    folder : str
        Where the library goes.
    modality : str
    reading : dict
    duplicates_by : str, optional
    """
    settings = PrepareSettings(reading, duplicates_by=duplicates_by, max_rejected=1.0)
    with suppress(RejectedError):
        prepare_library(few, f"{folder}-few", find(modality), settings)
    begun, before, watch = time.time(), peak_memory(), Watch()
    made = prepare_library(source, folder, find(modality), settings)
    timed, memory, counts = watch.read(), peak_memory(), made.header["counts"]
    ids = made.table(["id"])["id"].str.len().mean()
    return timed | {
        "rows": counts["read"], "accepted": counts["accepted"], "start": begun - started, "memory": memory,
        "part_bytes": None if memory is None or before is None else (memory - before) / counts["accepted"],
        "kept_bytes": 84 + ids + 72 * (made.header["reading"].get("id_column") is not None),
        "disk": sum(path.stat().st_size for path in made.folder.iterdir()) / counts["read"],
    }  # fmt: skip


def peak_memory() -> int | None:
    """Most bytes of memory that this process has held; None where the system does not tell.

    What `getrusage` tells on Linux is not less than what the process that started this one held.
    """
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _bytes_in_double(scores: pd.DataFrame) -> int:
    """Bytes of scores in memory once they are joined with the compounds: float32 becomes float64."""
    single = scores.select_dtypes("float32").shape[1]
    return int(scores.memory_usage(deep=True, index=False).sum()) + 4 * single * len(scores)


def _table_bytes(library: Library) -> dict[str, float]:
    """Bytes a row of a library's table: in memory, and on the disk."""
    parts = range(len(library.header["rows"]))
    disk = sum(part_path(library.folder, part, "parquet").stat().st_size for part in parts)
    with pq.ParquetFile(part_path(library.folder, len(parts) // 2, "parquet")) as file:
        table = file.read_row_group(0).to_pandas()
    held = int(table.memory_usage(deep=True, index=False).sum())
    return {"table_bytes": held / len(table), "table_disk": disk / len(library)}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"screen": screening, "prepare": preparing}


def main() -> None:
    """Do as standard input says."""
    request = json.load(sys.stdin)
    try:
        answer = JOBS[request.pop("job")](**request)
    except RiboswitchError as error:
        told = {name: getattr(error, name) for name in ("problem", "where", "hint")}
        answer = {"error": type(error).__name__, **told, "found": error.found and str(error.found)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
