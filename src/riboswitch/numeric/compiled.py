"""Loops that numba compiles on their first call, and keeps compiled for later runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; other threads may run while it does.

    What was compiled is kept beside the file or in the user's cache folder (``NUMBA_CACHE_DIR``); where
    neither can be written, it is compiled again in each process.
    """
    return _kept(function)


def compiled_loosely(function: Function) -> Function:
    """`compiled`, but sums of floats may be added in any order: then the processor adds several at once."""
    return _kept(function, fastmath={"reassoc", "contract", "nsz"})


def _kept(function: Function, **options: Any) -> Function:
    try:
        return njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # numba found no place to keep it
        return njit(nogil=True, **options)(function)
