"""prepare: a raw library -> one that is standardised, encoded, free of duplicates; done once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import RejectedError
from riboswitch.files import atomic_path, write_json
from riboswitch.library import DUPLICATE_OF, PART_ROWS, Block, Library, part_path
from riboswitch.modalities import load
from riboswitch.records import REJECTION_COLUMNS, Record, Rejection, rejection_table, write_parquet
from riboswitch.settings import one_of


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
    folder = Path(folder)
    for old in [folder / "library.json", *folder.glob("part-*")]:
        old.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    stream: Iterable[Record | Rejection] = load(modality, "read").read(source, **(reading or {}))
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


def _keyed(
    stream: Iterable[Record | Rejection], modality: str, duplicates: str
) -> Iterator[tuple[Record | Rejection, str]]:
    identity = load(modality, "read").identity
    seen: dict[str, tuple[int, str]] = {}
    for item in stream:
        if isinstance(item, Rejection):
            yield item, ""
            continue
        key = identity(item.input)
        first = seen.setdefault(key, (item.row, item.id))
        if first[0] == item.row:
            yield item, key
        elif duplicates == "mark":
            yield replace(item, fields={**item.fields, DUPLICATE_OF: first[1]}), key
        else:
            reason = f"the same compound as {first[1]} in row {first[0]}"
            hint = "Its score is that of the first."
            yield (
                Rejection(item.row, item.id, item.input, "DUPLICATE", reason, hint, "prepare", item.source),
                "",
            )


def _accepted(
    items: Iterable[tuple[Record | Rejection, str]], rejected: Any, counts: dict[str, Any]
) -> Iterator[tuple[Record, str]]:
    """Pass on records, write rejections, count both."""
    for item, key in items:
        counts["read"] += 1
        if isinstance(item, Rejection):
            counts["rejected"] += 1
            counts["by_code"][item.code] = counts["by_code"].get(item.code, 0) + 1
            line = rejection_table([item])
            line.to_csv(rejected, sep="\t", index=False, header=False, lineterminator="\n")
        else:
            counts["accepted"] += 1
            yield item, key


def _chunks(items: Iterator[tuple[Record, str]], size: int) -> Iterator[list[tuple[Record, str]]]:
    chunk: list[tuple[Record, str]] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def encode_block(
    items: Sequence[tuple[Record, str]], modality: str, encoder: Mapping[str, Any] | None
) -> Block:
    """Encode records with their keys, fingerprints included."""
    records = [record for record, _ in items]
    table = pd.DataFrame(
        [
            {"row": r.row, "id": r.id, "input": r.input, "key": key, DUPLICATE_OF: "", **r.fields}
            for r, key in items
        ]
    )
    part = load(modality, "encode")
    inputs = table["input"].tolist()
    arrays: RaggedArrays = part.encode(inputs, [r.id for r in records], dict(encoder or {}))
    arrays.values["fingerprint"] = part.fingerprints(inputs)
    arrays.offsets["fingerprint"] = np.arange(len(inputs) + 1)
    return Block(table, arrays)


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
