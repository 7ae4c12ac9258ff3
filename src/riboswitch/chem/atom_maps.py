"""Atom maps: a molecule drawn with its atoms coloured by what they do to an answer.

Blue raises, orange lowers: a pair that people with any colour vision can tell apart. Element colours are off,
so that colour means one thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

WIDTH, HEIGHT = 340, 240
RAISES, LOWERS = "#2687cc", "#ed8221"
GREY = (0.45, 0.45, 0.45)
_CLASSES = re.compile(r" class='[^']*'")  # a third of the text, and of no use here


def draw(smiles: str, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """A molecule as SVG that needs nothing around it.

    Parameters
    ----------
    smiles : str
    scores : sequence of float or None
        One an atom, in the order of the SMILES. None: there is no map to be shown, and all is grey.
    largest : float
        The score, up or down, that has the full colour; above it nothing gets darker.
    name : str
        Told to those who cannot see the drawing.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        drawer = rdMolDraw2D.MolDraw2DSVG(WIDTH, HEIGHT)
        _style(drawer.drawOptions(), grey=scores is None)
        colours = {i: colour(score, largest) for i, score in enumerate(scores or ())}
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer, molecule, highlightAtoms=list(colours), highlightAtomColors=colours, highlightBonds=[]
        )
        drawer.FinishDrawing()
    svg = _CLASSES.sub("", drawer.GetDrawingText())
    label = Markup('<svg role="img" aria-label="{}"').format(f"atom map of {name}")
    return label + Markup(svg[svg.index("<svg") + len("<svg") :])


def colour(score: float, largest: float) -> tuple[float, ...]:
    """Red, green and blue of a score, from white through to the full colour at ``largest``."""
    fraction = min(1.0, abs(score) / largest) if largest > 0 else 0.0
    full = bytes.fromhex((RAISES if score > 0 else LOWERS).removeprefix("#"))
    return tuple(1 - fraction * (1 - channel / 255) for channel in full)


def _style(options: Any, grey: bool) -> None:
    options.clearBackground = False
    options.bondLineWidth = 1.4
    options.padding = 0.06
    options.fixedBondLength = 26
    options.highlightRadius = 0.42
    if grey:
        options.setAtomPalette({-1: GREY})
    else:
        options.useBWAtomPalette()
