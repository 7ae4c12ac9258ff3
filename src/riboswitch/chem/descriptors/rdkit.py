"""RDKit's descriptors of whole molecules, computed in groups so that each intermediate result is made once.

They are those of `rdkit.Chem.Descriptors`, with its names and values, but for the few that cost more than
they are known to add: those of graph theory with Python loops (BalabanJ, BertzCT, Ipc, AvgIpc), qed and SPS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import Fragments, rdFingerprintGenerator, rdMolDescriptors, rdPartialCharges
from rdkit.Chem.EState import EState_VSA

from riboswitch.io.log.progress import INPUTS, tick

UNCONNECTED = 1e6  # RDKit's distance between atoms of different fragments is larger
LARGEST = 1e6  # some values of odd molecules are infinite

_OUTER = np.array([Chem.GetPeriodicTable().GetNOuterElecs(element) for element in range(119)])
_LAST_OF_PERIOD = np.array([2, 10, 18, 36, 54, 86])

_CALCULATORS = {
    "TPSA": "CalcTPSA",
    "LabuteASA": "CalcLabuteASA",
    "HallKierAlpha": "CalcHallKierAlpha",
    "Kappa1": "CalcKappa1",
    "Kappa2": "CalcKappa2",
    "Kappa3": "CalcKappa3",
    "Phi": "CalcPhi",
    "ExactMolWt": "CalcExactMolWt",
    "FractionCSP3": "CalcFractionCSP3",
    "HeavyAtomCount": "CalcNumHeavyAtoms",
    "NHOHCount": "CalcNumLipinskiHBD",
    "NOCount": "CalcNumLipinskiHBA",
    "NumHAcceptors": "CalcNumHBA",
    "NumHDonors": "CalcNumHBD",
    "NumHeteroatoms": "CalcNumHeteroatoms",
    "NumRotatableBonds": "CalcNumRotatableBonds",
    "NumAmideBonds": "CalcNumAmideBonds",
    "NumAtomStereoCenters": "CalcNumAtomStereoCenters",
    "NumUnspecifiedAtomStereoCenters": "CalcNumUnspecifiedAtomStereoCenters",
    "NumBridgeheadAtoms": "CalcNumBridgeheadAtoms",
    "NumSpiroAtoms": "CalcNumSpiroAtoms",
    "RingCount": "CalcNumRings",
    "NumHeterocycles": "CalcNumHeterocycles",
    "NumAliphaticRings": "CalcNumAliphaticRings",
    "NumAliphaticCarbocycles": "CalcNumAliphaticCarbocycles",
    "NumAliphaticHeterocycles": "CalcNumAliphaticHeterocycles",
    "NumAromaticRings": "CalcNumAromaticRings",
    "NumAromaticCarbocycles": "CalcNumAromaticCarbocycles",
    "NumAromaticHeterocycles": "CalcNumAromaticHeterocycles",
    "NumSaturatedRings": "CalcNumSaturatedRings",
    "NumSaturatedCarbocycles": "CalcNumSaturatedCarbocycles",
    "NumSaturatedHeterocycles": "CalcNumSaturatedHeterocycles",
    **{f"Chi{order}{kind}": f"CalcChi{order}{kind}" for order in range(5) for kind in "nv"},
}
_CHARGES = ("MaxPartialCharge", "MinPartialCharge", "MaxAbsPartialCharge", "MinAbsPartialCharge")
_ESTATE = ("MaxEStateIndex", "MinEStateIndex", "MaxAbsEStateIndex", "MinAbsEStateIndex")
_BCUT = tuple(f"BCUT2D_{of}{end}" for of in ("MW", "CHG", "LOGP", "MR") for end in ("HI", "LOW"))
_BCUT = tuple(name.replace("CHGLOW", "CHGLO") for name in _BCUT)  # as RDKit spells it
_FRAGMENTS = {name: getattr(Fragments, name) for name in sorted(dir(Fragments)) if name.startswith("fr_")}
_MORGAN = [rdFingerprintGenerator.GetMorganGenerator(radius=radius) for radius in (1, 2, 3)]


def _simple(mol: Chem.Mol) -> list[float]:
    return [calculate(mol) for calculate in _FUNCTIONS]


def _surface(mol: Chem.Mol) -> list[float]:
    """Surface by contribution to logP, refractivity and charge."""
    return [*rdMolDescriptors.SlogP_VSA_(mol), *rdMolDescriptors.SMR_VSA_(mol),
            *rdMolDescriptors.PEOE_VSA_(mol)]  # fmt: skip


def _extremes(values: np.ndarray) -> list[float]:
    """Largest and smallest value, and largest and smallest absolute value."""
    size = np.abs(values)
    return [values.max(), values.min(), size.max(), size.min()]


def _charges(mol: Chem.Mol) -> list[float]:
    """Gasteiger's partial charges; not a number if there are no parameters for an element."""
    rdPartialCharges.ComputeGasteigerCharges(mol)
    values = [atom.GetDoubleProp("_GasteigerCharge") for atom in mol.GetAtoms()]
    ends = max(values), min(values)
    sizes = [abs(end) for end in ends]  # RDKit takes those of the two ends only
    return [*ends, max(sizes), min(sizes)]


def _bcut(mol: Chem.Mol) -> Sequence[float]:
    try:
        return list(rdMolDescriptors.BCUT2D(mol))
    except (ValueError, RuntimeError):  # an atom without parameters
        return [np.nan] * len(_BCUT)


def _states(mol: Chem.Mol) -> list[float]:
    """Electrotopological states, surface by state, and states by surface.

    RDKit's own functions loop over pairs of atoms in Python; the values are the same.
    """
    states = _estates(mol)
    surface = np.array([*rdMolDescriptors._CalcLabuteASAContribs(mol)[0]])
    return [*_extremes(states), *_sums(surface, states, EState_VSA.estateBins),
            *_sums(states, surface, EState_VSA.vsaBins)]  # fmt: skip


def _estates(mol: Chem.Mol) -> np.ndarray:
    """Electrotopological state of each atom (Kier and Hall, Pharm. Res. 1990, 7, 801)."""
    atoms = [(a.GetAtomicNum(), a.GetDegree(), a.GetTotalNumHs()) for a in mol.GetAtoms()]
    element, degree, hydrogens = np.array(atoms).T
    period = np.searchsorted(_LAST_OF_PERIOD, element) + 1
    own = (4 / period**2 * (_OUTER[element] - hydrogens) + 1) / np.maximum(degree, 1)
    own[degree == 0] = 0
    away = Chem.GetDistanceMatrix(mol) + 1
    pull = np.where(away < UNCONNECTED, 1 / away**2, 0)
    return own * (1 + pull.sum(1)) - pull @ own


def _sums(values: np.ndarray, by: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """Sum of the values of atoms in each range between limits of another value."""
    return np.bincount(np.searchsorted(limits, by, side="right"), values, len(limits) + 1)


def _densities(mol: Chem.Mol) -> list[float]:
    """Distinct Morgan environments for each heavy atom."""
    atoms = mol.GetNumHeavyAtoms()
    if not atoms:
        return [0.0] * len(_MORGAN)
    return [len(each.GetSparseCountFingerprint(mol).GetNonzeroElements()) / atoms for each in _MORGAN]


def _fragments(mol: Chem.Mol) -> list[float]:
    return [count(mol) for count in _FRAGMENTS.values()]


def _numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, count + 1)]


_FUNCTIONS = [getattr(rdMolDescriptors, name) for name in _CALCULATORS.values()]
_GROUPS: list[tuple[Sequence[str], Callable[[Chem.Mol], Sequence[float]]]] = [
    ([*_CALCULATORS], _simple),
    (["MolLogP", "MolMR"], rdMolDescriptors.CalcCrippenDescriptors),
    ([*_numbered("SlogP_VSA", 12), *_numbered("SMR_VSA", 10), *_numbered("PEOE_VSA", 14)], _surface),
    (_CHARGES, _charges),
    (_BCUT, _bcut),
    ([*_ESTATE, *_numbered("EState_VSA", 11), *_numbered("VSA_EState", 10)], _states),
    (["FpDensityMorgan1", "FpDensityMorgan2", "FpDensityMorgan3"], _densities),
    ([*_FRAGMENTS], _fragments),
]

DESCRIPTORS = tuple(name for names, _ in _GROUPS for name in names)
"""Names of the descriptors, in order."""


def descriptors(mols: Sequence[Chem.Mol | bytes]) -> np.ndarray:
    """Compute the `DESCRIPTORS` of each molecule.

    Parameters
    ----------
    mols : sequence of Mol or bytes
        Sanitised molecules, or their binary form.

    Returns
    -------
    ndarray
        float32, shape (molecules, descriptors). A value that RDKit cannot compute is 0, an infinite one
        a million.
    """
    table = np.zeros((len(mols), len(DESCRIPTORS)), np.float32)
    with rdBase.BlockLogs(), np.errstate(all="ignore"):
        for row, mol in zip(table, mols, strict=True):
            # A copy, since charges are kept as properties of the atoms.
            row[:] = _of(Chem.Mol(mol))  # type: ignore[arg-type]
            tick(1, INPUTS)
    return table


def _of(mol: Chem.Mol) -> np.ndarray:
    if not mol.GetNumAtoms():
        return np.zeros(len(DESCRIPTORS))
    values = np.array([value for _, compute in _GROUPS for value in compute(mol)], np.float64)
    return np.nan_to_num(values, nan=0.0).clip(-LARGEST, LARGEST)
