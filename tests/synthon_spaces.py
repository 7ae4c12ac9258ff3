"""A space cut from the drugs of the tests, and networks that learned nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from rdkit import Chem

from bundles import untested_bundle, with_golden
from riboswitch.chem.standardize import Standardized, standardize
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.network import Network, NetworkSettings

DRUGS = Path(__file__).parent / "data/drugs.smi"
CUTS = {
    "amide": "[CX3;!R](=O)-[NX3]",
    "amine": "[NX3]-[CH2;!$(C-[!#6;!#1;!N])]",
    "biaryl": "c-!@c",
    "ether": "[OX2]-!@[#6X4]",
}
"""A bond of these is cut: from its first atom to its last."""
MARKED = (
    "C(=O)/C=C/C", "C(=O)[C@H](C)N", "C(=O)[C@H](O)CNC(C)=O", "[C@H](F)CO", "[C@@H](C)c1ccccc1",
)  # fmt: skip
AMINES = (
    "NC[C@H](O)CNC(C)=O",
    "NC(C)=N/C",
    "/N=C(\\N)CC",
    "N=C(N)N",
    "[n+]1ccccc1",
    "Nc1ccccc1",
    "C#N",
    "C1(C)CC1C",
)


def drugs():
    """SMILES of the drugs in standard form."""
    lines = [line.split()[0] for line in DRUGS.read_text("utf-8").splitlines() if line.strip()]
    found = [standardize(line) for line in lines]
    return [each.smiles for each in found if isinstance(each, Standardized) and "|" not in each.smiles]


def halves(smiles, pattern):
    """Pairs of synthons of a molecule, one for each bond of the pattern that is in no ring."""
    mol = Chem.MolFromSmiles(smiles)
    for match in mol.GetSubstructMatches(Chem.MolFromSmarts(pattern)):
        first, last = match[0], match[-1]
        bond = mol.GetBondBetweenAtoms(first, last)
        if bond is None or bond.IsInRing() or bond.GetBondType() != Chem.BondType.SINGLE:
            continue
        pieces = Chem.FragmentOnBonds(mol, [bond.GetIdx()], dummyLabels=[(1, 1)])
        atoms: list = []
        parts = Chem.GetMolFrags(pieces, asMols=True, fragsMolAtomMapping=atoms)
        if len(parts) == 2:
            order = 0 if first in atoms[0] else 1
            yield tuple(Chem.MolToSmiles(part) for part in (parts[order], parts[1 - order]))


def cut(smiles, pattern, most=12):
    """Different synthons of each side of a bond, of many molecules, smallest first."""
    found = [pair for each in smiles for pair in halves(each, pattern)]
    return [sorted({pair[side] for pair in found}, key=lambda s: (len(s), s))[:most] for side in (0, 1)]


def rows(reaction, *sides):
    """Lines of a file of synthons."""
    return [
        f"{text}\t{reaction}-{number}-{i}\t{number}\t{reaction}"
        for number, side in enumerate(sides, 1)
        for i, text in enumerate(side)
    ]


def lines(most=12):
    """A space of two and three components, marks that depend on the partner, a reaction that forms a ring."""
    given = drugs()
    made = ["SMILES\tsynton_id\tsynton#\treaction_id"]
    for name, pattern in CUTS.items():
        made += rows(name, *cut(given, pattern, most))
    made += rows("marked", [f"[1*]{s}" for s in MARKED], [f"[1*]{s}" for s in AMINES])
    middles = ["[1*]N[2*]", "[1*]NC[C@H](C)N[2*]", "[1*]c1ccc([2*])cc1"]
    made += rows("chain", ["[1*]C(C)=O", "[1*]C(=O)[C@H](F)CO"], middles,
                 ["[2*]C(=O)C1CC1", "[2*]CC", "[2*]S(C)(=O)=O"])  # fmt: skip
    made += rows("ring", ["[1*]CCN[2*]", "[1*]CCCN[2*]"], ["[1*]C(=O)CC([2*])=O"])
    return made


def model(kind="binary", members=3, targets=("y",), seed=0, **settings):
    """A bundle of networks that learned nothing."""
    classes = ["a", "b", "c"] if kind == "multiclass" else []
    how = {"hidden": 12, "ffn_hidden": 10, **settings}
    some = encode({"molecule": drugs()}, drugs())
    tensors = {}
    for number in range(members):
        torch.manual_seed(number + seed)
        network = Network(NetworkSettings(**how), len(classes) or len(targets), some.meta)
        if network.features.mass:
            network.masses[:] = torch.rand(network.masses.shape) * 200
        if settings.get("batch_norm"):
            network.norm.running_mean.normal_()
            network.norm.running_var.uniform_(0.5, 2)
            torch.nn.init.normal_(network.norm.weight)
        network.fit_scalers(some, np.arange(len(some)))
        tensors |= {f"{number}.{k}": v.numpy().copy() for k, v in network.state_dict().items()}
    many = len(classes) or len(targets)
    facts = {"label_mean": [1.5] * many, "label_sd": [2.0] * many} if kind == "regression" else {
        "label_mean": [0.0] * many, "label_sd": [1.0] * many}  # fmt: skip
    each = [{"seed": i, "repeat": i, "temperature": 0.2 + 0.1 * i, **facts} for i in range(members)]
    made = untested_bundle(tensors, each, modality="molecule", components=["molecule"], encoder=some.meta,
                           task={"kind": kind, "targets": list(targets), "classes": classes}, network=how,
                           reading={})  # fmt: skip
    return with_golden(made, {"molecule": ["CCO", "c1ccccc1"]})
