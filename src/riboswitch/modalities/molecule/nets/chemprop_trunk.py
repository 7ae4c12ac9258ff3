"""Reads message passing of chemprop 2 that was saved alone: a network starts from it, as from CheMeleon.

Such a file holds the settings and the parameters of one BondMessagePassing, and no head. How atoms become a
molecule is not in it: chemprop takes the mean for CheMeleon.

References
----------
Burns et al. 2025, arXiv:2506.15792 (CheMeleon).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from riboswitch.errors import BundleError
from riboswitch.modalities.molecule.nets.chemprop import (
    PARAMETERS,
    Unsupported,
    explained,
    is_trunk,
    passing_settings,
    read_checkpoint,
    refuse_passing,
)

CLASS = "BondMessagePassing"
SETTINGS = ("d_v", "d_e", "d_h", "depth", "bias", "activation")
TRANSFORMS = ("V_d_transform", "graph_transform")


@dataclass(frozen=True)
class ChempropTrunk:
    """Layers below the head, with our names.

    Attributes
    ----------
    network : dict
        The fields of NetworkSettings that the layers decide.
    parameters : dict of str to ndarray
        Parameters by their names in our network.
    """

    network: dict[str, Any]
    parameters: dict[str, np.ndarray]


def load_trunk(path: str | Path) -> ChempropTrunk | None:
    """Read message passing that was saved alone; None if the file is a whole network.

    Parameters
    ----------
    path : path
        A file of torch with ``hyper_parameters`` and ``state_dict`` of a BondMessagePassing of chemprop 2.x.
        It is read with ``weights_only``: no code in it is run.

    Raises
    ------
    BundleError
        If the file is no checkpoint or names code that is not chemprop's, if the layers are not of the sizes
        that the settings say, or if they have a part, features or an activation that our network lacks.
    """
    with explained(path):
        content = read_checkpoint(path)
        if not is_trunk(content):
            return None
        hyper = content["hyper_parameters"]
        missing = [name for name in SETTINGS if name not in hyper]
        if missing:
            raise ValueError(f"no setting {missing[0]} of the message passing")
        refuse_passing(hyper, getattr(hyper.get("cls"), "__name__", CLASS))
        if any(hyper.get(name) is not None for name in TRANSFORMS):
            raise Unsupported("transforms of the features of atoms and bonds")
        network = passing_settings(hyper)
        return ChempropTrunk(network, _parameters(content["state_dict"], hyper, path))


def _parameters(state: dict[str, Any], hyper: dict[str, Any], path: str | Path) -> dict[str, np.ndarray]:
    """The parameters, renamed, if they are those of the settings and no others."""
    wanted = _shapes(hyper)
    found = {name: tuple(values.shape) for name, values in state.items()}
    for name in sorted(wanted.keys() | found.keys()):
        there, stated = found.get(name, "nothing"), wanted.get(name, "nothing")
        if there != stated:
            told = f"{name}: {there} there, {stated} by its settings"
            raise BundleError("the layers are not those that the settings of the file say", where=str(path),
                              found=told, hint="Save the message passing again with chemprop.")  # fmt: skip
    made = {}
    for name, values in state.items():
        layer, what = name.split(".")
        made[f"{PARAMETERS[layer]}.{what}"] = values.to(torch.float32).numpy()
        if not np.isfinite(made[f"{PARAMETERS[layer]}.{what}"]).all():
            raise BundleError("the layers have values that are not finite", where=str(path), found=name)
    return made


def _shapes(hyper: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters of chemprop's BondMessagePassing, by their names there."""
    atoms, bonds, width = (int(hyper[name]) for name in ("d_v", "d_e", "d_h"))
    weights: dict[str, tuple[int, ...]] = {
        "W_i.weight": (width, atoms + bonds),
        "W_h.weight": (width, width),
        "W_o.weight": (width, atoms + width),
        "W_o.bias": (width,),
    }
    return weights | ({"W_i.bias": (width,), "W_h.bias": (width,)} if hyper["bias"] else {})
