"""The device and the precision that a network computes with."""

from __future__ import annotations

import torch

from riboswitch.config.settings import one_of
from riboswitch.errors import UsageError
from riboswitch.modalities.parts import NetworkModule

DEVICES = ("cpu", "cuda", "auto")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def find_device(name: str) -> torch.device:
    """The device of this name; ``auto`` is a GPU if there is one.

    Raises
    ------
    UsageError
        For an unknown name, or for ``cuda`` if torch sees no GPU.
    """
    one_of("device", name, DEVICES)
    gpu = torch.cuda.is_available()
    if name == "cuda" and not gpu:
        raise UsageError("torch sees no GPU here", found=name, hint="Use the device cpu or auto.")
    return torch.device("cuda" if gpu and name != "cpu" else "cpu")


def set_precision(network: NetworkModule, name: str) -> None:
    """Let a network compute in this precision up to its head.

    Raises
    ------
    UsageError
        For an unknown name, or a network that computes in float32 only.
    """
    one_of("precision", name, tuple(PRECISIONS))
    if network.precision is None:
        raise UsageError("this network computes in float32 only", found=name)
    network.precision = PRECISIONS[name]
