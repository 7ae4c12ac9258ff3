"""Labels of atoms in a sketch: symbol, hydrogens, charge and isotope, placed away from the bonds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rdkit import Chem

from riboswitch.drawing.sketch import FONT, SMALL, Label

Vector = tuple[float, float]
"""Across and down."""

WIDTHS = {"I": 0.28, "l": 0.22, "r": 0.33, "i": 0.22, "F": 0.61, "P": 0.67, "S": 0.67, "B": 0.67, "O": 0.78,
          "•": 0.35, "+": 0.58, "−": 0.58} | dict.fromkeys("aegnsuod0123456789*", 0.556)  # fmt: skip
"""Advance of letters in a sans-serif font, for one unit of height."""
OTHER_WIDTH = 0.72
RISE = 0.36
"""Half of the height of a capital letter, for one unit of height."""
PAD = 3.0
KINDS = {"N": "N", "O": "O", "S": "S", "P": "P", "F": "X", "Cl": "X", "Br": "X", "I": "X"}
"""Elements that have a colour; the four halogens share one."""
LINE = 20
"""Between the lines of a label of two lines."""


class AtomLabel(NamedTuple):
    """What stands in the place of an atom.

    Attributes
    ----------
    letters : list of Label
        In one line, or the hydrogens above or below.
    box : tuple of float
        Left, right, top and bottom of the line of the symbol.
    """

    letters: list[Label]
    box: tuple[float, float, float, float]

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Points that the drawing must have room for."""
        left, right, top, bottom = self.box
        rows = [label.y for label in self.letters]
        return [(left, min(top, min(rows) - FONT * 0.85)), (right, max(bottom, max(rows) + 6))]

    def leaving(self, point: Vector, unit: Vector) -> Vector:
        """Where a bond that goes from the point in a direction leaves the label."""
        left, right, top, bottom = self.box
        far = [((right if unit[0] > 0 else left) - point[0]) / unit[0]] if abs(unit[0]) > 1e-6 else []
        far += [((bottom if unit[1] > 0 else top) - point[1]) / unit[1]] if abs(unit[1]) > 1e-6 else []
        way = max(min(far), 0.0)
        return point[0] + unit[0] * way, point[1] + unit[1] * way


def atom_label(atom: Chem.Atom, places: Sequence[Vector]) -> AtomLabel | None:
    """The label of an atom; None for a carbon that is only a corner."""
    symbol, hydrogens, charge = atom.GetSymbol(), atom.GetTotalNumHs(), atom.GetFormalCharge()
    plain = not charge and not atom.GetIsotope() and not atom.GetNumRadicalElectrons()
    if symbol == "C" and plain and atom.GetDegree():
        return None
    isotope = f"^{atom.GetIsotope()}" if atom.GetIsotope() else ""
    many = "H_" + str(hydrogens) if hydrogens > 1 else "H" * hydrogens
    sign = _raised(charge, atom.GetNumRadicalElectrons())
    place, kind = places[atom.GetIdx()], KINDS.get(symbol, "")
    away = _away(atom, places) if hydrogens else "right"
    if away == "left":
        return _one_line(place, kind, f"{many}{isotope}{symbol}{sign}", symbol, ends=True, tail=sign)
    if away == "right":
        return _one_line(place, kind, f"{isotope}{symbol}{many}{sign}", symbol, head=isotope)
    found = _one_line(place, kind, f"{isotope}{symbol}{sign}", symbol, head=isotope)
    row = round(place[1] + FONT * RISE) + (LINE if away == "below" else -LINE)
    return found._replace(
        letters=[*found.letters, Label(round(place[0] - FONT * 0.36), row, False, kind, many)]
    )


def _raised(charge: int, radicals: int) -> str:
    number = f"{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '−'}" if charge else ""
    return f"^{number}{'•' * radicals}" if number or radicals else ""


def _one_line(
    place: Vector,
    kind: str,
    text: str,
    symbol: str,
    *,
    ends: bool = False,
    head: str = "",
    tail: str = "",
) -> AtomLabel:
    """A label whose symbol stands on the atom: its first letter, or with ``ends`` its last."""
    x, y = place
    half = _width(symbol[0]) / 2
    if ends:
        stop = x - half + _width(symbol) + _width(tail)
        start = stop - _width(text)
        label = Label(round(stop), round(y + FONT * RISE), True, kind, text)
    else:
        start = x - half - _width(head)
        stop = start + _width(text)
        label = Label(round(start), round(y + FONT * RISE), False, kind, text)
    tall = FONT * RISE + PAD
    return AtomLabel([label], (start - PAD, stop + PAD, y - tall, y + tall))


def _width(text: str) -> float:
    total, size = 0.0, FONT
    for letter in text:
        if letter in "_^":
            size = SMALL
            continue
        if size == SMALL and letter not in "0123456789+−•":
            size = FONT
        total += size * WIDTHS.get(letter, OTHER_WIDTH)
    return total


def _away(atom: Chem.Atom, places: Sequence[Vector]) -> str:
    """Where the hydrogens have most room: right, left, above or below."""
    x, y = places[atom.GetIdx()]
    bonds = [(places[n.GetIdx()][0] - x, places[n.GetIdx()][1] - y) for n in atom.GetNeighbors()]
    if not bonds:
        return "left" if atom.GetSymbol() in ("O", "S", "F", "Cl", "Br", "I") else "right"
    lengths = [max(math.sqrt(across * across + down * down), 1e-9) for across, down in bonds]
    units = [(across / length, down / length) for (across, down), length in zip(bonds, lengths, strict=True)]
    crowd = {"right": max(u[0] for u in units), "left": max(-u[0] for u in units),
             "below": max(u[1] for u in units), "above": max(-u[1] for u in units)}  # fmt: skip
    if atom.GetDegree() == 1:
        return "left" if crowd["left"] < crowd["right"] - 1e-6 else "right"
    return min(crowd, key=lambda name: (round(crowd[name], 3), name in ("below", "above")))
