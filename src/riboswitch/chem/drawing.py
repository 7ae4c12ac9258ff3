"""Structures: SMILES -> a small SVG drawing that needs nothing around it."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

WIDTH, HEIGHT = 190, 120
_BODY = re.compile(r"<!-- END OF HEADER -->\n?(.*)</svg>", re.DOTALL)
_CLASSES = re.compile(r" class='[^']*'")


def draw(smiles: str, name: str) -> Markup:
    """A molecule as inline SVG, or an empty box that says so if RDKit cannot draw it.

    Parameters
    ----------
    smiles : str
    name : str
        Told to those who cannot see the drawing.
    """
    body = _drawn(smiles)
    if body is None:
        return Markup('<span class="undrawn">cannot be drawn</span>')
    return Markup(
        '<svg class="structure" viewBox="0 0 {w} {h}" role="img" aria-label="structure of {name}">'
        "{body}</svg>"
    ).format(w=WIDTH, h=HEIGHT, name=name, body=Markup(body))


def _drawn(smiles: str) -> str | None:
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None or not molecule.GetNumAtoms():
            return None
        drawer = rdMolDraw2D.MolDraw2DSVG(WIDTH, HEIGHT)
        options: Any = drawer.drawOptions()
        options.clearBackground = False
        options.bondLineWidth = 1.4
        options.padding = 0.03
        options.fixedBondLength = 20
        options.minFontSize = 7
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
        drawer.FinishDrawing()
    found = _BODY.search(drawer.GetDrawingText())
    return _CLASSES.sub("", found.group(1)) if found else None
