"""A federated model beside one of the pooled rows, and each owner alone: same splits, same settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import PARTS, Split
from riboswitch.errors import UsageError
from riboswitch.evaluation.scoring import HEADLINE, score, task_metrics
from riboswitch.learning.inference import Predictor
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.training_job import Job
from riboswitch.modalities.base import Modality

FEDERATED, POOLED, ALONE = "federated", "pooled", "alone"
RESAMPLES = 400


class Share(NamedTuple):
    """The records of an owner and their split."""

    records: Records
    split: Split


def compare(
    model: Model, shares: Mapping[str, Share], modality: Modality, repeat: int = 0, device: str = "cpu"
) -> dict[str, Any]:
    """Train on the pooled rows and on each owner's alone, and score all three on all test rows.

    Parameters
    ----------
    model : Model
        Of a federated training.
    shares : mapping of str to Share
    modality : Modality
    repeat : int
    device : str

    Returns
    -------
    dict
        ``metric``, the headline of the task. ``owners``: by name the ``rows`` of each part, and the metric of
        the three models on the owner's own test rows. ``all``: every metric on the test rows of all owners
        together; those ``alone`` are means over the owners' models. ``differences``: that of ``federated`` to
        the two others in the metric, with the interval of 95 % from resampled test rows.

    Raises
    ------
    UsageError
        If no owner has test rows.
    """
    named = {
        name: Share(_named(name, share.records), _own(name, share.split, repeat))
        for name, share in shares.items()
    }
    records = _joined([share.records for share in named.values()])
    everyone = Share(records, _split([share.split for share in named.values()]))
    features = modality.encoder.encode(records.inputs, records.ids, model.header["encoder"])
    tested = Tested(model, modality, everyone, features)
    if not len(tested.rows):
        raise UsageError("no owner has test rows to compare on", hint="Give --test or splits with test rows.")
    outputs = {FEDERATED: tested.outputs(model)}
    outputs[POOLED] = tested.outputs(_trained(model, everyone, modality, device))
    alone = {name: tested.outputs(_trained(model, share, modality, device)) for name, share in named.items()}
    metric = HEADLINE[model.task.kind]
    own = {name: tested.of_owner(name) for name in shares}
    return {
        "metric": metric,
        "owners": {
            name: {"rows": _counts(share.split)}
            | {how: tested.score(found, own[name]).get(metric) for how, found in outputs.items()}
            | {ALONE: tested.score(alone[name], own[name]).get(metric)}
            for name, share in named.items()
        },
        "all": {how: tested.score(found) for how, found in outputs.items()}
        | {ALONE: _means([tested.score(found) for found in alone.values()])},
        "differences": tested.differences(
            outputs[FEDERATED], {POOLED: [outputs[POOLED]], ALONE: [*alone.values()]}
        ),
    }


class Tested:
    """The test rows of all owners, with their labels."""

    def __init__(self, model: Model, modality: Modality, share: Share, features: RaggedArrays):
        self.task, self.modality, self.features = model.task, modality, features
        self.rows = share.split.rows("test", 0)
        units = PredictionUnits.of(model.task, modality.network, features)
        labels = model.task.labels(share.records.table)
        self.labels = labels[units(self.rows)]
        places = [str(place) for place in range(len(self.rows))]
        self.record = np.array(units.repeated(self.rows, places)).astype(np.int64)
        self.owner = np.array(
            units.repeated(self.rows, [i.split(":")[0] for i in share.split.table["id"].iloc[self.rows]])
        )

    def outputs(self, model: Model) -> np.ndarray:
        """Answers of a model for the test rows, shape (units, outputs)."""
        return Predictor(model, self.modality).member(0, self.features, self.rows)

    def of_owner(self, name: str) -> np.ndarray:
        """Which units are of an owner."""
        return self.owner == name

    def score(self, outputs: np.ndarray, chosen: np.ndarray | None = None) -> dict[str, float | None]:
        """Metrics on all units or on the chosen ones; None where one cannot be computed."""
        chosen = np.ones(len(self.labels), bool) if chosen is None else chosen
        if not chosen.any():
            return {}
        found = score(self.task, self.labels[chosen], outputs[chosen])
        return {name: round(value, 6) if np.isfinite(value) else None for name, value in found.items()}

    def differences(self, outputs: np.ndarray, others: Mapping[str, list[np.ndarray]]) -> dict[str, Any]:
        """The metric of some answers minus that of others (the mean over several models), with intervals."""
        rng, rows = np.random.default_rng(0), len(self.rows)
        times = rng.multinomial(rows, np.full(rows, 1 / rows), RESAMPLES)[:, self.record].astype(np.float64)
        found: dict[str, Any] = {}
        for name, models in others.items():
            draws = self._metric(outputs, times) - np.mean([self._metric(o, times) for o in models], axis=0)
            value = self._metric(outputs) - np.mean([self._metric(other) for other in models])
            if np.isfinite(value) and np.isfinite(draws).any():
                low, high = np.nanquantile(draws, [0.025, 0.975])
                ends = {"value": value, "low": low, "high": high}
                found[name] = {end: round(float(number), 6) for end, number in ends.items()}
        return found

    def _metric(self, outputs: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
        metrics = task_metrics(self.task, self.labels, outputs, weight=times, macro_rankings=False)
        return metrics[HEADLINE[self.task.kind]]


def _trained(model: Model, share: Share, modality: Modality, device: str) -> Model:
    """A network that was trained on some rows as `train` does, with the settings of the model."""
    header, seed = model.header, model.members[0]["seed"]
    features = modality.encoder.encode(share.records.inputs, share.records.ids, header["encoder"])
    job = Job.make(share.records, features, share.split, model.task, header["training"]["settings"],
                   header["network"], modality)  # fmt: skip
    rows = {part: job.labelled(share.split.rows(part, 0)) for part in ("train", "valid")}
    if header["training"]["federated"]["epsilon"] is not None or not _judges(job, rows["valid"]):
        rows["valid"] = rows["valid"][:0]  # the last epoch is kept
    net, fitted = job.run(rows, seed, "compare", device)
    return job.bundle(net, fitted, seed, rows, {"repeat": 0, **job.calibrate(net, fitted, rows["valid"])})


def _judges(job: Job, rows: np.ndarray) -> bool:
    """Whether rows can judge a network: without an event those of a survival task cannot."""
    return job.task.kind != "survival" or bool((job.labels[rows, 1] == 1).any())


def _named(owner: str, records: Records) -> Records:
    """Records whose ids begin with their owner, since ids of two owners may be equal."""
    table = records.table.assign(id=[f"{owner}:{i}" for i in records.ids])
    return Records(table, records.rejected, records.read, records.meta)


def _own(owner: str, split: Split, repeat: int) -> Split:
    table = split.table
    names = {"id": [f"{owner}:{i}" for i in table["id"]], "group": [f"{owner}:{g}" for g in table["group"]]}
    return Split(pd.DataFrame(names | {"part_0": table[f"part_{repeat}"].to_numpy()}), {"name": owner})


def _joined(parts: list[Records]) -> Records:
    meta = {key: parts[0].meta[key] for key in ("modality", "reading") if key in parts[0].meta}
    return Records.concat(parts, **meta)


def _split(parts: list[Split]) -> Split:
    return Split(pd.concat([part.table for part in parts], ignore_index=True), {"name": POOLED})


def _counts(split: Split) -> dict[str, int]:
    return {part: len(split.rows(part, 0)) for part in PARTS}


def _means(scores: list[dict[str, float | None]]) -> dict[str, float | None]:
    names = sorted({name for found in scores for name in found})
    known = {name: [v for found in scores if (v := found.get(name)) is not None] for name in names}
    return {name: round(float(np.mean(values)), 6) if values else None for name, values in known.items()}
