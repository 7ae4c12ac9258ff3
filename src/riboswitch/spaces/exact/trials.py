"""Synthons joined to partners to see what they become, in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, mask_of
from riboswitch.screening.process_pool import ordered
from riboswitch.spaces.exact.joining import Facts, joined_facts

CHUNK = 512  # synthons of a piece of work
FEW = 8  # pieces done before another process has started
_MARKS = mask_of(("cip",), ATOM_FIELDS), mask_of(("stereo",), BOND_FIELDS)


class Trial(NamedTuple):
    """Synthons of one side, each joined to the same partners.

    Attributes
    ----------
    smiles : sequence of str
    partners : sequence of str
    marks : bool
        Whether only the question is if stereo marks differ between the partners.
    """

    smiles: Sequence[str]
    partners: Sequence[str]
    marks: bool = False


def run(trials: Sequence[Trial], processes: int) -> Iterator[list[Any]]:
    """The outcomes of each trial, synthon after synthon.

    Yields
    ------
    list
        Facts of each synthon with the first partner; or, for ``marks``, whether its marks differ.
    """
    pieces = [
        [trial._replace(smiles=trial.smiles[i : i + CHUNK]) for i in range(0, len(trial.smiles), CHUNK)]
        for trial in trials
    ]
    outcomes = ordered(_tried, (), (piece for each in pieces for piece in each), processes, FEW)
    for each in pieces:
        yield [value for piece in islice(outcomes, len(each)) for value in piece]


def _tried() -> Callable[[Trial], list[Any]]:
    return outcome


def outcome(trial: Trial) -> list[Any]:
    """That of one trial."""
    if not trial.marks:
        return joined_facts((text, trial.partners[0]) for text in trial.smiles)
    return [
        len({marks(facts) for facts in joined_facts((text, each) for each in trial.partners)}) > 1
        for text in trial.smiles
    ]


def marks(facts: Facts | None) -> bytes:
    """R and S, E and Z of the first synthon of a product, as text that is equal for equal marks."""
    if facts is None:
        return b""
    return (facts.atoms[0] & _MARKS[0]).tobytes() + (facts.bonds[0] & np.int16(_MARKS[1])).tobytes()
