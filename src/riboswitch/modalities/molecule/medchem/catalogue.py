"""Catalogues of many large substructures, asked in a fraction of the time.

A fingerprint of a substructure holds what every molecule with it must have (RDKit's pattern fingerprint, made
for searches). So most of the 480 PAINS need not be looked for in a molecule; RDKit looks for the others.
"""

from __future__ import annotations

import numpy as np
from rdkit import Chem
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogEntry
from rdkit.DataStructs import BitVectToBinaryText

PICKLE = b"\xef\xbe\xad\xde"
"""The first bytes of a molecule as RDKit stores it."""


class Catalogue:
    """The entries of a catalogue, with what a molecule must have to match each.

    Parameters
    ----------
    catalogue : FilterCatalog
    """

    def __init__(self, catalogue: FilterCatalog):
        self.entries = [catalogue.GetEntry(number) for number in range(catalogue.GetNumEntries())]
        self.needed = np.stack([needed(entry) for entry in self.entries])

    def names(self, molecule: Chem.Mol) -> list[str]:
        """Each entry that a molecule matches, once, in the order of the catalogue."""
        possible = ~(self.needed & ~bits(molecule)).any(axis=1)
        found = (self.entries[number] for number in np.flatnonzero(possible))
        return list(dict.fromkeys(e.GetDescription() for e in found if e.HasFilterMatch(molecule)))


def bits(molecule: Chem.Mol) -> np.ndarray:
    """The pattern fingerprint, shape (words,), uint64."""
    return np.frombuffer(BitVectToBinaryText(Chem.PatternFingerprint(molecule)), np.uint64)


def needed(entry: FilterCatalogEntry) -> np.ndarray:
    """The bits of the entry's substructure; none if it cannot be told, so that the entry is always asked."""
    stored = bytes(entry.Serialize())
    start = stored.find(PICKLE)
    nothing = np.zeros_like(bits(Chem.MolFromSmiles("C")))
    if start < 0 or stored.find(PICKLE, start + 1) >= 0:  # several parts, perhaps none of them alone needed
        return nothing
    try:
        size = int(stored[:start].split()[-1])
        return bits(Chem.Mol(stored[start : start + size]))  # type: ignore[call-overload]  # RDKit says str
    except (ValueError, IndexError, RuntimeError):
        return nothing
