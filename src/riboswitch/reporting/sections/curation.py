"""Curation: what became of the labels of each target, from the rows read to those that are used."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting.findings import Findings, InputRows
from riboswitch.reporting.sections import Section

FATES = ("single", "kept", "left_out", "averaged", "voided", "rejected")
BOUND_FATES = tuple(fate for fate in FATES if fate != "averaged")
AFTER_READING = ("bad_label", "missing_label", "duplicate", "conflicting_label")
POLICIES = {"first": "the first is kept", "mean": "their mean is taken", "reject": "all are left out",
            "keep": "all are kept"}  # fmt: skip


def contents(findings: Findings) -> dict[str, Any] | None:
    """The ledger of each task that has one; None if none has."""
    tasks = {name: task.rows for name, task in findings.tasks.items() if task.rows.counts.get("ledger")}
    return {"tasks": {name: _of_task(rows) for name, rows in tasks.items()}} if tasks else None


SECTION = Section("Curation of labels", 65, contents)


def _of_task(rows: InputRows) -> dict[str, Any]:
    ledger = rows.counts["ledger"]
    later = {code: rows.counts.get("by_code", {}).get(code, 0) for code in ("KEPT_OUT", "NOT_DRAWN")}
    policy = ledger["policy"]
    return {
        "read": rows.counts["read"],
        "unreadable": rows.counts["read"] - ledger["rows"],
        "ledger": ledger,
        "gone": {code.upper(): ledger[code] for code in AFTER_READING if ledger[code]},
        "later": {code: number for code, number in later.items() if number},
        "accepted": rows.counts["accepted"],
        "policy": {name: POLICIES[policy[name]] for name in ("duplicates", "conflicts")},
        "beyond": f" by more than {policy['tolerance']:g}" if policy["tolerance"] else "",
        "agree": _agree(rows, sum(later.values())),
    }


def _agree(rows: InputRows, later: int) -> bool:
    """Whether the counts follow from each other, from the rows read to the labels used."""
    ledger = rows.counts["ledger"]
    return (
        ledger["rows"] == ledger["accepted"] + sum(ledger[code] for code in AFTER_READING)
        and ledger["accepted"] == rows.counts["accepted"] + later
        and all(_adds_up(of, FATES) for of in ledger["labels"].values())
        and all(_adds_up(of["bounds"], BOUND_FATES) for of in ledger["labels"].values() if "bounds" in of)
    )


def _adds_up(counts: dict[str, int], fates: tuple[str, ...]) -> bool:
    return counts["labels"] == sum(counts[fate] for fate in fates)
