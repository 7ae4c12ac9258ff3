"""Write the report: one HTML file that opens without a network."""

from __future__ import annotations

__all__ = ["report"]
__verb__ = ("Report and check", 230)

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from riboswitch.io.files import atomic_path, write_json
from riboswitch.reporting.gather import gather
from riboswitch.reporting.page import render

Names = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def report(
    results: Path,
    data: Path,
    *,
    title: str,
    genome: str | None = None,
    tasks: Sequence[str] | None = None,
    genomes: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Tell what was done, how good it is, and what came out.

    Parameters
    ----------
    results : Path
        Folder that the workflow wrote.
    data : Path
        Folder of the data it started from, with a ``SOURCE.json`` for each source.
    title : str
        Title of the report.
    genome : str, optional
        The genome that compounds were ranked for; without it the report is of what was learned and called.
    tasks, genomes, sources : sequence of str, optional
        Names of those that belong to the story; all that lie there if not given.

    Returns
    -------
    tuple of (str, dict)
        The report as HTML that loads nothing from outside, and the metrics of every task by its name.
        Equal results give equal text: no date and no path is in it.

    Raises
    ------
    InputError
        If a file is missing, unreadable, or not of the same run as the others.
    """
    found = gather(Path(results), Path(data), genome, tasks=tasks, genomes=genomes, sources=sources)
    return render(found, title), {name: learned.metrics for name, learned in found.tasks.items()}


def command(
    results: Path,
    data: Path,
    /,
    *,
    output: Path,
    title: str = "riboswitch report",
    genome: str | None = None,
    tasks: Names = None,
    genomes: Names = None,
    sources: Names = None,
    metrics: Path | None = None,
) -> None:
    """Write the report: one HTML file that opens without network.

    Parameters
    ----------
    results : Path
        Folder that the workflow wrote.
    data : Path
        Folder of the data it started from.
    output : Path
        Where the report goes (.html).
    title : str
        Title of the report.
    genome : str
        The genome that the compounds were ranked for; leave it out if none were.
    tasks, genomes, sources : list of str
        Names of the tasks, genomes and data sources of this story; all that lie there by default.
    metrics : Path
        Where the metrics of all tasks go (.json).
    """
    text, collated = report(
        results, data, title=title, genome=genome, tasks=tasks, genomes=genomes, sources=sources
    )
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
    if metrics:
        write_json(collated, metrics)
