"""Sections of the report: each is one file ``NAME.py`` and its template ``NAME.html.j2`` in this folder.

The file defines ``SECTION``. The page finds it by itself; no list has to be changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from riboswitch.reporting.findings import Findings


@dataclass(frozen=True)
class Section:
    """One section of the report. Its file name is its anchor in the page.

    Attributes
    ----------
    title : str
        Heading, and entry in the table of contents.
    order : int
        Sections stand in ascending order.
    contents : callable
        From findings to the values that the template prints; None if the section does not apply to them.
    """

    title: str
    order: int
    contents: Callable[[Findings], dict[str, Any] | None]
