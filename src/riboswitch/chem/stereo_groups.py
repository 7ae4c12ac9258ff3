"""Stereo groups: a racemate, or a molecule with relative stereo marks, is not the molecule that is drawn.

A group of the kind ``and`` (``&1`` in CXSMILES) is a mixture of the drawn marks and their mirror images. A
group of the kind ``or`` (``o1``) is one of both, and it is unknown which. So a substance has several forms:
molecules whose marks all count. Its text is a canonical CXSMILES, the same whichever form is drawn.

References
----------
BIOVIA, "CTfile formats": enhanced stereochemistry. RDKit's `EnumerateStereoisomers` is the oracle of
the forms.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import permutations, product
from typing import NamedTuple

from rdkit import Chem, rdBase

from riboswitch.errors import Problem

MAX_GROUPS = 4
MAX_FORMS = 2**MAX_GROUPS

_KINDS = {Chem.StereoGroupType.STEREO_AND: "and", Chem.StereoGroupType.STEREO_OR: "or"}
_MARKS = re.compile("@+")
_SIGNS = {"and": "&", "or": "o"}


class Group(NamedTuple):
    """Stereo marks that are mirrored together: the kind ``and`` or ``or``, and the numbers of the atoms."""

    kind: str
    atoms: tuple[int, ...]


def has_groups(smiles: str) -> bool:
    """Whether a text can have stereo groups; fast."""
    return smiles.endswith("|")


def text_of(mol: Chem.Mol) -> str | Problem:
    """Write a molecule as canonical SMILES, or CXSMILES if it has stereo groups with an effect.

    Returns
    -------
    str or Problem
        Code: ``TOO_MANY_FORMS``. The text does not depend on the order of the atoms, nor on which form is
        drawn. `MolFromSmiles` reads it; the same text is written then.
    """
    groups = _groups(mol)
    if not groups:
        return Chem.MolToSmiles(mol)
    if len(groups) > MAX_GROUPS:
        reason = f"{len(groups)} independent stereo groups, more than {MAX_GROUPS}"
        return Problem("TOO_MANY_FORMS", reason, "Give the stereoisomers as rows of their own.")
    flat = _without_groups(mol)
    groups = _effective(flat, groups)
    if not groups:
        return Chem.MolToSmiles(flat)
    # A mark may be one in some forms only, as in a meso form: the drawn form is one with the most marks.
    return _written(min(_labelled(flat, groups), key=lambda text: (-len(_MARKS.findall(text)), text)))


def joined_enantiomers(one: Chem.Mol, other: Chem.Mol) -> Chem.Mol | None:
    """Join two mirror images into one molecule with an ``and`` group; None if they are none."""
    if one.GetStereoGroups() or other.GetStereoGroups():
        return None
    centres = [a.GetIdx() for a in one.GetAtoms() if a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED]
    if not centres or Chem.MolToSmiles(_mirrored(one, centres)) != Chem.MolToSmiles(other):
        return None
    joined = Chem.RWMol(one)
    joined.SetStereoGroups([Chem.CreateStereoGroup(Chem.StereoGroupType.STEREO_AND, joined, centres, [], 1)])
    return joined.GetMol()


def forms(smiles: str) -> list[str]:
    """Return the SMILES of all forms: first the drawn one, then the others in alphabetical order."""
    if not has_groups(smiles):
        return [smiles]
    found = {form for mixture in mixtures(smiles) for form in mixture}
    if len(found) < 2:
        return [smiles]
    drawn = _form(_without_groups(Chem.MolFromSmiles(smiles)), (), ())
    return [drawn, *sorted(found - {drawn})]


@lru_cache(maxsize=256)
def mixtures(smiles: str) -> tuple[tuple[str, ...], ...]:
    """Return what the substance may be: for each choice of the ``or`` groups its forms, all sorted."""
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return ((smiles,),)
    groups, flat = _groups(mol), _without_groups(mol)
    found: dict[tuple[bool, ...], set[str]] = {}
    for choice in product((False, True), repeat=len(groups)):
        case = tuple(c for c, group in zip(choice, groups, strict=True) if group.kind == "or")
        found.setdefault(case, set()).add(_form(flat, groups, choice))
    return tuple(sorted({tuple(sorted(mixture)) for mixture in found.values()}))


def described(smiles: str) -> str:
    """Say what the stereo groups of a canonical CXSMILES mean, as ``racemate (and1): 2 forms``."""
    mol = Chem.MolFromSmiles(smiles)
    groups = _groups(mol)
    kinds = [group.kind for group in groups]
    centres = sum(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in mol.GetAtoms())
    if kinds == ["and"]:
        name = "racemate" if len(groups[0].atoms) == centres else "mixture of stereoisomers"
    elif "or" not in kinds:
        name = "mixture of stereoisomers"
    else:
        name = "relative stereo" if "and" not in kinds else "mixture of stereoisomers with relative stereo"
    names = [f"{kind}{number + 1}" for kind in _SIGNS for number in range(kinds.count(kind))]
    return f"{name} ({', '.join(names)}): {len(forms(smiles))} forms"


def _groups(mol: Chem.Mol) -> list[Group]:
    """The groups of the molecule that are not absolute, with those of their atoms that have a mark."""
    found = []
    for group in mol.GetStereoGroups():
        atoms = [a.GetIdx() for a in group.GetAtoms() if a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED]
        if atoms and group.GetGroupType() in _KINDS:
            found.append(Group(_KINDS[group.GetGroupType()], tuple(sorted(atoms))))
    return found


def _without_groups(mol: Chem.Mol) -> Chem.Mol:
    flat = Chem.RWMol(mol)
    flat.SetStereoGroups([])
    return flat.GetMol()


def _mirrored(mol: Chem.Mol, atoms: Iterable[int]) -> Chem.Mol:
    """The molecule with the marks of these atoms mirrored."""
    result = Chem.Mol(mol)
    for index in atoms:
        result.GetAtomWithIdx(index).InvertChirality()
    Chem.AssignStereochemistry(result, cleanIt=True, force=True)
    return result


def _chosen(mol: Chem.Mol, groups: Sequence[Group], choice: Sequence[bool]) -> Chem.Mol:
    atoms = [a for group, mirrored in zip(groups, choice, strict=True) if mirrored for a in group.atoms]
    return _mirrored(mol, atoms)


def _form(mol: Chem.Mol, groups: Sequence[Group], choice: Sequence[bool]) -> str:
    # Written twice, because a mirrored mark may turn out to be none when the SMILES is read.
    return Chem.CanonSmiles(Chem.MolToSmiles(_chosen(mol, groups, choice)))


def _effective(mol: Chem.Mol, groups: list[Group]) -> list[Group]:
    """The groups that change the molecule when they are mirrored, whatever the others are."""
    for number in range(len(groups)):
        others = groups[:number] + groups[number + 1 :]
        choices = product((False, True), repeat=len(others))
        if all(_form(mol, others, c) == _form(mol, [*others, groups[number]], (*c, True)) for c in choices):
            return _effective(mol, others)
    return groups


def _labelled(mol: Chem.Mol, groups: Sequence[Group]) -> Iterator[str]:
    """SMILES of each form, the atoms of a group with its number; for each way to number groups of a kind."""
    kinds = [[group for group in groups if group.kind == kind] for kind in _SIGNS]
    for choice in product((False, True), repeat=len(groups)):
        form = _chosen(mol, groups, choice)
        for orders in product(*(permutations(of_kind) for of_kind in kinds)):
            named = Chem.Mol(form)
            numbered = zip(_numbers(kinds), (group for order in orders for group in order), strict=True)
            for number, group in numbered:
                for index in group.atoms:
                    named.GetAtomWithIdx(index).SetAtomMapNum(number)
            yield Chem.MolToSmiles(named)


def _numbers(kinds: Sequence[Sequence[Group]]) -> list[int]:
    """Numbers of groups as labels of atoms: from 1 for ``and``, after them for ``or``, with a gap between."""
    first, second = map(len, kinds)
    return [*range(1, first + 1), *range(MAX_GROUPS + 1, MAX_GROUPS + 1 + second)]


def _written(labelled: str) -> str:
    """CXSMILES of the SMILES whose atoms are labelled with the numbers of their groups."""
    mol = Chem.MolFromSmiles(labelled)
    labels = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    smiles = Chem.MolToSmiles(mol)
    order = ast.literal_eval(mol.GetProp("_smilesAtomOutputOrder"))
    groups: dict[int, list[int]] = {}
    for position, index in enumerate(order):
        if labels[index]:
            groups.setdefault(labels[index], []).append(position)
    fields = []
    for kind, members in (
        ("and", [groups[n] for n in sorted(groups) if n <= MAX_GROUPS]),
        ("or", [groups[n] for n in sorted(groups) if n > MAX_GROUPS]),
    ):
        for number, atoms in enumerate(sorted(members), 1):
            fields.append(f"{_SIGNS[kind]}{number}:{','.join(map(str, atoms))}")
    return f"{smiles} |{','.join(fields)}|"
