"""Facts of the synthons of a space: found once when the space is made, and kept in its folder.

They depend on the synthons and on RDKit, not on a model. Those that do not fit the synthons, or that another
version of RDKit found, are found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import rdkit

from riboswitch.spaces.chain import Chain
from riboswitch.spaces.exact.facts import Given, PartnerFacts, Partners
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.side import Side
from riboswitch.spaces.synthons.reactions import Reaction
from riboswitch.spaces.synthons.space import Space

VERSION = 1  # of the facts and of how they are found
Arrays = dict[str, np.ndarray]


def sides_of(space: Space, processes: int = 1) -> dict[int, Sides]:
    """Sides of all reactions that decompose and have products, by the number of the reaction.

    Parameters
    ----------
    space : Space
    processes : int
        For those whose facts are not in the space.
    """
    texts = _texts(space)
    found = _places(space)
    missing = [number for number, place in found.items() if place is None]
    made = dict(zip(missing, Sides.find([texts[n] for n in missing], processes), strict=True))
    return {
        n: made[n] if place is None else _stored(space.facts, place, texts[n]) for n, place in found.items()
    }


def facts_of_fewer(space: Space, reactions: Sequence[Reaction]) -> Arrays:
    """Facts for some reactions of a space, which may lack some of its synthons.

    Of three components, a reaction that lacks some is left out: its virtual synthons may be others.
    """
    before = {reaction.id: number for number, reaction in enumerate(space.reactions)}
    stored = _places(space)
    made: Arrays = {}
    for number, reaction in enumerate(reactions):
        whole = space.reactions[before[reaction.id]]
        place = stored.get(before[reaction.id])
        if place is None or (reaction != whole and len(whole.components) == 3):
            continue
        sides = _stored(space.facts, place, texts_of(whole))
        if reaction != whole:
            rows = [{row.row for row in part} for part in reaction.components]
            sides = sides.keep(*(np.array([row.row in left for row in part])
                                 for part, left in zip(whole.components, rows, strict=True)))  # fmt: skip
        made |= _arrays_of_one(number, reaction, sides)
    return made


def texts_of(reaction: Reaction) -> tuple[Sequence[str], Sequence[str]]:
    """SMILES of both sides; of three components, some virtual synthons and the last component."""
    if len(reaction.components) == 3:
        chain = Chain.of(reaction)
        return chain.samples(), chain.lasts
    a, b = ([row.synthon.smiles for row in rows] for rows in reaction.components)
    return a, b


def arrays_of(space: Space, sides: Mapping[int, Sides]) -> Arrays:
    """The facts as arrays, for `Space.facts`."""
    made: Arrays = {}
    for number, each in sides.items():
        made |= _arrays_of_one(number, space.reactions[number], each)
    return made


def _texts(space: Space) -> dict[int, tuple[Sequence[str], Sequence[str]]]:
    """SMILES of both sides of each reaction that decomposes and has products."""
    texts = {number: texts_of(each) for number, each in enumerate(space.reactions) if each.decomposed}
    return {number: pair for number, pair in texts.items() if all(pair)}


def _places(space: Space) -> dict[int, str | None]:
    """For each of these reactions where its facts stand in those of the space; None if they do not."""
    places = {
        str(value): name.removesuffix("key") for name, value in space.facts.items() if name.endswith("key")
    }
    return {number: places.get(_key(pair)) for number, pair in _texts(space).items()}


def _arrays_of_one(number: int, reaction: Reaction, sides: Sides) -> Arrays:
    made: Arrays = {f"{number}.key": np.array(_key(texts_of(reaction)))}
    for name, facts in (("a", sides.a), ("b", sides.b)):
        made |= {f"{number}.{name}.{key}": value for key, value in _arrays(facts).items()}
    return made


def _arrays(facts: PartnerFacts) -> Arrays:
    side, partners = facts.side, facts.partners
    effects = list(facts.by_effect)
    made: Arrays = {
        "ends": side.ends, "n_atoms": side.n_atoms, "n_bonds": side.n_bonds, "connector": side.connector,
        "label": np.array(side.label), "varying": np.array(sorted(facts.varying), np.int64),
        # The classes are those of the partners, which are the other side.
        "of": partners.of, "effect": np.array([effects.index(each) for each in partners.effect], np.int64),
        "effects": np.array([each.hex() for each in effects], "U"),
    }  # fmt: skip
    for n, given in enumerate(facts.by_effect.values()):
        made |= {f"{n}.atoms": given.atoms, f"{n}.bonds": given.bonds, f"{n}.junction": given.junction,
                 f"{n}.known": given.known}  # fmt: skip
    return made


def _stored(arrays: Arrays, place: str, texts: tuple[Sequence[str], Sequence[str]]) -> Sides:
    parts = [
        {name.removeprefix(start): value for name, value in arrays.items() if name.startswith(start)}
        for start in (f"{place}a.", f"{place}b.")
    ]
    sides = [
        Side(
            tuple(smiles),
            int(part["label"]),
            part["ends"],
            part["n_atoms"],
            part["n_bonds"],
            part["connector"],
        )
        for smiles, part in zip(texts, parts, strict=True)
    ]
    a, b = (_facts(part, side, other) for part, side, other in zip(parts, sides, sides[::-1], strict=True))
    return Sides(a, b)


def _facts(part: Arrays, side: Side, other: Side) -> PartnerFacts:
    effects = [bytes.fromhex(str(each)) for each in part["effects"]]
    by_effect = {
        each: Given(part[f"{n}.atoms"], part[f"{n}.bonds"], part[f"{n}.junction"], part[f"{n}.known"])
        for n, each in enumerate(effects)
    }
    partners = Partners(other, part["of"], tuple(effects[n] for n in part["effect"]))
    return PartnerFacts(side, partners, by_effect, frozenset(part["varying"].tolist()))


def _key(texts: tuple[Sequence[str], Sequence[str]]) -> str:
    """Equal for equal synthons, version of the facts, and version of RDKit."""
    stated = "\n".join([str(VERSION), rdkit.__version__, *texts[0], "", *texts[1]])
    return hashlib.sha256(stated.encode()).hexdigest()
