"""The switch that makes torch reproducible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
