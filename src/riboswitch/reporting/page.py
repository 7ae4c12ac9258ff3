"""The page: `Findings` -> one HTML text that loads nothing from outside."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass

from markupsafe import Markup

from riboswitch.reporting import sections
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.html import environment, style
from riboswitch.reporting.sections import Section


@dataclass(frozen=True)
class Block:
    """A section as HTML."""

    anchor: str
    title: str
    body: Markup


def render(findings: Findings, title: str) -> str:
    """The report as HTML; equal findings give equal text."""
    templates, blocks = environment(sections.__path__), []
    for name, section in find_sections().items():
        values = section.contents(findings)
        if values is not None:
            body = templates.get_template(f"{name}.html.j2").render(values)
            blocks.append(Block(name, section.title, Markup(body)))
    return templates.get_template("page.html.j2").render(title=title, style=style(), sections=blocks)


def find_sections() -> dict[str, Section]:
    """All sections by name, in the order of the page: one for each file of `reporting.sections`."""
    names = [file.name for file in pkgutil.iter_modules(sections.__path__)]
    found = {name: importlib.import_module(f"{sections.__name__}.{name}").SECTION for name in names}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].order, pair[0])))
