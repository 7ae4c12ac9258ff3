"""Products of synthons, and the facts of their atoms and bonds in the order of the synthons.

A product is joined with RDKit's ``molzip``, written as canonical SMILES and read again, as it would be from a
file. So its facts are those that a plain screen sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rdkit import Chem, rdBase

from riboswitch.chem.graphs import graphs
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.numeric.offsets import offsets_of

_ZIP = Chem.MolzipParams()
_ZIP.label = Chem.MolzipLabel.Isotope
_ORDER = "_smilesAtomOutputOrder"


def as_mol(smiles: str) -> Chem.Mol:
    """A synthon as a molecule with dummy atoms."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise ValueError(f"no synthon: {smiles}")
    return mol


_known_mol = lru_cache(256)(as_mol)  # a synthon is tried with many partners, a partner with many synthons


def join(synthons: Sequence[Chem.Mol]) -> Chem.Mol | None:
    """The product of synthons, all connectors joined; None if RDKit cannot make it.

    Its atoms are in the order of the synthons, without the dummy atoms.
    """
    together = synthons[0]
    for other in synthons[1:]:
        together = Chem.CombineMols(together, other)
    try:
        made: Chem.Mol = Chem.molzip(together, _ZIP)
    except (ValueError, RuntimeError):  # what RDKit raises when it cannot sanitise
        return None
    return made


def product_smiles(synthons: Iterable[str]) -> str | None:
    """Canonical SMILES of the product of synthons; None if RDKit cannot make it."""
    with rdBase.BlockLogs():
        made = join([_known_mol(smiles) for smiles in synthons])
        return None if made is None else Chem.MolToSmiles(made)


class Facts(NamedTuple):
    """Facts of one product, in the order of its two synthons; see `chem.packing`.

    Attributes
    ----------
    atoms, bonds : tuple of ndarray
        Packed atoms (int64) and bonds (int16) of the first and of the second synthon. Bonds are in the order
        of `bond_order`, without those to dummies.
    junction : int
        The new bond, packed.
    """

    atoms: tuple[np.ndarray, np.ndarray]
    bonds: tuple[np.ndarray, np.ndarray]
    junction: int


def bond_order(ends: np.ndarray, owner: np.ndarray | None = None) -> np.ndarray:
    """Order of bonds by molecule, then by the lower and the higher atom."""
    low, high = ends.min(1), ends.max(1)
    order: np.ndarray = np.lexsort((high, low) if owner is None else (high, low, owner))
    return order


def joined_facts(pairs: Iterable[tuple[str, str]]) -> list[Facts | None]:
    """Join pairs of synthons (SMILES) and read the facts of the products; None where RDKit makes none."""
    made: list[tuple[bytes, np.ndarray, int] | None] = []
    with rdBase.BlockLogs():
        for pair in pairs:
            made.append(_parsed(pair))
    good = [each for each in made if each is not None]
    if not good:
        return [None] * len(made)
    found = graphs([binary for binary, _, _ in good])
    order = np.concatenate([order for _, order, _ in good])
    first = offsets_of(found.n_atoms)
    atom_owner, owner = (np.repeat(np.arange(len(good)), n) for n in (found.n_atoms, found.n_bonds))
    atoms = np.empty_like(found.atoms)
    atoms[order + first[atom_owner]] = found.atoms
    ends = order[found.ends + first[owner][:, None]]
    sorted_bonds = bond_order(ends, owner)
    bonds, ends, bond_first = found.bonds[sorted_bonds], ends[sorted_bonds], offsets_of(found.n_bonds)
    facts = iter([
        _of_two(atoms[first[i] : first[i + 1]], bonds[bond_first[i] : bond_first[i + 1]],
                ends[bond_first[i] : bond_first[i + 1]], of_first)
        for i, (_, _, of_first) in enumerate(good)
    ])  # fmt: skip
    return [None if each is None else next(facts) for each in made]


def _parsed(pair: tuple[str, str]) -> tuple[bytes, np.ndarray, int] | None:
    """A product as it is read again, the synthons' number of each of its atoms, and the first one's atoms."""
    parts = [_known_mol(text) for text in pair]
    made = join(parts)
    if made is None:
        return None
    text = Chem.MolToSmiles(made)
    order = made.GetPropsAsDict(True, True)[_ORDER]
    mol = Chem.MolFromSmiles(text)
    sizes = [part.GetNumAtoms() - text.count("*") for part, text in zip(parts, pair, strict=True)]
    if mol is None or not mol.GetNumAtoms() == made.GetNumAtoms() == sum(sizes):
        return None
    return compact(mol), np.fromiter(order, np.int64, len(order)), sizes[0]


def _of_two(atoms: np.ndarray, bonds: np.ndarray, ends: np.ndarray, of_first: int) -> Facts | None:
    """Facts of the synthons whose first has so many atoms; None unless one bond joins them."""
    inside = (ends < of_first).sum(1)  # how many ends of a bond are of the first synthon
    junction = bonds[inside == 1]
    if len(junction) != 1:
        return None
    return Facts((atoms[:of_first], atoms[of_first:]), (bonds[inside == 2], bonds[inside == 0]),
                 int(junction[0]))  # fmt: skip
