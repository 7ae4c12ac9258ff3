"""Molecules as arrays: packed atoms and bonds, and a few properties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem

from riboswitch.chem.descriptors import GLOBALS, properties
from riboswitch.chem.graphs import Graphs, graphs
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.chem.smiles import molecules
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

ENCODER = 2  # raise it when equal molecules no longer get equal arrays: trained models depend on them
MOST_ATOMS = 2**16  # of one molecule: numbers of bonded atoms are uint16
COMPONENT = "molecule"


@dataclass(frozen=True)
class EncoderSettings:
    """How molecules are encoded: there is nothing to choose."""


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode SMILES as graphs, each as RDKit's `MolFromSmiles` reads it.

    Parameters
    ----------
    inputs : mapping
        ``{"molecule": SMILES of each record}``.
    ids : sequence of str
    settings : mapping, optional
        This encoder has none. The meta of earlier arrays is accepted if these would be encoded alike.

    Returns
    -------
    RaggedArrays
        ``atoms`` (atoms,) int64 and ``bonds`` (bonds,) int16: packed facts, see `chem.packing`; ``ends``
        (bonds, 2) uint16: numbers of the bonded atoms within their molecule, every bond once; ``globals``
        (1, 13) float32: the properties `GLOBALS`. Only ``tag`` depends on the order of the atoms.

    Raises
    ------
    InputError
        If RDKit cannot parse a SMILES, with its id: only records belong here.
    UsageError
        If a setting is given, or the meta of another version of this encoder.
    """
    smiles, index = distinct(inputs[COMPONENT])
    if len(index) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(index)} inputs")
    names = [ids[row] for row in np.unique(index, return_index=True)[1]]
    items = encode_mols(molecules(smiles, names), names, settings)
    return RaggedArrays(list(ids), items.components, {COMPONENT: index}, items.meta)


def encode_mols(
    mols: Iterable[Chem.Mol | bytes], ids: Sequence[str], settings: Mapping[str, Any] | None = None
) -> RaggedArrays:
    """Encode molecules that are parsed already, with atoms and bonds in the order they are in.

    Parameters
    ----------
    mols : iterable of Mol or bytes
        Sanitised molecules, or what `binary.compact` made of them. An iterator is best: a molecule is
        let go as soon as it was seen.
    ids, settings
        As in `encode`, and so are the arrays and the errors.
    """
    meta = _meta(settings)
    found = graphs([mol if isinstance(mol, bytes) else compact(mol) for mol in mols])
    if len(found.n_atoms) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(found.n_atoms)} molecules")
    if found.n_atoms.max(initial=0) > MOST_ATOMS:
        where = ids[int(found.n_atoms.argmax())]
        raise InputError(f"a molecule of more than {MOST_ATOMS} atoms", where=where)
    return _arrays(found, ids, meta)


def _arrays(found: Graphs, ids: Sequence[str], meta: dict[str, Any]) -> RaggedArrays:
    values = {
        "atoms": found.atoms,
        "bonds": found.bonds,
        "ends": found.ends.astype(np.uint16),
        "globals": properties(found),
    }
    bond_offsets = offsets_of(found.n_bonds)
    offsets = {
        "atoms": offsets_of(found.n_atoms),
        "bonds": bond_offsets,
        "ends": bond_offsets,
        "globals": np.arange(len(ids) + 1),
    }
    return RaggedArrays.of_items(COMPONENT, ids, Ragged(values, offsets), meta)


def _meta(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    meta = {"modality": "molecule", "encoder": ENCODER, "globals": list(GLOBALS)}
    differing = {key: value for key, value in (settings or {}).items() if meta.get(key) != value}
    if differing:
        raise UsageError("the molecule encoder cannot be set so", found=differing,
                         hint=f"It is version {ENCODER}, with no settings.")  # fmt: skip
    return meta
