"""Begin a federated training: write the first state, with its plan. It holds nothing of any owner's data.

The coordinator hands the file to all owners, who run riboswitch federate-train on it.
"""

from __future__ import annotations

__all__ = ["federate_start"]
__verb__ = ("Learn", 106)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import pandas as pd
from cyclopts import Parameter

from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.task import Kind, OutputKind, Task
from riboswitch.errors import UsageError
from riboswitch.io.summary import write_note, write_summary
from riboswitch.learning.federated.agreeing import plain_scale, public_scale
from riboswitch.learning.federated.plan import Wanted, arrays_of, make_plan, with_start
from riboswitch.learning.federated.server import first_state
from riboswitch.learning.federated.settings import FederationSettings
from riboswitch.learning.federated.state import State
from riboswitch.learning.inference import GOLDEN
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.sharing.stripping import invented
from riboswitch.modalities import DEFAULT, find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.reading import read_file, read_inputs
from riboswitch.steps.arguments import KIND, TARGETS, Summary
from riboswitch.steps.modality_settings import ENCODING, NETWORK, READING, training

VALID = 0.1
CLASSES = Parameter(help="A class of a multi-class task. Repeat the option.")
LEARNING = training(TrainSettings, without=("epochs",))
FEDERATION = Options("Federation", FederationSettings)


def federate_start(
    owners: Sequence[str],
    *,
    kind: Kind,
    targets: Sequence[str],
    classes: Sequence[str] = (),
    modality: str = DEFAULT,
    reading: Mapping[str, Any] | None = None,
    encoding: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    federation: Mapping[str, Any] | None = None,
    valid: float = VALID,
    seed: int = 0,
    public: Records | None = None,
    examples: Sequence[str] | pd.DataFrame | Records | Path | None = None,
) -> State:
    """Make the first state of a federated training.

    Parameters
    ----------
    owners : sequence of str
        Names of all owners.
    kind, targets, classes
        Of the task. Only a multi-class task has ``classes``, all of them.
    modality, reading, encoding : optional
        How all owners read and encode their files, as for `parse` and `featurize`.
    settings, network : mapping, optional
        As for `train`, without ``epochs``: these are rounds times local epochs.
    federation : mapping, optional
        Fields of `FederationSettings`.
    valid : float
        Fraction of an owner's rows that judge the weights, unless the owner has a split.
    seed : int
        Seed of the first weights, and with the owner and the round that of shuffling.
    public : Records, optional
        Records that everybody may see. Inputs and labels are scaled by them, instead of by sums that owners
        send. With differential privacy no such sums are sent.
    examples : list of str, DataFrame, Records or Path, optional
        Public inputs with which the bundle tests itself, at most eight. By default they are made up.

    Returns
    -------
    State

    Raises
    ------
    UsageError
        If settings are wrong, or the modality cannot make up inputs and there are no examples.
    """
    of_inputs = find(modality)
    wanted = Wanted(
        _task(kind, targets, classes), owners, encoding or {}, reading or {}, settings or {}, network or {},
        federation or {}, seed, valid,
    )  # fmt: skip
    plan, net = make_plan(wanted, of_inputs, agree=public is None)
    scale = plain_scale(plan.task)
    if public is not None:
        scale = public_scale(plan, net, public, of_inputs)
    elif plan.federation.private and plan.task.kind == "regression":
        raise UsageError("with differential privacy no owner tells the scale of its labels",
                         hint="Give --public records with labels.")  # fmt: skip
    plan = with_start(plan, net)
    weights = arrays_of(net)
    header = {"modality": plan.modality, "components": [*plan.components], "reading": plan.reading,
              "encoder": plan.encoder, "members": [{}]}  # fmt: skip
    untrained = Model(header, {f"0.{name}": value for name, value in weights.items()})
    return first_state(plan, weights, scale, _examples(examples, untrained, of_inputs))


def _task(kind: Kind, targets: Sequence[str], classes: Sequence[str]) -> Task:
    if isinstance(targets, str) or isinstance(classes, str):
        raise UsageError(
            "targets and classes are lists", found=targets if isinstance(targets, str) else classes
        )
    if kind in ("multiclass", "per_position") and len(classes) < 2:
        raise UsageError("a multi-class task needs its classes", hint="Give --classes for each of them.")
    if classes and kind not in ("multiclass", "per_position"):
        raise UsageError("only a multi-class task has classes", found=", ".join(classes))
    if len({*classes}) < len(classes):
        raise UsageError("a class is given twice", found=", ".join(classes))
    level = "position" if kind == "per_position" else "record"
    output = cast(OutputKind, "multiclass" if kind == "per_position" else kind)
    return Task(output, tuple(targets), tuple(sorted(classes)), level)  # type: ignore[arg-type]


def _examples(
    given: Sequence[str] | pd.DataFrame | Records | Path | None, untrained: Model, modality: Modality
) -> dict[str, Any]:
    """The arrays of a few public inputs."""
    if isinstance(given, Records):
        records = given
    elif isinstance(given, Path):
        records = read_file(str(given), untrained, modality)
    else:
        values = invented(untrained, modality) if given is None else given
        records = read_inputs(values, untrained, modality)
    if not len(records):
        raise UsageError(
            "there is no input with which the bundle could test itself", hint="Give other --examples."
        )
    holder = Model(untrained.header, {})
    holder.pack_inputs("golden", {name: values[:GOLDEN] for name, values in records.inputs.items()})
    return {name.removeprefix("golden."): value for name, value in holder.tensors.items()}


def command(
    *,
    output: Path,
    owner: Annotated[list[str], Parameter(help="Name of an owner. Repeat the option for each.")],
    kind: Annotated[Kind, KIND],
    target: Annotated[list[str], TARGETS],
    classes: Annotated[list[str] | None, CLASSES] = None,
    modality: str = DEFAULT,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    encoding: Annotated[Json, ENCODING] = NO_SETTINGS,
    settings: Annotated[Json, LEARNING] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    federation: Annotated[Json, FEDERATION] = NO_SETTINGS,
    valid: float = VALID,
    seed: int = 0,
    public: Path | None = None,
    examples: Path | None = None,
    summary: Summary = None,
) -> None:
    """Write the first state.

    Parameters
    ----------
    output : Path
        Where the state goes (.safetensors).
    modality : str
        Modality of the inputs, as molecule or sequence.
    valid : float
        Fraction of an owner's rows that judge the weights, unless the owner has a split.
    seed : int
        Seed of the first weights, and with the owner and the round that of shuffling.
    public : Path
        Records that everybody may see (.parquet). Inputs and labels are scaled by them, instead of by sums
        that owners send.
    examples : Path
        A file of public inputs with which the bundle tests itself. By default they are made up.
    """
    state = federate_start(
        owner, kind=kind, targets=target, classes=classes or (), modality=modality, reading=reading,
        encoding=encoding, settings=settings, network=network, federation=federation, valid=valid, seed=seed,
        public=None if public is None else Records.load(public),
        examples=examples,
    )  # fmt: skip
    state.save(output)
    if state.plan.federation.private:
        write_note("with differential privacy no owner sends sums or losses: the last weights are kept, "
                   "and probabilities are not calibrated")  # fmt: skip
    parameters = sum(value.size for value in state.weights.values())
    write_summary({"plan": state.plan.digest, "owners": len(state.plan.owners), "next": state.name,
                   "parameters": parameters}, summary)  # fmt: skip
