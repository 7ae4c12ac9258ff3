"""The page: `Findings` (or a `Study`) -> one HTML text that loads nothing from outside."""

from __future__ import annotations

from typing import Any

from riboswitch.drawing.numbers import bases, digits, percent, rate, thousands
from riboswitch.reporting import tables, wording
from riboswitch.reporting.dictionary import dictionary
from riboswitch.reporting.gather import Findings, Study
from riboswitch.reporting.genome_map import genome_map
from riboswitch.reporting.html import environment, style
from riboswitch.reporting.judgement import judge


def render(found: Study, title: str) -> str:
    """The report as HTML; equal findings give equal text."""
    templates = environment()
    templates.filters |= {"digits": digits, "percent": percent, "thousands": thousands, "bases": bases,
                            "rate": rate, "setting": setting}  # fmt: skip
    view = _of_study(found) | (_of_short_list(found) if isinstance(found, Findings) else {})
    page = "report.html.j2" if isinstance(found, Findings) else "study.html.j2"
    return templates.get_template(page).render(title=title, style=style(), **view)


def _of_study(found: Study) -> dict[str, Any]:
    return {
        "found": found,
        "summary": wording.judged(found),
        "cautions": wording.OF_CALLS if found.calls else wording.ALWAYS,
        "ranked": "",
        "chain": [],
        "genomes": [
            {"name": name, "calls": calls, "map": genome_map(calls), "examined": wording.examined(calls),
             "confident": calls.confident.to_dict("records"),
             "candidates": calls.candidates.to_dict("records")}
            for name, calls in found.calls.items()
        ],
        "judged": [judge(learned) for learned in found.tasks.values()],
        "readings": [(t.reading, tables.rejections(t.reading)) for t in found.tasks.values()],
    }  # fmt: skip


def _of_short_list(found: Findings) -> dict[str, Any]:
    readings = [found.library, *(learned.reading for learned in found.tasks.values())]
    return {
        "summary": wording.summary(found),
        "cautions": wording.CAUTIONS,
        "ranked": found.genome,
        "hits": tables.short_list(found),
        "estimated": tables.estimated(found),
        "groups": tables.compromised(found),
        "readings": [(r, tables.rejections(r)) for r in readings],
        "chain": tables.chain(found),
        "reconciled": tables.reconciled(found),
        "columns": dictionary(found),
    }  # fmt: skip


def setting(value: Any) -> str:
    """A setting as text."""
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
