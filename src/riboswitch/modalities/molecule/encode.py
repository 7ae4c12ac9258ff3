"""Molecules as arrays: packed atoms and bonds, a few properties, and RDKit's descriptors if wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem

from riboswitch.chem.descriptors.packed import GLOBALS, properties
from riboswitch.chem.descriptors.rdkit import DESCRIPTORS, descriptors
from riboswitch.chem.graphs import Graphs, graphs
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.chem.smiles import molecules
from riboswitch.config.settings import build, check_settings, choice
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import InputError, Problem, UsageError
from riboswitch.modalities.defaults import of_reading as of_reading
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.offsets import offsets_of

ENCODER = 2  # version; raise it when a molecule gets other arrays, since trained models depend on them
MOST_ATOMS = 2**16  # of one molecule, since numbers of bonded atoms are uint16
COMPONENT = "molecule"


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoder.

    Attributes
    ----------
    descriptors : {"rdkit", "none"}
        With ``rdkit`` each molecule has 205 descriptors of RDKit, for the base learners of the stack. They
        take some 4 ms a molecule, more than all other preparation. ``none`` is for libraries of many
        millions.
    """

    descriptors: str = choice("rdkit", ("rdkit", "none"))

    def __post_init__(self) -> None:
        check_settings(self)


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
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted if it is of the same version.

    Returns
    -------
    RaggedArrays
        ``atoms`` (atoms,) int64 and ``bonds`` (bonds,) int16: packed fields, see `chem.packing`; ``ends``
        (bonds, 2) uint16: numbers of the bonded atoms within their molecule, every bond once; ``globals``
        (1, 13) float32: the properties `GLOBALS`; ``descriptors`` (1, 205) float32 if wanted. Only ``tag``
        depends on the order of the atoms.

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
    packed = [mol if isinstance(mol, bytes) else compact(mol) for mol in mols]
    found = graphs(packed)
    if len(found.n_atoms) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(found.n_atoms)} molecules")
    if found.n_atoms.max(initial=0) > MOST_ATOMS:
        where = ids[int(found.n_atoms.argmax())]
        raise InputError(f"a molecule of more than {MOST_ATOMS} atoms", where=where)
    return from_graphs(found, ids, meta, descriptors(packed) if "descriptors" in meta else None)


def from_graphs(
    graphs: Graphs, ids: Sequence[str], meta: dict[str, Any], described: np.ndarray | None = None
) -> RaggedArrays:
    """Make the arrays of molecules from their graphs; the properties are computed.

    ``described`` are the descriptors of each molecule, if the encoding has any.
    """
    values = {
        "atoms": graphs.atoms,
        "bonds": graphs.bonds,
        "ends": graphs.ends.astype(np.uint16),
        "globals": properties(graphs),
    }
    bond_offsets, each = offsets_of(graphs.n_bonds), np.arange(len(ids) + 1)
    offsets = {
        "atoms": offsets_of(graphs.n_atoms),
        "bonds": bond_offsets,
        "ends": bond_offsets,
        "globals": each,
    }
    if described is not None:
        values["descriptors"], offsets["descriptors"] = described, each
    return RaggedArrays.of_items(COMPONENT, ids, Ragged(values, offsets), meta)


def serves(encoding: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether arrays of one encoding hold all that a model of another one reads."""
    return wanted in (encoding, for_networks(encoding))


def for_networks(encoding: Mapping[str, Any]) -> dict[str, Any]:
    """The encoding without descriptors: only base learners read them."""
    return {name: value for name, value in encoding.items() if name != "descriptors"}


def _meta(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """What arrays of these settings say of themselves; descriptors are named only if there are any."""
    given = dict(settings or {})
    plain = {"modality": "molecule", "encoder": ENCODER, "globals": list(GLOBALS)}
    described = plain | {"descriptors": [*DESCRIPTORS]}
    if "encoder" in given:  # the meta of earlier arrays
        meta = described if "descriptors" in given else plain
    else:
        wanted = {name: given.pop(name) for name in ("descriptors",) if name in given}
        meta = described if build(EncoderSettings, wanted, "encoder").descriptors == "rdkit" else plain
    differing = {key: value for key, value in given.items() if meta.get(key) != value}
    if differing:
        raise UsageError("the molecule encoder does not accept these settings", found=differing,
                         hint=f"It is version {ENCODER}; its setting is descriptors.")  # fmt: skip
    return meta
