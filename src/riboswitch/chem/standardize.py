"""Standardisation: one standard SMILES for each structure. All later steps use it.

The rules, in order:

1. A bond between an alkali-like metal (`COUNTER_METALS`) and a heteroatom is broken: it is a salt drawn as a
   bond. Any other metal, and any metal bound to carbon, is a `Problem`: its chemistry is not the ligand's.
2. Fragments without carbon or of mineral carbon (`fragments.MINERALS`), and known salt formers and solvents
   (`salt_list.SALTS`), are removed while another fragment remains. If two different fragments remain, it is
   unknown which was measured: a `Problem`.
3. Functional groups are normalised, and charges are removed by adding or removing protons (RDKit's
   Normalizer, Uncharger and Reionizer, after MolVS). The total charge never moves away from 0. Sulfoxides are
   written ``S=O``, as in ChEMBL and PubChem.
4. Stereo marks and isotopes stay. A racemate and relative stereo are substances of their own, written as
   CXSMILES (`stereo_groups`); both enantiomers in equal parts are a racemate. Tautomers stay as
   drawn; `read.identity` gives most tautomers of a compound the same key.

Standardising twice changes nothing more, and the result does not depend on the order of the atoms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rdkit import Chem, rdBase

from riboswitch.chem.fragments import MINERALS, main_fragment
from riboswitch.chem.neutral import neutral
from riboswitch.chem.size import COUNTER_METALS
from riboswitch.chem.smiles import ignored, meant, parse, says_groups
from riboswitch.chem.stereo_groups import described, has_groups, text_of
from riboswitch.errors import Problem, shorten

NON_METALS = frozenset({1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 33, 34, 35, 36, 52, 53, 54, 85})

MAX_PASSES = 8

# A canonical SMILES of these alone has one fragment, no metal, no isotope and no charge outside nitro groups.
# A test shows on thousands of molecules that the full treatment does not change it.
_PLAIN = re.compile(r"(?:[^\[\].*]++|\[(?:C@@?H?|S@@?|nH)\]|\[N\+\]\(=O\)\[O-\]|(?<=O=)\[N\+\]\(\[O-\]\))++")
# The same holds for these if no atom is a radical and no charge can be neutralised.
_ALMOST_PLAIN = re.compile(r"(?:[^\[\].*]++|\[(?:C@@?H?|S@@?|nH|Si|se|O-|[Nn]\+)\])++")
_CHARGED = Chem.MolFromSmarts("[!+0;!$([N+H0X4]);!$([n+H0]);!$([N+](=O)[O-]);!$([O-]~[N,n;+])]")
_MAYBE_ANY = re.compile(r"\*|#0")  # the two notations of any atom
_CARBON = re.compile(r"C(?!l)|c")


@dataclass(frozen=True, slots=True)
class Standardized:
    """A standard SMILES.

    Attributes
    ----------
    smiles : str
        CXSMILES if the molecule has stereo groups.
    changes : tuple of str
        The changes that were made, in words.
    mol : Mol, optional
        The parsed molecule, if there was one already: as `MolFromSmiles` parses ``smiles``, but its atoms and
        bonds may be in another order.
    """

    smiles: str
    changes: tuple[str, ...] = ()
    mol: Chem.Mol | None = field(default=None, compare=False, repr=False)


def standardize(smiles: str, *, max_atoms: int = 300, shortcut: bool = True) -> Standardized | Problem:
    """Standardise a structure.

    Parameters
    ----------
    smiles : str
        SMILES or CXSMILES, see `chem.extension`.
    max_atoms : int
        Most heavy atoms the result may have.
    shortcut : bool
        Give molecules that need no treatment (19 of 20 in drug-like libraries) their canonical SMILES at
        once. Without the shortcut the result is the same, but slower.

    Returns
    -------
    Standardized or Problem
        Codes: ``EMPTY BAD_SMILES BAD_EXTENSION BAD_VALENCE POLYMER QUERY_ATOMS METAL INORGANIC MIXTURE
        RADICAL TOO_LARGE TOO_MANY_FORMS``.
    """
    with rdBase.BlockLogs():
        mol = parse(smiles, max_atoms)
        if isinstance(mol, Problem):
            return mol
        if has_groups(smiles) and mol.GetStereoGroups():
            return _standard(text_of(mol), smiles, max_atoms, shortcut=False)
        current = Chem.MolToSmiles(mol)
        plain = _needs_nothing(current)
        if shortcut and (plain or _is_almost_plain(mol, current)):
            reusable = _reusable(mol, current, plain)
            result = Standardized(current, ignored(smiles), reusable)
            return _too_large(mol, max_atoms) or _described(result, current, smiles)
        return _standard(current, smiles, max_atoms, shortcut)


def _standard(current: str | Problem, given: str, max_atoms: int, shortcut: bool) -> Standardized | Problem:
    """Treat a structure, whose canonical text is ``current``, and say what its stereo groups mean."""
    if isinstance(current, Problem):
        return current
    result = _treat_until_stable(current, ignored(given), max_atoms, shortcut)
    if isinstance(result, Problem):
        return result
    return _described(result, result.smiles, given)


def _described(result: Standardized, text: str, given: str) -> Standardized:
    """Add to the changes what stereo groups mean.

    Parameters
    ----------
    result : Standardized
    text : str
        The canonical text of the result.
    given : str
        The given structure.
    """
    if not has_groups(text) and not (has_groups(given) and says_groups(given)):
        return result
    note = described(text) if has_groups(text) else "stereo groups without effect dropped"
    return Standardized(result.smiles, (*result.changes, note), result.mol)


def _reusable(mol: Chem.Mol, smiles: str, plain: bool) -> Chem.Mol | None:
    """``mol`` if parsing its canonical SMILES gives the same fields; chiral tags may differ."""
    return mol if plain and "@" not in smiles else None


def _needs_nothing(smiles: str) -> bool:
    bare_letters = "[" not in smiles and "." not in smiles and "*" not in smiles  # as in most molecules
    return bool((bare_letters or _PLAIN.fullmatch(smiles)) and _is_organic(smiles))


def _is_organic(smiles: str) -> bool:
    return bool(_CARBON.search(smiles)) and smiles not in MINERALS


def _is_almost_plain(mol: Chem.Mol, smiles: str) -> bool:
    """Whether the full treatment would not change ``mol``, whose canonical SMILES is ``smiles``."""
    if not (_ALMOST_PLAIN.fullmatch(smiles) and _is_organic(smiles)):
        return False
    return not mol.HasSubstructMatch(_CHARGED) and _radical(mol) is None


def canonical(smiles: str, *, max_atoms: int = 300) -> Standardized | Problem:
    """Canonical SMILES of RDKit, without standardising: salts and charges stay."""
    with rdBase.BlockLogs():
        mol = parse(smiles, max_atoms, whole=True)
        if isinstance(mol, Problem):
            return mol
        problem = _query_atoms(mol) or _too_large(mol, max_atoms)
        if problem:
            return problem
        current = text_of(mol) if has_groups(smiles) else Chem.MolToSmiles(mol)
        if isinstance(current, Problem):
            return current
        result = Standardized(current, ignored(smiles), _reusable(mol, current, _needs_nothing(current)))
        return _described(result, current, smiles)


def as_given(smiles: str, *, max_atoms: int = 300) -> Standardized | Problem:
    """The SMILES as given, checked; without white space and fields that only say how to draw it."""
    with rdBase.BlockLogs():
        mol = parse(smiles, max_atoms, whole=True)
        if isinstance(mol, Problem):
            return mol
        text = meant(smiles)
        problem = (_query_atoms(mol) if _MAYBE_ANY.search(text) else None) or _too_large(mol, max_atoms)
        if problem or not has_groups(text):
            return problem or Standardized(text, ignored(smiles), mol)
        current = text_of(mol)
        if isinstance(current, Problem):
            return current
        return _described(Standardized(text, ignored(smiles), mol), current, smiles)


def _treat_until_stable(
    current: str, changes: tuple[str, ...], max_atoms: int, shortcut: bool
) -> Standardized | Problem:
    """Treat until nothing changes. If the forms repeat in a cycle, its smallest member is the standard."""
    seen: list[str] = []
    while current not in seen and len(seen) < MAX_PASSES:
        seen.append(current)
        # Parsed again from the canonical SMILES, so the result cannot depend on the atom order of the input.
        mol = Chem.MolFromSmiles(current)
        if mol is None:
            return Problem("BAD_VALENCE", f"RDKit cannot read the SMILES it wrote: {shorten(current)}")
        if shortcut and _needs_nothing(current) and Chem.MolToSmiles(mol) == current:
            return Standardized(current, changes, mol)
        try:
            treated = _treat(mol, max_atoms)
        except ValueError as error:  # RDKit's sanitisation errors are ValueErrors
            return Problem("BAD_VALENCE", f"no neutral form can be found: {shorten(str(error).strip(), 100)}")
        if isinstance(treated, Problem):
            return treated
        current, changes = treated.smiles, (*changes, *(c for c in treated.changes if c not in changes))
    cycle = seen[seen.index(current) :] if current in seen else [current]
    return Standardized(min(cycle), changes)


def _treat(mol: Chem.Mol, max_atoms: int) -> Standardized | Problem:
    """Apply all rules once."""
    changes: list[str] = []
    problem = _query_atoms(mol) or _foreign_metal(mol)
    if problem:
        return problem
    if any(atom.GetAtomMapNum() for atom in mol.GetAtoms()):
        changes.append("atom map numbers removed")
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(0)
    mol = _break_salt_bonds(mol, changes)
    chosen = main_fragment(mol, changes)
    if isinstance(chosen, Problem):
        return chosen
    problem = _too_large(chosen, max_atoms) or _radical(chosen)
    if problem:
        return problem
    text = text_of(neutral(chosen, changes))
    return text if isinstance(text, Problem) else Standardized(text, tuple(changes))


def _query_atoms(mol: Chem.Mol) -> Problem | None:
    if mol.HasSubstructMatch(_ANY_ATOM):
        return Problem("QUERY_ATOMS", "the structure holds '*' (any atom)", "Give one definite molecule.")
    return None


def _foreign_metal(mol: Chem.Mol) -> Problem | None:
    for atom in mol.GetAtoms():
        number, symbol = atom.GetAtomicNum(), atom.GetSymbol()
        if number in NON_METALS:
            continue
        if symbol not in COUNTER_METALS:
            hint = "Metal complexes are outside this model."
            return Problem("METAL", f"the structure holds {symbol}", hint)
        if any(n.GetAtomicNum() == 6 for n in atom.GetNeighbors()):
            return Problem("METAL", f"{symbol} is bound to carbon", "Organometallics are outside this model.")
    return None


def _too_large(mol: Chem.Mol, max_atoms: int) -> Problem | None:
    atoms = mol.GetNumHeavyAtoms()
    if atoms <= max_atoms:
        return None
    return Problem(
        "TOO_LARGE", f"{atoms} heavy atoms, more than {max_atoms}", "Raise --max-atoms to keep it."
    )


def _radical(mol: Chem.Mol) -> Problem | None:
    for atom in mol.GetAtoms():
        if atom.GetNumRadicalElectrons():
            reason = f"an unpaired electron on {atom.GetSymbol()}"
            hint = "An atom in brackets needs its hydrogens written: [CH3], not [C]."
            return Problem("RADICAL", reason, hint)
    return None


def _break_salt_bonds(mol: Chem.Mol, changes: list[str]) -> Chem.Mol:
    """Turn bonds to metals into pairs of ions; adds to ``changes``."""
    bonds = [b for b in mol.GetBonds() if _is_metal(b.GetBeginAtom()) or _is_metal(b.GetEndAtom())]
    if not bonds:
        return mol
    editable = Chem.RWMol(mol)
    for bond in bonds:
        metal, other = bond.GetBeginAtom(), bond.GetEndAtom()
        if not _is_metal(metal):
            metal, other = other, metal
        order = round(bond.GetBondTypeAsDouble()) if bond.GetBondType() != Chem.BondType.DATIVE else 0
        editable.RemoveBond(metal.GetIdx(), other.GetIdx())
        for atom, sign in ((metal, 1), (other, -1)):
            ion = editable.GetAtomWithIdx(atom.GetIdx())
            ion.SetFormalCharge(ion.GetFormalCharge() + sign * order)
            ion.SetNoImplicit(True)
        changes.append(f"bond to {metal.GetSymbol()} broken")
    result = editable.GetMol()
    Chem.SanitizeMol(result)
    return result


def _is_metal(atom: Chem.Atom) -> bool:
    return atom.GetSymbol() in COUNTER_METALS


_ANY_ATOM = Chem.MolFromSmarts("[#0]")
