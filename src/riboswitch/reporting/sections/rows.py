"""Accepted and rejected rows of every input, and the counts from the library down to the short-list."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from riboswitch.drawing.flow import Stage, flow
from riboswitch.modalities import find
from riboswitch.reporting.findings import Findings, InputRows, Ranking
from riboswitch.reporting.sections import Section

EXAMPLES = 3
WHY = {
    "tested": "measured already, as it is or as another form",
    "no_price": "without a price that can be read",
}
"""Reasons to leave a compound off the list, beside the rules of its modality."""
PICKED = {
    "best": "All of the pool are taken.",
    "diverse": "The best of the pool was picked, and then again and again the one least like those "
    "before (MaxMin).",
    "plate": "Those of the pool were picked that are worth most on plates of 96: by score, by how little "
    "they are like those before, and by price.",
}


def contents(findings: Findings) -> dict[str, Any]:
    """Inputs with their rejections; ``steps`` to the short-list with a picture, empty without a ranking;
    ``agree``; how the list was chosen, None if it is the first compounds."""
    ranking, tasks = findings.ranking, [task.rows for task in findings.tasks.values()]
    inputs = tasks if ranking is None else [ranking.library, *tasks]
    return {
        "inputs": [(rows, _rejections(rows)) for rows in inputs],
        "steps": [] if ranking is None else _steps(ranking),
        "picture": "" if ranking is None else _picture(ranking),
        "agree": ranking is None or _agree(ranking),
        "choice": None if ranking is None else _choice(ranking),
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
    ranked, read, hits = ranking.ranked, ranking.library.counts, ranking.hits
    compounds, distinct = ranked.rows, ranked.distinct
    compromised, flagged = ranked.defeated.number, int(hits["compromised"].sum())
    return [
        ("rows read", read["read"], f"{read['accepted']:,} accepted + {read['rejected']:,} rejected"),
        ("compounds ranked", compounds,
         f"{distinct:,} distinct + {compounds - distinct:,} duplicates"),
        ("distinct compounds", distinct,
         f"{distinct - compromised:,} not compromised + {compromised:,} compromised"),
        ("outside a filter", ranked.outside, "ranked behind the others"),
        ("on the short-list", len(hits),
         f"{len(hits) - flagged:,} not compromised + {flagged:,} compromised"),
    ]  # fmt: skip


def _picture(ranking: Ranking) -> Markup:
    """The same as a picture: what is left at each step, and what falls away."""
    read, ranked, hits = ranking.library.counts, ranking.ranked, len(ranking.hits)
    compounds, distinct = ranked.rows, ranked.distinct
    free = distinct - ranked.defeated.number
    kept = int((~ranking.hits["compromised"].astype(bool)).sum())
    return flow("From the first row to the list", [
        Stage("rows read", read["read"], f"{read['rejected']:,} rejected"),
        Stage("compounds ranked", compounds, f"{compounds - distinct:,} duplicates"),
        Stage("distinct compounds", distinct, f"{distinct - free:,} compromised"),
        Stage("not compromised", free, f"{free - kept:,} further down"),
        Stage("on the list", hits),
    ])  # fmt: skip


def _choice(ranking: Ranking) -> dict[str, Any] | None:
    """Compounds that were examined for the list, left out by reason, and kept."""
    choice = ranking.counts.get("choice")
    if choice is None:
        return None
    assessor = find(ranking.modality).assessor
    rules = WHY | (dict(assessor.RULES) if assessor else {})
    return choice | {
        "excluded": [(name, number, rules.get(name, "")) for name, number in choice["excluded"].items()],
        "picked": PICKED.get(ranking.counts.get("settings", {}).get("pick", "best"), ""),
    }


def _agree(ranking: Ranking) -> bool:
    """Whether every number of `_steps` follows from the one before it."""
    counts, ranked, choice = ranking.counts, ranking.ranked, ranking.counts.get("choice")
    examined = choice is None or (
        choice["examined"] == choice["pool"] + sum(choice["excluded"].values())
        and choice["kept"] == counts["kept"] <= choice["pool"]
    )
    return (
        examined
        and ranking.library.agrees
        and ranking.library.counts["accepted"] == ranked.rows == counts["ranked"]
        and ranked.rows - ranked.distinct == counts["duplicates"]
        and ranked.flagged == counts["compromised"]
        and len(ranking.hits) == counts["kept"]
    )
