"""Join the updates of all owners into the next state of a federated training; at its end into a bundle."""

from __future__ import annotations

__all__ = ["federate_combine"]
__verb__ = ("Learn", 108)

from collections.abc import Sequence
from pathlib import Path

from riboswitch.data.model import Model
from riboswitch.io.summary import write_summary
from riboswitch.learning.federated.server import combine, require_all_answer
from riboswitch.learning.federated.state import State, Update
from riboswitch.modalities import find
from riboswitch.steps.arguments import Summary


def federate_combine(
    state: State | str | Path, updates: Sequence[Update | str | Path], *, allow_missing: bool = False
) -> State | Model:
    """Join the updates of all owners.

    Parameters
    ----------
    state : State or path
        The one that the owners answered.
    updates : sequence of Update or path
        In any order: the result is the same to the byte.
    allow_missing : bool
        Go on without owners that sent nothing in this round. Behind masks none may be missing.

    Returns
    -------
    State or Model
        The next state; after the last answer the bundle.

    Raises
    ------
    UsageError, InputError, BundleError
        If an update answers another state, or is damaged, missing or of an owner that is not in the plan.
    """
    state = state if isinstance(state, State) else State.load(state)
    require_all_answer(state, allow_missing)
    given = [each if isinstance(each, Update) else Update.load(each) for each in updates]
    return combine(state, given, find(state.plan.modality), allow_missing=allow_missing)


def command(
    state: Path,
    updates: list[Path],
    /,
    *,
    output: Path,
    allow_missing: bool = False,
    summary: Summary = None,
) -> None:
    """Join updates in files.

    Parameters
    ----------
    state : Path
        The state that the owners answered (.safetensors).
    updates : list of Path
        The updates of all owners (.safetensors), in any order.
    output : Path
        Where the next state goes, or at the end the bundle (.safetensors).
    allow_missing : bool
        Go on without owners that sent nothing in this round.
    """
    given = State.load(state)
    made = federate_combine(given, updates, allow_missing=allow_missing)
    made.save(output)
    counts = {"answered": given.name, "updates": len(updates)}
    if isinstance(made, Model):
        facts = made.header["training"]["federated"]
        spent = {f"epsilon of {name}": round(value, 4) for name, value in facts.get("spent", {}).items()}
        counts |= {"bundle": str(output)} | spent | ({"delta": facts["delta"]} if spent else {})
    else:
        known = [v for entry in made.history for v in (entry["train_loss"],) if v is not None]
        counts |= {"next": made.name} | ({"train_loss": known[-1]} if known else {})
    write_summary(counts, summary)
