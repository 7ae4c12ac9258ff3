"""Pilot: a small job in a process of its own, to measure its start, its speed, its memory and its disk.

``python -m riboswitch.screening.pilot`` reads a JSON object from standard input and writes another to
standard output. `screening.estimating` starts one process for each kind of job, so nothing else is measured.
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

from riboswitch.data.library import Library
from riboswitch.data.library_part import BlockRange, part_path, readable
from riboswitch.data.model import named_models
from riboswitch.errors import InputError, RejectedError, RiboswitchError
from riboswitch.modalities import find
from riboswitch.screening.preparing import PrepareSettings, prepare_library
from riboswitch.screening.scorefile import open_scores
from riboswitch.screening.sizing import evenly

BUSY = 0.8  # fraction of the time: if this process had less of a core, the processor was busy with others


class Stopwatch:
    """Measures the seconds that work takes on a core of its own."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, Any]:
        """``seconds`` of wall time; of processor time if the processor was ``busy`` with other processes."""
        wall, processor = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        busy = processor < BUSY * wall
        return {"seconds": processor if busy else wall, "busy": busy}


@dataclass
class Sample(Library):
    """Some blocks of a library. The first occurs twice: once to warm up."""

    chosen: list[BlockRange] = field(default_factory=list)

    @classmethod
    def of(cls, library: Library, block_rows: int, rows: int) -> Sample:
        """Choose blocks of ``block_rows`` rows, with at least ``rows`` rows in all.

        The blocks are full (if the library has full ones), since a network computes what repeats in a block
        only once. They are spread over the library, since libraries are often sorted.

        Raises
        ------
        InputError
            If the library is empty.
        """
        header = library.header | {"block_rows": block_rows}
        ranges = Library(library.folder, header).block_ranges()
        if not ranges:
            raise InputError("the library holds no compounds", where=str(library.folder))
        most = max(block.rows for block in ranges)
        whole = [block for block in ranges if block.rows == most]
        chosen = [whole[i] for i in evenly(len(whole), -(-rows // most))]
        return cls(library.folder, header, chosen=[chosen[0], *chosen])

    def block_ranges(self, shard: int = 0, shards: int = 1) -> list[BlockRange]:
        """The chosen blocks."""
        return self.chosen


def screen_sample(
    started: float, folder: str, models: Sequence[str], precision: str, block_rows: int, rows: int, to: str
) -> dict[str, Any]:
    """Screen some blocks of a library with the code that `riboswitch screen` runs, and write the scores.

    Parameters
    ----------
    started : float
        `time.time` at the start of this process.
    folder : str
        The library.
    models : sequence of str
    precision : str
    block_rows, rows : int
        See `Sample.of`.
    to : str
        File of the scores.

    Returns
    -------
    dict
        Measured values: ``seconds``, ``busy``, ``rows``, ``block_rows``, ``start`` (seconds), ``memory``
        (bytes), and bytes a row: ``disk``, ``score_bytes``, ``table_bytes``, ``table_disk``.
    """
    # Imported here: preparing needs no torch, and importing it would count in its measurement.
    from riboswitch.screening.screen_library import screen_library
    from riboswitch.screening.screeners import ScreenSettings

    sample = Sample.of(Library.open(folder), block_rows, rows)
    tables = screen_library(sample, ScreenSettings(named_models(models), False, precision), 0, 1, 1)
    warmed, begun, used = len(next(tables)), time.time(), time.process_time()
    scored = held = 0
    with open_scores(to) as file:
        watch = Stopwatch()
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


def prepare_sample(
    started: float,
    source: str,
    few: str,
    folder: str,
    modality: str,
    reading: dict[str, Any],
    encoder: dict[str, Any],
    duplicates_by: str | None,
) -> dict[str, Any]:
    """Prepare a library from a file with the code that `riboswitch prepare` runs.

    Parameters
    ----------
    started : float
    source : str
        The file.
    few : str
        A file with some of its rows, to warm up.
    folder : str
        Folder for the library.
    modality : str
    reading, encoder : dict
    duplicates_by : str, optional

    Returns
    -------
    dict
        Measured values: ``seconds``, ``busy``, ``rows``, ``accepted``, ``start`` (seconds), ``memory``
        (bytes), and bytes a row: ``part_bytes``, ``kept_bytes``, ``disk``.
    """
    settings = PrepareSettings(reading, encoder, duplicates_by=duplicates_by, max_rejected=1.0)
    with suppress(RejectedError):
        prepare_library(few, f"{folder}-few", find(modality), settings)
    begun, before, watch = time.time(), peak_memory(), Stopwatch()
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
    """Most bytes of memory that this process has held; None if the system does not report it.

    On Linux the value of `getrusage` includes the peak of the parent process, so ``/proc`` is read first.
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
    """Bytes of the scores in memory after they are joined with the compounds: float32 becomes float64."""
    single = scores.select_dtypes("float32").shape[1]
    return int(scores.memory_usage(deep=True, index=False).sum()) + 4 * single * len(scores)


def _table_bytes(library: Library) -> dict[str, float]:
    """Bytes a row of a library's table: in memory, and on disk."""
    parts = range(len(library.header["rows"]))
    disk = sum(part_path(library.folder, part, "parquet").stat().st_size for part in parts)
    middle = library.intact(part_path(library.folder, len(parts) // 2, "parquet").name)
    with readable(middle), pq.ParquetFile(middle) as file:
        table = file.read_row_group(0).to_pandas()
    held = int(table.memory_usage(deep=True, index=False).sum())
    return {"table_bytes": held / len(table), "table_disk": disk / len(library)}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"screen": screen_sample, "prepare": prepare_sample}


def main() -> None:
    """Run the job that standard input names, and write its result, or its error, to standard output."""
    request = json.load(sys.stdin)
    try:
        answer = JOBS[request.pop("job")](**request)
    except RiboswitchError as error:
        texts = {name: getattr(error, name) for name in ("problem", "where", "hint")}
        answer = {"error": type(error).__name__, **texts, "found": error.found and str(error.found)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
