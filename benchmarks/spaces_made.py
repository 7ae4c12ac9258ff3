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


@cache
def made_of_tests():
    """The module of the tests that cuts molecules and makes networks; its folder has this script's name."""
    tests = HERE.parent / "tests"
    sys.path.insert(0, str(tests))
    spec = importlib.util.spec_from_file_location("made_space", tests / "synthon_spaces.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def synthons(data, pattern, most, seed=0):
    """Synthons of both sides of a bond of MoleculeNet's molecules."""
    texts = molecules(data)
    random.Random(seed).shuffle(texts)
    sides = {}, {}
    for text in texts:
        if min(map(len, sides)) >= most:
            break
        for pair in made_of_tests().halves(text, pattern):
            for side, part in zip(sides, pair, strict=True):
                if len(side) < most and part.count("*") == 1 and len(part) < 60:
                    side.setdefault(part)
    return [sorted(side) for side in sides]


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


def write_space(data, reactions, most, folder, middle=0):
    """A space of so many synthons a side for each reaction; made once in a folder.

    With ``middle`` there is one reaction more, of three components with so many in the middle.
    """
    from riboswitch.spaces.synthons.space import Space, is_space
    from riboswitch.steps.space import space

    folder = Path(folder)
    if is_space(folder / "space"):
        return Space.open(folder / "space")
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["SMILES\tsynton_id\tsynton#\treaction_id"]
    for name in reactions:
        for number, side in enumerate(synthons(data, CUTS[name], most), 1):
            lines += [f"{text}\t{name}-{number}-{i}\t{number}\t{name}" for i, text in enumerate(side)]
    if middle:
        a, b = synthons(data, CUTS["amide"], most)
        b = [text.replace("[1*]", "[2*]") for text in b]
        for number, side in enumerate((a, links()[:middle], b), 1):
            lines += [f"{text}\tchain-{number}-{i}\t{number}\tchain" for i, text in enumerate(side)]
    path = folder / "synthons.txt"
    path.write_text("\n".join(lines) + "\n")
    return space(path, output=folder / "space", processes=2)


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
