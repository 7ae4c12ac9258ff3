"""Answer a state of a federated training with an owner's own records. Only sums leave: no row does.

The owner hands the update that is written to the coordinator, who runs riboswitch federate-combine.
"""

from __future__ import annotations

__all__ = ["federate_train"]
__verb__ = ("Learn", 107)

from pathlib import Path

from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.io.summary import write_note, write_summary
from riboswitch.learning.federated.masks import fingerprint
from riboswitch.learning.federated.owner import Owner, secret_for
from riboswitch.learning.federated.simulation import answered
from riboswitch.learning.federated.state import State, Update
from riboswitch.modalities import find
from riboswitch.steps.arguments import Device, Summary


def federate_train(
    state: State | str | Path,
    records: Records,
    owner: str,
    *,
    split: Split | None = None,
    repeat: int = 0,
    secret: bytes | None = None,
    device: str = "cpu",
) -> Update:
    """Answer a state of a federated training.

    Parameters
    ----------
    state : State or path
        From the coordinator.
    records : Records
        The owner's own, read as the plan says.
    owner : str
        The owner's name in the plan.
    split : Split, optional
        Of the same records. Its test rows are not used. By default some rows are drawn for validation.
    repeat : int
        Repeat of the split.
    secret : bytes, optional
        For masks: the owner's own, 32 bytes, or the one that all owners share.
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    Update

    Raises
    ------
    UsageError, InputError, BundleError
        If the state cannot be used, the records do not suit its plan, or training diverged.
    """
    state = state if isinstance(state, State) else State.load(state)
    return Owner(state.plan, owner, records, find(state.plan.modality), split, repeat, device).answer(
        state, secret
    )


def command(
    state: Path,
    records: Path,
    /,
    *,
    owner: str,
    output: Path,
    split: Path | None = None,
    repeat: int = 0,
    secret: Path | None = None,
    device: Device = "cpu",
    summary: Summary = None,
) -> None:
    """Answer a state in a file.

    Parameters
    ----------
    state : Path
        The state from the coordinator (.safetensors).
    records : Path
        The owner's own records with labels (.parquet).
    owner : str
        The owner's name in the plan.
    output : Path
        Where the update goes (.safetensors). If it is there and answers this state, nothing is done.
    split : Path
        Split of the records (.parquet). By default some rows are drawn for validation.
    repeat : int
        Repeat of the split.
    secret : Path
        File of the owner's secret, or of the one that all owners share, for plans with masks. At the stage
        keys it is made if it is not there.
    """
    given = State.load(state)
    given.plan.require_owner(owner)
    if answered(output, given, owner) is not None:
        write_note(f"{output} answers this state already: nothing is done")
        return
    if given.keys:
        write_note(
            f"fingerprint of the owners' keys: {fingerprint(given.keys)}; compare it with the other owners"
        )
    made = federate_train(
        given, Records.load(records), owner, split=None if split is None else Split.load(split),
        repeat=repeat, secret=secret_for(given.plan, given.stage, secret), device=device,
    )  # fmt: skip
    made.save(output)
    counts = {"owner": owner, "answered": given.name, "numbers": made.vector.size}
    if made.spent is not None:
        how = given.plan.federation
        counts |= {"epsilon": round(made.spent, 4), "of_epsilon": how.epsilon, "delta": how.delta}
    write_summary(counts, summary)
