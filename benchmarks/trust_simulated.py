"""How often the promise of a list is kept where the truth is known: rows come from a law, not from a set.

The halves of one data set are no independent draws, so the share of promises that they keep strays. Here each
draw is new: log odds from a normal distribution, a group effect for two rows, labels from the probabilities.
The model states the log odds too steeply or too flatly, and half of the rows calibrate it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit
from trust_calibration import LIST

from riboswitch.learning.trust.maps import fit_map
from riboswitch.learning.trust.question import Question

DRAWS, ROWS = 1000, 800
LAWS = {  # mean and deviation of the log odds, deviation of the group effect, slope of what the model states
    "rare actives": (-3.0, 1.5, 0.0, 1.0),
    "rare actives in groups": (-3.0, 1.5, 1.0, 1.0),
    "some actives, too steep": (-1.5, 1.5, 0.0, 2.0),
    "half active, too flat": (0.0, 2.0, 0.5, 0.5),
}


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Share of promises that are kept, by law."""
    found = {name: kept(*law) for name, law in LAWS.items()}
    shares = [one["kept"] for one in found.values()]
    return {"promise_kept_simulated_min": min(shares), "promise_kept_simulated_max": max(shares)}, found


def kept(mean: float, spread: float, together: float, slope: float) -> dict[str, float]:
    """Share of draws whose number of actives lies in the promised interval; mean width and mean number."""
    rng = np.random.default_rng(0)
    inside, widths, actives = [], [], []
    for _ in range(DRAWS):
        (p, truth, groups), (stated, answers, new) = (_rows(rng, mean, spread, together, slope) for _ in "ab")
        mapped = fit_map(p, truth, groups, np.ones(ROWS))
        values = mapped(stated)
        best = np.argsort(-values, kind="stable")[:LIST]
        said = Question(mapped(p), truth, groups).promise(values[best], new[best])
        if "reason" in said:
            continue
        actives.append(answers[best].sum())
        inside.append(said["low"] <= actives[-1] <= said["high"])
        widths.append(said["high"] - said["low"])
    return {"kept": float(np.mean(inside)), "width": float(np.mean(widths)), "draws": len(inside),
            "active": float(np.mean(actives))}  # fmt: skip


def _rows(
    rng: np.random.Generator, mean: float, spread: float, together: float, slope: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stated probabilities, labels and groups of two rows each."""
    groups = np.arange(ROWS) // 2
    known = mean + spread * rng.standard_normal(ROWS)
    true = known + together * rng.standard_normal(ROWS // 2)[groups]
    return expit(slope * known), (rng.random(ROWS) < expit(true)) * 1.0, groups
