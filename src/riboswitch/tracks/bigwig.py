"""bigWig from bedGraph, by pybigtools (an extra: ``pip install "riboswitch[tracks]"``)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from riboswitch.errors import DataError, UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import require_room

HEADERS = 1 << 16  # bytes


def require_pybigtools() -> ModuleType:
    """Import pybigtools.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return importlib.import_module("pybigtools")
    except ModuleNotFoundError as error:
        hint = 'Install it (pip install "riboswitch[tracks]"), or write bedgraph.'
        raise UsageError("bigWig needs the package pybigtools, which is not installed", hint=hint) from error


def write_bigwig(bedgraph: str | Path, path: str | Path, contig_lengths: Mapping[str, int]) -> None:
    """Turn a bedGraph into a bigWig, line by line in constant memory.

    Parameters
    ----------
    bedgraph : path
        Not empty; its lines are sorted by contig and position.
    path : path
    contig_lengths : mapping

    Raises
    ------
    UsageError
        If pybigtools is not installed.
    DataError
        If the bigWig does not cover the same bases as the bedGraph.
    StorageError
        If the disk is full.
    """
    pybigtools = require_pybigtools()
    # On a full disk pybigtools panics, or reports nothing. It writes a tenth of the bytes it reads, and
    # headers.
    require_room(path, Path(bedgraph).stat().st_size + HEADERS)
    lines = _Lines(Path(bedgraph))
    with atomic_path(path) as temporary:
        written = temporary.with_suffix(".bw")  # pybigtools chooses the format by the name
        try:
            pybigtools.open(str(written), "w").write(dict(contig_lengths), iter(lines))
            # pybigtools reports faults of its input only on standard error.
            covered = _covered(pybigtools, written)
            if lines.fault or covered != lines.bases or not covered:
                raise DataError("the bigWig could not be written", where=str(path),
                                found=lines.fault or f"{covered} of {lines.bases} bases")  # fmt: skip
            os.replace(written, temporary)
        finally:
            written.unlink(missing_ok=True)


def _covered(pybigtools: ModuleType, path: Path) -> int:
    try:
        with pybigtools.open(str(path)) as reader:
            return int(reader.info()["summary"]["basesCovered"])
    except pybigtools.BBIReadError:
        return 0


class _Lines:
    """The lines of a bedGraph for pybigtools, counted. Errors are kept: pybigtools would ignore them."""

    def __init__(self, path: Path):
        self.path, self.bases, self.fault = path, 0, ""

    def __iter__(self) -> Iterator[tuple[str, int, int, float]]:
        try:
            with open(self.path, encoding="utf-8") as handle:
                for line in handle:
                    contig, start, end, value = line.split("\t")
                    self.bases += int(end) - int(start)
                    yield contig, int(start), int(end), float(value)
        except (OSError, ValueError) as error:
            self.fault = str(error)
