"""The page: `Findings` -> one HTML text that loads nothing from outside."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting import tables, wording
from riboswitch.reporting.dictionary import dictionary
from riboswitch.reporting.gather import Findings
from riboswitch.reporting.html import environment, style
from riboswitch.reporting.judgement import judge
from riboswitch.reporting.maps import bases, genome_map


def render(found: Findings, title: str) -> str:
    """The report as HTML; equal findings give equal text."""
    templates = environment()
    templates.filters |= {"digits": digits, "percent": percent, "thousands": thousands, "bases": bases,
                            "small": small, "setting": setting}  # fmt: skip
    return templates.get_template("report.html.j2").render(title=title, style=style(), **_view(found))


def _view(found: Findings) -> dict[str, Any]:
    return {
        "found": found,
        "summary": wording.summary(found),
        "cautions": wording.CAUTIONS,
        "hits": tables.short_list(found),
        "estimated": tables.estimated(found),
        "groups": tables.compromised(found),
        "genomes": [
            {"name": name, "calls": calls, "map": genome_map(calls), "examined": wording.examined(calls),
             "confident": calls.confident.to_dict("records"),
             "candidates": calls.candidates.to_dict("records")}
            for name, calls in found.calls.items()
        ],
        "judged": [judge(learned) for learned in found.tasks.values()],
        "readings": [(r, tables.rejections(r)) for r in _readings(found)],
        "chain": tables.chain(found),
        "reconciled": tables.reconciled(found),
        "columns": dictionary(found),
    }  # fmt: skip


def _readings(found: Findings) -> list[Any]:
    return [found.library, *(learned.reading for learned in found.tasks.values())]


def digits(value: float | None, places: int = 2) -> str:
    """A number with fixed places; a dash for none."""
    return "–" if value is None or value != value else f"{value:.{places}f}"


def percent(share: float) -> str:
    """A share as per cent with one place."""
    return f"{100 * share:.1f} %"


def thousands(number: int) -> str:
    """A whole number in groups of three digits."""
    return f"{number:,}"


def small(value: float) -> str:
    """A rate that may be very small."""
    return f"{value:.3f}" if value == 0 or value >= 0.001 else f"{value:.1e}"


def setting(value: Any) -> str:
    """A setting as text."""
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
