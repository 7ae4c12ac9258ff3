"""Compounds of the tests of screening, and how they are prepared."""

from __future__ import annotations

AMINES = [f"{'C' * i}N{'C' * j}" for i in range(1, 14) for j in range(1, 14)]
"""Each compound twice, but few."""

MANY_AMINES = [f"{'C' * i}N{'C' * j}" for i in range(1, 21) for j in range(1, 41)]
"""Enough for two parts and a pilot."""

CHAINS = ["C" * n + tail for n in range(1, 9) for tail in ("O", "N", "C(=O)O", "c1ccccc1")]
"""Each compound once."""

PREPARING = {"reading": {"id_column": "name"}, "part_rows": 23}


class Killed(BaseException):
    """Like SIGKILL, nothing catches it."""
