"""Reactions of a space: which synthons belong together, and whether their products can be decomposed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from riboswitch.data.records import Rejection
from riboswitch.errors import Problem, shorten
from riboswitch.spaces.synthons.synthon import is_single
from riboswitch.spaces.synthons.synthon_file import SynthonRow

MOST_COMPONENTS = 4
DECOMPOSED = "bonds"
"""How a reaction is scored whose components are joined by single bonds that form no ring."""

Ends = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Reaction:
    """Components that make one product for each choice of a synthon from each.

    Attributes
    ----------
    id : str
    components : tuple of tuple of SynthonRow
        By number of the component.
    ends : tuple
        The connectors of each component, see `Synthon.ends`.
    """

    id: str
    components: tuple[tuple[SynthonRow, ...], ...]
    ends: tuple[Ends, ...]

    @property
    def products(self) -> int:
        """Number of products, duplicates included."""
        return prod(map(len, self.components))

    @property
    def scored_by(self) -> str:
        """`DECOMPOSED`, or why the products must be enumerated."""
        if len(self.components) > 3:
            return f"{len(self.components)} components"
        if not all(map(is_single, self.ends)):
            return "a connector that is no single bond"
        labels = sum(len(each) for each in self.ends) // 2
        return DECOMPOSED if labels == len(self.components) - 1 else "it forms a ring"

    @property
    def decomposed(self) -> bool:
        return self.scored_by == DECOMPOSED


OF_A_REACTION = frozenset({"LONE_COMPONENT", "UNPAIRED_CONNECTOR", "MANY_COMPONENTS"})
"""Codes of synthons that are sound themselves, but whose reaction is none."""


def group_reactions(
    items: Iterable[SynthonRow | Rejection], source: str
) -> tuple[list[Reaction], list[Rejection], int]:
    """Group synthons by reaction and component.

    The connectors of a component are those of most of its synthons, the others are rejected. So are all
    synthons of a reaction whose components do not fit together.

    Returns
    -------
    reactions : list of Reaction
        In order of first occurrence.
    rejected : list of Rejection
        By row. Codes of their own: ``WRONG_CONNECTOR LONE_COMPONENT UNPAIRED_CONNECTOR MANY_COMPONENTS``.
    read : int
        Number of rows.
    """
    rejected: list[Rejection] = []
    found: dict[str, dict[int, list[SynthonRow]]] = defaultdict(lambda: defaultdict(list))
    read = 0
    for item in items:
        read += 1
        if isinstance(item, Rejection):
            rejected.append(item)
        else:
            found[item.reaction][item.number].append(item)
    reactions = []
    for name, numbered in found.items():
        parts = {}
        for number, rows in sorted(numbered.items()):
            parts[number], odd = _alike(rows)
            rejected += [_rejection(row, problem, source) for row, problem in odd]
        components = tuple(tuple(rows) for rows in parts.values())
        ends = tuple(rows[0].synthon.ends for rows in components)
        problem = _misfit(ends)
        if problem is None:
            reactions.append(Reaction(name, components, ends))
        else:
            rejected += [_rejection(row, problem, source) for rows in components for row in rows]
    return reactions, sorted(rejected, key=lambda each: each.row), read


def _rejection(row: SynthonRow, problem: Problem, source: str) -> Rejection:
    return Rejection(row.row, row.id, shorten(row.given, 200), *problem, source=source)


def _alike(rows: Sequence[SynthonRow]) -> tuple[list[SynthonRow], list[tuple[SynthonRow, Problem]]]:
    """The synthons with the commonest connectors, and the others."""
    commonest = Counter(row.synthon.ends for row in rows).most_common(1)[0][0]
    wanted = _text(commonest)
    problems = {
        row.row: Problem(
            "WRONG_CONNECTOR",
            f"connectors {_text(row.synthon.ends)}, where component {row.number} of the reaction has "
            f"{wanted}",
            "Number its open ends like those of the other synthons.",
        )
        for row in rows
        if row.synthon.ends != commonest
    }
    good = [row for row in rows if row.row not in problems]
    return good, [(row, problems[row.row]) for row in rows if row.row in problems]


def _text(ends: Ends) -> str:
    bonds = {1: "", 2: "=", 3: "#"}
    return ", ".join(f"{bonds.get(kind, '~')}[{number}*]" for number, kind in ends)


def _misfit(ends: tuple[Ends, ...]) -> Problem | None:
    """Why components with these connectors are no reaction."""
    if len(ends) < 2:
        hint = "A reaction needs two or three components: is a synton# missing or mistyped?"
        return Problem("LONE_COMPONENT", "the reaction has one component only", hint)
    if len(ends) > MOST_COMPONENTS:
        return Problem("MANY_COMPONENTS", f"{len(ends)} components, more than {MOST_COMPONENTS}")
    counts = Counter(end for each in ends for end in each)
    odd = sorted(end for end, count in counts.items() if count != 2)
    if odd:
        reason = f"connector {_text((odd[0],))} stands in {counts[odd[0]]} components, not in two"
        return Problem("UNPAIRED_CONNECTOR", reason, "A bond is formed between two components.")
    if not _connected([{number for number, _ in each} for each in ends]):
        return Problem("UNPAIRED_CONNECTOR", "the connectors do not join all components")
    return None


def _connected(parts: list[set[int]]) -> bool:
    joined, waiting = set(parts[0]), parts[1:]
    while waiting:
        touching = [part for part in waiting if part & joined]
        if not touching:
            return False
        joined |= set().union(*touching)
        waiting = [part for part in waiting if not part & joined]
    return True
