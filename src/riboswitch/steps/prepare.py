"""Standardise and encode a compound library once, for any number of screens.

One process reads the file, checks ids and duplicates, and writes; the others standardise and encode. The
result is in the order of the file and does not depend on the number of processes. An interrupted run
continues if it is given the same file and options.
"""

from __future__ import annotations

__all__ = ["prepare"]
__verb__ = ("Screen", 190)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from riboswitch.config.found_columns import Found
from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import keywords, positive_int
from riboswitch.data.library import PART_ROWS, Library
from riboswitch.io.summary import write_note, write_summary
from riboswitch.modalities import DEFAULT, find
from riboswitch.screening.preparing import PrepareSettings, prepare_library
from riboswitch.screening.process_pool import cores
from riboswitch.steps.arguments import DuplicatesBy, MaxRejected, Processes, Summary
from riboswitch.steps.modality_settings import ENCODING, READING


def prepare(
    source: str | Path,
    folder: str | Path,
    *,
    modality: str = DEFAULT,
    reading: Mapping[str, Any] | None = None,
    encoder: Mapping[str, Any] | None = None,
    duplicates: str = "mark",
    duplicates_by: str | None = None,
    max_rejected: float = 0.5,
    processes: int = 1,
    part_rows: int = PART_ROWS,
) -> Library:
    """Read, standardise and encode a library. Only digests of keys and ids grow in memory with its rows.

    Parameters
    ----------
    source : path
        The raw library.
    folder : path
        Folder of the prepared library. If it has parts from the same source and options, the run continues
        after them; all other content is replaced.
    modality : str
    reading, encoder : mapping, optional
        Options of the modality's `read` and `encode`.
    duplicates : {"mark", "reject", "keep"}
        The second of two equal inputs is kept and marked in the column ``duplicate_of`` with the id of the
        first, or rejected, or kept unmarked. This takes memory for digests, rows and ids: up to 84 bytes for
        each row and the characters of its id; 72 bytes more if ids are read from a column.
    duplicates_by : str, optional
        Which key makes two inputs equal: one of the modality's `LibraryPart.KEYS`, by default the first. For
        molecules ``inchikey`` is the same for most tautomers, and takes longer than all other work together;
        ``smiles`` compares the standardised SMILES.
    max_rejected : float
        Raise if more than this fraction of the rows was rejected.
    processes : int
        Processes that standardise and encode. The result does not depend on it.
    part_rows : int
        Rows a part.

    Returns
    -------
    Library

    Raises
    ------
    LockedError
        If another run is writing the folder.
    """
    positive_int("processes", processes)
    kind = find(modality)
    options = keywords(kind.reader.read, reading, "reading")
    settings = PrepareSettings(options, encoder, duplicates, duplicates_by, max_rejected, part_rows)
    return prepare_library(source, folder, kind, settings, processes)


def command(
    source: str,
    /,
    *,
    output: Path,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    encoding: Annotated[Json, ENCODING] = NO_SETTINGS,
    modality: str = DEFAULT,
    duplicates: str = "mark",
    duplicates_by: DuplicatesBy = None,
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
    made = prepare(source, output, modality=modality, reading=reading, encoder=encoding,
                   duplicates=duplicates, duplicates_by=duplicates_by, max_rejected=max_rejected,
                   processes=processes or cores())  # fmt: skip
    write_note(Found(made.header.get("found", {})).sentence)
    write_summary(made.header["counts"], summary)
