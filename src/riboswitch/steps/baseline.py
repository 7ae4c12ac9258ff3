"""Train the baseline methods on the same rows, and predict the held-out ones."""

from __future__ import annotations

__all__ = ["baseline"]
__verb__ = ("Learn", 100)

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.arrays import bounds_at, known_labels
from riboswitch.data.bounds.columns import bounds_of
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind, Task
from riboswitch.io.log.progress import Progress
from riboswitch.learning.base_learners.baselines import of_baseline
from riboswitch.learning.base_learners.given import check_given, given_outputs, named_columns, require_given
from riboswitch.learning.base_learners.plain_methods import plain_methods
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.modalities import find
from riboswitch.modalities.features import load_features, offer_to_baselines
from riboswitch.numeric.offsets import offsets_of
from riboswitch.steps.arguments import KIND, TARGETS, GroupPower, RecordsFile, SplitFile, Threads


def baseline(
    records: Records,
    split: Split,
    *,
    kind: Kind,
    targets: list[str],
    methods: Sequence[str] | None = None,
    given: Mapping[str, str] | None = None,
    features: RaggedArrays | None = None,
    group_power: float = 0.5,
    threads: int = 1,
) -> Predictions:
    """Train each baseline on every repeat, and predict the test rows of the repeat.

    Parameters
    ----------
    records, split
        The same rows in the same order.
    kind, targets
        As for `train`.
    methods : sequence of str, optional
        Names of the modality's baselines, also of its further ones; by default all but these.
    given : mapping, optional
        Columns that hold predictions of other methods, by a name for each; see `given_outputs`.
    features : RaggedArrays, optional
        The records, encoded: what they hold is not computed again. Predictions are the same.
    group_power : float
        Weights of rows in large groups, as in `TrainSettings`.
    threads : int

    Returns
    -------
    Predictions
        Predictions for the test rows, by method and repeat.

    Raises
    ------
    UsageError
        For a method that the modality does not have, or a name that is taken.
    InputError
        If a target has no label in training, a test row no given prediction, or features are of other rows.
    """
    split.require_ids(records.ids)
    offer_to_baselines(records, features)
    task = Task.infer(kind, targets, records.table)
    table = plain_methods(find(records.meta["modality"]), task, methods)
    check_given(given or {}, task, records.table, table)
    beside = {name: given_outputs(task, records.table, column) for name, column in (given or {}).items()}
    labels, inputs = task.labels(records.table), records.inputs
    units = _units(records, task)
    weights = units.per_unit(split.weights(group_power))
    bounds = bounds_of(records, task.targets)
    known = units.any(np.asarray(known_labels(labels, bounds).any(1)))
    parts, told = [], Progress("baseline", "models", split.repeats * (len(table) + len(beside)))
    for repeat in range(split.repeats):
        train = split.rows("train", repeat)
        train, test = train[known[train]], split.rows("test", repeat)
        learned, tested, about = units(train), units(test), split.table.iloc[test]
        ids, groups = units.names(test, about["id"]), units.repeated(test, about["group"])
        task.require_labels(labels[learned], repeat)
        for name in (*table, *beside):
            outputs = require_given(name, beside[name][tested], ids) if name in beside else of_baseline(
                table[name], inputs, train, test, labels[learned], weights[learned],
                bounds_at(bounds, learned), task=task, seed=repeat, threads=threads,
            )  # fmt: skip
            parts.append(Predictions.build(task, ids, groups, repeat, "test", name, labels[tested], outputs,
                                           bounds=bounds_at(bounds, tested)))  # fmt: skip
            told.add()
    told.close()
    return _noted(Predictions.concat(parts), given)


def _noted(made: Predictions, given: Mapping[str, str] | None) -> Predictions:
    """The predictions; their meta says which were given and not made here."""
    return replace(made, meta={**made.meta, "given": dict(given)}) if given else made


def _units(records: Records, task: Task) -> PredictionUnits:
    """One unit a record, or one for each character of its label."""
    if task.level == "record":
        return PredictionUnits()
    return PredictionUnits(offsets_of(records.table[task.targets[0]].str.len()))


def command(
    records: RecordsFile,
    split: SplitFile,
    /,
    *,
    output: Path,
    kind: Annotated[Kind, KIND],
    target: Annotated[list[str], TARGETS],
    method: list[str] | None = None,
    given: list[str] | None = None,
    features: Path | None = None,
    group_power: GroupPower = 0.5,
    threads: Threads = 1,
) -> None:
    """Train baselines on files and write their predictions.

    Parameters
    ----------
    output : Path
        Where the predictions go (.parquet).
    method : list of str
        A baseline to train; by default all but the further ones. Repeat the option for several.
    given : list of str
        A column of the records with predictions of another method, as published=COLUMN, to compare with on
        the same rows. Repeat the option for several.
    features : Path
        The same rows as arrays (.npz), from featurize: what they hold is not computed again.
    """
    arrays = None if features is None else load_features(features)
    made = baseline(Records.load(records), Split.load(split), kind=kind, targets=target, methods=method,
                    given=named_columns(given or ()), features=arrays, group_power=group_power,
                    threads=threads)  # fmt: skip
    made.save(output)
