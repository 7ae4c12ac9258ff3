"""Checklist: what DOME and REFORMS ask of a study, answered from the run; blanks are for the author.

DOME: Walsh et al., Nature Methods 2021, 18:1122. REFORMS: Kapoor et al., Science Advances 2024, 10:eadk3452.
The questions are in ``checklist.tsv``, in our words. ``fact`` names the `Facts` that answer one, ``text`` is
an answer that holds for every run, and ``left`` is what no run can know.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple

from riboswitch.reporting.findings import TaskResult
from riboswitch.reporting.record.facts import Facts, plain

BLANK = "**To be filled in by the author.**"
STANDARDS = {"dome": "DOME (Walsh et al. 2021)", "reforms": "REFORMS (Kapoor et al. 2024)"}


class Item(NamedTuple):
    """One question. ``left`` says what the author has to add to the answer."""

    standard: str
    section: str
    name: str
    question: str
    answer: str
    left: str

    @property
    def is_open(self) -> bool:
        """Whether the author has something to add."""
        return bool(self.left) or not self.answer

    @property
    def text(self) -> str:
        """The item as Markdown."""
        blank = [f"{BLANK} {self.left}".strip()] if self.is_open else []
        lines = [f"  - {line}" for line in (*self.answer.splitlines(), *blank) if line]
        return "\n".join([f"- [{' ' if self.is_open else 'x'}] **{self.name}** {self.question}", *lines])


def checklist(run: Mapping[str, Any], tasks: Mapping[str, TaskResult], title: str) -> str:
    """The checklist as Markdown; equal runs give equal text.

    Parameters
    ----------
    run : mapping
        The content of ``run.json``.
    tasks : mapping
        By name, as `gather.read_tasks` reads them.
    title : str
    """
    items = _items(Facts(run, tasks))
    blanks = sum(item.is_open for item in items)
    lines = [
        f"# Checklist: {plain(title)}",
        "",
        f"{len(items) - blanks} of {len(items)} items are answered from the run; {blanks} have a blank for "
        "the author.",
        "Numbers are those of `metrics.json`, `counts.json` and `run.json`.",
    ]
    for standard, of_standard in groupby(items, lambda item: item.standard):
        lines += ["", f"## {STANDARDS[standard]}"]
        for section, entries in groupby(of_standard, lambda item: item.section):
            lines += ["", f"### {section}", "", *(item.text for item in entries)]
    return "\n".join(lines) + "\n"


def _items(facts: Facts) -> list[Item]:
    text = files(__package__).joinpath("checklist.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [
        Item(
            row["standard"],
            row["section"],
            row["item"],
            row["question"],
            getattr(facts, row["fact"]) if row["fact"] else row["text"],
            row["left"],
        )
        for row in rows
    ]
