"""Lines of the short-list: each hit with its flags, its evidence and its nearest training compounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.hits import predictions
from riboswitch.reporting.hits.flags import flags
from riboswitch.reporting.hits.said import Said
from riboswitch.reporting.hits.structures import Nearest, Sketches, nearest
from riboswitch.reporting.hits.witnesses import said_of, witnesses
from riboswitch.reporting.ranked import STRUCTURE

Row = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """One line of the short-list.

    Attributes
    ----------
    row : dict
        The compound's columns.
    flags : list of str
        What a reader must know before trusting the line.
    evidence : list of Said
        Sentences; those of one subject follow each other.
    nearest : list of Nearest
        Of each task the training compound that is most like it.
    levels : tuple of int
        The atom map, see `Explained`; empty if there is none.
    """

    row: Row
    flags: list[str]
    evidence: list[Said]
    nearest: list[Nearest]
    levels: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What the compound is called."""
        return str(self.row["name"] or self.row.get("recognised_as") or self.row["id"])

    @property
    def structure(self) -> str:
        """The input that was scored."""
        return str(self.row[STRUCTURE])


@dataclass(frozen=True)
class Lines:
    """All lines, and the sketches of their structures."""

    hits: list[Hit]
    sketches: Sketches


def lines(findings: Findings, ranking: Ranking) -> Lines:
    """The lines of a ranking; made once, however often the page is made."""
    if "lines" not in ranking.memory:
        known = witnesses(findings, ranking, ranking.hits)
        tasks = {name: findings.tasks[name] for name in _ordered(ranking)}
        rows = ranking.hits.to_dict("records")
        ranking.memory["lines"] = Lines(
            [Hit(row, flags(row, ranking), [*_evidence(row, ranking, tasks), *said_of(row, known)],
                 nearest(row, tasks), _levels(row, ranking)) for row in rows],
            Sketches(ranking.modality),
        )  # fmt: skip
    found: Lines = ranking.memory["lines"]
    return found


def _levels(row: Row, ranking: Ranking) -> tuple[int, ...]:
    return ranking.maps[row["id"]].levels if row["id"] in ranking.maps else ()


def _ordered(ranking: Ranking) -> list[str]:
    """The tasks, the one that ranks first."""
    return sorted(ranking.tasks, key=lambda name: (name != ranking.shown_task, ranking.tasks.index(name)))


def _evidence(row: Row, ranking: Ranking, tasks: dict[str, Any]) -> list[Said]:
    found = [*predictions.of_list(row, ranking)]
    for name, task in tasks.items():
        found += predictions.of_task(row, name, task)
    return found
