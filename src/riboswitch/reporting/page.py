"""The page: `Findings` -> one HTML text that loads nothing from outside."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace

from markupsafe import Markup

from riboswitch.errors import UsageError
from riboswitch.reporting import sections
from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.html import environment, policy, script, style
from riboswitch.reporting.sections import Section

MAX_MB = 10.0


@dataclass(frozen=True)
class Block:
    """A section as HTML."""

    anchor: str
    title: str
    body: Markup


def render(findings: Findings, title: str, max_mb: float = MAX_MB) -> str:
    """The report as HTML; equal findings give equal text.

    Parameters
    ----------
    findings : Findings
    title : str
    max_mb : float
        The page has at most so many megabytes (10^6 bytes): the last hits lose their drawings, then their
        lines. The page says how many, and ``hits.csv`` has all.

    Raises
    ------
    UsageError
        If the page is larger without any hit.
    """
    most = max_mb * 1e6
    page = _page(findings, title)
    if len(page.encode()) <= most or findings.ranking is None:
        return _checked(page, most)
    for fewer in (_drawn, _shown):
        page, findings = _shortened(page, findings, title, most, fewer)
    return _checked(page, most)


def _drawn(ranking: Ranking, number: int) -> Ranking:
    return replace(ranking, drawn=number)


def _shown(ranking: Ranking, number: int) -> Ranking:
    return replace(ranking, shown=number)


def _shortened(
    page: str, findings: Findings, title: str, most: float, fewer: Callable[[Ranking, int], Ranking]
) -> tuple[str, Findings]:
    """The page with fewer drawings, or fewer lines: as many as fit, within a few percent."""
    size, ranking = len(page.encode()), findings.ranking
    if size <= most or ranking is None:
        return page, findings
    number = len(ranking.hits)
    smallest = _page(replace(findings, ranking=fewer(ranking, 0)), title)
    each = (size - len(smallest.encode())) / max(number, 1)
    while size > most and number:
        number = max(min(number - 1, int(number - (size - most) / max(each, 1))), 0)
        findings = replace(findings, ranking=fewer(ranking, number))
        page = _page(findings, title)
        size = len(page.encode())
    return page, findings


def _checked(page: str, most: float) -> str:
    if len(page.encode()) > most:
        raise UsageError(
            "the report is larger than max_mb", found=f"{len(page.encode()) / 1e6:.1f} MB, without any hit",
            hint="Give a larger --max-mb, or report fewer genomes and tasks.",
        )  # fmt: skip
    return page


def _page(findings: Findings, title: str) -> str:
    templates, blocks = environment(sections.__path__), []
    for name, section in find_sections().items():
        values = section.contents(findings)
        if values is not None:
            body = templates.get_template(f"{name}.html.j2").render(values)
            blocks.append(Block(name, section.title, Markup(body)))
    return templates.get_template("page.html.j2").render(
        title=title, style=style(), sections=blocks, policy=policy(), script=script()
    )


def find_sections() -> dict[str, Section]:
    """All sections by name, in the order of the page: one for each file of `reporting.sections`."""
    names = [file.name for file in pkgutil.iter_modules(sections.__path__)]
    found = {name: importlib.import_module(f"{sections.__name__}.{name}").SECTION for name in names}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].order, pair[0])))
