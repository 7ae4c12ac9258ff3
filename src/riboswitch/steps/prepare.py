"""Standardise and encode a compound library once, for any number of screens.

One process reads the file, checks ids and duplicates, and writes; the others standardise and encode. The
result is in the order of the file and does not depend on the number of processes. An interrupted run
continues if it is given the same file and options.
"""

from __future__ import annotations

__all__ = ["prepare"]
__verb__ = ("Screen", 190)

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np

from riboswitch.config.options import NO_SETTINGS, Json
from riboswitch.config.settings import FRACTION, Limits, check_values, keywords, one_of, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.blocks import cut
from riboswitch.data.library import FORMAT, PART_ROWS, Library, block_rows
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, RejectedError
from riboswitch.io.files import check_folder, read_json, sha256, write_json
from riboswitch.io.locks import held
from riboswitch.io.summary import write_summary
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.screening.deduplicator import Deduplicator
from riboswitch.screening.parts import Parts
from riboswitch.screening.processes import cores, ordered
from riboswitch.steps.arguments import DuplicatesBy, MaxRejected, Processes, Summary
from riboswitch.steps.modality_settings import READING

CHUNK = 2_048  # rows that one process takes at a time
FEW = 4  # chunks that are done before another process has started
DUPLICATES = ("mark", "reject", "keep")
LIMITS = {"max_rejected": FRACTION, "duplicates": Limits(choices=DUPLICATES)}

T = TypeVar("T")


def prepare(
    source: str | Path,
    folder: str | Path,
    *,
    modality: str = "molecule",
    reading: Mapping[str, Any] | None = None,
    encoder: Mapping[str, Any] | None = None,
    duplicates: str = "mark",
    duplicates_by: str = "inchikey",
    max_rejected: float = 0.5,
    processes: int = 1,
    part_rows: int = PART_ROWS,
) -> Library:
    """Read, standardise and encode a library, in constant memory but for the digests of keys and ids.

    Parameters
    ----------
    source : path
        The raw library.
    folder : path
        Where the prepared one goes; what was there is replaced, but for what a run of the same source and
        options has finished: it goes on behind that.
    modality : str
    reading, encoder : mapping, optional
        Options of the modality's `read` and `encode`.
    duplicates : {"mark", "reject", "keep"}
        The second of two equal inputs is kept and marked in the column ``duplicate_of`` with the id of the
        first, or rejected, or kept unmarked. Digests, rows and ids are in memory to find it: up to 84 bytes
        a row and the characters of its id; 72 more where ids are read from a column.
    duplicates_by : {"inchikey", "smiles"}
        What is equal: the InChIKey, which sees through most tautomers and takes longer than all else
        together; or the standardised SMILES.
    max_rejected : float
        Raise if more than this share of the rows was rejected.
    processes : int
        Processes that do the chemistry. The result does not depend on it.
    part_rows : int
        Rows a part.

    Returns
    -------
    Library

    Raises
    ------
    LockedError
        If another run is writing the folder, and goes on to.
    """
    positive_int("processes", processes)
    check_values(LIMITS, max_rejected=max_rejected)
    kind = find(modality)
    kind.required("library", kind.library)
    how = keywords(kind.reader.read, reading, "reading")
    made_of = _made_of(source, kind, how, encoder, duplicates, duplicates_by, part_rows)
    check_folder(folder)
    parts = Parts(Path(folder), part_rows, made_of if made_of["sha256"] else None)
    # Nothing is locked if nothing is to be written: what is there may lie on a disk that is read-only.
    if not _is_done(parts) or parts.untidy():
        with held(folder) as lock:
            parts.may_write = lock.check
            if not _is_done(parts):
                _fill(parts, source, made_of, encoder, processes)
                _finish(parts, made_of, max_rejected, str(source))
            parts.tidy()
    library = Library.open(folder)
    _require(library.header["counts"], max_rejected, str(source))
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
    judge = Deduplicator(made_of["duplicates"], reading.get("id_column") is not None, parts)
    work = (str(source), reading, encoder, made_of["duplicates_by"])
    rows = islice(library.rows(source, reading), parts.ledger.read, None)
    for made in ordered(library.BatchReader, work, chunks(rows, CHUNK), processes, FEW):
        _take(made, judge, parts)
    parts.flush()
    parts.close()


def _made_of(
    source: str | Path,
    modality: Modality,
    reading: Mapping[str, Any],
    encoder: Mapping[str, Any] | None,
    duplicates: str,
    duplicates_by: str,
    part_rows: int,
) -> dict[str, Any]:
    """All that the bytes of a library depend on, as JSON values; a stream has no digest."""
    check_values(LIMITS, duplicates=duplicates)
    library = modality.required("library", modality.library)
    one_of("duplicates_by", duplicates_by, library.KEYS)
    positive_int("part_rows", part_rows)
    stream = str(source) == "-"
    if not stream and not Path(source).is_file():
        raise InputError("no such file", where=str(source))
    packages = ("riboswitch", "numpy", "pyarrow", *modality.packages)
    facts = {
        "format": FORMAT, "modality": modality.name, "components": [*modality.components],
        "reading": dict(reading), "duplicates": duplicates,
        "duplicates_by": duplicates_by, "part_rows": part_rows,
        "encoder": modality.encoder.encode({c: [] for c in modality.components}, [], encoder).meta,
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


def _take(made: Any, judge: Deduplicator, parts: Parts) -> None:
    """Sort rows into the parts; a part that is full is written before the next row is looked at."""
    keys, number = iter(made.keys), -1
    lines: list[tuple[Record, str, str]] = []
    places: list[int] = []
    for item in made.items:
        if isinstance(item, Rejection):
            parts.reject(item)
            continue
        key, number = next(keys), number + 1
        verdict = judge(item, key)
        if isinstance(verdict, Rejection):
            parts.reject(verdict)
            continue
        lines.append((item, key, verdict))
        places.append(number)
        if len(lines) == parts.room:
            parts.add(lines, _chosen(made.arrays, places))
            parts.flush()
            lines, places = [], []
    if lines:
        parts.add(lines, _chosen(made.arrays, places))


def _chosen(arrays: RaggedArrays, places: list[int]) -> RaggedArrays:
    first, last = places[0], places[-1] + 1
    return cut(arrays, first, last) if last - first == len(places) else arrays.take(np.array(places))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Items in lists of ``size``; the last may be shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk


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


def command(
    source: str,
    /,
    *,
    output: Path,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    modality: str = "molecule",
    duplicates: str = "mark",
    duplicates_by: DuplicatesBy = "inchikey",
    max_rejected: MaxRejected = 0.5,
    processes: Processes = 0,
    summary: Summary = None,
) -> None:
    """Prepare the library in a file.

    Parameters
    ----------
    source : str
        The library: .smi, .csv, .tsv, .sdf, .parquet, plain or compressed; or - for standard input.
    output : Path
        Folder of the prepared library.
    modality : str
        Modality of the rows.
    duplicates : str
        mark the second of two equal compounds (column duplicate_of), reject it, or keep it unmarked.
    """
    made = prepare(source, output, modality=modality, reading=reading,
                   duplicates=duplicates, duplicates_by=duplicates_by, max_rejected=max_rejected,
                   processes=processes or cores())  # fmt: skip
    write_summary(made.header["counts"], summary)
