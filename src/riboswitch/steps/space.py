"""Read a make-on-demand space of synthons and reactions, check it and say what it holds.

`riboswitch screen` finds the best products of the folder that this makes, without enumerating them.
"""

from __future__ import annotations

__all__ = ["space"]
__verb__ = ("Screen", 195)

from pathlib import Path

from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import write_table
from riboswitch.screening.process_pool import cores
from riboswitch.spaces.stored_facts import arrays_of, sides_of
from riboswitch.spaces.synthons.reagents import read_reagents
from riboswitch.spaces.synthons.space import Space
from riboswitch.spaces.synthons.synthon_file import read_rows
from riboswitch.steps.arguments import Processes, Summary


def space(
    source: str | Path,
    reactions: str | Path | None = None,
    output: str | Path | None = None,
    processes: int = 1,
) -> Space:
    """Read and check a space.

    Parameters
    ----------
    source : path
        A file of synthons as RDKit and Enamine write them (SMILES, synton_id, synton#, reaction_id); or of
        building blocks (id, SMILES), if there are ``reactions``.
    reactions : path, optional
        Reactions as SMARTS: a table (.csv, .tsv) with the columns ``reaction_id`` and ``smarts``.
    output : path, optional
        Folder to write the space to, with what the synthons are in their products.
    processes : int
        That find this out side by side; a script that uses several needs the usual main guard.

    Returns
    -------
    Space
        Rows that cannot be used are in ``rejected``, with code, reason and hint.

    Raises
    ------
    InputError
        If a file cannot be read, or no reaction is left.
    """
    rows = read_rows(source) if reactions is None else read_reagents(source, reactions)
    made = Space.collect(rows, str(source))
    if output is not None:
        made.facts = arrays_of(made, sides_of(made, processes))
        made.save(output)
    return made


def command(
    source: Path,
    /,
    *,
    reactions: Path | None = None,
    output: Path | None = None,
    table: str | None = None,
    processes: Processes = 0,
    summary: Summary = None,
) -> None:
    """Read a make-on-demand space of synthons and reactions, check it and say what it holds.

    Parameters
    ----------
    source : Path
        Synthons, one a row: SMILES, synton_id, synton#, reaction_id. With --reactions: building blocks.
    reactions : Path
        Reactions as SMARTS: a table with the columns reaction_id and smarts.
    output : Path
        Folder for the space, which screen takes.
    table : str
        Write one row for each reaction: its synthons, its products, how they are scored (.csv, .tsv,
        .parquet, or - for CSV on standard output).
    processes : int
        Processes that find out side by side what synthons are in their products; 0: one for each core.
    """
    made = space(source, reactions, output, processes or cores())
    if table is not None:
        write_table(made.describe(), table)
    write_summary(made.counts(), summary)
