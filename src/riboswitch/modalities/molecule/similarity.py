"""Similarity of molecules: Tanimoto similarity of Morgan fingerprints of radius 2."""

from __future__ import annotations

import numpy as np

from riboswitch.chem import similarity as morgan
from riboswitch.chem.similarity import tanimoto_nearest as nearest
from riboswitch.modalities.parts import Inputs

__all__ = ["NAME", "fingerprints", "nearest"]

NAME = "Tanimoto, Morgan fingerprints of radius 2"


def fingerprints(inputs: Inputs) -> np.ndarray:
    """Packed fingerprints, uint8 of shape (molecules, 256)."""
    return morgan.fingerprints(inputs["molecule"])
