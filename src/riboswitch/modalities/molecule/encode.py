"""Molecules as arrays: packed facts of atoms and bonds, a few properties, and packed fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator

from riboswitch.chem.descriptors import GLOBALS, properties
from riboswitch.chem.graphs import Graphs, graphs
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.numeric.offsets import offsets_of

ENCODER = 2  # raise it when equal molecules no longer get equal arrays: trained models depend on them
BITS = 2048
RADIUS = 2
MOST_ATOMS = 2**16  # of one molecule: numbers of bonded atoms are uint16
BLOCK = 2**16  # similarities at a time: what a processor's cache holds


@dataclass(frozen=True)
class EncoderSettings:
    """How molecules are encoded: there is nothing to choose."""


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode SMILES as graphs, each as RDKit's `MolFromSmiles` reads it.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        This encoder has none. The meta of earlier arrays is accepted if these would be encoded alike.

    Returns
    -------
    RaggedArrays
        ``atoms`` (atoms,) int64 and ``bonds`` (bonds,) int16: packed facts, see `facts`; ``ends`` (bonds, 2)
        uint16: numbers of the bonded atoms within their molecule, every bond once; ``globals`` (1, 13)
        float32: the properties `GLOBALS`. No fact but ``tag`` depends on the order of the atoms in the text.

    Raises
    ------
    InputError
        If RDKit cannot parse a SMILES, with its id: only records belong here.
    UsageError
        If a setting is given, or the meta of another version of this encoder.
    """
    if len(inputs) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(inputs)} inputs")
    return encode_mols(molecules(inputs, ids), ids, settings)


def encode_mols(
    mols: Iterable[Chem.Mol | bytes], ids: Sequence[str], settings: dict[str, Any] | None = None
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
    return RaggedArrays(list(ids), values, offsets, meta)


def _meta(settings: dict[str, Any] | None) -> dict[str, Any]:
    meta = {"modality": "molecule", "encoder": ENCODER, "globals": list(GLOBALS)}
    differing = {key: value for key, value in (settings or {}).items() if meta.get(key) != value}
    if differing:
        raise UsageError("the molecule encoder cannot be set so", found=differing,
                         hint=f"It is version {ENCODER}, with no settings.")  # fmt: skip
    return meta


def molecules(inputs: Sequence[str], ids: Sequence[str] | None = None) -> Iterator[Chem.Mol]:
    """Parse SMILES that were found good before, one at a time.

    Raises
    ------
    InputError
        If one is not, or has no atoms, with its id (or its number).
    """
    with rdBase.BlockLogs():
        for i, smiles in enumerate(inputs):
            mol = Chem.MolFromSmiles(smiles)
            if mol is None or not mol.GetNumAtoms():
                raise InputError(
                    "RDKit cannot read this molecule",
                    where=ids[i] if ids is not None else f"molecule {i + 1}",
                    found=smiles,
                    hint="Encode records, after reading, not raw structures.",
                )
            yield mol


def fingerprints(inputs: Sequence[str]) -> np.ndarray:
    """Morgan fingerprints of radius 2 and 2048 bits (as ECFP4), packed.

    Returns
    -------
    ndarray
        uint8, shape (molecules, 256); `numpy.unpackbits` gives the bits in RDKit's order.

    References
    ----------
    Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    packed = np.empty((len(inputs), BITS // 8), np.uint8)
    for row, mol in zip(packed, molecules(inputs), strict=True):
        row[:] = np.packbits(generator.GetFingerprintAsNumPy(mol))
    return packed


def tanimoto(queries: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Tanimoto similarity of every query to every reference.

    Parameters
    ----------
    queries, reference : ndarray
        Packed fingerprints, uint8 of shapes (queries, bytes) and (references, bytes); bytes in eights.

    Returns
    -------
    ndarray
        float32, shape (queries, references): shared bits over all bits; 0 where neither has any.
    """
    left, right = (np.ascontiguousarray(f).view(np.uint64) for f in (queries, reference))
    sizes = [np.bitwise_count(f).sum(1, dtype=np.int32) for f in (left, right)]
    shared = np.zeros((len(left), len(right)), np.int32)
    for one, other in zip(left.T, right.T, strict=True):
        shared += np.bitwise_count(one[:, None] & np.ascontiguousarray(other))
    union = sizes[0][:, None] + sizes[1] - shared
    return (shared / np.maximum(union, 1)).astype(np.float32)


def tanimoto_nearest(queries: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reference most similar to each query, in bounded memory.

    Returns
    -------
    similarity : ndarray
        float32, shape (queries,).
    index : ndarray
        int64, shape (queries,); of several equally similar references the first.
    """
    similarity, index = np.empty(len(queries), np.float32), np.empty(len(queries), np.int64)
    rows = max(1, BLOCK // max(1, len(reference)))
    for start in range(0, len(queries), rows):
        block = tanimoto(queries[start : start + rows], reference)
        index[start : start + rows] = block.argmax(1)
        similarity[start : start + rows] = block.max(1)
    return similarity, index
