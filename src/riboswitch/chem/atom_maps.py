"""Atom maps: a molecule whose atoms are coloured by their scores.

Blue atoms raise the prediction, orange atoms lower it. The two colours differ for people with any colour
vision. Elements are not coloured, so a colour has one meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from riboswitch.drawing.svg import drawing, file_attributes

WIDTH, HEIGHT = 340, 240
RAISES, LOWERS = "#2687cc", "#ed8221"
GREY = (0.45, 0.45, 0.45)
END_OF_HEADER = "<!-- END OF HEADER -->\n"
_CLASSES = re.compile(r" class='[^']*'")  # unused here, and a third of the text


def draw(smiles: str, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """Draw a molecule as SVG that can be a file of its own.

    Parameters
    ----------
    smiles : str
    scores : sequence of float or None
        One score an atom, in the order of the SMILES. None: there is no map, and the whole molecule is grey.
    largest : float
        Absolute value of the score that gets the full colour. Larger scores get the same colour.
    name : str
        Label for screen readers.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    colours = {i: colour(score, largest) for i, score in enumerate(scores or ())}
    body = _elements(
        molecule,
        WIDTH,
        HEIGHT,
        partial(_style, grey=scores is None),
        highlightAtoms=list(colours),
        highlightAtomColors=colours,
        highlightBonds=[],
    )
    return drawing(WIDTH, HEIGHT, f"atom map of {name}", [body], **file_attributes(WIDTH, HEIGHT))


def colour(score: float, largest: float) -> tuple[float, ...]:
    """Red, green and blue (0 to 1) of a score: white for 0, the full colour at ``largest``."""
    fraction = min(1.0, abs(score) / largest) if largest > 0 else 0.0
    full = bytes.fromhex((RAISES if score > 0 else LOWERS).removeprefix("#"))
    return tuple(1 - fraction * (1 - channel / 255) for channel in full)


def _elements(
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


def _style(options: Any, grey: bool) -> None:
    options.padding = 0.06
    options.fixedBondLength = 26
    options.highlightRadius = 0.42
    if grey:
        options.setAtomPalette({-1: GREY})
    else:
        options.useBWAtomPalette()
