"""Structure drawings: RDKit draws a SMILES as SVG."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from riboswitch.drawing.svg import drawing

WIDTH, HEIGHT = 190, 120
END_OF_HEADER = "<!-- END OF HEADER -->\n"
_CLASSES = re.compile(r" class='[^']*'")  # unused here, and a third of the text


def draw(smiles: str, name: str) -> Markup:
    """Draw a molecule as inline SVG; a note if RDKit cannot draw it.

    Parameters
    ----------
    smiles : str
    name : str
        Label for screen readers.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        return Markup('<span class="undrawn">cannot be drawn</span>')
    body = rdkit_elements(molecule, WIDTH, HEIGHT, _style)
    return drawing(WIDTH, HEIGHT, f"structure of {name}", [body], kind="structure")


def rdkit_elements(
    molecule: Chem.Mol, width: int, height: int, style: Callable[[Any], None], **highlights: Any
) -> Markup:
    """Draw a molecule with RDKit and return the elements inside the ``svg`` element.

    Parameters
    ----------
    molecule : Mol
    width, height : int
        Size of the drawing.
    style : callable
        Function that changes RDKit's drawing options.
    **highlights
        Options of RDKit's ``PrepareAndDrawMolecule``.
    """
    with rdBase.BlockLogs():
        drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
        options: Any = drawer.drawOptions()
        options.clearBackground = False
        options.bondLineWidth = 1.4
        style(options)
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule, **highlights)
        drawer.FinishDrawing()
    body = drawer.GetDrawingText().partition(END_OF_HEADER)[2].rpartition("</svg>")[0]
    return Markup(_CLASSES.sub("", body))


def _style(options: Any) -> None:
    options.padding = 0.03
    options.fixedBondLength = 20
    options.minFontSize = 7
