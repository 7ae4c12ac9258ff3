"""Score a library or a raw file, block by block: memory does not depend on the number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.config.settings import positive_int
from riboswitch.data.library import Library
from riboswitch.data.library_part import BlockRange
from riboswitch.data.records import Record
from riboswitch.errors import InputError, UsageError
from riboswitch.io.log.progress import tracked
from riboswitch.io.summary import write_note
from riboswitch.modalities.optional_parts import RowBatch
from riboswitch.modalities.reading import carried_names, new_file, read_memory
from riboswitch.screening.process_pool import chunks, cores, ordered
from riboswitch.screening.screeners import BlockScorer, RowScorer, ScreenSettings

CHUNK_ROWS = 8_192  # raw rows that are scored together: in larger chunks more atom environments repeat
FEW_CHUNKS = 16  # chunks that are done before another process has started
ROWS_PER_PROCESS = 200_000  # rows of a library for which another process pays off


def screen_library(
    library: Library, settings: ScreenSettings, shard: int, shards: int, processes: int
) -> Iterator[pd.DataFrame]:
    """Score a shard, a block at a time; yields at least one table, for its columns.

    Raises
    ------
    InputError
        If the library was encoded with other settings than the models.
    """
    positive_int("processes", processes)
    if not settings.modality.encoder.serves(library.header["encoder"], settings.encoder):
        found = _differing(library.header["encoder"], settings.encoder)
        raise InputError("the library was encoded differently than the model expects",
                         where=str(library.folder), found=found,
                         hint="Prepare it again, with the settings of the model's featurize.")  # fmt: skip
    ranges = library.block_ranges(shard, shards)
    if not ranges:
        yield BlockScorer(library.folder, settings)(BlockRange(0, 0, 1))[:0]
        return
    scored, total = 0, sum(block.rows for block in ranges)
    tables = ordered(BlockScorer, (library.folder, settings), ranges, processes)
    for table in tracked(tables, "screen", "compounds", total, len):
        scored += len(table)
        yield table
    if scored != total:
        raise AssertionError(f"{total} rows in the shard, but {scored} scores")


def _differing(encoding: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """What a library lacks, or has otherwise than a model."""
    names = [name for name, value in wanted.items() if encoding.get(name) != value]
    return ", ".join(f"no {name}" if name not in encoding else f"other {name}" for name in names)


def screen_file(
    source: str, reading: Mapping[str, Any], settings: ScreenSettings, processes: int
) -> Iterator[pd.DataFrame]:
    """Score a raw file, read with the options of the training data; rejected rows stay in the tables.

    ``reading`` says how the file is laid out, see `new_file`.
    """
    carried = carried_names(settings.modality, reading)
    reading = new_file(settings.first, settings.modality, reading)
    stream = settings.library.rows(source, reading)
    write_note(stream.found.sentence)
    work = source, reading | stream.found.options, settings, carried
    rows = chunks(stream, CHUNK_ROWS)
    scored = ordered(RowScorer, work, rows, processes, FEW_CHUNKS)
    yield from tracked(scored, "screen", "compounds", size=len)


def memory_batch(compounds: Any, settings: ScreenSettings, columns: Sequence[str] = ()) -> RowBatch:
    """Read and encode compounds in memory, as `read_memory` takes them, for all models of the settings."""
    modality, key = settings.modality, settings.key
    items = list(read_memory(compounds, settings.first, modality, columns))
    good = [item for item in items if isinstance(item, Record)]
    inputs = {c: [r.components[c] for r in good] for c in modality.components}
    arrays = modality.encoder.encode(inputs, [r.id for r in good], settings.encoder)
    keys = [""] * len(good) if key == "none" else settings.library.keys(inputs, key)
    return RowBatch(items, keys, arrays)


def screen_any(
    source: str, reading: Mapping[str, Any], settings: ScreenSettings, shard: int, shards: int, processes: int
) -> Iterator[pd.DataFrame]:
    """Score a prepared library or a raw file; 0 processes: as many as pay off."""
    if not Path(source).is_dir():
        return screen_file(source, reading, settings, processes or cores())
    if reading:
        raise UsageError("a prepared library is read already", where=source, found=", ".join(reading),
                         hint="Give such options to prepare.")  # fmt: skip
    library = Library.open(source)
    enough = 1 + sum(block.rows for block in library.block_ranges(shard, shards)) // ROWS_PER_PROCESS
    return screen_library(library, settings, shard, shards, processes or min(cores(), enough))
