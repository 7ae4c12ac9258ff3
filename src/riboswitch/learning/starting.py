"""A network that starts from the trained layers of another one, which learn on or stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import NetworkPart

USES = ("free", "frozen", "none")
"""Ways to use a start: its layers learn on, stay as they are, or are left aside."""

HINT = "Both must have the same settings below the head, and read the same encoding."


def find_start(start: Model | str | Path | None, modality: Modality) -> Model | None:
    """The network to start from: a model, a bundle, or a file of another program that the modality reads.

    For molecules that is a file of chemprop 2 (.pt, .ckpt), whole or its message passing, as CheMeleon's.

    Raises
    ------
    BundleError, UsageError
        If the file cannot be used, or holds a network for other inputs.
    """
    if start is None:
        return None
    files = modality.starts
    if files and not isinstance(start, Model) and Path(start).suffix.lower() in files.SUFFIXES:
        return files.read_start(start)
    found = Model.of(start)
    if found.modality != modality.name:
        raise UsageError("the network to start from reads other inputs", where=found.source,
                         found=f"{found.modality} there, {modality.name} here", hint=HINT)  # fmt: skip
    return found


def like_start(model: Model | None, network: Mapping[str, Any], part: NetworkPart) -> dict[str, Any]:
    """Settings of a network, with those below the head of its start where none are given."""
    if model is None:
        return dict(network)
    theirs = model.header.get("network", {})
    return {name: theirs[name] for name in part.TRUNK_SETTINGS if name in theirs} | dict(network)


def beside_start(network: Mapping[str, Any], use: str, part: NetworkPart) -> dict[str, Any]:
    """Settings of a network without those that its start decides, if it has one."""
    return {
        name: value for name, value in network.items() if use == "none" or name not in part.TRUNK_SETTINGS
    }


def start_from(model: Model, network: nn.Module, part: NetworkPart, settings: Any = None) -> None:
    """Copy the parameters below the head from a trained model into a network.

    Parameters
    ----------
    model : Model
        Its first network is the start.
    network : Module
    part : NetworkPart
    settings : NetworkSettings, optional
        Those of ``network``; those that decide what is below the head are compared, as far as the start
        states them.

    Raises
    ------
    UsageError
        If the two differ in kind, settings or size below the head, or networks of this kind cannot do this.
    """
    own = network.state_dict()
    if not part.TRUNK or part.TRUNK[0] not in {name.split(".")[0] for name in own}:
        raise UsageError("networks of this modality cannot start from another", found=model.modality)
    stated = model.header["network"]
    for name in (name for name in part.TRUNK_SETTINGS if settings is not None and name in stated):
        theirs, ours = stated[name], getattr(settings, name)
        if theirs != ours:
            raise UsageError(f"the network to start from has another {name}",
                             found=f"{theirs} there, {ours} here", hint=HINT)  # fmt: skip
    wanted = {name for name in own if name.split(".")[0] in part.TRUNK}
    given = {name: torch.tensor(v) for name, v in model.parameters(0).items() if name in wanted}
    for name in sorted(wanted):
        there = tuple(given[name].shape) if name in given else "nothing"
        if there != (here := tuple(own[name].shape)):
            raise UsageError("the network to start from is of another shape",
                             found=f"{name}: {there} there, {here} here", hint=HINT)  # fmt: skip
    # Constants of the features; what scales inputs is fitted again.
    constants = {name: torch.tensor(v) for name, v in model.parameters(0).items()
                 if name in dict(network.named_buffers()) and v.shape == own[name].shape}  # fmt: skip
    network.load_state_dict(own | constants | given)


def freeze(network: nn.Module, part: NetworkPart) -> None:
    """Keep the parameters below the head as they are: no gradient reaches them."""
    for name, parameter in network.named_parameters():
        if name.split(".")[0] in part.TRUNK:
            parameter.requires_grad_(False)


def origin(model: Model, frozen: bool) -> dict[str, Any]:
    """What a bundle records of its start: the digest of its first network, and whether that was frozen."""
    sha256 = hashlib.sha256()
    for name, values in sorted(model.parameters(0).items()):
        sha256.update(name.encode() + values.tobytes())
    return {"network": sha256.hexdigest()[:16], "frozen": frozen}
