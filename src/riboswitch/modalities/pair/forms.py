"""The forms of pairs of which a side stands for several inputs: each form of one with each of the other."""

from __future__ import annotations

from itertools import product
from typing import Any

from riboswitch.data.arrays import distinct
from riboswitch.modalities.pair.sides import Pair, Side
from riboswitch.modalities.parts import Inputs


class PairForms:
    """See `riboswitch.modalities.optional_parts.FormsPart`."""

    def __init__(self, pair: Pair):
        self.pair = pair

    def several(self, inputs: Inputs) -> dict[int, dict[str, list[Any]]]:
        """Return the forms of each pair that has several, by its row; the first is the encoded one."""
        left, right = ([*_forms(side, inputs)] for side in self.pair.sides)
        found = {}
        for row, (one, other) in enumerate(zip(left, right, strict=True)):
            if len(one) * len(other) > 1:
                pairs = list(product(one, other))
                sides = zip(*pairs, strict=True)
                found[row] = {s.component: [*v] for s, v in zip(self.pair.sides, sides, strict=True)}
        return found


def make(pair: Pair) -> PairForms:
    """Make the forms of these pairs."""
    return PairForms(pair)


def _forms(side: Side, inputs: Inputs) -> list[list[Any]]:
    """The forms of the side's input of each pair; one where it has no others."""
    values, index = distinct(inputs[side.component])
    own = side.modality.component
    found = side.modality.forms.several({own: values}) if side.modality.forms is not None else {}
    forms = [list(found[i][own]) if i in found else [value] for i, value in enumerate(values)]
    return [forms[i] for i in index.tolist()]
