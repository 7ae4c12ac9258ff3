"""Write the report: one HTML file that opens without a network."""

from __future__ import annotations

__all__ = ["report"]
__verb__ = ("Report and check", 230)

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from riboswitch.io.atomic_files import atomic_path, write_json
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
    scan_task: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """Report the data, the accuracy of the models, and the results.

    Parameters
    ----------
    results : Path
        Results of the workflow.
    data : Path
        Folder of the fetched data, with a ``SOURCE.json`` for each source.
    title : str
        Title of the report.
    genome : str, optional
        The genome that compounds were ranked for. Without it the report has no short-list.
    tasks, genomes, sources : sequence of str, optional
        Names to report; by default all in the folders.
    scan_task : str, optional
        The task whose records were the references of the scans: those that cannot be called are listed.

    Returns
    -------
    tuple of (str, dict)
        The report as HTML without external resources, and the metrics of every task by name. Equal results
        give equal text: it has no date and no path.

    Raises
    ------
    InputError
        If a file is missing, unreadable, or belongs to another run than the others.
    """
    names = {"tasks": tasks, "genomes": genomes, "sources": sources}
    findings = gather(Path(results), Path(data), genome, **names, scan_task=scan_task)
    return render(findings, title), {name: task.metrics for name, task in findings.tasks.items()}


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
    scan_task: str | None = None,
    metrics: Path | None = None,
) -> None:
    """Report the results in a folder.

    Parameters
    ----------
    results : Path
        Folder of results of the workflow.
    data : Path
        Folder of the fetched data.
    output : Path
        Write the report here (.html).
    title : str
        Title of the report.
    genome : str
        The genome that the compounds were ranked for; leave it out if none were.
    tasks : list of str
        Names of the tasks to report; by default all in the folder.
    genomes : list of str
        Names of the genomes to report; by default all in the folder.
    sources : list of str
        Names of the data sources to report; by default all in the folder.
    scan_task : str
        The task that the genomes were scanned with: its genes that cannot be called are listed.
    metrics : Path
        Write the metrics of all tasks here (.json).
    """
    text, collated = report(
        results, data, title=title, genome=genome, tasks=tasks, genomes=genomes, sources=sources,
        scan_task=scan_task,
    )  # fmt: skip
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
    if metrics:
        write_json(collated, metrics)
