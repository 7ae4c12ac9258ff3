"""The dictionary: what each column of the short-list means, from ``columns.tsv``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files

from riboswitch.reporting.gather import Findings, Learned

UNKNOWN = "not described"


@dataclass(frozen=True)
class Column:
    """One column of ``hits.csv``."""

    name: str
    unit: str
    span: str
    meaning: str


def dictionary(found: Findings) -> list[Column]:
    """Every column of the short-list, in its order."""
    known = _known()
    return [_described(name, known, found.tasks.get(name.split(".")[0])) for name in found.columns]


def _known() -> list[Column]:
    """Names and patterns with their meaning; of several that fit, the first counts."""
    lines = (files("riboswitch.reporting") / "columns.tsv").read_text("utf-8").splitlines()[1:]
    return [Column(*line.split("\t")) for line in lines]


def _described(name: str, known: list[Column], task: Learned | None) -> Column:
    fits = next((c for c in known if fnmatchcase(name, c.name)), Column(name, "–", "–", UNKNOWN))
    return Column(name, fits.unit, fits.span, fits.meaning.replace("{error}", _error(task)))


def _error(task: Learned | None) -> str:
    found = task.metrics["methods"][task.metrics["model"]].get("rmse") if task else None
    return f", with a root mean square error of {found['mean']:.2f} on held-out rows" if found else ""
