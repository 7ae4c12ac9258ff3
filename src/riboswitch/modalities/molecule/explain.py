"""The effect of each atom of a molecule on a prediction: the molecule is encoded without each atom in turn.

The rest is encoded like any molecule: its atoms and bonds, and the properties, computed again. So any model
can be explained, a forest as well as a network. The neighbours of the removed atom keep their fields (such as
`hydrogens`). With hydrogens in its place, the maps agree less with known effects (docs/explain.md).
"""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from riboswitch.chem.atom_maps import LOWERS, RAISES, draw
from riboswitch.chem.graphs import Graphs
from riboswitch.chem.packing import ATOM_FIELDS, unpack
from riboswitch.data.arrays import RaggedArrays
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.molecule.encode import from_graphs
from riboswitch.modalities.optional_parts import Changes

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "atom"
COLOURS = (LOWERS, "#ffffff", RAISES)
rules = Rules()
answers = None  # there is no faster way than to predict all items of `without_each`
_TABLE = Chem.GetPeriodicTable()


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """Element symbols of the atoms of one molecule, in their order in the SMILES."""
    elements = unpack(arrays.item(row)["atoms"], ATOM_FIELDS)["element"]
    return [_TABLE.GetElementSymbol(int(e)) for e in elements]


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Leave each atom out once."""
    atoms = len(arrays.item(row)["atoms"])
    return Changes(np.arange(atoms), [""] * atoms)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """Encode a molecule, and then the same without its first atom, without its second, and so on.

    Parameters
    ----------
    arrays : RaggedArrays
        From this modality's `encode`.
    row : int
        Row of the molecule.

    Returns
    -------
    RaggedArrays
        Atoms + 1 items. The bonds of an atom are removed with it; the fields of all others stay. The
        properties are those of the remaining atoms and bonds; descriptors stay those of the whole molecule. A
        molecule of one atom leaves an empty item.
    """
    item = arrays.item(row)
    atoms, bonds, ends = item["atoms"], item["bonds"], item["ends"].astype(np.int64)
    kept = np.concatenate([np.ones((1, len(atoms)), bool), ~np.eye(len(atoms), dtype=bool)])  # (items, atoms)
    item_of, bond = np.nonzero(kept[:, ends].all(2))  # the remaining bonds of every item
    number = np.cumsum(kept, axis=1) - 1  # new number of an atom
    graphs = Graphs(
        atoms=np.broadcast_to(atoms, kept.shape)[kept],
        bonds=bonds[bond],
        ends=number[item_of[:, None], ends[bond]].astype(np.int32),
        n_atoms=kept.sum(1),
        n_bonds=np.bincount(item_of, minlength=len(kept)),
    )
    described = item.get("descriptors")  # base learners read them; only networks are explained
    repeated = None if described is None else np.repeat(described, len(kept), axis=0)
    return from_graphs(graphs, [str(number) for number in range(len(kept))], arrays.meta, repeated)
