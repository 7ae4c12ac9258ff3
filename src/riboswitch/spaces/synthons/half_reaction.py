"""A reaction as SMARTS, cut into one half for each reactant: building block in, synthon out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rdkit import Chem, rdBase
from rdkit.Chem import rdChemReactions

from riboswitch.errors import InputError

_HINT = "Write it as [C:1](=[O:2])[OH].[N;H2:3]>>[C:1](=[O:2])[N:3], each atom that stays with its number."


@dataclass(frozen=True)
class HalfReaction:
    """What a reaction does to one of its reactants.

    Attributes
    ----------
    reaction : RDKit reaction
        Of one reactant; its product has a numbered open end for each new bond.
    pattern : Mol
        What a reactant must hold.
    """

    reaction: rdChemReactions.ChemicalReaction
    pattern: Chem.Mol

    def synthons(self, block: Chem.Mol) -> list[str]:
        """SMILES of the different synthons that a building block gives, in the order of its atoms."""
        if not block.HasSubstructMatch(self.pattern):
            return []
        found: dict[str, None] = {}
        with rdBase.BlockLogs():
            for (product,) in self.reaction.RunReactants((block,)):
                try:
                    Chem.SanitizeMol(product)
                except (ValueError, RuntimeError):  # no molecule, for RDKit
                    continue
                found.setdefault(Chem.MolToSmiles(product))
        return [*found]


def half_reactions(smarts: str, where: str) -> list[HalfReaction]:
    """Cut a reaction at the bonds that it forms between its reactants.

    Parameters
    ----------
    smarts : str
    where : str
        The file and row, for messages.

    Raises
    ------
    InputError
        If it is no reaction of two or three reactants with one product.
    """
    with rdBase.BlockLogs():
        try:
            reaction = rdChemReactions.ReactionFromSmarts(smarts)
        except ValueError as error:
            raise InputError("not a reaction SMARTS", where=where, found=smarts, hint=_HINT) from error
    many = reaction.GetNumReactantTemplates()
    if not 2 <= many <= 3 or reaction.GetNumProductTemplates() != 1:
        found = f"{many} reactants, {reaction.GetNumProductTemplates()} products"
        raise InputError("a reaction needs two or three reactants and one product", where=where, found=found,
                         hint=_HINT)  # fmt: skip
    reactants = [Chem.Mol(reaction.GetReactantTemplate(i)) for i in range(many)]
    product = reaction.GetProductTemplate(0)
    owners = _owners(product, reactants, where)
    pieces = _pieces(product, owners, many, where)
    return [_half(reactant, piece) for reactant, piece in zip(reactants, pieces, strict=True)]


def _owners(product: Chem.Mol, reactants: Iterable[Chem.Mol], where: str) -> list[int]:
    """The reactant that each atom of the product comes from; new atoms belong to their neighbours."""
    of = {a.GetAtomMapNum(): i for i, r in enumerate(reactants) for a in r.GetAtoms() if a.GetAtomMapNum()}
    owners = [of.get(atom.GetAtomMapNum(), -1) for atom in product.GetAtoms()]
    for _ in owners:
        for atom in product.GetAtoms():
            beside = [owners[n.GetIdx()] for n in atom.GetNeighbors() if owners[n.GetIdx()] >= 0]
            if owners[atom.GetIdx()] < 0 and beside:
                owners[atom.GetIdx()] = beside[0]
    if -1 in owners:
        raise InputError("a part of the product comes from no reactant", where=where, hint=_HINT)
    return owners


def _pieces(product: Chem.Mol, owners: list[int], many: int, where: str) -> list[str]:
    """The product's part of each reactant as SMARTS, with open ends."""
    editable = Chem.RWMol(product)
    formed = [bond for bond in product.GetBonds()
              if owners[bond.GetBeginAtomIdx()] != owners[bond.GetEndAtomIdx()]]  # fmt: skip
    for label, bond in enumerate(formed, 1):
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        kind = bond.GetBondType() if bond.GetBondType() == Chem.BondType.DOUBLE else Chem.BondType.SINGLE
        editable.RemoveBond(*ends)
        for end in ends:
            dummy = Chem.Atom(0)
            dummy.SetIsotope(label)
            editable.AddBond(end, editable.AddAtom(dummy), kind)
    owner = [
        *owners,
        *(owners[end] for bond in formed for end in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())),
    ]
    parts: dict[int, str] = {}
    for atoms in Chem.GetMolFrags(editable):
        whose = {owner[atom] for atom in atoms}
        if len(whose) != 1 or whose & parts.keys():
            raise InputError(
                "the product does not fall into one part for each reactant", where=where, hint=_HINT
            )
        parts[whose.pop()] = Chem.MolFragmentToSmarts(editable, list(atoms))
    if len(parts) != many:
        raise InputError("a reactant leaves nothing in the product", where=where, hint=_HINT)
    return [parts[i] for i in range(many)]


def _half(reactant: Chem.Mol, piece: str) -> HalfReaction:
    made = rdChemReactions.ReactionFromSmarts(f"{Chem.MolToSmarts(reactant)}>>{piece}")
    made.Initialize()
    return HalfReaction(made, Chem.Mol(reactant))  # a copy: the reaction that it is of may be gone
