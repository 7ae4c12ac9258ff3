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
from riboswitch.errors import InputError, Problem, UsageError
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

ENCODER = 2  # version; raise it when a molecule gets other arrays, since trained models depend on them
MOST_ATOMS = 2**16  # of one molecule, since numbers of bonded atoms are uint16
COMPONENT = "molecule"


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoder: there are none."""


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """Why a molecule cannot be encoded: code ``TOO_LARGE``."""
    smiles = components[COMPONENT]
    if len(smiles) <= MOST_ATOMS:  # an atom is a character at least
        return None
    atoms = next(molecules([smiles])).GetNumAtoms()
    return Problem("TOO_LARGE", f"{atoms} atoms, more than {MOST_ATOMS}") if atoms > MOST_ATOMS else None


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode SMILES as graphs, as RDKit's `MolFromSmiles` parses them.

    Parameters
    ----------
    inputs : mapping
        ``{"molecule": SMILES of each record}``.
    ids : sequence of str
    settings : mapping, optional
        This encoder has none. The meta of earlier arrays is accepted if the encoder has the same version.

    Returns
    -------
    RaggedArrays
        ``atoms`` (atoms,) int64 and ``bonds`` (bonds,) int16: packed fields, see `chem.packing`; ``ends``
        (bonds, 2) uint16: numbers of the bonded atoms within their molecule, every bond once; ``globals``
        (1, 13) float32: the properties `GLOBALS`. Only ``tag`` depends on the order of the atoms.

    Raises
    ------
    InputError
        If RDKit cannot parse a SMILES; names its id.
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
    """Encode molecules that are already parsed. The order of their atoms and bonds is kept.

    Parameters
    ----------
    mols : iterable of Mol or bytes
        Sanitised molecules, or their binary form from `rdkit_pickle.compact`. An iterator needs the least
        memory: no molecule is kept.
    ids, settings
        As in `encode`, like the returned arrays and the errors.
    """
    meta = _meta(settings)
    found = graphs([mol if isinstance(mol, bytes) else compact(mol) for mol in mols])
    if len(found.n_atoms) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(found.n_atoms)} molecules")
    if found.n_atoms.max(initial=0) > MOST_ATOMS:
        where = ids[int(found.n_atoms.argmax())]
        raise InputError(f"a molecule of more than {MOST_ATOMS} atoms", where=where)
    return from_graphs(found, ids, meta)


def from_graphs(graphs: Graphs, ids: Sequence[str], meta: dict[str, Any]) -> RaggedArrays:
    """Make the arrays of molecules from their graphs; the properties are computed."""
    values = {
        "atoms": graphs.atoms,
        "bonds": graphs.bonds,
        "ends": graphs.ends.astype(np.uint16),
        "globals": properties(graphs),
    }
    bond_offsets = offsets_of(graphs.n_bonds)
    offsets = {
        "atoms": offsets_of(graphs.n_atoms),
        "bonds": bond_offsets,
        "ends": bond_offsets,
        "globals": np.arange(len(ids) + 1),
    }
    return RaggedArrays.of_items(COMPONENT, ids, Ragged(values, offsets), meta)


def _meta(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    meta = {"modality": "molecule", "encoder": ENCODER, "globals": list(GLOBALS)}
    differing = {key: value for key, value in (settings or {}).items() if meta.get(key) != value}
    if differing:
        raise UsageError("the molecule encoder does not accept these settings", found=differing,
                         hint=f"It is version {ENCODER}, with no settings.")  # fmt: skip
    return meta
