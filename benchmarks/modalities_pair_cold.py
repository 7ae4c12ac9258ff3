"""Pairs of Davis in cold splits: new families of proteins, new scaffolds, both; see `modalities_pair`."""

from __future__ import annotations

from typing import Any

from modalities_pair import davis_cold


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """No figure of its own; the metrics of all methods by split."""
    return {}, davis_cold(bench.data / "davis_deepdta", bench.work / "pair")
