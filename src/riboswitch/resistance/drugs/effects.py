"""What one gene does to drugs, and how closely that is written of each drug."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from riboswitch.resistance.drugs.names import Drug, DrugBook, Named

DEFEATS, REDUCES, SPARES = "defeats", "reduces", "spares"
EFFECTS = (DEFEATS, REDUCES, SPARES)
"""The strongest first."""
ALL = "all"
NAMED, BY_GROUP = 0, 1
"""Whether the drug itself is named, or a group that holds it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect on some drugs.

    Attributes
    ----------
    effect : str
        One of `EFFECTS`.
    drugs, left_out : frozenset of str
        Names of drugs and groups.
    despite : frozenset of str
        Inhibitors beside which it holds; ``all`` for any.
    combination : tuple or None
        The `Named.key` of the only combination that it concerns.
    """

    effect: str
    drugs: frozenset[str]
    left_out: frozenset[str] = frozenset()
    despite: frozenset[str] = frozenset()
    combination: tuple[frozenset[str], frozenset[str]] | None = None

    def distance(self, drug: Drug, inhibitors: frozenset[str]) -> int | None:
        """How many steps lie between the drug and what is named; None if it does not concern the drug."""
        words = drug.words
        if not self.left_out.isdisjoint(words) or self.drugs.isdisjoint(words):
            return None
        if self.effect != SPARES and not (ALL in self.despite or inhibitors <= self.despite):
            return None
        return next(i for i, word in enumerate(words) if word in self.drugs)


@dataclass(frozen=True, eq=False)
class GeneEffects:
    """All effects of a gene.

    Attributes
    ----------
    effects : tuple of Effect
    book : DrugBook
    silent : bool
        A rule says that the gene alone does nothing, as an accessory enzyme of an operon.
    """

    effects: tuple[Effect, ...]
    book: DrugBook
    silent: bool = False
    _known: dict[tuple[Drug, frozenset[str]], tuple[str, int] | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(
        cls, effects: Iterable[Effect], unhindered: frozenset[str], book: DrugBook, silent: bool = False
    ) -> GeneEffects:
        """The effects of a gene, beside which some inhibitors save nothing."""
        distinct = dict.fromkeys(replace(e, despite=e.despite | unhindered) for e in effects)
        return cls(tuple(distinct), book, silent)

    @cached_property
    def _groups(self) -> dict[str, list[bool]]:
        """Of each group, whether each of its drugs is defeated."""
        groups: dict[str, list[bool]] = {}
        for drug in self.book.drugs.values():
            found = self.on(drug)
            for group in drug.groups:
                groups.setdefault(group, []).append(found is not None and found[0] == DEFEATS)
        return groups

    @property
    def covered(self) -> frozenset[str]:
        """Groups of which it defeats every drug."""
        return frozenset(group for group, defeated in self._groups.items() if all(defeated))

    @property
    def touched(self) -> frozenset[str]:
        """Groups of which it defeats some drug."""
        return frozenset(group for group, defeated in self._groups.items() if any(defeated))

    def on(self, drug: Drug, inhibitors: frozenset[str] = frozenset()) -> tuple[str, int] | None:
        """The effect on a drug, and `NAMED` or `BY_GROUP`; None if nothing is known.

        What names the drug most closely decides; of equals, the stronger effect.
        """
        key = drug, inhibitors
        if key not in self._known:
            near = [(x, EFFECTS.index(e.effect)) for e in self.effects if (x := e.distance(*key)) is not None]
            best = min(near, default=None)
            self._known[key] = None if best is None else (EFFECTS[best[1]], min(best[0], BY_GROUP))
        return self._known[key]

    def names(self, named: Named) -> bool:
        """Whether the database names this very combination."""
        return any(e.combination == named.key for e in self.effects)
