"""Counts the rows of a file of molecules, and copies some of them into a smaller file for a pilot.

Records are split as in `tables` and `sdf`, so their number is the same. No structure is parsed and no text is
changed. A very large file of plain text is not read to its end: its rows are estimated from its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow.parquet as pq

from riboswitch.chem import sdf
from riboswitch.errors import InputError
from riboswitch.io.delimited import DELIMITERS, is_blank, read_header, split_rows
from riboswitch.io.formats import format_of
from riboswitch.io.opening import Lines, compression, open_bytes
from riboswitch.modalities.molecule.files.parquet_rows import open_parquet
from riboswitch.modalities.molecule.files.tables import FORMATS
from riboswitch.modalities.optional_parts import RowCount

LARGE = 1 << 30  # bytes; a plain text file of at least this size is not read to its end
PROBES, PROBE_ROWS = 32, 256  # positions that are read instead, and rows at each


class RawRecord(NamedTuple):
    """The text of a record in the file; ``blank`` records at the end of a file do not count."""

    text: str
    blank: bool


def count(path: str | Path, format: str | None = None, skip_lines: int = 0) -> RowCount:
    """Count the rows of a file, including those that will be rejected.

    The header of a Parquet file states the number. Text is read to its end if it is compressed or smaller
    than 2^30 bytes; else the number is estimated.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or not of its format.
    """
    format = format_of(path, format, FORMATS)
    if format == "parquet":
        open_parquet(path, str(path))  # raises the error for an unreadable file
        found = RowCount(pq.read_metadata(path).num_rows, True)
    else:
        with _opened(path, format, skip_lines) as (_, records):
            large = _size_of_large(path)
            rows = _estimate(Path(path), format, large) if large else _number(records)
            found = RowCount(rows, not large)
    if not found.rows:
        raise InputError("there are no rows in it", where=str(path))
    return found


def sample_rows(
    path: str | Path,
    to: Path,
    runs: Sequence[range],
    counted: RowCount,
    format: str | None = None,
    skip_lines: int = 0,
) -> str:
    """Copy runs of rows into a plain file of the same format.

    Parameters
    ----------
    path, to : path
    runs : sequence of range
        Numbers of rows, from 0, in order; no number occurs twice.
    counted : RowCount
        Result of `count` for the file. If it is not exact, the rows of a run are only near these numbers.
    format : str, optional
    skip_lines : int
        Lines above the header; they are copied, too.

    Returns
    -------
    str
        The format.
    """
    format = format_of(path, format, FORMATS)
    if format == "parquet":
        _copy_parquet(path, to, runs)
        return format
    with _opened(path, format, skip_lines) as (header, records), open(to, "wb") as file:
        rows = counted.rows
        texts = _numbered(records, runs) if counted.exact else _near(Path(path), format, runs, rows)
        file.write(_bytes(header))
        for text in texts:
            file.write(_bytes(text))
    return format


@contextmanager
def _opened(path: str | Path, format: str, skip: int) -> Iterator[tuple[str, Iterator[RawRecord]]]:
    """The text of the header and of skipped lines above it (empty if there are none), and the records."""
    with open_bytes(path) as handle:
        lines = _BufferedLines(handle, str(path))
        lines.skip(skip)
        if format in DELIMITERS:
            read_header(lines, DELIMITERS[format])
        yield lines.take(), _split(lines, format)


class _BufferedLines(Lines):
    """Lines that also collect the text that was read."""

    def __init__(self, handle: BinaryIO, where: str):
        super().__init__(handle, where)
        self._buffer: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self._buffer.append(line)
            yield line

    def take(self) -> str:
        """Return the text that was read since the last call."""
        text = "".join(self._buffer)
        self._buffer.clear()
        return text


def _split(lines: _BufferedLines, format: str) -> Iterator[RawRecord]:
    for blank in _ends(lines, format):
        yield RawRecord(lines.take(), blank)


def _ends(lines: _BufferedLines, format: str) -> Iterator[bool]:
    """Read to the end of each record; yields whether the record is blank."""
    if format == "sdf":
        return (False for _ in sdf.records(lines))
    if format == "smi":
        return (not line.strip() for line in lines)
    # A quoted field may contain line ends, so the fields must be parsed to find the end of a record.
    return (is_blank(cells) for cells in split_rows(lines, DELIMITERS[format]))


def _number(records: Iterator[RawRecord]) -> int:
    """Number of records, without blank ones at the end."""
    rows = blank = 0
    for record in records:
        blank = blank + 1 if record.blank else 0
        rows += 1
    return rows - blank


def _numbered(records: Iterator[RawRecord], runs: Sequence[range]) -> Iterator[str]:
    before = 0
    for run in runs:
        for record in islice(records, run.start - before, run.stop - before):
            yield record.text
        before = run.stop


def _near(path: Path, format: str, runs: Sequence[range], rows: int) -> Iterator[str]:
    """Texts of runs of a large file, found as if all rows had the same length."""
    for run in runs:
        for record in _records_after(path, format, run.start / rows, len(run)):
            yield record.text


def _records_after(path: Path, format: str, fraction: float, count: int) -> list[RawRecord]:
    """The first records that begin after this fraction of the bytes of a plain file."""
    with open_bytes(path) as handle:
        handle.seek(int(fraction * path.stat().st_size))
        line = handle.readline()  # the rest of a record; or the header
        while format == "sdf" and line and not line.startswith(b"$$$$"):
            line = handle.readline()
        lines = _BufferedLines(handle, str(path))
        return list(islice(_split(lines, format), count))


def _estimate(path: Path, format: str, size: int) -> int:
    """Rows of a file of ``size`` bytes, from the mean length of rows at several positions."""
    probes = [_records_after(path, format, number / PROBES, PROBE_ROWS) for number in range(PROBES)]
    records = [record for probe in probes for record in probe]
    return round(size * len(records) / max(sum(len(_bytes(record.text)) for record in records), 1))


def _size_of_large(path: str | Path) -> int:
    """Bytes of a file that is too large to read for counting; 0 for any other file."""
    size = Path(path).stat().st_size
    with open(path, "rb") as file:
        start = file.read(4)
    return 0 if size < LARGE or compression(start) else size


def _bytes(text: str) -> bytes:
    ended = text if not text or text.endswith(("\n", "\r")) else f"{text}\n"
    return ended.encode("utf-8", "surrogateescape")


def _copy_parquet(path: str | Path, to: Path, runs: Sequence[range]) -> None:
    """Copy runs of rows; only the row groups that hold them are read."""
    with pq.ParquetFile(path) as file, pq.ParquetWriter(to, file.schema_arrow) as writer:
        before = 0
        for group in range(file.num_row_groups):
            end = before + file.metadata.row_group(group).num_rows
            inside = [range(max(run.start, before), min(run.stop, end)) for run in runs]
            if any(inside):
                table = file.read_row_group(group)
                for run in filter(len, inside):
                    writer.write_table(table.slice(run.start - before, len(run)))
            before = end
