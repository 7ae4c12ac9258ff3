"""Join the scans of many genomes into tables: samples, calls, samples by genes, samples by mutations.

A genome that could not be read has a row in samples.tsv with the reason, and gaps elsewhere.
"""

from __future__ import annotations

__all__ = ["cohort"]
__verb__ = ("Genomes", 165)

from collections.abc import Sequence
from pathlib import Path

from riboswitch.io.summary import write_summary
from riboswitch.resistance.cohort.tables import write_tables


def cohort(folders: Sequence[Path], output: Path) -> dict[str, int]:
    """Write the tables of scanned genomes; see `riboswitch.resistance.cohort.tables`.

    Parameters
    ----------
    folders : sequence of Path
        Each is the folder of one genome, which gives it its name, or what ``riboswitch scan --samples``
        wrote.
    output : Path
        Folder for samples.tsv, calls.tsv, genes.tsv and mutations.tsv.

    Returns
    -------
    dict
        Counts: ``genomes``, of them ``rejected``; ``rows`` of calls.tsv; ``genes`` and ``mutations``, the
        columns of the wide tables.

    Raises
    ------
    InputError
        If a folder holds no scanned genome, a name stands twice, or no genome could be read.
    """
    return write_tables([Path(folder) for folder in folders], Path(output))


def command(folders: list[Path], /, *, output: Path) -> None:
    """Write the tables of scanned genomes.

    Parameters
    ----------
    folders : list of Path
        Folders of scanned genomes, or of many (what scan --samples wrote).
    output : Path
        Folder for samples.tsv, calls.tsv, genes.tsv and mutations.tsv.
    """
    write_summary(dict(cohort(folders, output)), None)
