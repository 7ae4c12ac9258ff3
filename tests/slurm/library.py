"""A large library from a small one: approved drugs with other substituents on their aromatic rings.

The screens of the acceptance run need more compounds than the default analysis has. `grow` makes them from
what it fetches, always the same ones. They propose nothing: they are valid, distinct, and as large as drugs.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from rdkit import Chem, RDLogger

ATOM = re.compile(r"(\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops])((?:%\d\d|\d)*)")
MOST_ATOMS = 50  # of a parent; larger ones are no small molecules
WRITTEN = (
    "F Cl Br C CC C(C)C C(C)(C)C C1CC1 C(F)(F)F OC OCC OC(F)(F)F O N NC N(C)C C#N C(=O)O "
    "C(=O)OC C(=O)N C(=O)NC NC(C)=O S(C)(=O)=O S(N)(=O)=O SC [N+](=O)[O-] C=C C#C CO "
    "CN N1CCOCC1 N1CCCC1 N1CCN(C)CC1 n1cccn1 c1ccccc1 c1ccncc1 C(=O)C OCCO OCc1ccccc1"
)
SUBSTITUENTS = WRITTEN.split(" ")


class Parent:
    """A drug, its SMILES cut where a substituent can be put in."""

    def __init__(self, name: str, molecule: Chem.Mol) -> None:
        self.name = name
        self.smiles = Chem.MolToSmiles(molecule)
        order = list(molecule.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
        rank = list(Chem.CanonicalRankAtoms(molecule, breakTies=False))
        ends: dict[int, int] = {}  # symmetry class -> where its first free place ends in the SMILES
        for atom, token in zip(order, ATOM.finditer(self.smiles), strict=True):
            free = molecule.GetAtomWithIdx(atom).GetIsAromatic() and token[1] == "c"
            if free and molecule.GetAtomWithIdx(atom).GetTotalNumHs() == 1:
                ends.setdefault(rank[atom], token.end())
        self.places = sorted(ends.values())

    def relative(self, draw: random.Random) -> str:
        """The SMILES of this drug with one or two more substituents."""
        places = draw.sample(self.places, min(len(self.places), draw.choice((1, 2, 2, 2))))
        smiles = self.smiles
        for place in sorted(places, reverse=True):
            group = draw.choice(SUBSTITUENTS)
            smiles = f"{smiles[:place]}({_renumbered(group)}){smiles[place:]}"
        return smiles


def _renumbered(group: str) -> str:
    """The rings of a group, numbered so high that no drug has the number open."""
    return re.sub(r"(?<=[A-Za-z])1", "%91", group)


def parents(drugs: Path) -> list[Parent]:
    """Drugs of one part with a free place on an aromatic ring."""
    RDLogger.DisableLog("rdApp.*")
    table = pd.read_parquet(drugs, columns=["molecule_chembl_id", "smiles"])
    found = []
    for name, smiles in table.itertuples(index=False):
        molecule = Chem.MolFromSmiles(smiles or "")
        if molecule is None or "." in smiles or not 8 <= molecule.GetNumAtoms() <= MOST_ATOMS:
            continue
        parent = Parent(name, molecule)
        if parent.places:
            found.append(parent)
    return found


def relatives(drugs: Path, rows: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """So many distinct SMILES with their ids, in an order in which every part is like the whole."""
    draw = random.Random(seed)
    known: set[str] = set()
    drawn_from = parents(drugs)
    while len(known) < rows:
        parent = draw.choice(drawn_from)
        smiles = parent.relative(draw)
        if smiles not in known:
            known.add(smiles)
            yield smiles, f"{parent.name}-{len(known)}"


def grow(drugs: Path, rows: int, output: Path) -> None:
    """Write a library (.smi.gz) whose bytes depend on the drugs and the number of rows only."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with open(output, "wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as file:
        for smiles, name in relatives(drugs, rows):
            file.write(f"{smiles} {name}\n".encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("drugs", type=Path, help="chembl_approved_drugs.parquet of the default analysis")
    parser.add_argument("rows", type=int)
    parser.add_argument("output", type=Path, help="a .smi.gz")
    grow(**vars(parser.parse_args()))
