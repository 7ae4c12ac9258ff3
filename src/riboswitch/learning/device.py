"""How torch computes: on which device, in which precision, and with the same bits every time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from riboswitch.config.settings import one_of
from riboswitch.errors import UsageError
from riboswitch.modalities.parts import NetworkModule

DEVICES = ("cpu", "cuda", "auto")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
AUTO = "auto"
UNITS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Flags of Linux for units that multiply bfloat16: of x86 (AVX-512 or AMX) and of Arm."""
CPU_FACTS = Path("/proc/cpuinfo")
FIRST_GPU = (8, 0)  # compute capability of the first NVIDIA GPUs with such units (Ampere)


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


def settled_precision(name: str, device: str = "cpu") -> str:
    """The precision of this name; ``auto`` is bfloat16 where there are units for it, and else float32.

    Without such units bfloat16 is slower. What the processor is decides, and not a trial: the same machine
    always takes the same precision, however busy it is. It must be known on Linux; elsewhere ``auto`` is
    float32.

    Raises
    ------
    UsageError
        For an unknown name or device.
    """
    one_of("precision", name, (*PRECISIONS, AUTO))
    if name != AUTO:
        return name
    return "bfloat16" if _has_units(find_device(device)) else "float32"


def _has_units(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= FIRST_GPU
    return not UNITS.isdisjoint(_flags())


def _flags() -> set[str]:
    """What the processor can do, in the words of Linux; empty elsewhere."""
    try:
        lines = CPU_FACTS.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    named = (line.partition(":") for line in lines)
    return {
        flag for name, _, flags in named if name.strip() in ("flags", "Features") for flag in flags.split()
    }


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
