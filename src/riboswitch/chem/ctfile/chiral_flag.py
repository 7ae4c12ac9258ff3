"""The chiral flag of a mol block: 1 for the enantiomer that is drawn, 0 for a racemate.

Many programs write 0 without meaning it. So a setting says how 0 is read.

References
----------
BIOVIA, "CTFile Formats" (2020): "Chiral flag: 0 = not chiral, 1 = chiral", and enhanced stereochemistry.
"""

from __future__ import annotations

from rdkit import Chem

CHOICES = ("stated", "absolute", "racemate")

UNAWARE = frozenset({"RDKit"})
"""Programs, as named in line 2 of the header, that write 0 whatever they mean."""

_FLAG = "_MolFileChiralFlag"


def apply(mol: Chem.Mol, smiles: str, program: str, reading: str) -> tuple[str, ...]:
    """Turn a chiral flag of 0 into a stereo group, in place.

    Centres of a stereo group that the block states (V3000) keep it, whatever the flag.

    Parameters
    ----------
    mol : Mol
        As RDKit read it from the block.
    smiles : str
        Its canonical SMILES.
    program : str
        The program that wrote the block.
    reading : {"stated", "absolute", "racemate"}
        stated: 0 is a racemate, except from programs that do not set the flag; absolute: 0 is the enantiomer
        that is drawn, as 1 is; racemate: 0 is a racemate, whatever the program.

    Returns
    -------
    tuple of str
        Notes on how the flag was read; none if it makes no difference.
    """
    if reading == "absolute" or (mol.HasProp(_FLAG) and mol.GetIntProp(_FLAG) != 0):
        return ()
    if not _has_mirror_image(mol, smiles):
        return ()
    if reading == "stated" and program in UNAWARE:
        return (f"chiral flag 0 of {program} ignored",)
    mol.SetIntProp(_FLAG, 0)
    Chem.TranslateChiralFlagToStereoGroups(mol, Chem.StereoGroupType.STEREO_AND)
    return ("chiral flag 0: read as a racemate",)


def _has_mirror_image(mol: Chem.Mol, smiles: str) -> bool:
    """Whether inverting the centres of no stereo group gives another molecule."""
    if "@" not in smiles:
        return False
    grouped = {atom.GetIdx() for group in mol.GetStereoGroups() for atom in group.GetAtoms()}
    mirror = Chem.Mol(mol)
    inverted = False
    for index in range(mirror.GetNumAtoms()):
        atom = mirror.GetAtomWithIdx(index)
        if atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED and index not in grouped:
            atom.InvertChirality()
            inverted = True
    return inverted and bool(Chem.MolToSmiles(mirror) != smiles)
