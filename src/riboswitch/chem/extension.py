"""The extension of a CXSMILES: the fields between the bars of ``C[C@H](N)C(=O)O |&1:1|``.

Every field is honoured, or named as ignored because it only says how to draw the molecule, or the structure
is a `Problem`. RDKit drops fields that it does not know and reads past the end of some damaged ones. So the
fields are read here, and RDKit gets only those that are checked.

References
----------
ChemAxon, "ChemAxon Extended SMILES and SMARTS", docs.chemaxon.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rdkit import Chem

from riboswitch.errors import Problem, shorten

_FIELD = re.compile(
    r"(?P<labels>\$[^$]*\$)|(?P<coordinates>\([^()]*\))"
    r"|(?P<key>[A-Za-z]+|&|@@?|\^)(?P<number>\d*)(?::(?P<value>(?:[^,]|,(?![A-Za-z&@^$(]|$))*))?"
)
_EMPTY = re.compile(r"[\s,]*")
_NUMBERS, _PAIRS = re.compile(r"\d+(?:,\d+)*,?"), re.compile(r"\d+\.\d+(?:,\d+\.\d+)*,?")
_ESCAPED = re.compile(r"&#(\d+);")

_DRAWING = {
    "coordinates": "coordinates", "_AV": "atom values", "atomProp": "atom properties", "lp": "lone pairs",
    "LP": "lone pairs", "f": "grouping of fragments", "SgD": "data groups", "SgH": "hierarchy of groups",
    "wU": "wedges", "wD": "wedges", "labels": "atom labels",
}  # fmt: skip
"""Fields that do not change the molecule, and their names."""

_SEVERAL = {
    "LN": "a link node (LN), which repeats", "m": "a bond to one of several atoms (m)",
    "RG": "an R group (RG)", "LO": "an R group (LO)", "rb": "a query (rb)",
    "s": "a query (s)", "u": "a query (u)",
}  # fmt: skip
"""Fields that make the structure stand for several molecules."""

_POLYMERS = {
    "n": "repeat unit (SRU)", "mon": "monomer", "mer": "mer", "co": "copolymer",
    "alt": "alternating copolymer", "ran": "random copolymer", "blk": "block copolymer", "grf": "graft",
    "xl": "crosslink", "mod": "modification", "any": "polymer of any kind", "gen": "generic group",
    "mix": "mixture", "f": "formulation", "c": "component of a mixture",
}  # fmt: skip
"""Types of the groups of ``Sg``."""

_ATOMS, _BONDS, _ATOM_BONDS = ("a", "o", "&", "^"), ("c", "t", "ctu"), ("w", "C", "wU", "wD")
_STEREO_GROUPS = ("a", "o", "&")


class Field(NamedTuple):
    """One field, as ``&1:1,3``: key ``&``, number ``1``, value ``1,3``."""

    key: str
    number: str
    value: str

    @property
    def text(self) -> str:
        return f"{self.key}{self.number}:{self.value.rstrip(',')}"


@dataclass(frozen=True, slots=True)
class Extension:
    """What an extension says.

    Attributes
    ----------
    meant : str
        The fields that change the molecule, for RDKit; empty if there are none.
    ignored : tuple of str
        Names of the fields that only say how to draw it.
    """

    meant: str = ""
    ignored: tuple[str, ...] = ()


def read(extension: str, smiles: str) -> Extension | Problem:
    """Read the text between the bars.

    Parameters
    ----------
    extension : str
    smiles : str
        The SMILES before it, for the numbers of its atoms and bonds.

    Returns
    -------
    Extension or Problem
        Codes: ``POLYMER QUERY_ATOMS BAD_EXTENSION``, and ``BAD_SMILES`` if RDKit cannot read the SMILES.
    """
    fields = [*_fields(extension)]
    problem = _polymer(fields) or _several(fields) or _strange(fields)
    if problem:
        return problem
    drawn = _drawn(smiles)
    if drawn is None:
        return Problem("BAD_SMILES", "not a SMILES")
    for field in fields:
        if problem := _bad_numbers(field, drawn) or _bad_labels(field, drawn):
            return problem
    groups = _stereo_groups(fields, drawn)
    if isinstance(groups, Problem):
        return groups
    others = [f.text for f in fields if f.key in ("^", "c", "t", "ctu", "w", "C")]
    ignored = dict.fromkeys(name for f in fields if (name := _ignored(f)))
    return Extension(",".join([*others, *groups]), tuple(ignored))


def unmarked_wedge(extension: str, mol: Chem.Mol) -> Problem | None:
    """Find a wedge at an atom that could be stereogenic and has no mark in the SMILES.

    Parameters
    ----------
    extension : str
        A text that `read` accepted.
    mol : Mol
        The sanitised molecule with the atoms of the SMILES, hydrogens too.
    """
    wedges = [field for field in _fields(extension) if field.key in ("wU", "wD")]
    wedged = {index for field in wedges for index in _numbers(field)[0]}
    if not wedged:
        return None
    found = Chem.FindPotentialStereo(mol)
    unknown = {s.centeredOn for s in found if s.specified != Chem.StereoSpecified.Specified}
    for index in sorted(wedged):
        atom = mol.GetAtomWithIdx(index)
        axis = atom.GetHybridization() == Chem.HybridizationType.SP2  # of two rings that cannot turn
        if atom.GetChiralTag() == Chem.ChiralType.CHI_UNSPECIFIED and (axis or index in unknown):
            reason = f"a wedge at atom {index}, which has no stereo mark in the SMILES"
            return _bad(reason, "Write the stereo mark into the SMILES, as [C@H].")
    return None


def _fields(extension: str) -> Iterator[Field]:
    """The fields in order; the rest of a text that is no list of fields has the key ``?``."""
    at = 0
    while not _EMPTY.fullmatch(extension, at):
        match = _FIELD.match(extension, at)
        if not match or extension[match.end() : match.end() + 1] not in ("", ","):
            yield Field("?", "", extension[at:])
            return
        at = match.end() + 1
        if labels := match["labels"]:
            values = labels.startswith("$_AV:")
            yield Field("_AV" if values else "labels", "", labels[5:-1] if values else labels[1:-1])
        elif match["coordinates"]:
            yield Field("coordinates", "", match["coordinates"])
        else:
            yield Field(match["key"], match["number"], match["value"] or "")


def _polymer(fields: Sequence[Field]) -> Problem | None:
    for field in fields:
        if field.key == "Sg":
            kind = field.value.split(":")[0]
            reason = f"a group of the type {_POLYMERS.get(kind, kind)!r} (Sg:{shorten(kind, 20)})"
            return Problem("POLYMER", reason, "Polymers and formulations are outside this model.")
    return None


def _several(fields: Sequence[Field]) -> Problem | None:
    for field in fields:
        if field.key in _SEVERAL:
            return Problem("QUERY_ATOMS", _SEVERAL[field.key], "Give one definite molecule.")
    return None


def _strange(fields: Sequence[Field]) -> Problem | None:
    """A field that is not known, or cannot be honoured."""
    known = {*_DRAWING, *_ATOMS, *_BONDS, *_ATOM_BONDS, "r"}
    for field in fields:
        if field.key == "H":
            return _bad("a hydrogen bond (H)", "Give the molecules without hydrogen bonds.")
        if field.key not in known or (field.key == "r" and field.value):
            found = field.value if field.key == "?" else field.text.rstrip(":")
            return _bad(f"the field {shorten(found, 40)!r} is not known")
    return None


def _bad(reason: str, hint: str = "Correct it, or leave the text between the bars out.") -> Problem:
    return Problem("BAD_EXTENSION", f"in the CXSMILES extension: {reason}", hint)


def _drawn(smiles: str) -> Chem.Mol | None:
    """The molecule as it is written, with the numbers of atoms and bonds to which fields refer."""
    options = Chem.SmilesParserParams()
    options.sanitize = False  # type: ignore[assignment]
    options.removeHs = False  # type: ignore[assignment]
    return Chem.MolFromSmiles(smiles, options)


def _bad_numbers(field: Field, drawn: Chem.Mol) -> Problem | None:
    """A field whose numbers are none, or of atoms and bonds that do not exist."""
    if field.key not in (*_ATOMS, *_BONDS, *_ATOM_BONDS):
        return None
    form = _PAIRS if field.key in _ATOM_BONDS else _NUMBERS
    numbered = field.key in ("o", "&", "^")
    fine = form.fullmatch(field.value) and bool(field.number) == numbered
    if not fine or (field.key == "^" and field.number not in "1234567"):
        return _bad(f"the field {shorten(field.text, 40)!r} is damaged")
    atoms, bonds = _numbers(field)
    for name, numbers, count in (("atom", atoms, drawn.GetNumAtoms()), ("bond", bonds, drawn.GetNumBonds())):
        if largest := [n for n in numbers if n >= count]:
            return _bad(f"{shorten(field.text, 40)!r} names {name} {largest[0]}; there are {count}, from 0")
    return None


def _numbers(field: Field) -> tuple[list[int], list[int]]:
    """The numbers of atoms and of bonds that a field names."""
    items = field.value.rstrip(",").split(",")
    if field.key in _ATOM_BONDS:
        atoms, bonds = zip(*(item.split(".") for item in items), strict=True)
        return [*map(int, atoms)], [*map(int, bonds)]
    numbers = [*map(int, items)]
    return ([], numbers) if field.key in _BONDS else (numbers, [])


def names_itself(symbol: str, label: str) -> bool:
    """Whether the label of an atom is its own name, as ``CH3``, ``H2N`` or ``C12'``, or a number."""
    own = re.escape(symbol)
    return bool(re.fullmatch(rf"(?:(?:H\d*)?{own}(?:H\d*)?)?\d*'*[+-]?\d*", label))


def _bad_labels(field: Field, drawn: Chem.Mol) -> Problem | None:
    """A label that stands for something else than its atom."""
    if field.key != "labels":
        return None
    labels = field.value.split(";")
    if len(labels) > drawn.GetNumAtoms():
        return _bad(f"{len(labels)} atom labels for {drawn.GetNumAtoms()} atoms")
    for atom, label in zip(drawn.GetAtoms(), labels, strict=False):
        text = _ESCAPED.sub(lambda code: chr(int(code[1]) % 0x110000), label).strip()
        if atom.GetAtomicNum() and not names_itself(atom.GetSymbol(), text):
            reason = f"the label {shorten(text, 40)!r} on {atom.GetSymbol()} stands for other atoms"
            return Problem("QUERY_ATOMS", reason, "Give one definite molecule, with all its atoms.")
    return None


def _stereo_groups(fields: Sequence[Field], drawn: Chem.Mol) -> list[str] | Problem:
    """The stereo groups, each written once; an atom belongs to one.

    ``r`` says that the chiral flag is off: the marks outside of groups are those of a racemate.
    """
    groups: dict[str, list[int]] = {}
    seen: set[int] = set()
    for field in fields:
        if field.key in _STEREO_GROUPS:
            atoms = _numbers(field)[0]
            if twice := seen.intersection(atoms):
                return _bad(f"atom {min(twice)} is in two stereo groups")
            seen.update(atoms)
            groups.setdefault(f"{field.key}{field.number}", []).extend(atoms)
    if any(field.key == "r" for field in fields):
        marked = {a.GetIdx() for a in drawn.GetAtoms() if a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED}
        if rest := sorted(marked - seen):
            free = 1 + max((int(name[1:]) for name in groups if name[0] == "&"), default=0)
            groups[f"&{free}"] = rest
    return [f"{name}:{','.join(map(str, atoms))}" for name, atoms in groups.items()]


def _ignored(field: Field) -> str:
    if field.key == "labels" and not field.value.strip(";"):
        return ""
    return _DRAWING.get(field.key, "")
