"""Sketches of molecules: RDKit lays a structure out, and it is drawn as a few hundred characters.

RDKit gives the places of the atoms, the Kekulé form, and the bonds that are wedges. Bonds are drawn as in
print: the second line of a double bond lies inside its ring, or on the side of the substituents.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from riboswitch.chem.sketch_labels import AtomLabel, Vector, atom_label
from riboswitch.drawing.sketch import Label, Line, Point, Sketch, filled, stroked

BOND = 40
"""Length of a bond, in units of the drawing."""
GAP = 6.5
"""Between the lines of a double bond."""
SHORTER = 5.0
"""By so much the second line is shorter at each end."""
WEDGE = 5.0
"""Half of the wide end of a wedge."""
PAD = 3
STROKES, WAVES = 6, 7
EITHER = Chem.BondDir.EITHERDOUBLE


class Laid(NamedTuple):
    """A molecule in the plane: bonds with the numbers of their atoms, places of the atoms, y downwards, their
    labels, and the atoms of each ring.

    Places are pairs of plain numbers: with them it takes less time than with arrays of two.
    """

    bonds: list[tuple[Chem.Bond, tuple[int, int]]]
    places: list[Vector]
    labels: list[AtomLabel | None]
    rings: list[tuple[int, ...]]


def sketch(smiles: str) -> Sketch | None:
    """Sketch a molecule; None if RDKit cannot lay it out.

    The spots are the atoms in the order of the SMILES.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None or not molecule.GetNumAtoms():
            return None
        atoms = molecule.GetNumAtoms()
        try:
            molecule = rdMolDraw2D.PrepareMolForDrawing(molecule)
        except (ValueError, RuntimeError):  # what a Kekulé form cannot show
            return None
    laid = _laid(molecule)
    lines, shapes = _bonds(laid)
    letters = [label for atom in laid.labels if atom for label in atom.letters]
    return _framed(lines, shapes, letters, [atom for atom in laid.labels if atom], laid.places[:atoms])


def _laid(molecule: Chem.Mol) -> Laid:
    flat = molecule.GetConformer().GetPositions()[:, :2] * [1, -1]
    # RDKit's GetAtoms and GetBonds take longer than atoms and bonds one by one.
    bonds = [molecule.GetBondWithIdx(number) for number in range(molecule.GetNumBonds())]
    ends = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in bonds]
    length = 1.5
    if ends:
        begin, end = np.array(ends, np.int64).T
        length = float(np.median(np.sqrt(((flat[begin] - flat[end]) ** 2).sum(axis=1))))
    places = [(x, y) for x, y in np.rint(flat * (BOND / length)).tolist()]
    labels = [atom_label(molecule.GetAtomWithIdx(number), places) for number in range(len(places))]
    return Laid([*zip(bonds, ends, strict=True)], places, labels, [*molecule.GetRingInfo().AtomRings()])


def _framed(
    lines: list[tuple[Vector, Vector]],
    shapes: list[list[Vector]],
    letters: list[Label],
    atoms: list[AtomLabel],
    places: list[Vector],
) -> Sketch:
    """Everything moved so that it begins at 0, 0."""
    corners = [*places, *(point for line in lines for point in line)]
    corners += [*(p for shape in shapes for p in shape), *(p for atom in atoms for p in atom.corners)]
    across, down = zip(*corners, strict=True)
    left, top = (math.floor(min(values)) - PAD for values in (across, down))
    width, height = (math.ceil(max(values)) + PAD - low
                     for values, low in ((across, left), (down, top)))  # fmt: skip

    def at(point: Vector) -> Point:
        return round(point[0] - left), round(point[1] - top)

    whole: list[Line] = [(at(a), at(b)) for a, b in lines]
    labels = tuple(label._replace(x=label.x - left, y=label.y - top) for label in letters)
    return Sketch(width, height, stroked(line for line in whole if line[0] != line[1]),
                  "".join(filled([at(point) for point in shape]) for shape in shapes), labels,
                  tuple(at(place) for place in places))  # fmt: skip


def _bonds(laid: Laid) -> tuple[list[tuple[Vector, Vector]], list[list[Vector]]]:
    """All bonds as lines and filled shapes."""
    lines: list[tuple[Vector, Vector]] = []
    shapes: list[list[Vector]] = []
    for bond, ends in laid.bonds:
        direction = bond.GetBondDir()
        if direction == Chem.BondDir.BEGINWEDGE:
            shapes.append(_wedge(laid, *ends))
        elif direction == Chem.BondDir.BEGINDASH:
            lines += _dashes(laid, *ends)
        elif direction == Chem.BondDir.UNKNOWN:
            lines += _wave(laid, *ends)
        else:
            lines += _lines(laid, bond, *ends)
    return lines, shapes


def _lines(laid: Laid, bond: Chem.Bond, begin: int, end: int) -> Iterator[tuple[Vector, Vector]]:
    kind = bond.GetBondType()
    side = _normal(laid.places[begin], laid.places[end], GAP)
    if kind == Chem.BondType.DOUBLE:
        toward = 0 if bond.GetBondDir() == EITHER else _side(laid, bond, begin, end)
        if toward:
            yield _line(laid, begin, end)
            yield _line(laid, begin, end, _times(side, toward), SHORTER)
        else:
            crossed = bond.GetBondDir() == EITHER or bond.GetStereo() == Chem.BondStereo.STEREOANY
            one, two = _line(laid, begin, end, _times(side, 0.5)), _line(laid, begin, end, _times(side, -0.5))
            yield from ((one[0], two[1]), (two[0], one[1])) if crossed else (one, two)
        return
    yield _line(laid, begin, end)
    if kind == Chem.BondType.TRIPLE:
        yield _line(laid, begin, end, _times(side, 0.8), SHORTER)
        yield _line(laid, begin, end, _times(side, -0.8), SHORTER)


def _times(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor


def _unit(start: Vector, stop: Vector) -> Vector:
    """The direction from a point to another, of length 1."""
    x, y = stop[0] - start[0], stop[1] - start[1]
    length = max(math.sqrt(x * x + y * y), 1e-9)
    return x / length, y / length


def _normal(start: Vector, stop: Vector, length: float = 1.0) -> Vector:
    """A vector across the way from a point to another."""
    x, y = _unit(start, stop)
    return -y * length, x * length


def _line(
    laid: Laid, begin: int, end: int, aside: Vector = (0.0, 0.0), shorter: float = 0.0
) -> tuple[Vector, Vector]:
    """The line from atom to atom, moved aside; it ends before a label, or a little earlier without one."""
    (x1, y1), (x2, y2) = laid.places[begin], laid.places[end]
    start, stop = (x1 + aside[0], y1 + aside[1]), (x2 + aside[0], y2 + aside[1])
    x, y = _unit(start, stop)
    first, last = laid.labels[begin], laid.labels[end]
    inner = x * shorter, y * shorter
    return (first.leaving(start, (x, y)) if first else (start[0] + inner[0], start[1] + inner[1]),
            last.leaving(stop, (-x, -y)) if last else (stop[0] - inner[0], stop[1] - inner[1]))  # fmt: skip


def _side(laid: Laid, bond: Chem.Bond, begin: int, end: int) -> int:
    """On which side the second line of a double bond lies: 1 or -1; 0: one on each."""
    start, normal = laid.places[begin], _normal(laid.places[begin], laid.places[end])

    def across(point: Vector) -> float:
        return (point[0] - start[0]) * normal[0] + (point[1] - start[1]) * normal[1]

    if rings := [ring for ring in laid.rings if begin in ring and end in ring]:
        ring = [laid.places[atom] for atom in min(rings, key=lambda ring: (len(ring) != 6, len(ring)))]
        middle = sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
        return 1 if across(middle) > 0 else -1
    ends = bond.GetBeginAtom(), bond.GetEndAtom()
    around = [n.GetIdx() for atom in ends for n in atom.GetNeighbors() if n.GetIdx() not in (begin, end)]
    if not around or any(atom.GetDegree() == 1 for atom in ends):
        return 0
    values = [across(laid.places[n]) for n in around]
    sides = [(value > 0) - (value < 0) for value in values]
    return 1 if (sum(sides) or sides[0]) > 0 else -1


def _wedge(laid: Laid, begin: int, end: int) -> list[Vector]:
    start, stop = _line(laid, begin, end)
    x, y = _normal(start, stop, WEDGE)
    return [start, (stop[0] + x, stop[1] + y), (stop[0] - x, stop[1] - y)]


def _dashes(laid: Laid, begin: int, end: int) -> Iterator[tuple[Vector, Vector]]:
    start, stop = _line(laid, begin, end)
    wide = _normal(start, stop, WEDGE)
    for step in range(1, STROKES + 1):
        part = step / STROKES
        x, y = (a + (b - a) * part for a, b in zip(start, stop, strict=True))
        yield (x + wide[0] * part, y + wide[1] * part), (x - wide[0] * part, y - wide[1] * part)


def _wave(laid: Laid, begin: int, end: int) -> Iterator[tuple[Vector, Vector]]:
    start, stop = _line(laid, begin, end)
    wide = _times(_normal(start, stop, WEDGE), 0.7)
    points = []
    for i in range(WAVES):
        out = (0, 1, 0, -1)[i % 4]
        x, y = (a + (b - a) * i / WAVES + w * out for a, b, w in zip(start, stop, wide, strict=True))
        points.append((x, y))
    yield from zip(points, [*points[1:], stop], strict=True)
