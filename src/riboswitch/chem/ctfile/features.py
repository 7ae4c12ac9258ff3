"""What a mol block may say beside atoms and bonds: queries, labels that stand for atoms, groups, axes.

Each is checked, so that no structure stands for another than the one that was drawn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rdkit import Chem

from riboswitch.chem.extension import names_itself
from riboswitch.chem.smiles import indefinite_bond
from riboswitch.errors import Problem, shorten

DRAWN = frozenset({"SUP", "DAT", "MUL"})
"""Types of S-groups that leave the structure as it is: abbreviation, data, a multiple that is written out."""

_AXES = {Chem.BondStereo.STEREOATROPCW, Chem.BondStereo.STEREOATROPCCW}
_ONE = "Give one definite molecule."
_ATOM = r".{30} (?:[BCFHINOPS]|Br|Cl|Si|Se|Na|K) +0  [0-35-7]  [0-3]  0[ \d]*"
_BOND = r"[ \d]{6}  [123]  [0-6](?:  0){0,3}"
_ORDINARY = re.compile(rf"(?:(?:{_ATOM}|{_BOND}|M  (?:CHG|ISO|RAD)[ \d-]+)\n)*M  END *")
_WEDGE = re.compile(r"[ \d]{6}  \d  [16]|M  V30 .*CFG=")
_STATED = re.compile(r"M  STY\s*\d+|M  V30 \d+ (?=[A-Z]{3} \d)")
_TYPE = re.compile(r"\b[A-Z]{3}\b")
_ALIAS = re.compile(r"A  [ \d]{0,2}\d\s*")


def problem(mol: Chem.Mol, lines: Sequence[str]) -> Problem | None:
    """Find what makes a structure stand for several molecules, or for another one.

    Parameters
    ----------
    mol : Mol
        As RDKit read it from the block.
    lines : sequence of str
        The block.

    Returns
    -------
    Problem or None
        Codes: ``QUERY_ATOMS RADICAL BAD_RECORD``.
    """
    if _ORDINARY.fullmatch("\n".join(lines[4:])):  # 9 of 10 blocks; the checks below take longer
        return None
    return _atoms(mol) or _bonds(mol) or _text(lines) or _groups(mol, lines)


def notes(mol: Chem.Mol, lines: Sequence[str]) -> tuple[str, ...]:
    """What a SMILES cannot say of the molecule that RDKit read from these lines."""
    if not any(map(_WEDGE.match, lines)):
        return ()
    bonds = map(mol.GetBondWithIdx, range(mol.GetNumBonds()))  # faster than GetBonds
    return ("an axis of chirality ignored",) if any(bond.GetStereo() in _AXES for bond in bonds) else ()


def polymer_groups(mol: Chem.Mol) -> list[str]:
    """Types of the S-groups that change the substance, as SRU of a polymer."""
    types = [group.GetProp("TYPE") for group in Chem.GetMolSubstanceGroups(mol)]
    return [name for name in types if name not in DRAWN]


def _atoms(mol: Chem.Mol) -> Problem | None:
    if any(atom.HasQuery() or not atom.GetAtomicNum() for atom in mol.GetAtoms()):
        return Problem("QUERY_ATOMS", "an R group, an atom list or another query", _ONE)
    if mol.HasProp("_molLinkNodes"):
        return Problem("QUERY_ATOMS", "a link node, which repeats", _ONE)
    return None


def _bonds(mol: Chem.Mol) -> Problem | None:
    if any(bond.HasProp("_MolFileBondEndPts") for bond in mol.GetBonds()):
        return Problem("QUERY_ATOMS", "a bond to one of several atoms", _ONE)
    return indefinite_bond(mol)


def _text(lines: Sequence[str]) -> Problem | None:
    """What RDKit leaves out, or moves to where it is easily lost."""
    v2000 = "V3000" not in lines[3]
    for number, line in enumerate(lines[4:], 4):
        if line.startswith("M  APO") or "ATTCHPT=" in line:
            return Problem("QUERY_ATOMS", "an attachment point: the structure is a part of a molecule", _ONE)
        if v2000 and _ALIAS.fullmatch(line):
            atom, label = int(line[3:]), lines[number + 1].strip()
            symbol = lines[3 + atom][31:34].strip()
            if not names_itself(symbol, label):
                reason = f"the label {shorten(label, 40)!r} on {symbol} stands for other atoms"
                return Problem("QUERY_ATOMS", reason, "Give one definite molecule, with all its atoms.")
    return _old_radical(lines) if v2000 else None


def _old_radical(lines: Sequence[str]) -> Problem | None:
    """The code 4 in the charge column of V2000, a radical; newer lines of charges replace the column."""
    if any(line.startswith(("M  CHG", "M  RAD")) for line in lines):
        return None
    for line in lines[4 : 4 + int(lines[3][:3])]:
        if line[36:39].strip() == "4":
            reason = f"an unpaired electron on {line[31:34].strip()}"
            return Problem("RADICAL", reason, "Draw the hydrogens, or a charge.")
    return None


def _groups(mol: Chem.Mol, lines: Sequence[str]) -> Problem | None:
    found = Chem.GetMolSubstanceGroups(mol)
    read = Counter(group.GetProp("TYPE") for group in found)
    if lost := _stated(lines) - read:
        reason = f"RDKit cannot read the S-group {min(lost)}"
        return Problem("BAD_RECORD", reason, "Remove the group, or draw it again.")
    for group in found:
        if group.GetProp("TYPE") == "MUL" and not _written_out(group):
            reason = "a multiple group that is not written out"
            return Problem("QUERY_ATOMS", reason, "Expand it, then export the file again.")
    return None


def _stated(lines: Iterable[str]) -> Counter[str]:
    """Types of the S-groups that the block names."""
    types: Counter[str] = Counter()
    for line in lines:
        if start := _STATED.match(line):
            kinds = _TYPE.findall(line, start.end())
            types.update(kinds[:1] if "V30" in line else kinds)
    return types


def _written_out(group: Chem.SubstanceGroup) -> bool:
    """Whether a multiple group holds all the atoms that it stands for."""
    times = str(group.GetPropsAsDict().get("MULT"))  # a number or, where it is damaged, text
    return times.isdecimal() and len(group.GetParentAtoms()) * int(times) == len(group.GetAtoms())
