"""Where to look when a run of the workflow has ended: lines for people. Light: no pandas, no templates."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ERROR = "riboswitch: error: "
SHOWN = 5  # files that are listed of one kind
TAIL = 2**16  # bytes at the end of a log that are searched


def succeeded(folder: Path, since: float) -> list[str]:
    """What a run made, if it made a report.

    Parameters
    ----------
    folder : Path
        Working directory of the run.
    since : float
        When the run began, in seconds of the clock of files.

    Returns
    -------
    list of str
        Nothing if no report was made since then: then Snakemake's own words are enough.
    """
    results = folder / "results"
    report = results / "report.html"
    if not _newer(report, since):
        return []
    lines = [f"report      {report.absolute()}"]
    if (hits := _rows(results / "hits.csv")) is not None:
        lines.append(f"short-list  results/hits.csv ({hits:,} compounds, best first)")
    calls = sorted(results.glob("genomes/*/calls.tsv"))
    if calls:
        told = ", ".join(f"{path.parent.name} {_lines(path):,}" for path in calls[:SHOWN])
        more = f", and {len(calls) - SHOWN} genomes more" if len(calls) > SHOWN else ""
        lines.append(f"genes       results/genomes/*/calls.tsv (calls: {told}{more})")
    lines += _rejected(results)
    return ["Done. Where to look:", *(f"  {line}" for line in lines)]


def failed(folder: Path, since: float) -> list[str]:
    """What went wrong in a run: the last error of each log that was written since it began."""
    errors = []
    for path in sorted((folder / "logs").glob("**/*.log")):
        if _newer(path, since) and (error := _error(path)):
            errors.append(f"  {path.relative_to(folder).as_posix()}: {error}")
    head = "Not done. What went wrong:" if errors else "Not done. No log has an error of a step."
    return [head, *errors, "Put it right, and give the same command again: what is done stays."]


def _newer(path: Path, since: float) -> bool:
    return path.is_file() and path.stat().st_mtime >= since


def _rows(path: Path) -> int | None:
    """Rows of a CSV file below its header; None if there is no such file."""
    if not path.is_file():
        return None
    with open(path, encoding="utf-8", newline="") as handle:
        return max(0, sum(1 for _ in csv.reader(handle)) - 1)


def _rejected(results: Path) -> Iterator[str]:
    """Files that list rows that could not be used."""
    paths = sorted({*results.glob("*/rejected.tsv"), *results.glob("genomes/*/rejected.tsv")})
    counts = [(path.relative_to(results.parent).as_posix(), _lines(path)) for path in paths]
    some = sorted((item for item in counts if item[1]), key=lambda item: -item[1])
    for place, (name, rows) in enumerate(some[:SHOWN]):
        yield f"{'rejected' if not place else '':12}{name} ({rows:,} rows, each with its reason)"


def _lines(path: Path) -> int:
    """Rows below the header of a file whose cells hold no line ends."""
    with open(path, "rb") as handle:
        return max(0, sum(1 for _ in handle) - 1)


def _error(path: Path) -> str:
    """The last error in a log; empty if there is none."""
    with open(path, "rb") as handle:
        handle.seek(max(0, path.stat().st_size - TAIL))
        lines = handle.read().decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        if line.startswith(ERROR):
            return line.removeprefix(ERROR)
        with suppress(ValueError):
            told = json.loads(line) if line.startswith("{") else {}
            if told.get("kind") == "error":
                return str(told.get("message"))
    return next((line.strip() for line in reversed(lines) if "Error" in line), "")
