"""Run a whole federated training on one machine, and compare it with pooled rows and with each owner alone.

For trials and for owners whose files lie side by side: the same states and updates as with federate-train.
"""

from __future__ import annotations

__all__ = ["compare_federated", "federate"]
__verb__ = ("Learn", 109)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from cyclopts import Parameter

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import fraction
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import PARTS, Split, assign
from riboswitch.data.task import Kind
from riboswitch.errors import UsageError
from riboswitch.io.atomic_files import check_folder, write_json
from riboswitch.io.summary import write_summary
from riboswitch.learning.federated import comparing
from riboswitch.learning.federated.owner import Owner
from riboswitch.learning.federated.simulation import simulate
from riboswitch.modalities import find
from riboswitch.steps.arguments import KIND, TARGETS, Device, Summary, named_paths
from riboswitch.steps.federate_start import CLASSES, FEDERATION, LEARNING, VALID, federate_start
from riboswitch.steps.modality_settings import ENCODING, NETWORK

OWNERS_HINT = "As berlin=berlin.parquet paris=paris.parquet."


def federate(
    owners: Mapping[str, Records],
    *,
    kind: Kind,
    targets: Sequence[str],
    classes: Sequence[str] = (),
    splits: Mapping[str, Split] | None = None,
    repeat: int = 0,
    encoding: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    federation: Mapping[str, Any] | None = None,
    valid: float = VALID,
    seed: int = 0,
    public: Records | None = None,
    examples: Sequence[str] | pd.DataFrame | Records | Path | None = None,
    device: str = "cpu",
    folder: Path | None = None,
) -> Model:
    """Run a whole federated training in one process.

    Parameters
    ----------
    owners : mapping of str to Records
        The records of each owner; all are read the same way.
    kind, targets, classes, encoding, settings, network, federation, valid, seed, public, examples
        As for `federate_start`.
    splits : mapping of str to Split, optional
        Of each owner: rows for training and validation.
    repeat : int
        Repeat of the splits.
    device : {"cpu", "cuda", "auto"}
    folder : Path, optional
        Where the files of the rounds go. A run that was interrupted goes on from them.

    Returns
    -------
    Model
        The bundle; ``header["training"]["federated"]`` says how it was trained.

    Raises
    ------
    UsageError, InputError
        See `federate_start` and `federate_train`.

    Examples
    --------
    >>> riboswitch.federate({"a": first, "b": second}, kind="binary", targets=["active"])  # doctest: +SKIP
    """
    if not owners:
        raise UsageError("a federated training needs owners", hint=OWNERS_HINT)
    _require_splits(owners, splits)
    meta = next(iter(owners.values())).meta
    state = federate_start(
        [*owners], kind=kind, targets=targets, classes=classes, modality=meta["modality"],
        reading=meta.get("reading", {}), encoding=encoding, settings=settings, network=network,
        federation=federation, valid=valid, seed=seed, public=public, examples=examples,
    )  # fmt: skip
    modality = find(state.plan.modality)
    ready = [
        Owner(state.plan, name, records, modality, (splits or {}).get(name), repeat, device)
        for name, records in owners.items()
    ]
    return simulate(state, ready, modality, folder)


def compare_federated(
    model: Model,
    owners: Mapping[str, Records],
    splits: Mapping[str, Split],
    *,
    repeat: int = 0,
    device: str = "cpu",
) -> dict[str, Any]:
    """Train on the pooled rows and on each owner's alone, with the settings of a federated model.

    Parameters
    ----------
    model : Model
        From `federate`.
    owners : mapping of str to Records
    splits : mapping of str to Split
        With test rows.
    repeat : int
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    dict
        ``metric``; ``owners``, the metric on the test rows of each owner; ``all``, every metric on all test
        rows: of the federated model, of the pooled one, and the mean over the models of owners alone;
        ``differences``, with intervals from resampled test rows.
    """
    _require_splits(owners, splits)
    shares = {name: comparing.Share(records, splits[name]) for name, records in owners.items()}
    return comparing.compare(model, shares, find(model.modality), repeat, device)


def _require_splits(owners: Mapping[str, Records], splits: Mapping[str, Split] | None) -> None:
    if splits is not None and splits.keys() != owners.keys():
        raise UsageError("each owner needs a split, or none does", found=", ".join(sorted(splits)),
                         hint=f"The owners are {', '.join(sorted(owners))}.")  # fmt: skip


def _drawn(owner: str, records: Records, valid: float, test: float, seed: int) -> Split:
    """A split of rows drawn at random."""
    fractions = dict(zip(PARTS, (1 - valid - test, valid, test), strict=True))
    parts = assign(records.ids, np.zeros(len(records)), fractions, [seed, *owner.encode()])  # type: ignore[arg-type]
    return Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": parts}),
                 {"name": owner, "method": "random", "seed": seed})  # fmt: skip


def command(
    owners: list[str],
    /,
    *,
    output: Path,
    kind: Annotated[Kind, KIND],
    target: Annotated[list[str], TARGETS],
    classes: Annotated[list[str] | None, CLASSES] = None,
    split: Annotated[list[str] | None, Parameter(help="NAME=SPLIT of an owner. Repeat the option.")] = None,
    repeat: int = 0,
    compare: Path | None = None,
    test: float = 0.0,
    valid: float = VALID,
    seed: int = 0,
    encoding: Annotated[Json, ENCODING] = NO_SETTINGS,
    settings: Annotated[Json, LEARNING] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    federation: Annotated[Json, FEDERATION] = NO_SETTINGS,
    public: Path | None = None,
    examples: Path | None = None,
    folder: Path | None = None,
    device: Device = "cpu",
    summary: Summary = None,
) -> None:
    """Train on files.

    Parameters
    ----------
    owners : list of str
        Records of each owner, as NAME=RECORDS.parquet.
    output : Path
        Where the bundle goes (.safetensors).
    repeat : int
        Repeat of the splits.
    compare : Path
        Train on the pooled rows and on each owner alone, too, and write the comparison here (.json).
    test : float
        Fraction of each owner's rows that is kept for the comparison, if there are no splits.
    valid : float
        Fraction of each owner's rows that judge the weights, if there are no splits.
    seed : int
        Seed of weights and shuffling.
    public : Path
        Records that everybody may see (.parquet), to scale inputs and labels by.
    examples : Path
        A file of public inputs with which the bundle tests itself. By default they are made up.
    folder : Path
        Where the files of the rounds go. A run that was interrupted goes on from them.
    """
    _require_rows(valid, test, compare is not None, bool(split))
    paths = named_paths(owners, "each owner needs a name and a file", OWNERS_HINT)
    records = {name: Records.load(path) for name, path in paths.items()}
    if folder is not None:
        check_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
    splits = _splits(records, split or (), valid, test, seed)
    model = federate(
        records, kind=kind, targets=target, classes=classes or (), splits=splits, repeat=repeat,
        encoding=encoding, settings=settings, network=network, federation=federation, valid=valid, seed=seed,
        public=None if public is None else Records.load(public), examples=examples, device=device,
        folder=folder,
    )  # fmt: skip
    model.save(output)
    found: dict[str, Any] = {}
    if compare is not None and splits is not None:
        found = compare_federated(model, records, splits, repeat=repeat, device=device)
        write_json(found, compare)
    _tell(model, found, summary)


def _require_rows(valid: float, test: float, compared: bool, split: bool) -> None:
    fraction("test", test)
    if valid + test >= 1:
        raise UsageError("no rows are left to train on", found=f"--valid {valid} --test {test}")
    if compared and not split and not test:
        raise UsageError("a comparison needs test rows", where="--compare", hint="Give --test or --split.")


def _splits(
    records: Mapping[str, Records], given: Sequence[str], valid: float, test: float, seed: int
) -> dict[str, Split] | None:
    """The split of each owner: from files, or drawn; None if there are no test rows."""
    if given:
        hint = "As --split berlin=split.parquet."
        named = named_paths(given, "each split needs the name of its owner", hint)
        return {name: Split.load(path) for name, path in named.items()}
    return {name: _drawn(name, each, valid, test, seed) for name, each in records.items()} if test else None


def _tell(model: Model, found: Mapping[str, Any], summary: Path | None) -> None:
    """Write counts, the budget that was spent, and the comparison if there is one."""
    facts = model.header["training"]["federated"]
    counts: dict[str, Any] = {"owners": len(facts["owners"]), "rounds": facts["rounds"]}
    counts |= model.members[0]["rows"]
    counts |= {f"epsilon of {name}": round(value, 4) for name, value in facts.get("spent", {}).items()}
    lines = []
    if found:
        counts["comparison"] = dict(found)
        metric = found["metric"]
        each = ", ".join(f"{name} {values.get(metric)}" for name, values in found["all"].items())
        lines = [f"{metric} on all test rows: {each}"]
    write_summary(counts, summary, lines)
