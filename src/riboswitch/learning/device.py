"""Where a network computes, and how precisely."""

from __future__ import annotations

import torch
from torch import nn

from riboswitch.config.settings import one_of
from riboswitch.errors import UsageError

DEVICES = ("cpu", "cuda", "auto")
PRECISIONS = ("float32", "bfloat16")


def find_device(name: str) -> torch.device:
    """The device of this name; ``auto`` is a GPU where there is one.

    Raises
    ------
    UsageError
        For another name, or ``cuda`` where torch sees no GPU.
    """
    one_of("device", name, DEVICES)
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise UsageError("torch sees no GPU here", found=name, hint="Use the device cpu or auto.")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def set_precision(network: nn.Module, name: str) -> None:
    """Let a network compute what it does before its head in this precision.

    Raises
    ------
    UsageError
        For another name, or a network that cannot.
    """
    one_of("precision", name, PRECISIONS)
    if not hasattr(network, "precision"):
        raise UsageError("this network computes in float32 only", found=name)
    network.precision = getattr(torch, name)
