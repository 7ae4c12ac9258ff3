"""Pairs: a record has an input of each of two other modalities, as a protein and a molecule.

The parts of a pair are made of those of its two sides; see `compose`.
"""

from __future__ import annotations

from riboswitch.errors import UsageError
from riboswitch.modalities.base import Made, Modality
from riboswitch.modalities.pair.sides import Pair, Side

PARTS = {"reader": ".read", "grouper": ".group", "encoder": ".encode", "network": ".network",
         "baselines": ".baselines", "ablations": ".ablations", "crossing": ".library"}  # fmt: skip
OPTIONAL = {
    "inventor": ("inventor", ".inventor"),
    "stack": ("vectors", ".stack"),
    "forms": ("forms", ".forms"),
}
"""Parts that a pair has if its sides have another: for ``forms`` one side, else both."""


def compose(name: str, left: Modality, right: Modality) -> Modality:
    """Make the modality of pairs of two others.

    Parameters
    ----------
    name : str
        Of the pairs.
    left, right : Modality
        Each with one component. They may be the same.

    Returns
    -------
    Modality
        Its components are called like those of its sides, or ``left_`` and ``right_`` are put before equal
        names.

    Raises
    ------
    UsageError
        If a side has several components.
    """
    for side in (left, right):
        if len(side.components) > 1:
            raise UsageError("a side of a pair must have one component", found=side.name,
                             hint="Pairs of pairs are not made.")  # fmt: skip
    same = left.component == right.component
    pair = Pair(name, *(
        Side(which, side, f"{which}_{side.component}" if same else side.component)
        for which, side in (("left", left), ("right", right))
    ))  # fmt: skip
    parts = PARTS | {
        part: module
        for part, (needed, module) in OPTIONAL.items()
        if (any if part == "forms" else all)(side.modality.offers(needed) for side in pair.sides)
    }
    return Modality(
        name=name,
        package=__name__,
        components=pair.components,
        parts={part: Made(module, (pair,)) for part, module in parts.items()},
        packages=tuple(dict.fromkeys((*left.packages, *right.packages))),
    )
