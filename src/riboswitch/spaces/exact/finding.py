"""Finds out the facts of all synthons of two sides, by joining them to each other and to small groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, mask_of
from riboswitch.spaces.exact.facts import Given, PartnerFacts, Partners
from riboswitch.spaces.exact.joining import Facts, joined_facts
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.exact.trials import Trial, run

CAPS = ("C", "C(C)=O", "c1ccccc1", "N", "C=C", "S(C)(=O)=O", "C#N")
"""Partners that show what a synthon does to others; the first is tried with all."""
STEREO_CLASSES = 24
"""Classes of partners with which a synthon with stereo marks is tried."""
_STEREO = ~mask_of(("cip", "tag"), ATOM_FIELDS), ~mask_of(("stereo",), BOND_FIELDS)


@dataclass
class Sides:
    """Two sides whose synthons are joined pair by pair, with their facts.

    Attributes
    ----------
    a, b : PartnerFacts
        Each side given the classes of the other.
    """

    a: PartnerFacts
    b: PartnerFacts

    @classmethod
    def find(cls, texts: Sequence[tuple[Sequence[str], Sequence[str]]], processes: int = 1) -> list[Sides]:
        """Find those of several reactions, each given as the SMILES of both sides."""
        sides = [Side.of(smiles) for pair in texts for smiles in pair]
        capped = run([Trial(side.smiles, [_cap(side, CAPS[0])]) for side in sides], processes)
        partners = [_partners(side, found) for side, found in zip(sides, capped, strict=True)]
        # Partners alternate: the facts of a side are asked for each effect that the other has.
        others = [partners[i ^ 1] for i in range(len(partners))]
        trials = [trial for pair in zip(sides, others, strict=True) for trial in _trials(*pair)]
        outcomes = run(trials, processes)
        made = [_facts(*pair, outcomes) for pair in zip(sides, others, strict=True)]
        return [cls(a, b) for a, b in zip(made[::2], made[1::2], strict=True)]

    def keep(self, a: np.ndarray, b: np.ndarray) -> Sides:
        """The sides of some synthons of each; what is known of them is kept. See `Side.keep`."""
        side_a, side_b = self.a.side.keep(a), self.b.side.keep(b)
        partners_a, partners_b = self.b.partners.keep(side_a, a), self.a.partners.keep(side_b, b)
        return Sides(self.a.keep(a, side_a, partners_b), self.b.keep(b, side_b, partners_a))

    def with_first(self, smiles: Sequence[str]) -> Sides:
        """These sides with other synthons on the first; what is known of the second is kept."""
        side, others, second = Side.of(smiles), self.a.partners, self.b
        (capped,) = run([Trial(side.smiles, [_cap(side, CAPS[0])])], 1)
        partners = _partners(side, capped)
        facts = _facts(side, others, run(_trials(side, others), 1))
        for each in dict.fromkeys(partners.effect):
            if each not in second.by_effect:  # kept for the next synthons
                (joined,) = run([_trial(second.side, partners, each)], 1)
                second.by_effect[each] = Given.of(second.side, joined)
        return Sides(facts, PartnerFacts(second.side, partners, second.by_effect, second.varying))


def _trial(side: Side, others: Partners, effect: bytes) -> Trial:
    """All synthons of a side with one partner of this effect."""
    return Trial(side.smiles, [others.one(others.effect.index(effect))])


def _trials(side: Side, others: Partners) -> list[Trial]:
    """What `_facts` needs to know: a trial for each effect of the partners, and one of stereo marks."""
    marked = [side.smiles[row] for row in np.flatnonzero(side.stereo)]
    found = [_trial(side, others, effect) for effect in dict.fromkeys(others.effect)]
    return [*found, Trial(marked, _panel(others), marks=True)]


def _facts(side: Side, others: Partners, outcomes: Iterator[list[Any]]) -> PartnerFacts:
    """Facts of a side from the outcomes of its `_trials`."""
    by_effect = {effect: Given.of(side, next(outcomes)) for effect in dict.fromkeys(others.effect)}
    return PartnerFacts(side, others, by_effect, _varying(side, next(outcomes)))


def _cap(side: Side, cap: str) -> str:
    return f"[{side.label}*]{cap}"


def _partners(side: Side, found) -> Partners:  # type: ignore[no-untyped-def]
    """Classes of the synthons of a side, from their facts with a methyl group as partner."""
    capped = Given.of(side, found)
    numbers: dict[bytes, int] = {}
    of = np.array(
        [numbers.setdefault(_around(side, capped, row), len(numbers)) for row in range(len(side))], np.int64
    )
    first = np.unique(of, return_index=True)[1]
    return Partners(side, of, tuple(_effect(side, int(row)) for row in first))


def _around(side: Side, given: Given, row: int) -> bytes:
    """The atom at the open end with its bonds and neighbours, without stereo marks."""
    atoms = given.atoms[side.atoms_of(row)] & _STEREO[0]
    bonds = given.bonds[side.bonds_of(row)] & np.int16(_STEREO[1])
    ends, own = side.ends[side.bonds_of(row)], side.connector[row]
    beside = [(int(bonds[b]), int(atoms[ends[b].sum() - own])) for b in np.flatnonzero((ends == own).any(1))]
    return repr((bool(given.known[row]), int(atoms[own]), int(given.junction[row]), sorted(beside))).encode()


def _effect(side: Side, row: int) -> bytes:
    """What a synthon does to the partners of `CAPS`: their facts, and the new bond."""
    found = joined_facts((side.smiles[row], _cap(side, cap)) for cap in CAPS)
    return b"|".join(_part(facts) for facts in found)


def _part(facts: Facts | None) -> bytes:
    if facts is None:
        return b"none"
    return facts.atoms[1].tobytes() + facts.bonds[1].tobytes() + bytes([facts.junction & 255])


def _panel(partners: Partners) -> list[str]:
    """Partners of many classes: of each the first and the longest, since priorities may reach far."""
    texts, step = partners.side.smiles, max(1, partners.classes // STEREO_CLASSES)
    members = [partners.members(number) for number in range(0, partners.classes, step)]
    longest = [texts[max(rows.tolist(), key=lambda row: len(texts[row]))] for rows in members]
    return list(dict.fromkeys([*(texts[rows[0]] for rows in members), *longest]))


def _varying(side: Side, found: Sequence[bool]) -> frozenset[int]:
    return frozenset(np.flatnonzero(side.stereo)[np.array(found, bool)].tolist())
