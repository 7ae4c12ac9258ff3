"""The best of all products of a space, each written as SMILES, read and scored for itself.

The oracle of the list. No molecules are joined: the SMILES of one synthon takes the place of the connector in
that of its partner, and RDKit reads the whole.
"""

from __future__ import annotations

import re
import sys

from common import serve
from spaces_made import COLUMN, PLAIN

_CONNECTOR = re.compile(r"\[\d*\*\]")
_TOKEN = re.compile(r"\[[^\]]*\]|%\d\d|\d")
_SHIFT = 50  # ring closures of a branch get other numbers than those of the synthon it is put into
AT_ONCE = 16_384


def trunk(smiles):
    """The SMILES of a synthon before and after its connector."""
    mol, dummy = _read(smiles)
    (beside,) = mol.GetAtomWithIdx(dummy).GetNeighbors()
    before, after = _CONNECTOR.split(_write(mol, beside.GetIdx()))
    return before, after


def branch(smiles):
    """The SMILES of a synthon from its connector on, without it, as it stands behind another atom."""
    mol, dummy = _read(smiles)
    _, text = _CONNECTOR.split(_write(mol, dummy))
    text = _TOKEN.sub(lambda found: _shifted(found.group()), text)
    return text if text[0] in "/\\" else f"-{text}"


def _read(smiles):
    from rdkit import Chem

    mol = Chem.MolFromSmiles(smiles)
    (dummy,) = [atom.GetIdx() for atom in mol.GetAtoms() if not atom.GetAtomicNum()]
    return mol, dummy


def _write(mol, first):
    from rdkit import Chem

    return Chem.MolToSmiles(mol, rootedAtAtom=first)


def _shifted(token):
    return token if token.startswith("[") else f"%{_SHIFT + int(token.removeprefix('%'))}"


def texts_of(space):
    """For each reaction: numbers of the first synthon's products, and their SMILES."""
    number = 0
    for reaction in space.reactions:
        first, second = ([row.synthon.smiles for row in rows] for rows in reaction.components)
        branches = [branch(text) for text in second]
        for before, after in map(trunk, first):
            yield number, [before + each + after for each in branches]
            number += len(branches)


def enumerated(folder, model, part, parts, most, output):
    """Score every so many synthons' products, and write the numbers and scores of the best."""
    import numpy as np
    from rdkit import Chem, rdBase

    from riboswitch.data.model import Model
    from riboswitch.modalities.molecule.encode import encode_mols
    from riboswitch.spaces.best import BestProducts
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.synthons.space import Space

    space, judge = Space.open(folder), Judge(Model.load(model), COLUMN)
    best, scored, unread = BestProducts(most), 0, []

    def score(numbers, mols):
        nonlocal scored
        scores = judge.plain(encode_mols(mols, [str(n) for n in numbers], PLAIN))
        best.add(scores, np.array(numbers, np.int64))
        scored += len(numbers)
        print(f"enumerated by process {part + 1} of {parts}: {scored:,}", file=sys.stderr, flush=True)

    numbers, mols = [], []
    with rdBase.BlockLogs():
        for place, (start, texts) in enumerate(texts_of(space)):
            if place % parts != part:
                continue
            for number, text in enumerate(texts, start):
                mol = Chem.MolFromSmiles(text)
                if mol is None:
                    unread.append(number)
                    continue
                numbers.append(number)
                mols.append(mol)
            if len(mols) >= AT_ONCE:
                score(numbers, mols)
                numbers, mols = [], []
        if mols:
            score(numbers, mols)
    np.savez(output, numbers=best.numbers, scores=best.scores, unread=np.array(unread, np.int64))
    return {"scored": scored}


if __name__ == "__main__":
    serve({"enumerated": enumerated})
