"""Prepare a library: read, standardise and encode its rows once, and mark duplicates.

One process reads the file, checks ids and duplicates, and writes; the others standardise and encode. The
result is in the order of the file and does not depend on the number of processes. An interrupted run
continues behind the last part that is complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.settings import FRACTION, Limits, check_values, one_of, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.arrow_file import cut
from riboswitch.data.library import FORMAT, PART_ROWS, Library, block_rows
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, RejectedError
from riboswitch.io.files import check_folder, read_json, sha256, write_json
from riboswitch.io.locks import held
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import RowBatch
from riboswitch.screening.deduplicator import Deduplicator
from riboswitch.screening.parts import Parts
from riboswitch.screening.processes import chunks, ordered

CHUNK = 2_048  # rows that one process takes at a time
FEW = 4  # chunks that are done before another process has started
DUPLICATES = ("mark", "reject", "keep")
LIMITS = {"max_rejected": FRACTION, "duplicates": Limits(choices=DUPLICATES)}


@dataclass(frozen=True)
class PrepareSettings:
    """How a library is prepared; see `riboswitch.prepare`."""

    reading: Mapping[str, Any]
    encoder: Mapping[str, Any] | None = None
    duplicates: str = "mark"
    duplicates_by: str | None = None
    max_rejected: float = 0.5
    part_rows: int = PART_ROWS

    def __post_init__(self) -> None:
        check_values(LIMITS, max_rejected=self.max_rejected, duplicates=self.duplicates)
        positive_int("part_rows", self.part_rows)


def prepare_library(
    source: str | Path, folder: str | Path, modality: Modality, settings: PrepareSettings, processes: int = 1
) -> Library:
    """Prepare a library.

    Parameters
    ----------
    source : path
        The raw library.
    folder : path
        Where the prepared library goes. If it holds parts made from the same source and settings, the run
        continues behind them; anything else there is replaced.
    modality : Modality
    settings : PrepareSettings
    processes : int
        Processes that standardise and encode.

    Raises
    ------
    LockedError
        If another run is writing the folder.
    RejectedError
        If too many rows are rejected.
    UsageError
        If the modality has no libraries, or no such key.
    """
    made_of = _made_of(source, modality, settings)
    check_folder(folder)
    parts = Parts(Path(folder), settings.part_rows, made_of if made_of["sha256"] else None)
    # Nothing is locked if nothing is to be written: what is there may lie on a disk that is read-only.
    if not _is_done(parts) or parts.untidy():
        with held(folder) as lock:
            parts.may_write = lock.check
            if not _is_done(parts):
                _fill(parts, source, made_of, settings.encoder, processes)
                _finish(parts, made_of, settings.max_rejected, str(source))
            parts.tidy()
    library = Library.open(folder)
    _require(library.header["counts"], settings.max_rejected, str(source))
    return library


def _finish(parts: Parts, made_of: Mapping[str, Any], max_rejected: float, where: str) -> None:
    """Write the header, which makes a library of the parts."""
    _require(parts.ledger.counts, max_rejected, where)
    facts = {"counts": parts.ledger.counts, "rows": parts.rows}
    parts.may_write()
    header = {**made_of, **facts, "block_rows": block_rows(parts.ledger.accepted)}
    write_json(header, parts.folder / "library.json")


def _fill(
    parts: Parts,
    source: str | Path,
    made_of: Mapping[str, Any],
    encoder: Mapping[str, Any] | None,
    processes: int,
) -> None:
    """Write all parts that are missing."""
    parts.resume()
    reading, modality = made_of["reading"], find(made_of["modality"])
    library = modality.required("library", modality.library)
    deduplicator = Deduplicator(made_of["duplicates"], reading.get("id_column") is not None, parts)
    work = (str(source), reading, encoder, made_of["duplicates_by"])
    rows = islice(library.rows(source, reading), parts.ledger.read, None)
    for batch in ordered(library.BatchReader, work, chunks(rows, CHUNK), processes, FEW):
        _take(batch, deduplicator, parts)
    parts.flush()
    parts.close()


def _made_of(source: str | Path, modality: Modality, settings: PrepareSettings) -> dict[str, Any]:
    """All that the bytes of a library depend on, as JSON values; a stream has no digest."""
    library = modality.required("library", modality.library)
    key = settings.duplicates_by or library.KEYS[0]
    one_of("duplicates_by", key, library.KEYS)
    stream = str(source) == "-"
    if not stream and not Path(source).is_file():
        raise InputError("no such file", where=str(source))
    packages = ("riboswitch", "numpy", "pyarrow", *modality.packages)
    nothing: dict[str, list[Any]] = {name: [] for name in modality.components}
    facts = {
        "format": FORMAT, "modality": modality.name, "components": [*modality.components],
        "reading": dict(settings.reading), "duplicates": settings.duplicates, "duplicates_by": key,
        "part_rows": settings.part_rows,
        "encoder": modality.encoder.encode(nothing, [], settings.encoder).meta,
        "source": "stdin" if stream else Path(source).name, "sha256": "" if stream else sha256(source),
        "made_with": {name: version(name) for name in packages},
    }  # fmt: skip
    same: dict[str, Any] = json.loads(json.dumps(facts))
    return same


def _is_done(parts: Parts) -> bool:
    """Whether the library is there already, made of just this."""
    path = parts.folder / "library.json"
    if parts.made_of is None or not path.exists():
        return False
    header = read_json(path)
    return all(header.get(key) == value for key, value in parts.made_of.items())


def _take(batch: RowBatch, deduplicator: Deduplicator, parts: Parts) -> None:
    """Sort rows into the parts; a part that is full is written before the next row is looked at."""
    keys, number = iter(batch.keys), -1
    lines: list[tuple[Record, str, str]] = []
    numbers: list[int] = []
    for item in batch.items:
        if isinstance(item, Rejection):
            parts.reject(item)
            continue
        key, number = next(keys), number + 1
        first = deduplicator(item, key)
        if isinstance(first, Rejection):
            parts.reject(first)
            continue
        lines.append((item, key, first))
        numbers.append(number)
        if len(lines) == parts.room:
            parts.add(lines, _chosen(batch.arrays, numbers))
            parts.flush()
            lines, numbers = [], []
    if lines:
        parts.add(lines, _chosen(batch.arrays, numbers))


def _chosen(arrays: RaggedArrays, numbers: list[int]) -> RaggedArrays:
    first, last = numbers[0], numbers[-1] + 1
    return cut(arrays, first, last) if last - first == len(numbers) else arrays.take(np.array(numbers))


def _require(counts: dict[str, Any], max_rejected: float, where: str) -> None:
    fraction = counts["rejected"] / counts["read"] if counts["read"] else 1.0
    if not counts["accepted"] or fraction > max_rejected:
        commonest = max(counts["by_code"], key=counts["by_code"].get, default="the file holds no rows")
        raise RejectedError(
            f"{counts['rejected']} of {counts['read']} rows were rejected, "
            f"more than max_rejected {max_rejected:.0%}",
            where=where,
            hint=f"Commonest reason: {commonest}; each row's is in rejected.tsv.",
        )
