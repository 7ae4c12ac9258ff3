"""Prepare a library: read, standardise and encode its rows once, and mark duplicates.

One process reads the file, checks ids and duplicates, and writes. The others standardise and encode. The
result is in the order of the file and does not depend on the number of processes. An interrupted run resumes
after the last complete part.
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
from riboswitch.data.library import FORMAT, HEADER, PART_ROWS, Library, block_rows
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, RejectedError
from riboswitch.io.atomic_files import Watch, check_folder, sha256
from riboswitch.io.locks import held
from riboswitch.io.log.progress import Progress
from riboswitch.io.sealed import write_sealed
from riboswitch.io.summary import codes_text
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.optional_parts import LibraryPart, RowBatch
from riboswitch.screening.deduplicator import Deduplicator
from riboswitch.screening.library_writer import LibraryWriter
from riboswitch.screening.process_pool import chunks, ordered

CHUNK_ROWS = 2_048  # rows that one process takes at a time
FEW_CHUNKS = 4  # chunks that are done before another process has started
DUPLICATES = ("mark", "reject", "keep")
LIMITS = {"max_rejected": FRACTION, "duplicates": Limits(choices=DUPLICATES)}


@dataclass(frozen=True)
class PrepareSettings:
    """Settings of preparing a library; see `riboswitch.prepare`."""

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
        Folder for the prepared library. If it holds parts of the same source and settings, the run resumes
        after them; other files of a library are replaced.
    modality : Modality
    settings : PrepareSettings
    processes : int
        Processes that standardise and encode.

    Raises
    ------
    InputError
        If the source changes while it is read.
    LockedError
        If another run is writing the folder.
    RejectedError
        If too many rows are rejected.
    UsageError
        If the modality has no libraries, or no such key.
    """
    watch = Watch(source)
    made_of = _made_of(source, modality, settings)
    check_folder(folder)
    writer = LibraryWriter(Path(folder), settings.part_rows, made_of if made_of["sha256"] else None)
    # A complete library is not locked, since it may be on a read-only disk.
    if not _is_done(writer) or writer.states():
        with held(folder) as lock:

            def may_write() -> None:
                lock.check()
                watch.check()

            writer.may_write = may_write
            if not _is_done(writer):
                found = _fill(writer, source, made_of, settings.encoder, processes)
                _require_same(writer, watch, made_of["sha256"])
                _finish(writer, made_of | {"found": found}, settings.max_rejected, str(source))
            writer.remove_states()
    library = Library.open(folder)
    _require(library.header["counts"], settings.max_rejected, str(source))
    return library


def _require_same(writer: LibraryWriter, watch: Watch, digest: str) -> None:
    """Raise if the source is another than at the beginning, also where size and time are the same."""
    watch.check()
    if digest and sha256(watch.path) != digest:
        writer.remove_states()  # nobody knows which parts are of which source
        raise watch.changed()


def _finish(writer: LibraryWriter, made_of: Mapping[str, Any], max_rejected: float, where: str) -> None:
    """Write the header; with it the folder is a library."""
    _require(writer.ledger.counts, max_rejected, where)
    sizes = {"rows": writer.rows, "block_rows": block_rows(writer.ledger.accepted)}
    writer.may_write()
    header = {**made_of, "counts": writer.ledger.counts, **sizes, "files": writer.files}
    write_sealed(header, writer.folder / HEADER)


def _fill(
    writer: LibraryWriter,
    source: str | Path,
    made_of: Mapping[str, Any],
    encoder: Mapping[str, Any] | None,
    processes: int,
) -> dict[str, str | None]:
    """Write all missing parts; returns the columns that were found by their names."""
    writer.resume()
    reading, modality = made_of["reading"], find(made_of["modality"])
    library = modality.required("library", modality.library)
    deduplicator = Deduplicator(made_of["duplicates"], reading.get("id_column") is not None, writer)
    stream = library.rows(source, reading)
    work = (str(source), reading | stream.found.options, encoder, made_of["duplicates_by"])
    rows = islice(stream, writer.ledger.read, None)
    batches = ordered(library.BatchReader, work, chunks(rows, CHUNK_ROWS), processes, FEW_CHUNKS)
    with Progress("prepare", "rows", _number(library, source, reading), writer.ledger.read) as told:
        for batch in batches:
            _take(batch, deduplicator, writer)
            told.add(len(batch.items))
    writer.flush()
    writer.close()
    return stream.found.columns


def _number(library: LibraryPart, source: str | Path, reading: Mapping[str, Any]) -> int | None:
    """About how many rows a file has; None for standard input."""
    if str(source) == "-":
        return None
    layout = {name: reading[name] for name in ("format", "skip_lines") if name in reading}
    try:
        return library.count(source, **layout).rows
    except InputError:  # the reader tells what is wrong with the file
        return None


def _made_of(source: str | Path, modality: Modality, settings: PrepareSettings) -> dict[str, Any]:
    """Everything that the bytes of a library depend on, as JSON values; a stream has no digest."""
    library = modality.required("library", modality.library)
    key = settings.duplicates_by or library.KEYS[0]
    one_of("duplicates_by", key, library.KEYS)
    stream = str(source) == "-"
    if not stream and not Path(source).is_file():
        raise InputError("no such file", where=str(source))
    packages = ("riboswitch", "numpy", "pyarrow", *modality.packages)
    nothing: dict[str, list[Any]] = {name: [] for name in modality.components}
    values = {
        "format": FORMAT, "modality": modality.name, "components": [*modality.components],
        "reading": dict(settings.reading), "duplicates": settings.duplicates, "duplicates_by": key,
        "part_rows": settings.part_rows,
        "encoder": modality.encoder.encode(nothing, [], settings.encoder).meta,
        "source": "stdin" if stream else Path(source).name, "sha256": "" if stream else sha256(source),
        "made_with": {name: version(name) for name in packages},
    }  # fmt: skip
    as_json: dict[str, Any] = json.loads(json.dumps(values))
    return as_json


def _is_done(writer: LibraryWriter) -> bool:
    """Whether the folder already holds the complete, intact library of the same source and settings."""
    if writer.made_of is None or not (writer.folder / HEADER).exists():
        return False
    try:
        library = Library.open(writer.folder)
        if any(library.header.get(key) != value for key, value in writer.made_of.items()):
            return False
        library.require_intact()
    except InputError:
        return False
    return True


def _take(batch: RowBatch, deduplicator: Deduplicator, writer: LibraryWriter) -> None:
    """Add rows to the library; a full part is written before the next row is checked for duplicates."""
    keys, number = iter(batch.keys), -1
    lines: list[tuple[Record, str, str]] = []
    numbers: list[int] = []
    for item in batch.items:
        if isinstance(item, Rejection):
            writer.reject(item)
            continue
        key, number = next(keys), number + 1
        first = deduplicator(item, key)
        if isinstance(first, Rejection):
            writer.reject(first)
            continue
        lines.append((item, key, first))
        numbers.append(number)
        if len(lines) == writer.room:
            writer.add(lines, _chosen(batch.arrays, numbers))
            writer.flush()
            lines, numbers = [], []
    if lines:
        writer.add(lines, _chosen(batch.arrays, numbers))


def _chosen(arrays: RaggedArrays, numbers: list[int]) -> RaggedArrays:
    first, last = numbers[0], numbers[-1] + 1
    return cut(arrays, first, last) if last - first == len(numbers) else arrays.take(np.array(numbers))


def _require(counts: dict[str, Any], max_rejected: float, where: str) -> None:
    fraction = counts["rejected"] / counts["read"] if counts["read"] else 1.0
    if counts["accepted"] and fraction <= max_rejected:
        return
    if not counts["read"]:
        raise RejectedError("the file holds no rows", where=where)
    problem = f"{counts['rejected']} of {counts['read']} rows were rejected ({fraction:.1%})"
    limit = f", more than max_rejected {max_rejected:.1%}" if fraction > max_rejected else ", so none is left"
    raise RejectedError(
        problem + limit, where=where,
        hint=f"Reasons: {codes_text(counts['by_code'])}; each row's is in rejected.tsv.",
    )  # fmt: skip
