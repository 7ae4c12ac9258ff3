"""What `riboswitch scan` finds with its default threshold, and how that was chosen.

The threshold is the highest at which the families to choose by lose no recall, against the one with which the
first genomes have no candidate. So few genomes show no lower rate of false candidates; a higher threshold
that costs nothing is the safer one. Test families and the other genomes decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from diverged_hosts import FIRST, OTHERS
from diverged_judged import called, threshold
from diverged_methods import BEYOND, MARGINS
from diverged_rivals import Methods, Question, answered
from diverged_runs import IDENTITIES

from riboswitch.resistance.calling import ScanSettings

STEPS = tuple(round(0.10 + 0.02 * step, 2) for step in range(16))


def with_default_threshold(methods: Methods, nameable: np.ndarray) -> dict[str, Any]:
    """Recall by identity and of families held out, and candidates in each genome without a resistance gene.

    Parameters
    ----------
    methods : Methods
    nameable : ndarray
        bool: genes of families held out with a class that references have.
    """
    least = ScanSettings().min_score
    mutated, unseen = Question("test", False), Question("test", True)
    of_identity = np.array([gene.identity for gene in methods.genes(mutated)])
    found = _found(methods, mutated, least)
    return {
        "min_score": least,
        "recall": {str(i): round(float(found[of_identity == i].mean()), 4) for i in IDENTITIES},
        "held_out": round(float(_found(methods, unseen, least)[nameable].mean()), 4),
        "candidates": {
            host: int((_of_host(methods, mutated, host) >= least).sum()) for host in FIRST | OTHERS
        },
        "chosen": chosen(methods),
    }


def chosen(methods: Methods) -> dict[str, Any]:
    """The threshold without a candidate in the first genomes, and the recall at each step, which decides."""
    questions = [Question("choose", held) for held in (False, True)]
    none = max(threshold([_of_host(methods, q, host) for host in FIRST], 0.0) for q in questions)
    recall = {step: float(np.mean([_found(methods, q, step).mean() for q in questions])) for step in STEPS}
    kept = best(none, [*recall], [*recall.values()])
    return {"no_candidate": round(none, 4), "recall": {f"{s:g}": round(r, 4) for s, r in recall.items()},
            "threshold": kept}  # fmt: skip


def best(none: float, steps: Sequence[float], recall: Sequence[float]) -> float:
    """The highest step with the recall of the first step that is no lower than ``none``."""
    reached = [(step, value) for step, value in zip(steps, recall, strict=True) if step >= none]
    return max(step for step, value in reached if value >= reached[0][1])


def _found(methods: Methods, question: Question, least: float) -> np.ndarray:
    return called(answered(MARGINS[BEYOND](methods.of_genes(question)), methods.genes(question)), least)


def _of_host(methods: Methods, question: Question, host: str) -> np.ndarray:
    return MARGINS[BEYOND](methods.of_frames(question, host))[0]
