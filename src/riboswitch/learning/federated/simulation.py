"""All owners and the coordinator on one machine, through the same states and updates as with files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from riboswitch.data.model import Model
from riboswitch.errors import BundleError
from riboswitch.io.log.progress import tracked
from riboswitch.learning.federated.layout import KEYS
from riboswitch.learning.federated.masks import KEY_BYTES
from riboswitch.learning.federated.owner import Owner
from riboswitch.learning.federated.plan import Plan
from riboswitch.learning.federated.server import combine
from riboswitch.learning.federated.state import State, Update
from riboswitch.modalities.base import Modality


def simulate(state: State, owners: Sequence[Owner], modality: Modality, folder: Path | None = None) -> Model:
    """Run all rounds.

    Parameters
    ----------
    state : State
        The first one.
    owners : sequence of Owner
        All of the plan.
    modality : Modality
    folder : Path, optional
        Where the files of the rounds go. Updates that are there already and answer the same state are taken
        as they are, so that a run that was interrupted goes on.
    """
    hidden = _secrets(state.plan)
    for number in tracked(range(_stages(state.plan)), "federate", "stages", _stages(state.plan)):
        if folder is not None:
            state.save(folder / f"{number:04d}-state.safetensors")
        updates = [_update(owner, state, hidden[owner.name], number, folder) for owner in owners]
        after = combine(state, updates, modality)
        if isinstance(after, Model):
            return after
        state = after
    raise AssertionError("a training has as many stages as its plan says")


def _stages(plan: Plan) -> int:
    before = (plan.federation.secure == KEYS) + plan.agree
    return before + plan.federation.rounds + (not plan.federation.private)


def _secrets(plan: Plan) -> Mapping[str, bytes | None]:
    """A secret of each owner, or one of all."""
    common = secrets.token_bytes(KEY_BYTES)
    kinds = {"none": lambda: None, "shared": lambda: common, "keys": lambda: secrets.token_bytes(KEY_BYTES)}
    return {name: kinds[plan.federation.secure]() for name in plan.owners}


def _update(owner: Owner, state: State, secret: bytes | None, number: int, folder: Path | None) -> Update:
    if folder is None:
        return owner.answer(state, secret)
    path = folder / f"{number:04d}-{owner.name}.safetensors"
    # Secrets are of this process: what another one masked does not cancel.
    found = None if state.plan.federation.masked else answered(path, state, owner.name)
    if found is None:
        found = owner.answer(state, secret)
        found.save(path)
    return found


def answered(path: Path, state: State, owner: str) -> Update | None:
    """The update in a file, if it answers this state for this owner; None if it does not, or is none."""
    try:
        found = Update.load(path)
    except BundleError:
        return None
    same = (found.plan, found.state, found.owner) == (state.plan.digest, state.digest, owner)
    return found if same else None
