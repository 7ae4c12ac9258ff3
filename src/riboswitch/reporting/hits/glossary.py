"""Column glossary: the meaning of each column of the short-list, from ``columns.tsv``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from riboswitch.modalities import find
from riboswitch.modalities.optional_parts import Similarity
from riboswitch.reporting.findings import Ranking, TaskResult

NOT_DESCRIBED = "not described"


@dataclass(frozen=True)
class Column:
    """One column of ``hits.csv``, or a pattern of names."""

    name: str
    unit: str
    range: str
    meaning: str


def described(ranking: Ranking, tasks: dict[str, TaskResult]) -> list[Column]:
    """Every column of the short-list, in its order."""
    glossary = _glossary(find(ranking.modality).similarity)
    return [_described(name, glossary, tasks.get(name.split(".")[0])) for name in ranking.columns]


def _glossary(similarity: Similarity | None) -> list[Column]:
    """Names and patterns; the first that fits a column describes it."""
    text = Path(__file__).with_name("columns.tsv").read_text("utf-8")
    text = text.replace("{similarity}", f" ({similarity.NAME})" if similarity else "")
    return [Column(*line.split("\t")) for line in text.splitlines()[1:]]


def _described(name: str, glossary: list[Column], task: TaskResult | None) -> Column:
    unknown = Column(name, "–", "–", NOT_DESCRIBED)
    fitting = next((column for column in glossary if fnmatchcase(name, column.name)), unknown)
    return Column(name, fitting.unit, fitting.range, fitting.meaning.replace("{error}", _error(task)))


def _error(task: TaskResult | None) -> str:
    rmse = task.metrics["methods"][task.metrics["model"]].get("rmse") if task else None
    return f", with a root mean square error of {rmse['mean']:.2f} on held-out rows" if rmse else ""
