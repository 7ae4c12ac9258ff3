"""What of a molecule an answer rests on: the molecule with each of its atoms in turn left out.

What is left is a molecule in every respect that a model can see: its atoms and bonds, and the properties,
counted anew. So any model can be asked, a forest as well as a network, with nothing known of its inside.
The atoms beside the gap keep their facts (as `hydrogens`): filled up with hydrogens, they would say less of
the truth where it is known (docs/explain.md).
"""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from riboswitch.chem.atom_maps import LOWERS, RAISES, draw
from riboswitch.chem.descriptors import properties
from riboswitch.chem.graphs import Graphs
from riboswitch.chem.packing import ATOM_FIELDS, unpack
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.optional_parts import Changes
from riboswitch.numeric.offsets import offsets_of

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "atom"
COLOURS = (LOWERS, "#ffffff", RAISES)
rules = Rules()
answers = None  # every change is spelled out by `without_each`
_TABLE = Chem.GetPeriodicTable()


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """Element symbols of the atoms of one molecule, in their order in the SMILES."""
    elements = unpack(arrays.item(row)["atoms"], ATOM_FIELDS)["element"]
    return [_TABLE.GetElementSymbol(int(e)) for e in elements]


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Each atom left out once."""
    atoms = len(arrays.item(row)["atoms"])
    return Changes(np.arange(atoms), [""] * atoms)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """A molecule, and then the same without its first atom, without its second, and so on.

    Parameters
    ----------
    arrays : RaggedArrays
        From this modality's `encode`.
    row : int
        Which molecule.

    Returns
    -------
    RaggedArrays
        Atoms + 1 items. The bonds of an atom go with it, the facts of all others stay; the properties are
        those of what is left. Of a molecule of one atom nothing is left, which is an item like others.
    """
    item = arrays.item(row)
    atoms, bonds, ends = item["atoms"], item["bonds"], item["ends"].astype(np.int64)
    kept = np.concatenate([np.ones((1, len(atoms)), bool), ~np.eye(len(atoms), dtype=bool)])  # (items, atoms)
    item_of, bond = np.nonzero(kept[:, ends].all(2))  # every bond that is left, of every item
    number = np.cumsum(kept, axis=1) - 1  # new number of an atom
    graphs = Graphs(
        atoms=np.broadcast_to(atoms, kept.shape)[kept],
        bonds=bonds[bond],
        ends=number[item_of[:, None], ends[bond]].astype(np.int32),
        n_atoms=kept.sum(1),
        n_bonds=np.bincount(item_of, minlength=len(kept)),
    )
    return _arrays(graphs, arrays)


def _arrays(graphs: Graphs, like: RaggedArrays) -> RaggedArrays:
    atoms, bonds = (offsets_of(n) for n in (graphs.n_atoms, graphs.n_bonds))
    values = {
        "atoms": graphs.atoms,
        "bonds": graphs.bonds,
        "ends": graphs.ends.astype(np.uint16),
        "globals": properties(graphs),
    }
    offsets = {"atoms": atoms, "bonds": bonds, "ends": bonds, "globals": np.arange(len(atoms))}
    ids = [str(number) for number in range(len(graphs.n_atoms))]  # 0 is the whole molecule
    return RaggedArrays.of_items("molecule", ids, Ragged(values, offsets), like.meta)
