"""Choose settings of training and network on the validation rows of one repeat. Test rows take no part.

For an honest test each repeat is tuned on its own: test rows of one may be validation rows of another.
"""

from __future__ import annotations

__all__ = ["Tuned", "tune"]
__verb__ = ("Learn", 65)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.columns import without_labels
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind, Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.summary import write_summary
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.starting import beside_start, find_start, origin
from riboswitch.learning.training_job import Job
from riboswitch.learning.tuning.space import Space, check_space, default_space
from riboswitch.learning.tuning.study import Outcome, Watcher, search
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import load_features
from riboswitch.steps.arguments import (
    KIND,
    TARGETS,
    Device,
    FeaturesFile,
    RecordsFile,
    SplitFile,
    Summary,
)
from riboswitch.steps.modality_settings import NETWORK, training

TRIALS = 30
SPACE = Options("Search", json_help="What may be changed, as a JSON object of intervals and choices.")


@dataclass(frozen=True)
class Tuned:
    """Settings that were chosen.

    Attributes
    ----------
    settings, network : dict
        For `train`, those that were not tuned among them.
    facts : dict
        ``loss`` and ``loss_before`` on validation rows, and the numbers of trials.
    start : dict
        ``use``: how the network to start from is used (``free``, ``frozen`` or ``none``), and its digest
        ``network``; empty if there is none.
    """

    settings: dict[str, Any]
    network: dict[str, Any]
    facts: dict[str, Any]
    start: dict[str, Any] = field(default_factory=dict)


def tune(
    records: Records,
    features: RaggedArrays,
    split: Split,
    *,
    kind: Kind,
    targets: list[str],
    repeat: int = 0,
    trials: int = TRIALS,
    minutes: float | None = None,
    journal: Path | None = None,
    space: Mapping[str, Any] | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    device: str = "cpu",
    init: Model | str | Path | None = None,
) -> Tuned:
    """Choose settings by the loss on validation rows.

    Parameters
    ----------
    records, features, split, kind, targets, repeat
        As for `train`. The labels of test rows are removed before anything is read.
    trials : int
        Settings that are tried, those before tuning first. Hopeless trials end early.
    minutes : float, optional
        No trial begins after this time.
    journal : path, optional
        A file that keeps the trials: the same call goes on where it was, and several processes may share it.
    space : mapping, optional
        By ``settings.NAME`` or ``network.NAME`` an interval (``low``, ``high``, ``log``) or ``choices``. By
        default learning rate, weight decay, batch size, widths and dropout. With ``init`` also ``start.use``:
        ``choices`` of ``free`` (its layers learn on), ``frozen`` and ``none``, by default all three.
    seed : int
        Of the search and of every training.
    settings, network, device
        As for `train`: where the search starts, and what it does not change.
    init : Model or path, optional
        As for `train`. What the start decides is not tuned where it is used.

    Raises
    ------
    UsageError, InputError
        If Optuna is not installed, a setting does not exist, no validation row has a label, or every training
        diverged.
    """
    positive_int("trials", trials)
    split.require_repeat(repeat)
    records = _without_test_labels(records, split, repeat, targets)
    task, modality = Task.infer(kind, targets, records.table), find(features.meta["modality"])
    make = partial(Job.make, records, features, split, task, modality=modality)
    trainings = _Trainings(
        make, modality, find_start(init, modality), dict(settings or {}), dict(network or {})
    )
    job = trainings.job({})
    rows = {part: job.labelled(split.rows(part, repeat)) for part in ("train", "valid")}
    if not len(rows["valid"]):
        raise InputError("there are no labelled validation rows to choose by", found=f"repeat {repeat}")
    before = {"settings": asdict(job.settings), "network": asdict(job.network), **trainings.start_before}
    tried = check_space(trainings.default_space(job) if space is None else space, before)

    def loss(drawn: Drawn, watcher: Watcher) -> float:
        history = trainings.job(drawn).run(rows, seed, "tune", device, watcher=watcher)[1].history
        return min(epoch["valid_loss"] for epoch in history if epoch["valid_loss"] is not None)

    first = {name: before[name.split(".")[0]][name.split(".")[1]] for name in tried}
    identity = job.identity(rows, seed) | {"space": tried, "repeat": repeat}
    found = search(loss, tried, first, identity, trials=trials, minutes=minutes, journal=journal, seed=seed)
    return trainings.tuned(found)


Drawn = Mapping[str, dict[str, Any]]
"""Settings that a trial draws, by part: ``settings``, ``network`` and ``start``."""


@dataclass(frozen=True)
class _Trainings:
    """The trainings of a search: what is drawn goes before what was given.

    Attributes
    ----------
    make : callable
        `Job.make` with all but settings, network and start.
    """

    make: Callable[..., Job]
    modality: Modality
    start: Model | None
    settings: dict[str, Any]
    network: dict[str, Any]

    @property
    def start_before(self) -> dict[str, dict[str, Any]]:
        """How a start is used without tuning; empty without one."""
        return {} if self.start is None else {"start": {"use": "free"}}

    def chosen(self, drawn: Drawn) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Settings of training and network, and the use of the start."""
        use = drawn.get("start", {}).get("use", "none" if self.start is None else "free")
        network = beside_start(drawn.get("network", {}), use, self.modality.network)
        return self.settings | drawn.get("settings", {}), self.network | network, use

    def job(self, drawn: Drawn) -> Job:
        settings, network, use = self.chosen(drawn)
        start = None if use == "none" else self.start
        return self.make(settings=settings, network=network, init=start, frozen=use == "frozen")

    def default_space(self, job: Job) -> Space:
        return default_space(job.network, self.start is not None)

    def tuned(self, found: Outcome) -> Tuned:
        settings, network, use = self.chosen(found.chosen)
        facts = {"loss": round(found.loss, 6), "loss_before": round(found.first_loss, 6),
                 "trials": found.counts}  # fmt: skip
        if self.start is None:
            return Tuned(settings, network, facts)
        start = {"use": use, "network": origin(self.start, False)["network"]}
        return Tuned(settings, network, facts, start)


def _without_test_labels(records: Records, split: Split, repeat: int, targets: Sequence[str]) -> Records:
    """The records without the labels of test rows, so that nothing can depend on them."""
    split.require_ids(records.ids)
    hidden = np.ones(len(records), bool)
    for part in ("train", "valid"):
        hidden[split.rows(part, repeat)] = False
    return without_labels(records, hidden, targets)


def command(
    records: RecordsFile,
    features: FeaturesFile,
    split: SplitFile,
    /,
    *,
    output: Path,
    kind: Annotated[Kind, KIND],
    target: Annotated[list[str], TARGETS],
    repeat: int = 0,
    trials: int = TRIALS,
    minutes: float | None = None,
    journal: Path | None = None,
    space: Annotated[Json, SPACE] = NO_SETTINGS,
    settings: Annotated[Json, training(TrainSettings)] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    seed: int = 0,
    device: Device = "cpu",
    init: Path | None = None,
    summary: Summary = None,
) -> None:
    """Tune on files.

    Parameters
    ----------
    output : Path
        Where the settings go (.json), for riboswitch train --tuned.
    repeat : int
        Tune for this repeat of the split, on its validation rows.
    trials : int
        Settings to try; those in the journal count.
    minutes : float
        Begin no trial after this time.
    journal : Path
        Keep the trials in this file: the same command goes on where it was, and several may share it.
    seed : int
        Seed of the search and of every training.
    init : Path
        A network to start from, as for riboswitch train: the search also chooses whether its layers learn on
        (free), stay as they are (frozen), or are left aside (none).
    """
    if output.suffix != ".json":
        raise UsageError("the output's suffix must be .json", found=output.name)
    tuned = tune(Records.load(records), load_features(features), Split.load(split), kind=kind, targets=target,
                 repeat=repeat, trials=trials, minutes=minutes, journal=journal, space=space or None,
                 seed=seed, settings=settings, network=network, device=device, init=init)  # fmt: skip
    found = {"settings": tuned.settings, "network": tuned.network, "facts": tuned.facts}
    write_json(found | ({"start": tuned.start} if tuned.start else {}), output)
    counts = tuned.facts["trials"]
    write_summary({**counts, "loss": tuned.facts["loss"], "loss_before": tuned.facts["loss_before"]}, summary)
