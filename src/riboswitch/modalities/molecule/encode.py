"""Molecules as arrays: small integer codes of atoms and bonds, a few properties, and packed fingerprints.

Every code is independent of the order in which a SMILES names its atoms: chirality is R or S, not the
clockwise of the text, and a double bond is E or Z. Isotopes are not encoded.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError

ENCODER = 1  # raise it when equal molecules no longer get equal arrays: trained models depend on them
BITS = 2048
RADIUS = 2
BLOCK = 2**16  # similarities at a time: what a processor's cache holds

_SP = Chem.HybridizationType
_STEREO = Chem.BondStereo

# The values each column tells apart, in the order of their codes; one more code stands for all others.
ATOM_COLUMNS: dict[str, tuple[int, ...]] = {
    "element": (*range(1, 37), 53),  # H to Kr, and I
    "degree": tuple(range(7)),  # bonds, those to hydrogens included
    "charge": (-2, -1, 0, 1, 2),
    "hydrogens": tuple(range(5)),
    "hybridisation": tuple(map(int, (_SP.S, _SP.SP, _SP.SP2, _SP.SP3, _SP.SP3D, _SP.SP3D2))),
    "chirality": (0, ord("R"), ord("S")),
    "aromatic": (0, 1),
}
BOND_COLUMNS: dict[str, tuple[int, ...]] = {
    "order": (2, 3, 4, 6),  # in halves: single, aromatic, double, triple
    "conjugated": (0, 1),
    "ring": (0, 1),
    "stereo": tuple(map(int, (_STEREO.STEREONONE, _STEREO.STEREOZ, _STEREO.STEREOE))),
}
# Together cheaper than parsing the SMILES. Crippen's logP is not (it alone costs twice the parse), and is
# a sum over atom environments, which the network learns by itself.
GLOBALS = (
    "amw", "NumHeavyAtoms", "NumHeteroatoms", "lipinskiHBA", "lipinskiHBD", "tpsa", "labuteASA",
    "FractionCSP3", "NumRings", "NumAromaticRings", "NumHeterocycles", "hallKierAlpha", "kappa1",
)  # fmt: skip


def encode(inputs: Sequence[str], ids: Sequence[str], settings: dict[str, Any] | None = None) -> RaggedArrays:
    """Encode standardised SMILES as graphs.

    Parameters
    ----------
    inputs, ids : sequence of str
    settings : dict, optional
        This encoder has none. The meta of earlier arrays is accepted if these would be encoded alike.

    Returns
    -------
    RaggedArrays
        ``atoms`` (atoms, 7) uint8 and ``bonds`` (bonds, 4) uint8: codes of `ATOM_COLUMNS` and
        `BOND_COLUMNS`; ``ends`` (bonds, 2) int32: numbers of the bonded atoms within their molecule,
        every bond once; ``globals`` (1, 13) float32: the properties `GLOBALS`, as RDKit gives them.

    Raises
    ------
    InputError
        If RDKit cannot parse a SMILES, with its id: only standardised ones belong here.
    UsageError
        If a setting is given, or the meta of another version of this encoder.
    """
    meta = _meta()
    differing = {key: value for key, value in (settings or {}).items() if meta.get(key) != value}
    if differing:
        raise UsageError("the molecule encoder cannot be set so", found=differing,
                         hint=f"It is version {ENCODER}, with no settings.")  # fmt: skip
    if len(inputs) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(inputs)} inputs")
    atoms, bonds, ends, properties = array("h"), array("h"), array("i"), array("f")
    sizes = []
    compute = rdMolDescriptors.Properties(list(GLOBALS)).ComputeProperties
    for mol in molecules(inputs, ids):
        _read_atoms(mol, atoms)
        _read_bonds(mol, bonds, ends)
        properties.extend(compute(mol))
        sizes.append((mol.GetNumAtoms(), mol.GetNumBonds()))
    values = {
        "atoms": _codes(atoms, ATOM_COLUMNS),
        "bonds": _codes(bonds, BOND_COLUMNS),
        "ends": np.array(ends, np.int32).reshape(-1, 2),
        "globals": np.array(properties, np.float32).reshape(-1, len(GLOBALS)),
    }
    stops = np.cumsum(np.array([(0, 0), *sizes], np.int64), axis=0)
    atom_stops, bond_stops = (np.ascontiguousarray(column) for column in stops.T)
    offsets = {
        "atoms": atom_stops,
        "bonds": bond_stops,
        "ends": bond_stops,
        "globals": np.arange(len(ids) + 1),
    }
    return RaggedArrays(list(ids), values, offsets, meta)


def _meta() -> dict[str, Any]:
    return {
        "modality": "molecule",
        "encoder": ENCODER,
        "atom_columns": list(ATOM_COLUMNS),
        "atom_sizes": [len(known) + 1 for known in ATOM_COLUMNS.values()],
        "bond_columns": list(BOND_COLUMNS),
        "bond_sizes": [len(known) + 1 for known in BOND_COLUMNS.values()],
        "globals": list(GLOBALS),
    }


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


def _read_atoms(mol: Chem.Mol, out: array[int]) -> None:
    for atom in mol.GetAtoms():
        out.extend(
            (
                atom.GetAtomicNum(),
                atom.GetTotalDegree(),
                atom.GetFormalCharge(),
                atom.GetTotalNumHs(),
                atom.GetHybridization(),
                ord(atom.GetProp("_CIPCode")) if atom.HasProp("_CIPCode") else 0,
                atom.GetIsAromatic(),
            )
        )


def _read_bonds(mol: Chem.Mol, out: array[int], ends: array[int]) -> None:
    for bond in mol.GetBonds():
        ends.extend((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
        order = int(2 * bond.GetBondTypeAsDouble())
        stereo = bond.GetStereo() if order == 4 else 0  # only double bonds have any, and asking is slow
        out.extend((order, bond.GetIsConjugated(), bond.IsInRing(), stereo))


def _codes(raw: array[int], columns: dict[str, tuple[int, ...]]) -> np.ndarray:
    """Replace each value by its place among those its column knows, shape (rows, columns) uint8."""
    table = np.array(raw, np.int16).reshape(-1, len(columns))
    codes = np.empty(table.shape, np.uint8)
    for column, known in enumerate(columns.values()):
        codes[:, column] = len(known)
        for code, value in enumerate(known):
            codes[table[:, column] == value, column] = code
    return codes


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
