"""Accepted and rejected rows of every input, and the counts from the library down to the short-list."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riboswitch.reporting.findings import Findings, InputRows, Ranking
from riboswitch.reporting.sections import Section

EXAMPLES = 3


def contents(findings: Findings) -> dict[str, Any]:
    """Inputs with their rejections; ``steps`` to the short-list, empty without a ranking; ``agree``."""
    ranking, tasks = findings.ranking, [task.rows for task in findings.tasks.values()]
    inputs = tasks if ranking is None else [ranking.library, *tasks]
    return {
        "inputs": [(rows, _rejections(rows)) for rows in inputs],
        "steps": [] if ranking is None else _steps(ranking),
        "agree": ranking is None or _agree(ranking),
    }


SECTION = Section("Accepted and rejected rows", 70, contents)


def _rejections(rows: InputRows) -> list[dict[str, Any]]:
    """Rejected rows by code, commonest first, with the hint and a few examples."""
    by_code = [_rejection(code, table) for code, table in rows.rejected.groupby("code", sort=True)]
    return sorted(by_code, key=lambda row: (-row["count"], row["code"]))


def _rejection(code: str, table: pd.DataFrame) -> dict[str, Any]:
    examples = table.head(EXAMPLES).to_dict("records")
    return {
        "code": code,
        "count": len(table),
        "stage": ", ".join(sorted(set(table["stage"]))),
        "hint": table.iloc[0]["hint"],
        "examples": [f"{r['id']} ({r['source']} row {r['row']}): {r['reason']}" for r in examples],
    }


def _steps(ranking: Ranking) -> list[tuple[str, int, str]]:
    """From the rows of the library down to the short-list: what, how many, and their parts."""
    distinct, read = ranking.distinct, ranking.library.counts
    compounds, hits = len(ranking.compounds), ranking.hits
    compromised, flagged = len(ranking.compromised), int(hits["compromised"].sum())
    outside = int((distinct["outside_filter"] != "").sum())
    return [
        ("rows read", read["read"], f"{read['accepted']:,} accepted + {read['rejected']:,} rejected"),
        ("compounds ranked", compounds,
         f"{len(distinct):,} distinct + {compounds - len(distinct):,} duplicates"),
        ("distinct compounds", len(distinct),
         f"{len(distinct) - compromised:,} not compromised + {compromised:,} compromised"),
        ("outside a filter", outside, "ranked behind the others"),
        ("on the short-list", len(hits),
         f"{len(hits) - flagged:,} not compromised + {flagged:,} compromised"),
    ]  # fmt: skip


def _agree(ranking: Ranking) -> bool:
    """Whether every number of `_steps` follows from the one before it."""
    counts, compounds = ranking.counts, ranking.compounds
    return (
        ranking.library.agrees
        and ranking.library.counts["accepted"] == len(compounds) == counts["ranked"]
        and len(compounds) - len(ranking.distinct) == counts["duplicates"]
        and int(compounds["compromised"].sum()) == counts["compromised"]
        and len(ranking.hits) == counts["kept"]
    )
