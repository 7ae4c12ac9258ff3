"""Sketches of molecules: RDKit lays a structure out, and it is drawn as a few hundred characters.

RDKit gives the places of the atoms, the Kekulé form, and the bonds that are wedges. Bonds are drawn as in
print: the second line of a double bond lies inside its ring, or on the side of the substituents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from riboswitch.chem.sketch_labels import AtomLabel, atom_label
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

Vector = np.ndarray


class Laid(NamedTuple):
    """A molecule in the plane: its atoms' places, y downwards, and their labels."""

    molecule: Chem.Mol
    places: Vector
    labels: list[AtomLabel | None]


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
    places = molecule.GetConformer().GetPositions()[:, :2] * [1, -1]
    lengths = [np.linalg.norm(places[b.GetBeginAtomIdx()] - places[b.GetEndAtomIdx()])
               for b in molecule.GetBonds()]  # fmt: skip
    places = np.rint(places * (BOND / (np.median(lengths) if lengths else 1.5)))
    return Laid(molecule, places, [atom_label(atom, places) for atom in molecule.GetAtoms()])


def _framed(
    lines: list[tuple[Vector, Vector]],
    shapes: list[list[Vector]],
    letters: list[Label],
    atoms: list[AtomLabel],
    places: Vector,
) -> Sketch:
    """Everything moved so that it begins at 0, 0."""
    corners: list[Any] = [*places, *(point for line in lines for point in line)]
    corners += [*(p for shape in shapes for p in shape), *(p for atom in atoms for p in atom.corners)]
    low = np.floor(np.min(corners, axis=0)) - PAD
    width, height = (np.ceil(np.max(corners, axis=0)) + PAD - low).astype(int)

    def at(point: Vector) -> Point:
        x, y = np.rint(point - low).astype(int)
        return int(x), int(y)

    whole: list[Line] = [(at(a), at(b)) for a, b in lines]
    labels = tuple(label._replace(x=label.x - int(low[0]), y=label.y - int(low[1])) for label in letters)
    return Sketch(int(width), int(height), stroked(line for line in whole if line[0] != line[1]),
                  "".join(filled([at(point) for point in shape]) for shape in shapes), labels,
                  tuple(at(place) for place in places))  # fmt: skip


def _bonds(laid: Laid) -> tuple[list[tuple[Vector, Vector]], list[list[Vector]]]:
    """All bonds as lines and filled shapes."""
    lines: list[tuple[Vector, Vector]] = []
    shapes: list[list[Vector]] = []
    for bond in laid.molecule.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
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
    side = _normal(laid.places[begin], laid.places[end]) * GAP
    if kind == Chem.BondType.DOUBLE:
        toward = 0 if bond.GetBondDir() == EITHER else _side(laid, bond, begin, end)
        if toward:
            yield _line(laid, begin, end)
            yield _line(laid, begin, end, side * toward, SHORTER)
        else:
            crossed = (
                -1 if bond.GetBondDir() == EITHER or bond.GetStereo() == Chem.BondStereo.STEREOANY else 1
            )
            one, two = _line(laid, begin, end, side / 2), _line(laid, begin, end, -side / 2)
            yield from ((one, two) if crossed == 1 else ((one[0], two[1]), (two[0], one[1])))
        return
    yield _line(laid, begin, end)
    if kind == Chem.BondType.TRIPLE:
        yield _line(laid, begin, end, side * 0.8, SHORTER)
        yield _line(laid, begin, end, -side * 0.8, SHORTER)


def _normal(start: Vector, stop: Vector) -> Vector:
    along = stop - start
    return np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)


def _line(
    laid: Laid, begin: int, end: int, aside: Vector | float = 0.0, shorter: float = 0.0
) -> tuple[Vector, Vector]:
    """The line from atom to atom, moved aside; it ends before a label, or a little earlier without one."""
    start, stop = laid.places[begin] + aside, laid.places[end] + aside
    along = stop - start
    unit = along / max(float(np.hypot(*along)), 1e-9)
    first, last = laid.labels[begin], laid.labels[end]
    return (first.leaving(start, unit) if first else start + unit * shorter,
            last.leaving(stop, -unit) if last else stop - unit * shorter)  # fmt: skip


def _side(laid: Laid, bond: Chem.Bond, begin: int, end: int) -> int:
    """On which side the second line of a double bond lies: 1 or -1; 0: one on each."""
    start, normal = laid.places[begin], _normal(laid.places[begin], laid.places[end])
    rings = [ring for ring in laid.molecule.GetRingInfo().AtomRings() if begin in ring and end in ring]
    if rings:
        ring = min(rings, key=lambda ring: (len(ring) != 6, len(ring)))
        return 1 if (laid.places[list(ring)].mean(axis=0) - start) @ normal > 0 else -1
    ends = bond.GetBeginAtom(), bond.GetEndAtom()
    around = [n.GetIdx() for atom in ends for n in atom.GetNeighbors() if n.GetIdx() not in (begin, end)]
    if not around or any(atom.GetDegree() == 1 for atom in ends):
        return 0
    sides = [np.sign((laid.places[n] - start) @ normal) for n in around]
    return 1 if (sum(sides) or sides[0]) > 0 else -1


def _wedge(laid: Laid, begin: int, end: int) -> list[Vector]:
    start, stop = _line(laid, begin, end)
    wide = _normal(start, stop) * WEDGE
    return [start, stop + wide, stop - wide]


def _dashes(laid: Laid, begin: int, end: int) -> Iterator[tuple[Vector, Vector]]:
    start, stop = _line(laid, begin, end)
    wide = _normal(start, stop) * WEDGE
    for step in range(1, STROKES + 1):
        part = step / STROKES
        middle = start + (stop - start) * part
        yield middle + wide * part, middle - wide * part


def _wave(laid: Laid, begin: int, end: int) -> Iterator[tuple[Vector, Vector]]:
    start, stop = _line(laid, begin, end)
    wide = _normal(start, stop) * WEDGE * 0.7
    points = [start + (stop - start) * i / WAVES + wide * (0, 1, 0, -1)[i % 4] for i in range(WAVES)]
    yield from zip(points, [*points[1:], stop], strict=True)
