"""The bundle at the end of a federated training: weights, calibration from counts, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.special import expit

from riboswitch.data.model import FORMAT, Model
from riboswitch.errors import BundleError
from riboswitch.learning.federated.layout import CANDIDATES, CUTS, TEMPERATURES
from riboswitch.learning.federated.state import State
from riboswitch.learning.inference import Predictor
from riboswitch.modalities.base import Modality


def finished(state: State, modality: Modality, total: Mapping[str, np.ndarray] | None) -> Model:
    """The bundle of a training that is done.

    Parameters
    ----------
    state : State
        After the last round.
    modality : Modality
    total : mapping, optional
        Losses and counts of all owners together on validation rows; None if they must not be known.
    """
    plan, history = state.plan, [dict(entry) for entry in state.history]
    epoch, weights, calibration = state.round, state.weights, uncalibrated(state)
    if total is not None and total["judged_rows"] >= 1:
        losses = total["losses"] / total["judged_rows"]
        history[-1]["valid_loss"] = round(float(losses[0].min()), 6)
        better = bool(state.best_weights) and losses[1].min() < losses[0].min()
        chosen = CANDIDATES.index("best" if better else "last")
        if better:
            epoch, weights = state.best["round"], state.best_weights
        calibration = _calibration(state, total, losses[chosen], chosen)
    member = calibration | {
        "repeat": None,
        "seed": plan.seed,
        "epoch": epoch * plan.federation.local_epochs,
        "history": history,
        "label_mean": state.scale.mean,
        "label_sd": state.scale.sd,
        "rows": {part: state.rows.get(part, 0) for part in ("train", "valid")},
    }
    model = Model(_header(state, member), {f"0.{name}": value for name, value in weights.items()})
    model.tensors |= {f"golden.{name}": value for name, value in state.examples.items()}
    try:
        examples = model.inputs("golden")
    except (ValueError, KeyError) as error:
        raise BundleError("the examples of the state cannot be read", found=error) from error
    Predictor(model, modality).add_golden(examples)
    return model


def uncalibrated(state: State) -> dict[str, Any]:
    """Probabilities as they are, and calls from one half."""
    binary = state.plan.task.kind == "binary"
    return {"temperature": 1.0, "thresholds": [0.5] * len(state.plan.task.targets) if binary else []}


def _calibration(
    state: State, total: Mapping[str, np.ndarray], losses: np.ndarray, chosen: int
) -> dict[str, Any]:
    """Temperature with the least loss, and cut-offs with the highest MCC, of those that were tried."""
    if not state.plan.task.of_probabilities:
        return uncalibrated(state)
    temperature = float(TEMPERATURES[int(losses.argmin())])
    found = uncalibrated(state) | {"temperature": round(temperature, 6)}
    if state.plan.task.kind == "binary":
        hits, called, known = total["hits"][chosen], total["called"][chosen], total["known"]
        cuts = [_best_cut(h, c, k) for h, c, k in zip(hits, called, known, strict=True)]
        found["thresholds"] = [0.5 if c is None else round(float(expit(c / temperature)), 6) for c in cuts]
    return found


def _best_cut(hits: np.ndarray, called: np.ndarray, known: np.ndarray) -> float | None:
    """The cut-off with the highest MCC, the middle one of equals; None if all labels are of one class."""
    rows, positives = known
    if positives < 1 or rows - positives < 1:
        return None
    above = hits * rows - called * positives
    below = np.sqrt(np.maximum(called * positives * (rows - called) * (rows - positives), 1.0))
    best = np.flatnonzero(above / below == (above / below).max())
    return float(CUTS[best[len(best) // 2]])


def _header(state: State, member: dict[str, Any]) -> dict[str, Any]:
    plan = state.plan
    return {
        "format": FORMAT,
        "modality": plan.modality,
        "components": [*plan.components],
        "task": plan.task.to_dict(),
        "encoder": plan.encoder,
        "reading": plan.reading,
        "network": plan.network,
        "training": {
            "settings": asdict(plan.training),
            "records": None,
            "split": None,
            "source": f"{len(plan.owners)} owners, whose rows stayed with them",
            "versions": plan.versions,
            "federated": _facts(state),
        },
        "members": [member],
        "card": {"rows": state.rows.get("train", 0), "labels": _labels(state)},
    }


def _facts(state: State) -> dict[str, Any]:
    """How the training went, for the card."""
    plan = state.plan
    facts = asdict(plan.federation) | {"plan": plan.digest, "owners": [*plan.owners], "agreed": plan.agree}
    return facts | ({"spent": dict(sorted(state.spent.items()))} if plan.federation.private else {})


def _labels(state: State) -> dict[str, dict[str, int]]:
    """Rows with a label, or of each class, as far as owners counted them."""
    task, found = state.plan.task, {}
    for place, target in enumerate(task.targets):
        if state.scale.classes:
            counts = [int(count) for count in state.scale.classes[place]]
            found[target] = dict(zip(task.classes or ("0", "1"), counts, strict=True))
        elif f"label {target}" in state.rows:
            found[target] = {"known": state.rows[f"label {target}"]}
    return found
