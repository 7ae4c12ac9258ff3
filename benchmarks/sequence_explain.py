"""Saturation mutagenesis: the fast way, compared with one forward pass for each batch of mutants."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from common import cpu_seconds, serve, worker

# Alphabet, letters, head: aligned windows, and whole genes and proteins.
CASES = [
    ("dna", 200, "aligned"),
    ("dna", 200, "pooled"),
    ("dna", 500, "pooled"),
    ("dna", 1000, "pooled"),
    ("protein", 200, "pooled"),
    ("protein", 400, "pooled"),
    ("protein", 1000, "pooled"),
]
DIRECT_MOST = 1500  # mutants that the direct way is timed on; its time is proportional to their number
OWN_ROWS = 128  # batch size of `predict`
DIRECT_ROWS = (64, OWN_ROWS, 256)  # batch sizes; the fastest counts


def time_case(
    alphabet: str, length: int, head: str, recurrent: str = "lstm", seed: int = 0
) -> dict[str, Any]:
    """CPU seconds of both ways for a random sequence and a network of the default size."""
    from riboswitch.modalities.sequence.encode import encode
    from riboswitch.modalities.sequence.explain import substitutions
    from riboswitch.modalities.sequence.nets.mutagenesis import Substitutions, direct_answers, mutant_answers
    from riboswitch.modalities.sequence.network import Network, NetworkSettings

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    letters = "ACGT" if alphabet == "dna" else "ACDEFGHIKLMNPQRSTVWY"
    text = "".join(np.random.default_rng(seed).choice(list(letters), length))
    arrays = encode({"sequence": [text]}, ["a"], {"alphabet": alphabet, "window": length})
    network = Network(NetworkSettings(head=head, recurrent=recurrent), 3, arrays.meta).eval()
    sequence, mutants = arrays.only.values["letters"], substitutions(arrays, 0)
    chosen = np.random.default_rng(seed).permutation(len(mutants.code))[:DIRECT_MOST]
    some = Substitutions(mutants.position[chosen], mutants.code[chosen])
    fast, direct = mutant_answers(network, sequence, mutants), direct_answers(network, sequence, some)
    fast_s = cpu_seconds(lambda: mutant_answers(network, sequence, mutants), 3)
    factor = len(mutants.code) / len(chosen)
    direct_s = {
        rows: cpu_seconds(lambda rows=rows: direct_answers(network, sequence, some, rows), 2) * factor
        for rows in DIRECT_ROWS
    }
    best_s = min(direct_s.values())
    return {
        "mutants": len(mutants.code),
        "fast_cpu_s": round(fast_s, 4),
        "plain_cpu_s": round(best_s, 4),
        "times": round(best_s / fast_s, 2),
        "times_own_batch": round(direct_s[OWN_ROWS] / fast_s, 2),
        "largest_difference": float(np.abs(fast[1:][chosen] - direct[1:]).max()),
    }


def mutagenesis() -> dict[str, Any]:
    """``ism_vs_naive``: the speed-up, as geometric mean over the cases, and each case.

    ``ism_vs_own_batch`` is the speed-up over batches of the size that `predict` uses. Other recurrent layers
    are timed as well, but the means leave them out.
    """
    each = {f"{alphabet} {length} {head}": _timed(alphabet, length, head) for alphabet, length, head in CASES}
    others = {f"dna 500 pooled {kind}": _timed("dna", 500, "pooled", kind) for kind in ("gru", "mingru")}
    return {
        "ism_vs_naive": _mean([case["times"] for case in each.values()]),
        "ism_vs_own_batch": _mean([case["times_own_batch"] for case in each.values()]),
        "least": min(case["times"] for case in each.values()),
        "cases": each | others,
    }


def _mean(times: list[float]) -> float:
    return round(float(np.exp(np.log(times).mean())), 2)


def _timed(alphabet: str, length: int, head: str, recurrent: str = "lstm") -> dict[str, Any]:
    job = {"alphabet": alphabet, "length": length, "head": head, "recurrent": recurrent}
    return worker("sequence_explain.py", "time_case", **job)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve({"time_case": time_case})
    else:
        print(mutagenesis())
