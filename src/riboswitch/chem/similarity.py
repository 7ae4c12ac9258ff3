"""Morgan fingerprints and their Tanimoto similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rdkit.Chem import rdFingerprintGenerator

from riboswitch.chem.smiles import molecules

BITS = 2048
RADIUS = 2
SIMILARITIES_AT_ONCE = 2**16  # as many as a processor's cache holds


def fingerprints(inputs: Sequence[str]) -> np.ndarray:
    """Compute Morgan fingerprints of radius 2 and 2048 bits (as ECFP4), packed.

    Parameters
    ----------
    inputs : sequence of str
        SMILES.

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
    """Compute the Tanimoto similarity of every query to every reference.

    Parameters
    ----------
    queries, reference : ndarray
        Packed fingerprints, uint8 of shapes (queries, bytes) and (references, bytes); the number of bytes is
        a multiple of 8.

    Returns
    -------
    ndarray
        float32, shape (queries, references): bits set in both over bits set in either; 0 where no bit is set.
    """
    left, right = (np.ascontiguousarray(f).view(np.uint64) for f in (queries, reference))
    sizes = [np.bitwise_count(f).sum(1, dtype=np.int32) for f in (left, right)]
    common = np.zeros((len(left), len(right)), np.int32)
    for one, other in zip(left.T, right.T, strict=True):
        common += np.bitwise_count(one[:, None] & np.ascontiguousarray(other))
    union = sizes[0][:, None] + sizes[1] - common
    return (common / np.maximum(union, 1)).astype(np.float32)


def tanimoto_nearest(queries: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the reference most similar to each query, in bounded memory.

    Returns
    -------
    similarity : ndarray
        float32, shape (queries,).
    index : ndarray
        int64, shape (queries,); the first of several equally similar references.
    """
    similarity, index = np.empty(len(queries), np.float32), np.empty(len(queries), np.int64)
    rows = max(1, SIMILARITIES_AT_ONCE // max(1, len(reference)))
    for start in range(0, len(queries), rows):
        block = tanimoto(queries[start : start + rows], reference)
        index[start : start + rows] = block.argmax(1)
        similarity[start : start + rows] = block.max(1)
    return similarity, index
