"""How many rows a file of molecules has, and some of them as a file: to try on a few what is meant for all.

Records are cut as `tables` and `sdf` cut them, so their number is the same, but no structure is read and no
text is changed. A very large file of plain text is not read to its end: its rows are told from its bytes.
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
from riboswitch.io.text import Lines, compression, open_bytes
from riboswitch.modalities.molecule.tables import FORMATS, open_parquet
from riboswitch.modalities.optional_parts import RowCount

LARGE = 1 << 30  # bytes from which on a plain text file is not read to its end
PROBES, PROBE_ROWS = 32, 256  # places that are looked at instead, and rows at each


class Text(NamedTuple):
    """A record as it stands in the file; ``blank`` ones at its end are none."""

    text: str
    blank: bool


def count(path: str | Path, format: str | None = None) -> RowCount:
    """Count the rows of a file as it is read, those that will be rejected among them.

    Parquet files say it themselves; text is read to its end if it is compressed or smaller than a gigabyte.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or not of its format.
    """
    format = format_of(path, format, FORMATS)
    if format == "parquet":
        open_parquet(path, str(path))  # or say what is wrong with it
        found = RowCount(pq.read_metadata(path).num_rows, True)
    else:
        with _opened(path, format) as (_, records):
            large = _size_of_large(path)
            found = RowCount(_from_bytes(Path(path), format, large) if large else _number(records), not large)
    if not found.rows:
        raise InputError("there are no rows in it", where=str(path))
    return found


def sample_rows(
    path: str | Path, to: Path, runs: Sequence[range], counted: RowCount, format: str | None = None
) -> str:
    """Copy runs of rows into a plain file of the same format.

    Parameters
    ----------
    path, to : path
    runs : sequence of range
        Numbers of rows, from 0, in order, none twice.
    counted : RowCount
        What `count` told of the file; if that is not exact, runs begin only about where they should.
    format : str, optional

    Returns
    -------
    str
        The format.
    """
    format = format_of(path, format, FORMATS)
    if format == "parquet":
        _copy_parquet(path, to, runs)
        return format
    with _opened(path, format) as (header, records), open(to, "wb") as file:
        far = None if counted.exact else counted.rows
        texts = _numbered(records, runs) if far is None else _about(Path(path), format, runs, far)
        file.write(_bytes(header))
        for text in texts:
            file.write(_bytes(text))
    return format


@contextmanager
def _opened(path: str | Path, format: str) -> Iterator[tuple[str, Iterator[Text]]]:
    """The header as it stands in the file (empty where the format has none), and the records."""
    with open_bytes(path) as handle:
        lines = _Kept(handle, str(path))
        if format in DELIMITERS:
            read_header(lines, DELIMITERS[format])
        yield lines.taken(), _cut(lines, format)


class _Kept(Lines):
    """Lines that are kept until they are taken."""

    def __init__(self, handle: BinaryIO, where: str):
        super().__init__(handle, where)
        self._kept: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self._kept.append(line)
            yield line

    def taken(self) -> str:
        """All lines since the last call."""
        text = "".join(self._kept)
        self._kept.clear()
        return text


def _cut(lines: _Kept, format: str) -> Iterator[Text]:
    for blank in _ends(lines, format):
        yield Text(lines.taken(), blank)


def _ends(lines: _Kept, format: str) -> Iterator[bool]:
    """Go to the end of each record; says whether it was blank."""
    if format == "sdf":
        return (False for _ in sdf.records(lines))
    if format == "smi":
        return (not line.strip() for line in lines)
    # A quoted field may hold line ends, so only a reader of fields knows where a record ends.
    return (is_blank(cells) for cells in split_rows(lines, DELIMITERS[format]))


def _number(records: Iterator[Text]) -> int:
    rows = blank = 0
    for record in records:
        blank = blank + 1 if record.blank else 0
        rows += 1
    return rows - blank


def _numbered(records: Iterator[Text], runs: Sequence[range]) -> Iterator[str]:
    before = 0
    for run in runs:
        for record in islice(records, run.start - before, run.stop - before):
            yield record.text
        before = run.stop


def _about(path: Path, format: str, runs: Sequence[range], rows: int) -> Iterator[str]:
    """The same of a large file, if rows are of equal length."""
    for run in runs:
        for record in _from(path, format, run.start / rows, len(run)):
            yield record.text


def _from(path: Path, format: str, fraction: float, many: int) -> list[Text]:
    """The first records that begin behind that share of a plain file's bytes."""
    with open_bytes(path) as handle:
        handle.seek(int(fraction * path.stat().st_size))
        line = handle.readline()  # the rest of a record; or the header
        while format == "sdf" and line and line.rstrip() != b"$$$$":
            line = handle.readline()
        lines = _Kept(handle, str(path))
        return list(islice(_cut(lines, format), many))


def _from_bytes(path: Path, format: str, size: int) -> int:
    """Rows of a file if they are as long, on average, as those here and there."""
    probes = [_from(path, format, number / PROBES, PROBE_ROWS) for number in range(PROBES)]
    records = [record for probe in probes for record in probe]
    return round(size * len(records) / max(sum(len(_bytes(record.text)) for record in records), 1))


def _size_of_large(path: str | Path) -> int:
    """Bytes of a file that is too large to be read only to count its rows; 0 of any other."""
    size = Path(path).stat().st_size
    with open(path, "rb") as file:
        start = file.read(4)
    return 0 if size < LARGE or compression(start) else size


def _bytes(text: str) -> bytes:
    ended = text if not text or text.endswith(("\n", "\r")) else f"{text}\n"
    return ended.encode("utf-8", "surrogateescape")


def _copy_parquet(path: str | Path, to: Path, runs: Sequence[range]) -> None:
    """Row groups hold some thousand rows to a million; only those of the runs are read."""
    with pq.ParquetFile(path) as file, pq.ParquetWriter(to, file.schema_arrow) as writer:
        before = 0
        for group in range(file.num_row_groups):
            behind = before + file.metadata.row_group(group).num_rows
            inside = [range(max(run.start, before), min(run.stop, behind)) for run in runs]
            if any(inside):
                table = file.read_row_group(group)
                for run in filter(len, inside):
                    writer.write_table(table.slice(run.start - before, len(run)))
            before = behind
