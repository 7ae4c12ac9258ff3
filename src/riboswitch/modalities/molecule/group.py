"""Groups of molecules that must stay on one side of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from riboswitch.config.settings import Limits, check_values
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.defaults import settle as settle
from riboswitch.modalities.parts import Inputs
from riboswitch.numeric.components import components

METHODS = ("scaffold", "cluster", "scaffold+cluster", "random")
RELATIVES: str | None = None  # splits of molecules are not checked for relatives on both sides
LIMITS = {"cutoff": Limits(above=0, at_most=1)}
BLOCK_ROWS = 1024  # fingerprints that are compared at once
EPSILON = 1e-9


def group(
    inputs: Inputs,
    method: str = "scaffold+cluster",
    *,
    cutoff: float = 0.6,
    radius: int = 2,
    bits: int = 2048,
) -> list[str]:
    """Label each molecule with its group.

    Parameters
    ----------
    inputs : mapping
        ``{"molecule": SMILES of each record}``.
    method : {"scaffold", "cluster", "scaffold+cluster", "random"}
        ``scaffold``: molecules with the same Bemis-Murcko scaffold (rings and the chains between them,
        without stereo marks); a molecule without a ring is a group of its own. ``cluster``: connected
        components of the graph in which two molecules are joined if the Tanimoto similarity of their Morgan
        fingerprints is at least ``cutoff``; so molecules of different groups are less similar than that.
        ``scaffold+cluster``: connected components of both relations together. ``random``: every molecule is
        a group of its own, equal molecules together.
    cutoff : float
        Tanimoto similarity in (0, 1] that makes two molecules neighbours.
    radius : int
        Radius of the fingerprints, in bonds; 2 with 2048 bits is what chemists call ECFP4.
    bits : int
        Length of the fingerprints.

    Returns
    -------
    list of str
        One label a molecule: the SMILES of the scaffold, or of the first member of the group in alphabetical
        order. Labels do not depend on the order of the molecules.

    References
    ----------
    Bemis and Murcko, J. Med. Chem. 1996, 39, 2887. Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742.
    """
    if method not in METHODS:
        raise UsageError("no such way to group molecules", found=method, hint=f"Choose one of {METHODS}.")
    check_values(LIMITS, cutoff=cutoff)
    molecules = list(inputs["molecule"])
    if method == "random":
        return molecules
    unique = sorted(set(molecules))
    with rdBase.BlockLogs():
        if method == "scaffold":
            labels = _scaffolds(unique)
        else:
            component = np.arange(len(unique))
            if method == "scaffold+cluster":
                _, component = np.unique(_scaffolds(unique), return_inverse=True)
            labels = _name(unique, _joined(_fingerprints(unique, radius, bits), cutoff, component))
    label = dict(zip(unique, labels, strict=True))
    return [label[smiles] for smiles in molecules]


def size(inputs: Inputs) -> int:
    """Number of characters of all SMILES."""
    return sum(map(len, inputs["molecule"]))


def _molecule(smiles: str) -> Chem.Mol:
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise InputError("not a SMILES", found=smiles, hint="Group records that were read before.")
    return mol


def _scaffolds(inputs: list[str]) -> list[str]:
    return [scaffold(_molecule(smiles)) for smiles in inputs]


def scaffold(mol: Chem.Mol) -> str:
    """The Bemis-Murcko scaffold as SMILES, without stereo marks; the molecule itself if it has no ring."""
    if not mol.GetRingInfo().NumRings():
        return Chem.MolToSmiles(mol, isomericSmiles=False)
    return MurckoScaffold.MurckoScaffoldSmiles(mol=mol, includeChirality=False)


def _fingerprints(inputs: list[str], radius: int, bits: int) -> np.ndarray:
    """Fingerprints, one uint8 a bit, shape (molecules, bits)."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=bits)
    prints = np.empty((len(inputs), bits), np.uint8)
    for i, smiles in enumerate(inputs):
        prints[i] = generator.GetFingerprintAsNumPy(_molecule(smiles))
    return prints


def _joined(bits: np.ndarray, cutoff: float, component: np.ndarray) -> np.ndarray:
    """Join the components of similar rows; returns the component of every row."""
    for a, b in _neighbours(bits, cutoff):
        # Only components are kept, not edges, so memory does not grow with the number of neighbours.
        component = components(component[a], component[b], component.max(initial=0) + 1)[component]
    return component


def _neighbours(bits: np.ndarray, cutoff: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of rows with Tanimoto >= ``cutoff``, block by block."""
    sizes = bits.sum(1, dtype=np.int64)
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    for start in range(0, len(order), BLOCK_ROWS):
        rows = order[start : start + BLOCK_ROWS]
        left = bits[rows].astype(np.float32)
        # |A & B| <= min(|A|, |B|), so no fingerprint with more bits than this can reach the cutoff.
        end = np.searchsorted(
            ordered, ordered[min(start + BLOCK_ROWS, len(order)) - 1] / cutoff + EPSILON, side="right"
        )
        for other in range(start, end, BLOCK_ROWS):
            columns = order[other : min(other + BLOCK_ROWS, end)]
            shared = left @ bits[columns].astype(np.float32).T
            union = sizes[rows][:, None] + sizes[columns][None, :] - shared
            a, b = np.nonzero(shared >= cutoff * union - EPSILON)
            yield rows[a], columns[b]


def _name(unique: list[str], component: np.ndarray) -> list[str]:
    """Name the component of each molecule by its first member."""
    first: dict[int, str] = {}
    for smiles, c in zip(unique, component.tolist(), strict=True):
        first.setdefault(c, smiles)
    return [first[c] for c in component.tolist()]
