"""Write the report: one HTML file that opens without a network."""

from __future__ import annotations

__all__ = ["report"]
__verb__ = ("Report and check", 230)

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
from cyclopts import Parameter
from cyclopts.validators import Number

from riboswitch.io.atomic_files import atomic_path, write_json
from riboswitch.reporting.document import document, hits_table
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.gather import gather
from riboswitch.reporting.page import MAX_MB, render
from riboswitch.steps.arguments import named_paths

Names = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
Isolates = Annotated[Names, Parameter(help="The panel of isolates that the compounds were ranked with.")]
CallMaps = Annotated[
    Names,
    Parameter(help="Maps of the called genes of a genome (riboswitch explain-calls), as GENOME=TABLE."),
]
AnnotatedGenomes = Annotated[
    Names,
    Parameter(help="Genomes whose genes and tracks are shown; by default all that have some in the folder."),
]


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
    maps: Path | None = None,
    call_maps: Sequence[str] | None = None,
    annotated: Sequence[str] | None = None,
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
    maps : Path, optional
        Table of `explain` with atom maps of the hits.
    call_maps : sequence of str, optional
        Tables of `explain_calls`, as ``GENOME=TABLE``.
    annotated : sequence of str, optional
        Genomes whose genes (`genes`) and tracks (`annotate`) are shown; by default all that have some.
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
    findings = _findings(results, data, genome, isolates, tasks, genomes, sources, scan_task, cohort, maps,
                         call_maps, annotated)  # fmt: skip
    return render(findings, title, max_mb), _metrics(findings)


def _findings(
    results: Path,
    data: Path,
    genome: str | None,
    isolates: Sequence[str],
    tasks: Sequence[str] | None,
    genomes: Sequence[str] | None,
    sources: Sequence[str] | None,
    scan_task: str | None,
    cohort: Path | None,
    maps: Path | None,
    call_maps: Sequence[str] | None,
    annotated: Sequence[str] | None,
) -> Findings:
    explained = named_paths(call_maps or (), "each genome with maps has a name of its own and their table",
                            "As --call-maps mrsa=results/genomes/mrsa/call_maps.parquet.")  # fmt: skip
    pairs = [word.partition("=") for word in genomes or ()]
    paths = {name: Path(path) if path else None for name, _, path in pairs}
    return gather(Path(results), Path(data), genome, isolates=isolates, tasks=tasks, sources=sources,
                  genomes=paths, scan_task=scan_task, cohort=cohort, maps=maps, call_maps=explained,
                  annotated=annotated)  # fmt: skip


def _metrics(findings: Findings) -> dict[str, Any]:
    return {name: task.metrics for name, task in findings.tasks.items()}


def command(
    results: Path,
    data: Path,
    /,
    *,
    output: Path,
    title: str = "riboswitch report",
    genome: str | None = None,
    isolates: Isolates = None,
    tasks: Names = None,
    genomes: Names = None,
    sources: Names = None,
    scan_task: str | None = None,
    cohort: Path | None = None,
    maps: Path | None = None,
    call_maps: CallMaps = None,
    annotated: AnnotatedGenomes = None,
    max_mb: Annotated[float, Parameter(validator=Number(gt=0))] = MAX_MB,
    metrics: Path | None = None,
    json: Path | None = None,
    parquet: Path | None = None,
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
    maps : Path
        Table of atom maps of the hits (riboswitch explain).
    max_mb : float
        Largest size of the report in megabytes: the last hits lose first their drawings, then their lines.
    metrics : Path
        Write the metrics of all tasks here (.json).
    json : Path
        Write the content of the report here, too (.json).
    parquet : Path
        Write the hits with their evidence here, too (.parquet).
    """
    findings = _findings(results, data, genome, isolates or (), tasks, genomes, sources, scan_task, cohort,
                         maps, call_maps, annotated)  # fmt: skip
    _write(findings, title, max_mb, output, metrics, json, parquet)


def _write(
    findings: Findings, title: str, max_mb: float, output: Path, metrics: Path | None, json: Path | None,
    parquet: Path | None,
) -> None:  # fmt: skip
    """Write the page, and beside it what is asked for; nothing if a part of it cannot be made."""
    table = hits_table(findings) if parquet else None
    text = render(findings, title, max_mb)
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
    if metrics:
        write_json(_metrics(findings), metrics)
    if json:
        write_json(document(findings, title), json)
    if parquet:
        with atomic_path(parquet) as temporary:
            pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
