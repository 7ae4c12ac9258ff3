"""How torch computes: on which device, in which precision, and with the same bits every time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
        raise UsageError("torch sees no GPU here", found=name, hint="Use --device cpu or auto.")
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


@contextmanager
def deterministic(seed: int | None = None) -> Iterator[None]:
    """Use one thread, deterministic kernels, and a seed if given. Equal machines then give equal bytes.

    Several threads add in another order, and sums differ in the last bit.
    """
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(1)
    if seed is not None:
        torch.manual_seed(seed)
    # The same switch as torch.use_deterministic_algorithms, which first imports a compiler for a second.
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(mode)
