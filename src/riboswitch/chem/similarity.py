"""Morgan fingerprints and their Tanimoto similarity."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from riboswitch.chem.smiles import molecules
from riboswitch.numeric.compiled import compiled

BITS = 2048
RADIUS = 2
QUERIES_TOGETHER = 64  # as many as a processor's cache holds


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
    packed = np.empty((len(inputs), BITS // 8), np.uint8)
    for row, mol in zip(packed, molecules(inputs), strict=True):
        row[:] = fingerprint(mol)
    return packed


def fingerprint(mol: Chem.Mol) -> np.ndarray:
    """The packed fingerprint of one molecule, uint8 of shape (256,)."""
    return np.packbits(_generator().GetFingerprintAsNumPy(mol))


@cache
def _generator() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)


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


def tanimoto_nearest(
    queries: np.ndarray, reference: np.ndarray, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Find the reference most similar to each query, without a table of all similarities.

    Parameters
    ----------
    queries, reference : ndarray
        As for `tanimoto`.
    threads : int
        The result does not depend on it.

    Returns
    -------
    similarity : ndarray
        float32, shape (queries,).
    index : ndarray
        int64, shape (queries,); the first of several equally similar references.
    """
    left, right = (np.ascontiguousarray(f).view(np.uint64) for f in (queries, reference))
    sizes = [np.bitwise_count(f).sum(1, dtype=np.int64) for f in (left, right)]
    similarity, index = np.full(len(left), -1, np.float32), np.full(len(left), -1, np.int64)

    def search(start: int) -> None:
        part = slice(start, start + QUERIES_TOGETHER)
        _search(left[part], right, sizes[0][part], sizes[1], similarity[part], index[part])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, range(0, len(left), QUERIES_TOGETHER)))
    return similarity, index


@compiled
def _search(
    queries: np.ndarray, reference: np.ndarray, query_sizes: np.ndarray, sizes: np.ndarray,
    best: np.ndarray, index: np.ndarray,
) -> None:  # fmt: skip
    """Fill in the largest similarity of each query, and its reference."""
    for row in range(len(reference)):
        for query in range(len(queries)):
            own, other = query_sizes[query], sizes[row]
            # Common bits are no more than the smaller has, and the union no fewer than the larger has.
            if min(own, other) <= best[query] * max(own, other) and best[query] >= 0:
                continue
            common = np.uint64(0)
            for word in range(queries.shape[1]):
                common += _set_bits(queries[query, word] & reference[row, word])
            shared = np.int64(common)
            similarity = np.float32(shared / max(own + other - shared, 1))
            if similarity > best[query]:
                best[query], index[query] = similarity, row


@compiled
def _set_bits(word: np.uint64) -> np.uint64:
    """Number of bits that are set, in a form for which compilers use the processor's instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)
