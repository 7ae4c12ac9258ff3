"""prepare: a raw library -> one that is standardised, encoded, free of duplicates; done once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import RejectedError, UsageError
from riboswitch.files import atomic_path, write_json
from riboswitch.library import DUPLICATE_OF, PART_ROWS, Block, Library, part_path
from riboswitch.modalities import load
from riboswitch.records import REJECTION_COLUMNS, Record, Rejection, rejection_table, write_parquet
from riboswitch.settings import keywords, one_of, positive_int, share


class Keyed(NamedTuple):
    """What was read, with its key, and the id of an earlier row that has the same key."""

    item: Record | Rejection
    key: str = ""
    duplicate_of: str = ""


def prepare(
    source: str | Path,
    folder: str | Path,
    *,
    modality: str = "molecule",
    reading: Mapping[str, Any] | None = None,
    encoder: Mapping[str, Any] | None = None,
    duplicates: str = "mark",
    max_rejected: float = 0.5,
    part_rows: int = PART_ROWS,
) -> Library:
    """Read, standardise and encode a library, in constant memory but for one key a row.

    Parameters
    ----------
    source : path
        The raw library.
    folder : path
        Where the prepared one goes; what was there is replaced.
    modality : str
    reading, encoder : mapping, optional
        Options of the modality's `read` and `encode`.
    duplicates : {"mark", "reject"}
        The second of two equal inputs (equal InChIKey) is kept and marked in the column ``duplicate_of``
        with the id of the first, or rejected.
    max_rejected : float
        Raise if more than this share of the rows was rejected.
    part_rows : int
        Rows a part.

    Returns
    -------
    Library
    """
    one_of("duplicates", duplicates, ("mark", "reject"))
    positive_int("part_rows", part_rows)
    share("max_rejected", max_rejected, below_one=False)
    require_fingerprints(modality)
    read = load(modality, "read").read
    options = keywords(read, reading, "reading")
    folder = Path(folder)
    for old in [folder / "library.json", *folder.glob("part-*")]:
        old.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    stream: Iterable[Record | Rejection] = read(source, **options)
    rows, counts = [], {"read": 0, "accepted": 0, "rejected": 0, "by_code": {}}
    with atomic_path(folder / "rejected.tsv") as temporary, open(temporary, "w", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t", lineterminator="\n").writerow(REJECTION_COLUMNS)
        accepted = _accepted(_keyed(stream, modality, duplicates), handle, counts)
        for number, chunk in enumerate(_chunks(accepted, part_rows)):
            block = encode_block(chunk, modality, encoder)
            write_parquet(block.table, part_path(folder, number, "parquet"))
            block.arrays.save(part_path(folder, number, "npz"))
            rows.append(len(chunk))
    _require(counts, max_rejected, str(source))
    meta = load(modality, "encode").encode([], [], dict(encoder or {})).meta
    header = {"modality": modality, "encoder": meta, "reading": dict(reading or {}), "duplicates": duplicates,
              "counts": counts, "rows": rows, "source": Path(source).name}  # fmt: skip
    write_json(header, folder / "library.json")
    return Library(folder, header)


def _keyed(stream: Iterable[Record | Rejection], modality: str, duplicates: str) -> Iterator[Keyed]:
    identity = load(modality, "read").identity
    seen: dict[str, tuple[int, str]] = {}
    for item in stream:
        if isinstance(item, Rejection):
            yield Keyed(item)
            continue
        key = identity(item.input)
        first = seen.setdefault(key, (item.row, item.id))
        if first[0] == item.row:
            yield Keyed(item, key)
        elif duplicates == "mark":
            yield Keyed(item, key, first[1])
        else:
            reason = f"the same compound as {first[1]} in row {first[0]}"
            hint = "Its score is that of the first."
            gone = Rejection(item.row, item.id, item.input, "DUPLICATE", reason, hint, "prepare", item.source)
            yield Keyed(gone)


def _accepted(items: Iterable[Keyed], rejected: Any, counts: dict[str, Any]) -> Iterator[Keyed]:
    """Pass on records, write rejections, count both."""
    for keyed in items:
        item = keyed.item
        counts["read"] += 1
        if isinstance(item, Rejection):
            counts["rejected"] += 1
            counts["by_code"][item.code] = counts["by_code"].get(item.code, 0) + 1
            line = rejection_table([item])
            line.to_csv(rejected, sep="\t", index=False, header=False, lineterminator="\n")
        else:
            counts["accepted"] += 1
            yield keyed


def _chunks(items: Iterator[Keyed], size: int) -> Iterator[list[Keyed]]:
    chunk: list[Keyed] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def require_fingerprints(modality: str) -> None:
    """Raise unless inputs of this modality can be compared with what a model was trained on."""
    if not hasattr(load(modality, "encode"), "fingerprints"):
        raise UsageError("there are no libraries of this modality", found=modality,
                         hint="riboswitch predict takes all.")  # fmt: skip


def encode_block(items: Sequence[Keyed], modality: str, encoder: Mapping[str, Any] | None) -> Block:
    """Encode records with their keys, fingerprints included."""
    table = pd.DataFrame([_line(*keyed) for keyed in items])
    part = load(modality, "encode")
    inputs = table["input"].tolist()
    arrays: RaggedArrays = part.encode(inputs, table["id"].tolist(), dict(encoder or {}))
    arrays.values["fingerprint"] = part.fingerprints(inputs)
    arrays.offsets["fingerprint"] = np.arange(len(inputs) + 1)
    return Block(table, arrays)


def _line(record: Record | Rejection, key: str, duplicate_of: str) -> dict[str, Any]:
    """A row of a library's table; a column of the user's with the name of one of ours gets a prefix."""
    fields = record.fields if isinstance(record, Record) else {}
    own = {"row": record.row, "id": record.id, "input": record.input, "key": key, DUPLICATE_OF: duplicate_of}
    return own | {f"input_{name}" if name in own else name: value for name, value in fields.items()}


def _require(counts: dict[str, Any], max_rejected: float, where: str) -> None:
    share = counts["rejected"] / counts["read"] if counts["read"] else 1.0
    if not counts["accepted"] or share > max_rejected:
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
    modality: str = "molecule",
    reading: str = "{}",
    duplicates: str = "mark",
    max_rejected: float = 0.5,
    summary: Path | None = None,
) -> None:
    """Standardise and encode a compound library once, for any number of screens.

    Parameters
    ----------
    source : str
        The library: .smi, .csv, .tsv, .sdf, .parquet, plain or .gz; or - for standard input.
    output : Path
        Folder of the prepared library.
    modality : str
        What the rows are.
    reading : str
        JSON: how to read them, as '{"input_column": "smiles", "id_column": "name"}'.
    duplicates : str
        mark the second of two equal compounds (column duplicate_of), or reject it.
    max_rejected : float
        Fail if more than this share of the rows is rejected.
    summary : Path
        Write the counts here as JSON.
    """
    from riboswitch.cli import json_option, write_summary

    made = prepare(source, output, modality=modality, reading=json_option("reading", reading),
                   duplicates=duplicates, max_rejected=max_rejected)  # fmt: skip
    write_summary(made.header["counts"], summary)
