"""What training and test molecules have in common: structures, scaffolds, similarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem, rdBase

from riboswitch.chem.similarity import BITS, fingerprint, tanimoto_nearest
from riboswitch.chem.smiles import molecules
from riboswitch.config.settings import check_settings, number
from riboswitch.modalities.molecule.group import scaffold
from riboswitch.modalities.molecule.kin import flattened, skeleton
from riboswitch.modalities.optional_parts import AuditKind, Compared, Partners, Sketch
from riboswitch.modalities.parts import Inputs

KINDS = {
    "exact": AuditKind("red", "the same molecule in standard form"),
    "salt": AuditKind("red", "the same molecule, given with other counter-ions or solvents"),
    "stereo": AuditKind("red", "the same molecule but for stereo marks and isotopes, as a racemate and its "
                               "enantiomer"),
    "tautomer": AuditKind("amber", "most likely tautomers: the same heavy atoms, bound alike, and as many "
                                  "hydrogens"),
    "scaffold": AuditKind("amber", "the same rings and linkers (Bemis-Murcko scaffold)"),
    "similar": AuditKind("amber", "fingerprints that are at least as similar as the setting says"),
}  # fmt: skip
SAME = ("exact", "salt")
MEASURES = {"tanimoto": "Tanimoto similarity of Morgan fingerprints (radius 2, 2048 bits)"}
FIELDS = ("changes",)
REMOVED = "removed "


@dataclass(frozen=True)
class AuditSettings:
    """When two molecules count as similar.

    Attributes
    ----------
    similar : float
        Least Tanimoto similarity of molecules that are called similar.
    """

    similar: float = number(0.85, above=0, at_most=1)

    def __post_init__(self) -> None:
        check_settings(self)


def sketch(inputs: Inputs, reading: Mapping[str, Any]) -> Sketch:
    """Sketch molecules: their keys, and packed fingerprints.

    The key of tautomers is `kin.skeleton`. It is the same for all tautomers but those in which a ring opens
    or closes, and for compounds that differ in the place of a double bond: so it only warns. An acyclic
    molecule has no scaffold.
    """
    structures = list(inputs["molecule"])
    changes = inputs.get("changes") or [""] * len(structures)
    keys: dict[str, list[str | None]] = {name: [] for name in KINDS if name != "similar"}
    prints = np.empty((len(structures), BITS // 8), np.uint8)
    with rdBase.BlockLogs():
        for row, mol in enumerate(molecules(structures)):
            removed = [c for c in str(changes[row] or "").split("; ") if c.startswith(REMOVED)]
            flat = flattened(mol)
            keys["exact"].append(" ".join([structures[row], *removed]))
            keys["salt"].append(structures[row])
            keys["stereo"].append(Chem.MolToSmiles(flat))
            keys["scaffold"].append(scaffold(mol) if mol.GetRingInfo().NumRings() else None)
            prints[row] = fingerprint(mol)
            keys["tautomer"].append(skeleton(flat))
    return Sketch(keys, {"fingerprints": prints})


def compare(train: Sketch, test: Sketch, settings: AuditSettings, threads: int) -> Compared:
    """Find the most similar training molecule of each test molecule."""
    asked, known = test.arrays["fingerprints"], train.arrays["fingerprints"]
    similarity, index = tanimoto_nearest(asked, known, threads)
    value = np.maximum(similarity.astype(np.float64), 0.0)
    similar = np.where(value >= settings.similar, index, -1)
    return Compared({"similar": Partners(similar, value)}, {"tanimoto": Partners(index, value)})
