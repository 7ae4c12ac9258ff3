"""Write the report: one HTML file that opens without a network."""

from __future__ import annotations

__all__ = ["report"]
__verb__ = ("Report and check", 230)

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from riboswitch.io.atomic_files import atomic_path, write_json
from riboswitch.reporting.gather import gather
from riboswitch.reporting.page import MAX_MB, render

Names = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def report(
    results: Path,
    data: Path,
    *,
    title: str,
    genome: str | None = None,
    isolates: Sequence[str] = (),
    tasks: Sequence[str] | None = None,
    genomes: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    scan_task: str | None = None,
    cohort: Path | None = None,
    max_mb: float = MAX_MB,
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
        The genome that compounds were ranked for. Without it and isolates the report has no short-list.
    isolates : sequence of str
        The panel of isolates of the ranking.
    tasks, genomes, sources : sequence of str, optional
        Names to report; by default all in the folders. A genome may be ``NAME=CALLS``, with the path of its
        calls.
    scan_task : str, optional
        The task whose records were the references of the scans: those that cannot be called are listed.
    cohort : Path, optional
        Folder of the tables of all scanned genomes, from `cohort`.
    max_mb : float
        Largest size of the report in megabytes: hits lose first their drawings, then their lines.

    Returns
    -------
    tuple of (str, dict)
        The report as HTML without external resources, and the metrics of every task by name. Equal results
        give equal text: it has no date and no path.

    Raises
    ------
    InputError
        If a file is missing, unreadable, or belongs to another run than the others.
    UsageError
        If the report is larger than ``max_mb`` without any hit.
    """
    pairs = [word.partition("=") for word in genomes or ()]
    paths = {name: Path(path) if path else None for name, _, path in pairs}
    findings = gather(Path(results), Path(data), genome, isolates=isolates, tasks=tasks, sources=sources,
                      genomes=paths, scan_task=scan_task, cohort=cohort)  # fmt: skip
    return render(findings, title, max_mb), {name: task.metrics for name, task in findings.tasks.items()}


def command(
    results: Path,
    data: Path,
    /,
    *,
    output: Path,
    title: str = "riboswitch report",
    genome: str | None = None,
    isolates: Names = None,
    tasks: Names = None,
    genomes: Names = None,
    sources: Names = None,
    scan_task: str | None = None,
    cohort: Path | None = None,
    max_mb: Annotated[float, Parameter(validator=Number(gt=0))] = MAX_MB,
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
        The genome that the compounds were ranked for; leave it out if none were, or if it was a panel.
    isolates : list of str
        The panel of isolates that the compounds were ranked with.
    tasks : list of str
        Names of the tasks to report; by default all in the folder.
    genomes : list of str
        Names of the genomes to report; by default all in the folder. NAME=CALLS gives the calls of one.
    sources : list of str
        Names of the data sources to report; by default all in the folder.
    scan_task : str
        The task that the genomes were scanned with: its genes that cannot be called are listed.
    cohort : Path
        Folder of the tables of all scanned genomes (riboswitch cohort).
    max_mb : float
        Largest size of the report in megabytes: the last hits lose first their drawings, then their lines.
    metrics : Path
        Write the metrics of all tasks here (.json).
    """
    text, collated = report(
        results, data, title=title, genome=genome, isolates=isolates or (), tasks=tasks, genomes=genomes,
        sources=sources, scan_task=scan_task, cohort=cohort, max_mb=max_mb,
    )  # fmt: skip
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
    if metrics:
        write_json(collated, metrics)
