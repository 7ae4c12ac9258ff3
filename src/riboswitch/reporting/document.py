"""The content of the report as data: one JSON object, and the hits as a table for Parquet."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from riboswitch.errors import UsageError
from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.hits.cells import columns
from riboswitch.reporting.hits.lines import Hit, lines
from riboswitch.reporting.hits.maps import Explained
from riboswitch.reporting.scored import in_words
from riboswitch.reporting.sections import limits, methods, rows, summary
from riboswitch.reporting.verdicts import verdicts

FORMAT = 1
SAID = pa.list_(pa.struct([("about", pa.string()), ("says", pa.string())]))
NEAREST = pa.list_(
    pa.struct([("task", pa.string()), ("id", pa.string()), ("similarity", pa.float64()),
               ("label", pa.string()), ("structure", pa.string())])
)  # fmt: skip
ADDED = {"report.flags": pa.list_(pa.string()), "report.said": SAID, "report.nearest": NEAREST}
"""Columns of the table beside those of ``hits.csv``, and their types."""


def document(findings: Findings, title: str) -> dict[str, Any]:
    """What the page says, as JSON has it; equal findings give equal documents."""
    told = summary.contents(findings)
    found: dict[str, Any] = {
        "format": FORMAT,
        "title": title,
        "summary": {"figures": dict(told["figures"]), "sentences": told["sentences"]},
        "limits": [" ".join(limit) for limit in limits.contents(findings)["limits"]],
        "tasks": {
            name: {"headline": task.metrics["headline"], "verdicts": verdicts(task.metrics),
                   "scorecard": in_words(task.scorecard) if task.scorecard else []}
            for name, task in findings.tasks.items()
        },
        "genomes": {name: _records(calls.table) for name, calls in findings.calls.items()},
        "maps": {name: {key: _map(found) for key, found in maps.items()}
                 for name, maps in findings.call_maps.items()},
        "methods": methods.contents(findings),
        "sources": findings.sources,
    }  # fmt: skip
    if (ranking := findings.ranking) is not None:
        steps = rows.contents(findings)
        found["counts"] = [
            {"step": name, "number": number, "parts": parts} for name, number, parts in steps["steps"]
        ]
        found["hits"] = [
            hit | ({"map": _map(known)} if (known := ranking.maps.get(hit["values"]["id"])) else {})
            for hit in hits(findings, ranking)
        ]
        found["panel"] = _records(ranking.panel)
    return found


def hits(findings: Findings, ranking: Ranking) -> list[dict[str, Any]]:
    """Each hit: its columns (``values``), flags, sentences and nearest training compounds."""
    made = lines(findings, ranking).hits
    shown = columns(findings, ranking, [hit.row for hit in made])
    return [{"values": {c.column.name: c.values[number] for c in shown}, **_added(hit)}
            for number, hit in enumerate(made)]  # fmt: skip


def hits_table(findings: Findings) -> pa.Table:
    """The hits as a table: the columns of ``hits.csv``, then `ADDED`.

    Raises
    ------
    UsageError
        If no compounds were ranked.
    """
    ranking = findings.ranking
    if ranking is None:
        raise UsageError("there are no hits for a table: no compounds were ranked",
                         hint="Give --genome or --isolates, or leave --parquet out.")  # fmt: skip
    table = pa.Table.from_pandas(
        ranking.hits[[c for c in ranking.columns if c in ranking.hits]], preserve_index=False
    )
    added = [_added(hit) for hit in lines(findings, ranking).hits]
    for name, kind in ADDED.items():
        table = table.append_column(name, pa.array([each[name.partition(".")[2]] for each in added], kind))
    return table.replace_schema_metadata(None)


def _added(hit: Hit) -> dict[str, Any]:
    return {
        "flags": hit.flags,
        "said": [{"about": said.about, "says": said.words} for said in hit.evidence],
        "nearest": [near._asdict() for near in hit.nearest],
    }


def _map(found: Explained) -> dict[str, Any]:
    """A map as JSON has it; its scores are shares of the full one."""
    numbers = {"prediction": found.prediction, "stability": found.stability, "control": found.control}
    return {
        "input": found.input,
        "of": found.of,
        "reason": found.reason,
        **{name: None if value != value else value for name, value in numbers.items()},
        "scores": list(found.scores),
    }


def _records(table: Any) -> list[dict[str, Any]]:
    """Rows as JSON has them: no NaN."""
    return [{key: None if value != value else value for key, value in row.items()}
            for row in table.astype(object).to_dict("records")]  # fmt: skip
