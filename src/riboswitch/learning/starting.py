"""A network that starts from the trained layers of another one, which learn on or stay as they are."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.modalities.parts import NetworkPart

HINT = "Both must have the same settings below the head, and read the same encoding."


def start_from(model: Model, network: nn.Module, part: NetworkPart, settings: Any = None) -> None:
    """Copy the parameters below the head from a trained model into a network.

    Parameters
    ----------
    model : Model
        Its first network is the start.
    network : Module
    part : NetworkPart
    settings : NetworkSettings, optional
        Those of ``network``; those that decide what is below the head are compared.

    Raises
    ------
    UsageError
        If the two differ in kind, settings or size below the head, or networks of this kind cannot do this.
    """
    own = network.state_dict()
    if not part.TRUNK or part.TRUNK[0] not in {name.split(".")[0] for name in own}:
        raise UsageError("networks of this modality cannot start from another", found=model.modality)
    for name in part.TRUNK_SETTINGS if settings is not None else ():
        theirs, ours = model.header["network"].get(name), getattr(settings, name)
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
