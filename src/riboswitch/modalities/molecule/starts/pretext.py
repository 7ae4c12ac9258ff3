"""The pre-training task of molecules: their descriptors, and which elements the hidden atoms are.

A part of the atoms is hidden in each copy of a molecule: an atom keeps its bonds and loses its element,
charge, hydrogens and the rest. The network guesses the descriptors of the whole molecule, and how many of its
atoms are hidden ones of each element.

References
----------
Descriptors: Burns et al. 2025, arXiv:2506.15792. Hidden atoms: Hu et al., "Strategies for pre-training graph
neural networks", ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riboswitch.chem.descriptors.rdkit import DESCRIPTORS
from riboswitch.chem.packing import ATOM_FIELDS, mask_of, pack, unpack
from riboswitch.config.settings import Limits, check_values
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.data.task import Kind
from riboswitch.errors import InputError
from riboswitch.modalities.molecule.encode import COMPONENT, encode, for_networks
from riboswitch.modalities.optional_parts import Exercise
from riboswitch.modalities.parts import Inputs

KIND: Kind = "regression"
NETWORK: Mapping[str, Any] = {"properties": False}  # the head would read the answers off them
LIMITS = {"copies": Limits(whole=True, at_least=1), "hidden": Limits(above=0, below=1)}
ELEMENTS = {"C": 6, "N": 7, "O": 8, "F": 9, "P": 15, "S": 16, "Cl": 17, "Br": 35}
FARTHEST = 5.0
"""Largest target, in standard deviations: a few odd molecules must not decide what is learned."""

_KEPT = mask_of(("degree",), ATOM_FIELDS)
_BLANK = int(pack({name: np.zeros(1) for name in ATOM_FIELDS}, ATOM_FIELDS, np.int64)[0]) & ~_KEPT


def exercise(
    inputs: Inputs, ids: Sequence[str], *, copies: int = 4, hidden: float = 0.15, seed: int = 0
) -> Exercise:
    """Copy molecules, and hide other atoms in each copy.

    Parameters
    ----------
    inputs : mapping
        ``{"molecule": SMILES of each record}``.
    ids : sequence of str
    copies : int
        Copies of each molecule.
    hidden : float
        Fraction of the atoms that are hidden.
    seed : int

    Returns
    -------
    Exercise
        Copies of the first molecule first. Labels: a descriptor each, which does not depend on the copy; and
        for each element ``hidden C``, ... the share of the atoms that are hidden and of this element. All are
        standardised, see `standardised`; those that are the same for all molecules are left out.

    Raises
    ------
    InputError
        If all molecules have the same descriptors.
    """
    check_values(LIMITS, copies=copies, hidden=hidden)
    encoded = encode(inputs, ids, {"descriptors": "rdkit"})
    names, described = standardised(DESCRIPTORS, encoded.each_item().values["descriptors"])
    if not names:
        raise InputError("all molecules have the same descriptors: there is nothing to learn",
                         found=f"{len(ids)} molecules")  # fmt: skip
    each = np.repeat(np.arange(len(ids)), copies)
    items, elements = _hide(encoded.each_item().take(each), hidden, np.random.default_rng(seed))
    hidden_names, shares = standardised([f"hidden {name}" for name in (*ELEMENTS, "other")], elements)
    columns = dict(zip(names, described[each].T, strict=True)) | dict(
        zip(hidden_names, shares.T, strict=True)
    )
    copied = {COMPONENT: [smiles for smiles in inputs[COMPONENT] for _ in range(copies)]}
    new_ids = [f"{i}#{n}" for i in ids for n in range(copies)]
    arrays = RaggedArrays.of_items(COMPONENT, new_ids, items, for_networks(encoded.meta))
    return Exercise(copied, arrays, columns)


def _hide(items: Ragged, hidden: float, rng: np.random.Generator) -> tuple[Ragged, np.ndarray]:
    """Molecules with some atoms hidden and without descriptors; and the share of each element among these."""
    atoms, offsets = items.values["atoms"], items.offsets["atoms"]
    chosen = rng.random(len(atoms)) < hidden
    sizes = np.diff(offsets)
    numbers = unpack(atoms[chosen], ATOM_FIELDS)["element"]
    known = np.array([*ELEMENTS.values()])
    kind = np.where(np.isin(numbers, known), (numbers[:, None] == known).argmax(1), len(known))
    shares = np.zeros((len(sizes), len(known) + 1))
    np.add.at(shares, (np.repeat(np.arange(len(sizes)), sizes)[chosen], kind), 1.0)
    values = {name: value for name, value in items.values.items() if name != "descriptors"}
    values["atoms"] = np.where(chosen, (atoms & _KEPT) | _BLANK, atoms)
    made = Ragged(values, {name: items.offsets[name] for name in values})
    return made, shares / np.maximum(sizes, 1)[:, None]


def standardised(names: Sequence[str], values: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Scale columns so that a few extreme values do not decide the scale.

    A value becomes its distance from the median in mean absolute distances, then the logarithm of one plus
    that, with its sign, then its distance from the mean in standard deviations, at most `FARTHEST`.

    Parameters
    ----------
    names : sequence of str
    values : ndarray
        Shape (rows, names); what is not finite becomes a gap.

    Returns
    -------
    names : list of str
        Those of the columns that are not constant.
    values : ndarray
        float64, shape (rows, names); NaN for gaps.
    """
    wide = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    varied = [i for i, column in enumerate(wide.T) if len(np.unique(column[~np.isnan(column)])) > 1]
    wide = wide[:, varied]
    from_median = wide - np.nanmedian(wide, axis=0) if varied else wide
    spread = np.nanmean(np.abs(from_median), axis=0) if varied else np.ones(0)
    scaled = np.sign(from_median) * np.log1p(np.abs(from_median) / spread)
    if varied:
        scaled = (scaled - np.nanmean(scaled, axis=0)) / np.nanstd(scaled, axis=0)
    return [names[i] for i in varied], np.clip(scaled, -FARTHEST, FARTHEST)
