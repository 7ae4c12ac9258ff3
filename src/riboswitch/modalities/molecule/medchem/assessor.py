"""Rules that medicinal chemists pick compounds by: sizes of oral drugs, and troublesome substructures.

RDKit has no catalogue of aggregators, so there is no rule for these.

References
----------
Lipinski et al., Adv. Drug Deliv. Rev. 1997, 23, 3 (rule of five: one value outside is allowed).
Veber et al., J. Med. Chem. 2002, 45, 2615.
Baell and Holloway, J. Med. Chem. 2010, 53, 2719 (PAINS).
Brenk et al., ChemMedChem 2008, 3, 435.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

from riboswitch.modalities.molecule.medchem.catalogue import Catalogue
from riboswitch.modalities.parts import Inputs

RULES = {
    "lipinski": "at most one of: mass above 500, logP above 5, more than 5 donors, more than 10 acceptors",
    "veber": "at most 10 rotatable bonds, and a polar surface of at most 140 Å²",
    "pains": "no substructure that interferes with many assays (PAINS)",
    "brenk": "no reactive, toxic or unstable substructure (Brenk)",
}
"""Names of the rules, and what each asks for."""

_ALLOWED = 1  # values outside that Lipinski's rule allows
_LIPINSKI: dict[str, tuple[Callable[[Chem.Mol], float], float]] = {
    "mass": (rdMolDescriptors._CalcMolWt, 500),
    "logP": (lambda molecule: rdMolDescriptors.CalcCrippenDescriptors(molecule)[0], 5),
    "donors": (rdMolDescriptors.CalcNumLipinskiHBD, 5),
    "acceptors": (rdMolDescriptors.CalcNumLipinskiHBA, 10),
}
_VEBER: dict[str, tuple[Callable[[Chem.Mol], float], float]] = {
    "rotatable bonds": (rdMolDescriptors.CalcNumRotatableBonds, 10),
    "polar surface": (rdMolDescriptors.CalcTPSA, 140),
}
_CATALOGUES = {
    "pains": FilterCatalogParams.FilterCatalogs.PAINS,
    "brenk": FilterCatalogParams.FilterCatalogs.BRENK,
}


def broken(inputs: Inputs, rules: Sequence[str]) -> list[dict[str, str]]:
    """Which rules each molecule breaks.

    Parameters
    ----------
    inputs : mapping
        The component ``molecule``: SMILES in standard form.
    rules : sequence of str
        Of `RULES`.

    Returns
    -------
    list of dict
        For each molecule the broken rules, in the order of ``rules``, each with what was found.
    """
    return [_of_molecule(Chem.MolFromSmiles(smiles), rules) for smiles in inputs["molecule"]]


def _of_molecule(molecule: Chem.Mol, rules: Sequence[str]) -> dict[str, str]:
    found = {rule: _FINDERS[rule](molecule) for rule in rules}
    return {rule: text for rule, text in found.items() if text}


def _lipinski(molecule: Chem.Mol) -> str:
    quick = {name: limit for name, limit in _LIPINSKI.items() if name != "logP"}
    if len(_outside(molecule, quick)) < _ALLOWED:  # whatever the logP is, which takes longest
        return ""
    outside = _outside(molecule, _LIPINSKI)
    return ", ".join(outside) if len(outside) > _ALLOWED else ""


def _veber(molecule: Chem.Mol) -> str:
    return ", ".join(_outside(molecule, _VEBER))


def _outside(molecule: Chem.Mol, limits: dict[str, tuple[Callable[[Chem.Mol], float], float]]) -> list[str]:
    values = {name: (measure(molecule), most) for name, (measure, most) in limits.items()}
    return [f"{name} {value:g} above {most:g}" for name, (value, most) in values.items() if value > most]


def _pains(molecule: Chem.Mol) -> str:
    return ", ".join(_screened("pains").names(molecule))


def _brenk(molecule: Chem.Mol) -> str:
    matches = _catalogue("brenk").GetMatches(molecule)
    return ", ".join(dict.fromkeys(match.GetDescription() for match in matches))


@cache
def _catalogue(rule: str) -> FilterCatalog:
    return FilterCatalog(FilterCatalogParams(_CATALOGUES[rule]))


@cache
def _screened(rule: str) -> Catalogue:
    return Catalogue(_catalogue(rule))


_FINDERS: dict[str, Callable[[Chem.Mol], str]] = {
    "lipinski": _lipinski,
    "veber": _veber,
    "pains": _pains,
    "brenk": _brenk,
}
