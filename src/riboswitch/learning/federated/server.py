"""What the coordinator does: it adds what owners sent, moves the common weights, and ends with a bundle.

FedAvg: McMahan et al., AISTATS 2017. Adam on the server: Reddi et al., ICLR 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.federated import masks
from riboswitch.learning.federated.agreeing import agreed
from riboswitch.learning.federated.bundling import finished
from riboswitch.learning.federated.layout import CLOSE, KEYS, SUMS, TRAIN, Layout, layout_of
from riboswitch.learning.federated.plan import Plan
from riboswitch.learning.federated.state import Scale, State, Update
from riboswitch.modalities.base import Modality

BETAS, TAU = (0.9, 0.99), 1e-3
"""Of Adam on the server, as in its paper."""


def first_state(
    plan: Plan, weights: dict[str, np.ndarray], scale: Scale, examples: dict[str, np.ndarray]
) -> State:
    """The state with which a training begins."""
    stage = KEYS if plan.federation.secure == "keys" else _after_keys(plan)
    return State(plan, weights, stage, scale, examples)


def combine(
    state: State, updates: Sequence[Update], modality: Modality, *, allow_missing: bool = False
) -> State | Model:
    """Join what owners sent in answer to a state.

    Parameters
    ----------
    state : State
    updates : sequence of Update
        In any order.
    modality : Modality
    allow_missing : bool
        Whether owners may be missing, in this round alone. Behind masks none may.

    Returns
    -------
    State or Model
        The next state, or the bundle.

    Raises
    ------
    InputError
        If an update does not answer this state, or is damaged or missing.
    """
    found = _checked(state, updates, allow_missing)
    if state.stage == KEYS:
        keys = {u.owner: u.vector.tobytes().hex() for u in found}
        return replace(state, keys=keys, stage=_after_keys(state.plan))
    layout = layout_of(state.stage, state.plan, state.weights)
    total = layout.unpack(_added(state, found, layout))
    if state.stage == SUMS:
        scale, weights, rows = agreed(state.plan, state.weights, total)
        return replace(state, scale=scale, weights=weights, rows=rows, stage=TRAIN)
    if state.stage == CLOSE:
        return finished(state, modality, total)
    moved = _moved(state, total, {u.owner: u.spent for u in found if u.spent is not None})
    if moved.round < state.plan.federation.rounds:
        return moved
    return finished(moved, modality, None) if state.plan.federation.private else replace(moved, stage=CLOSE)


def _after_keys(plan: Plan) -> str:
    return SUMS if plan.agree else TRAIN


def _checked(state: State, updates: Sequence[Update], allow_missing: bool) -> list[Update]:
    """The updates, sorted by owner: their order must not matter."""
    plan, found = state.plan, sorted(updates, key=lambda update: update.owner)
    for update in found:
        _require_answer(state, update)
    names = [update.owner for update in found]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError("two updates of one owner", found=repeated[0], hint="Give one for each owner.")
    missing = [name for name in plan.owners if name not in names]
    if not found or (missing and plan.federation.masked):
        hint = "Masks cancel only if all owners answer." if plan.federation.masked else "Wait for them."
        raise InputError("updates are missing", where=state.name, found=", ".join(missing), hint=hint)
    if missing and not (allow_missing and state.stage == TRAIN):
        hint = "Wait for them, or give --allow-missing." if state.stage == TRAIN else "Wait for them."
        raise InputError("updates are missing", where=state.name, found=", ".join(missing), hint=hint)
    return found


def _require_answer(state: State, update: Update) -> None:
    where = update.source
    if update.plan != state.plan.digest:
        raise InputError("the update is of another plan", where=where, found=update.plan,
                         hint=f"The state is of plan {state.plan.digest}.")  # fmt: skip
    if (update.stage, update.round) != (state.stage, state.round):
        found = f"{update.stage}, after {update.round} rounds"
        raise InputError("the update is of another round", where=where, found=found,
                         hint=f"This state asks for {state.stage}, after {state.round} rounds.")  # fmt: skip
    if update.state != state.digest:
        raise InputError("the update answers another state of this round", where=where, found=update.state,
                         hint=f"Train again with the state {state.digest}.")  # fmt: skip
    if update.owner not in state.plan.owners:
        raise InputError("the plan has no such owner", where=where, found=update.owner,
                         hint=f"It has {', '.join(state.plan.owners)}.")  # fmt: skip
    _require_vector(state, update)


def _require_vector(state: State, update: Update) -> None:
    vector, where = update.vector, update.source
    if state.stage == KEYS:
        length, dtype = masks.KEY_BYTES, "uint8"
    else:
        length = layout_of(state.stage, state.plan, state.weights).length
        dtype = "uint64" if state.plan.federation.masked else "float64"
    if vector.shape != (length,) or vector.dtype != dtype:
        raise InputError("the update is of another shape", where=where,
                         found=f"{vector.dtype} {vector.shape}",
                         hint=f"This state asks for {dtype} ({length},).")  # fmt: skip
    if dtype == "float64" and not np.isfinite(vector).all():
        raise InputError("the update has values that are not finite", where=where,
                         hint="The owner's training diverged: lower --learning-rate.")  # fmt: skip
    if (update.spent is None) == (state.plan.federation.private and state.stage == TRAIN):
        raise InputError("the update and the plan disagree on differential privacy", where=where)


def _added(state: State, updates: Sequence[Update], layout: Layout) -> np.ndarray:
    """The sum of all vectors, float64."""
    total = updates[0].vector.copy()
    for update in updates[1:]:
        total = total + update.vector
    if state.plan.federation.masked:
        total = masks.from_whole(total, masks.BITS[state.stage])
    counts = layout.unpack(total)
    least = min(
        (float(counts[name]) for name in ("rows", "weight", "judged_rows") if name in counts), default=0.0
    )
    if least < 0 or counts.get("rows", np.ones(())) < 1:
        raise InputError("the sum of the updates is no sum of owners", where=state.name,
                         hint="Did all owners use the same secret?")  # fmt: skip
    return total


def _moved(state: State, total: dict[str, np.ndarray], spent: dict[str, float]) -> State:
    """The state after a round."""
    judged = _judged(state, total)
    weights, moments = dict(state.weights), dict(state.moments)
    how = state.plan.federation
    for name, value in state.weights.items():
        if value.dtype.kind != "f":
            continue
        change = total[f"change.{name}"] / total["weight"]
        if how.server == "adam" and name not in state.plan.buffers:
            change = _adam(name, change, moments)
        rate = 1.0 if name in state.plan.buffers else how.rate
        weights[name] = (value.astype(np.float64) + rate * change).astype(value.dtype)
        if not np.isfinite(weights[name]).all():
            raise InputError("the common weights are not finite any more", where=state.name,
                             hint="Begin again with a lower --learning-rate or --server-rate.")  # fmt: skip
    loss = None if how.private else round(float(total["train_loss"] / total["rows"]), 6)
    history = [*judged.history, {"train_loss": loss, "valid_loss": None}]
    rows = state.rows | {"train": round(float(total["rows"]))}
    if not how.private:
        rows["valid"] = round(float(total["judged_rows"]))
    return replace(judged, weights=weights, moments=moments, history=history, rows=rows,
                   round=state.round + 1, spent=state.spent | spent)  # fmt: skip


def _adam(name: str, change: np.ndarray, moments: dict[str, np.ndarray]) -> np.ndarray:
    first, second = BETAS
    mean = first * moments.get(f"mean.{name}", np.zeros_like(change)) + (1 - first) * change
    square = second * moments.get(f"square.{name}", np.full_like(change, TAU**2)) + (1 - second) * change**2
    moments[f"mean.{name}"], moments[f"square.{name}"] = mean, square
    return mean / (np.sqrt(square) + TAU)


def _judged(state: State, total: dict[str, np.ndarray]) -> State:
    """The state with what owners say of its weights: their loss, and whether they are the best so far."""
    if state.plan.federation.private or not state.round or total["judged_rows"] < 1:
        return state
    loss = round(float(total["losses"].min() / total["judged_rows"]), 6)
    history = [*state.history[:-1], {**state.history[-1], "valid_loss": loss}]
    known = state.best["loss"]
    if state.plan.training.keep == "last" or (known is not None and loss >= known):
        return replace(state, history=history)
    return replace(
        state, history=history, best={"loss": loss, "round": state.round}, best_weights=dict(state.weights)
    )


def require_all_answer(state: State, allow_missing: bool) -> None:
    """Raise `UsageError` if owners may be missing where that cannot be."""
    if allow_missing and state.plan.federation.masked:
        raise UsageError("with masks no owner may be missing", where="--allow-missing",
                         hint="Begin a new plan without the owner.")  # fmt: skip
