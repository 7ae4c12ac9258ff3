"""Batches of rows of similar length, so that little is padding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

POOL_OF_BATCHES = 64  # rows are sorted within shuffled pools: sorting all would tie batches to classes


def batches_by_length(
    lengths: np.ndarray, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Cut ``rows`` into batches of similar length: shuffled if ``rng`` is given, else from short to long."""
    if rng is None:
        ordered = rows[np.argsort(lengths[rows], kind="stable")]
        yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))
        return
    shuffled = rng.permutation(rows)
    pool = batch_size * POOL_OF_BATCHES
    cut = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        cut += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    for i in rng.permutation(len(cut)):
        yield cut[i]
