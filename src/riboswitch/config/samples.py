"""The sample sheet: one row a genome, with its files. Light: no torch, no pandas.

| column     | meaning                                                                               |
|------------|---------------------------------------------------------------------------------------|
| `name`     | needed; names the genome's folder: letters, digits, ``_``, ``-`` and ``.``            |
| `genome`   | its sequence: FASTA, GenBank, EMBL, or GFF3 with sequences                            |
| `proteins` | its proteins (FASTA), beside the sequence or without it                               |
| `gff`      | GFF3 of the genome or of the proteins                                                 |
| `taxon`    | taxon in the curated database; empty or ``auto``: found from the genome; ``none``     |
| `topology` | ``circular`` or ``linear``, of all contigs; empty: as the file says                   |

Paths are relative to the folder of the sheet. An empty cell is a file that there is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from riboswitch.errors import InputError, meant
from riboswitch.io.delimited import DELIMITERS, TableRow, read_small_table
from riboswitch.io.formats import SUFFIXES
from riboswitch.io.opening import COMPRESSED

NAME = "name"
FILES = ("genome", "proteins", "gff")
COLUMNS = (NAME, *FILES, "taxon", "topology")
CIRCULAR, LINEAR = "circular", "linear"
TOPOLOGIES = (CIRCULAR, LINEAR)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_RAW = (*SUFFIXES["fastq"], ".bam", ".cram", ".sam", ".sra", ".fast5", ".pod5")
_READS = tuple(f"{suffix}{packed}" for suffix in _RAW for packed in ("", *COMPRESSED))


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of the sheet.

    Attributes
    ----------
    row : int
        Its number, from 1; the header is not counted.
    name : str
    genome, proteins, gff : str
        Paths; empty if there is no such file.
    taxon : str
        ``auto`` unless it is given.
    topology : str
        ``circular``, ``linear`` or empty.
    """

    row: int
    name: str
    genome: str = ""
    proteins: str = ""
    gff: str = ""
    taxon: str = "auto"
    topology: str = ""

    @property
    def read(self) -> str:
        """The file that is scanned: the sequence, or else the proteins."""
        return self.genome or self.proteins


def read_samples(path: str | Path, folder: str | Path | None = None) -> list[Sample]:
    """Read a sample sheet (tabs; commas in a ``.csv``).

    Parameters
    ----------
    path : path
    folder : path, optional
        What its paths are relative to; by default the folder of the sheet.

    Raises
    ------
    InputError
        For the first row that cannot be used: an unknown or a missing column, a name that stands twice or
        cannot name a folder, a file that is missing, reads in the place of a genome, a row without files.
    """
    delimiter = DELIMITERS["csv" if Path(path).suffix == ".csv" else "tsv"]
    columns, rows = read_small_table(path, delimiter)
    _check_columns(columns, str(path))
    base = Path(path).parent if folder is None else Path(folder)
    samples = [_sample(row, columns, base, f"{path} row {row.number}") for row in rows]
    if not samples:
        raise InputError("the sheet has no rows", where=str(path), hint="Write one row for each genome.")
    _check_names(samples, str(path))
    _check_files(samples, str(path))
    return samples


def chosen(samples: Sequence[Sample], rows: str) -> list[Sample]:
    """The samples ``FIRST-LAST`` in the order of the sheet, from 1, both included; all for an empty text.

    Raises
    ------
    InputError
        If it is not of this form, or there are no such rows.
    """
    if not rows:
        return [*samples]
    found = re.fullmatch(r"([0-9]+)-([0-9]+)", rows)
    first, last = (int(number) for number in found.groups()) if found else (0, 0)
    if not 1 <= first <= last <= len(samples):
        hint = f"As 1-50: first and last row, of {len(samples)}."
        raise InputError("no such rows of the sheet", found=rows, hint=hint)
    return [*samples[first - 1 : last]]


def batches(number: int, size: int) -> dict[str, str]:
    """Names of batches of a sheet of so many rows, with the rows of each: ``{"0001": "1-50"}``."""
    starts = range(1, number + 1, size)
    return {f"{i:04d}": f"{first}-{min(first + size - 1, number)}" for i, first in enumerate(starts, 1)}


def _check_columns(columns: Sequence[str], where: str) -> None:
    for column in columns:
        if column not in COLUMNS:
            hint = meant(column, COLUMNS, f"There are: {', '.join(COLUMNS)}.")
            raise InputError("no such column of a sample sheet", where=where, found=column, hint=hint)
    if NAME not in columns or not {"genome", "proteins"} & {*columns}:
        raise InputError("a sample sheet needs the column name, and genome or proteins", where=where,
                         found=", ".join(columns))  # fmt: skip


def _sample(row: TableRow, columns: Sequence[str], base: Path, where: str) -> Sample:
    cells = {column: cell.strip() for column, cell in zip(columns, row.cells, strict=True)}
    name, topology = cells[NAME], cells.get("topology", "").lower()
    if not _NAME.fullmatch(name):
        raise InputError("not a name of a genome", where=where, found=name,
                         hint="Use letters, digits, '_', '-' and '.'; not '-' or '.' first.")  # fmt: skip
    if topology not in ("", *TOPOLOGIES):
        raise InputError("no such topology", where=where, found=topology,
                         hint="circular or linear; leave it empty for what the file says.")  # fmt: skip
    files = {column: str(base / cells[column]) for column in FILES if cells.get(column)}
    if not files.keys() & {"genome", "proteins"}:
        raise InputError("a genome needs its sequence or its proteins", where=where, found=name)
    return Sample(row.number, name, taxon=cells.get("taxon") or "auto", topology=topology, **files)


def _check_names(samples: Sequence[Sample], where: str) -> None:
    """Each name once; also by letters alone, for some disks take ``A`` and ``a`` for one folder."""
    known: dict[str, Sample] = {}
    for sample in samples:
        other = known.setdefault(sample.name.lower(), sample)
        if other is not sample:
            same = "the name stands twice" if other.name == sample.name else "the name differs only in case"
            raise InputError(same, where=f"{where} row {sample.row}", found=sample.name,
                             hint=f"Row {other.row} has {other.name!r}. Each genome has a folder "
                             "of its name.")  # fmt: skip


def _check_files(samples: Sequence[Sample], where: str) -> None:
    missing = []
    for sample in samples:
        row = f"{where} row {sample.row}"
        for column, path in _files(sample):
            if path.lower().endswith(_READS):
                hint = "Reads are not assembled here: give the assembly."
                raise InputError(f"reads in the column {column}", where=row, found=path, hint=hint)
            if not Path(path).is_file():
                missing.append((row, column, path))
    if missing:
        row, column, path = missing[0]
        more = f" {len(missing)} files are missing." if len(missing) > 1 else ""
        hint = f"Paths are relative to the folder of the sheet.{more}"
        raise InputError(f"no such file in the column {column}", where=row, found=path, hint=hint)


def _files(sample: Sample) -> Iterator[tuple[str, str]]:
    for column in FILES:
        if path := getattr(sample, column):
            yield column, path
