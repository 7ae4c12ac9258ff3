"""Spaces and networks for the benchmark: synthons by cutting bonds of MoleculeNet's molecules."""

from __future__ import annotations

import importlib.util
import random
import sys
from functools import cache
from pathlib import Path

from common import HERE

PLAIN = {"descriptors": "none"}  # networks read no descriptors
COLUMN = "p_activity"
CUTS = {
    "amide": "[CX3;!R](=O)-[NX3]",
    "amine": "[NX3]-[CH2;!$(C-[!#6;!#1;!N])]",
    "biaryl": "c-!@c",
    "ether": "[OX2]-!@[#6X4]",
    "sulfonamide": "[SX4](=O)(=O)-[NX3]",
    "benzyl": "c-!@[CX4]",
    "ester": "[CX3;!R](=O)-[OX2]",
    "aniline": "[NX3]-!@c",
    "aryl ether": "[OX2]-!@c",
    "thioether": "[SX2]-!@[#6]",
}
ACIDS_AND_AMINES = [
    (CUTS["amide"], False),
    (CUTS["ester"], False),
    (CUTS["sulfonamide"], False),
    (CUTS["aniline"], True),
    ("[NX3]-[CX4]", True),
]
"""Bonds, and whether the amine is their first side."""
ACID = "[#0]-[CX3](=O)-[#6]"
AMINE = "[#0]-[NX3;!$(N-[C,S]=[O,S,N]);!$(N-[!#6;!#0])]"


@cache
def made_of_tests():
    """The module of the tests that cuts molecules and makes networks; its folder has this script's name."""
    tests = HERE.parent / "tests"
    sys.path.insert(0, str(tests))
    spec = importlib.util.spec_from_file_location("made_space", tests / "synthon_spaces.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def cut(data, reactions, most):
    """Synthons of both sides of the bonds of each reaction: so many at most of each."""
    return {name: synthons(data, [(CUTS[name], False)], most) for name in reactions}


def amides(data, most):
    """Acids of amides and esters, and amines of amides, sulfonamides, anilines and alkyl amines."""
    return {"amide": synthons(data, ACIDS_AND_AMINES, most, fits=(ACID, AMINE))}


def chains(acids, amines, middle):
    """So many amino acids between acids and amines."""
    return {"chain": [acids, links()[:middle], [text.replace("[1*]", "[2*]") for text in amines]]}


def synthons(data, bonds, most, seed=0, fits=("*", "*")):
    """Synthons of both sides of bonds of MoleculeNet's molecules.

    Parameters
    ----------
    bonds : list of (str, bool)
        SMARTS of a bond, and whether its first atom belongs to the second side. The atom may be missing on
        the other side: a sulfonamide gives an amine.
    most : int
        Synthons a side.
    fits : (str, str)
        SMARTS that the synthons of a side match.
    """
    from rdkit import Chem

    texts = list(molecules(data))
    random.Random(seed).shuffle(texts)
    sides, queries, seen = ({}, {}), [Chem.MolFromSmarts(smarts) for smarts in fits], set()
    for text in texts:
        if min(map(len, sides)) >= most:
            break
        for pattern, turned in bonds:
            for pair in made_of_tests().halves(text, pattern):
                for side, part, query in zip(sides, pair[::-1] if turned else pair, queries, strict=True):
                    if len(side) >= most or (part, query) in seen:
                        continue
                    seen.add((part, query))
                    usual = part.count("*") == 1 and len(part) < 60
                    if usual and Chem.MolFromSmiles(part).HasSubstructMatch(query):
                        side.setdefault(part)
    return [sorted(side) for side in sides]


@cache
def molecules(data):
    """SMILES of the sets in ``data``, canonical, without salts, each once."""
    import gzip

    import pandas as pd
    from rdkit import Chem, rdBase

    found = {}
    for path in sorted(Path(data, "moleculenet").glob("*.csv*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8") as handle:
            table = pd.read_csv(handle)
        column = next((c for c in ("smiles", "mol", "SMILES") if c in table), None)
        for text in table[column] if column else ():
            if "." not in str(text):
                found.setdefault(str(text))
    made = {}
    with rdBase.BlockLogs():
        for text in found:
            mol = Chem.MolFromSmiles(text)
            if mol is not None:
                made.setdefault(Chem.MolToSmiles(mol))
    return sorted(made)


def write_space(folder, make):
    """The space whose components ``make`` gives for each reaction; made once in a folder."""
    from riboswitch.spaces.synthons.space import Space, is_space
    from riboswitch.steps.space import space

    folder = Path(folder)
    if is_space(folder / "space"):
        return Space.open(folder / "space")
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["SMILES\tsynton_id\tsynton#\treaction_id"]
    for name, components in make().items():
        for number, side in enumerate(components, 1):
            lines += [f"{text}\t{name}-{number}-{i}\t{number}\t{name}" for i, text in enumerate(side)]
    path = folder / "synthons.txt"
    path.write_text("\n".join(lines) + "\n")
    return space(path, output=folder / "space", processes=2)


def amide_space(data, most, folder):
    """The space of `amides`; made once in a folder."""
    return write_space(folder, lambda: amides(data, most))


def links():
    """Synthons with two open ends: amino acids without marks, and a few with one."""
    heads = ["N", "N(C)", "N(CC)", "N(CCO)", "N(C1CC1)"]
    chains = ["C", "CC", "CCC", "CC(C)", "C(C)C", "CCCC", "COC", "CSC", "CCOCC", "C1CC1", "CC(=O)NC"]
    rings = [
        "C1CCC(C1)",
        "c1ccc(cc1)",
        "c1cccc(c1)",
        "Cc1ccc(cc1)",
        "Cc1cccc(c1)",
        "c1ccc(nc1)",
        "c1cc(on1)",
        "c1csc(n1)",
    ]
    marked = ["[1*]N[C@@H](C)C(=O)[2*]", "[1*]N1CCC[C@H]1C(=O)[2*]", "[1*]N/C=C/C(=O)[2*]"]
    return marked + [f"[1*]{head}{spacer}C(=O)[2*]" for head in heads for spacer in chains + rings]


def bundle(width, members, folder, data):
    """Networks of this width, trained on what inhibits E. coli (Stokes et al. 2020); made once in a folder.

    Trained answers spread, so bounds leave products out as they do for a user.
    """
    import riboswitch

    path = Path(folder) / f"{width}-{members}.safetensors"
    if path.exists():
        return path
    source = {"paths": [str(Path(data, "ecoli_stokes2020/data_ecoli.csv"))]}
    task = {"kind": "binary", "targets": ["activity"]}
    records = riboswitch.parse([source], "molecule", **task)
    features = riboswitch.featurize(records, PLAIN)
    parts = riboswitch.split(records, "random", repeats=members)
    how = {"network": {"hidden": width, "ffn_hidden": width}, "settings": {"epochs": 10}}
    networks = [riboswitch.train(records, features, parts, repeat=n, **task, **how) for n in range(members)]
    path.parent.mkdir(parents=True, exist_ok=True)
    riboswitch.ensemble(networks, records).save(path)
    return path
