"""Accuracy for resistance genes that were held out: whole families, or single genes.

Records (ResFinder's proteins, and the background of E. coli MG1655) and settings are those of the default
workflow. Networks, base learners and baselines see the same rows. There are few families: for each seed they
are divided into five folds, so that every family is a test family once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from common import HERE

from riboswitch.config.loading import defaults, load, validate
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import STACK, Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split, assign
from riboswitch.steps.baseline import baseline
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.featurize import featurize
from riboswitch.steps.parse import parse
from riboswitch.steps.predict import held_out
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
from riboswitch.steps.train import refit, train

SEEDS, FOLDS = 3, 5
VALID = 0.12  # fraction of the rows that are not test rows
RIVALS = ("best_hit", "kmer_linear", "neighbours", "network")
METRIC = "macro_f1"


@dataclass(frozen=True, eq=False)
class Genes:
    """The gene task of the default workflow.

    Attributes
    ----------
    data : Path
        Folder with the data sources of the workflow: ``resfinder/*.fsa``, ``resfinder/phenotypes.txt`` and
        the genomes in ``genomes``.
    work : Path
        Folder of the records and the model.
    """

    data: Path
    work: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        config, schema = load(HERE / "../config/config.yaml"), HERE / "../workflow/schemas/config.schema.json"
        validate(config, schema)
        return defaults(config, schema)["tasks"]["gene_class"]

    @cached_property
    def records(self) -> Records:
        path = self.work / "records.parquet"
        if not path.exists():
            self._parse().save(path)
        return Records.load(path)

    def _parse(self) -> Records:
        spec = dict(self.config["parse"])
        sources = [
            {key: value for key, value in source.items() if key not in ("data", "files")}
            | {"paths": [self.data / source["data"] / file for file in source["files"]]}
            for source in spec.pop("sources")
        ]
        for part, key in (("annotate", "table"), ("background", "genome")):
            entry = dict(spec[part])
            spec[part] = {key: self.data / entry.pop("data") / entry.pop("file")} | entry
        return parse(sources, self.config["modality"], kind=self.config["kind"],
                     targets=self.config["targets"], **spec)  # fmt: skip

    @cached_property
    def features(self) -> RaggedArrays:
        return featurize(self.records, self.config["featurize"])

    def networks(self, parts: Split) -> list[Model]:
        """One network for each repeat."""
        return [
            train(self.records, self.features, parts, kind=self.config["kind"],
                  targets=self.config["targets"], repeat=repeat, settings=self.config["train"],
                  network=self.config["network"])
            for repeat in range(parts.repeats)
        ]  # fmt: skip

    def predictions(self, parts: Split) -> Predictions:
        """Predictions of networks, stack and baselines for the test rows of every repeat."""
        networks = held_out(self.records, self.features, parts, self.networks(parts))
        baselines = baseline(self.records, parts, kind=self.config["kind"], targets=self.config["targets"])
        stacked, _ = stack(self.records, self.features, parts, networks)
        return Predictions.concat([networks.part("test"), stacked, baselines])

    @cached_property
    def model(self) -> Model:
        """The model of the workflow."""
        path = self.work / "model.safetensors"
        if not path.exists():
            settings, final = self.config["split"], self.config["final"]
            parts = split(self.records, settings["method"], target=self.config["targets"][0],
                          fractions=settings["fractions"], repeats=settings["repeats"],
                          seed=settings["seed"])  # fmt: skip
            networks = self.networks(parts)
            predicted = held_out(self.records, self.features, parts, networks)
            _, base_learners = stack(self.records, self.features, parts, predicted)
            finals = [refit(self.records, self.features, parts, networks, seed=seed, epochs=final["epochs"])
                      for seed in range(final["members"])]  # fmt: skip
            ensemble([*finals, base_learners], self.records).save(path)
        return Model.load(path)


def folds(like: Split, labels: list[str], seed: int) -> Split:
    """Whole groups in `FOLDS` folds, each the test part of one repeat; some other rows for validation."""
    groups, strata = like.table["group"].to_numpy(), np.array(labels)
    fold = np.full(len(groups), FOLDS - 1)
    left = np.arange(len(groups))
    for number in range(FOLDS - 1):
        fraction = 1 / (FOLDS - number)
        parts = assign(
            groups[left], strata[left], {"train": 1 - fraction, "test": fraction}, seed * FOLDS + number
        )
        fold[left[np.array(parts) == "test"]] = number
        left = left[np.array(parts) != "test"]
    table = like.table[["id", "group"]].copy()
    for number in range(FOLDS):
        rest = np.flatnonzero(fold != number)
        part = np.full(len(groups), "test", object)
        part[rest] = assign(groups[rest], strata[rest], {"train": 1 - VALID, "valid": VALID}, seed)
        table[f"part_{number}"] = part
    return Split(table, {"name": f"folds-{seed}"})


def pooled(predictions: Predictions, seed: int) -> Predictions:
    """The folds of one seed as one repeat: each row was a test row once."""
    table = predictions.table.assign(repeat=seed)
    return Predictions(table, predictions.task)


def evaluated(predictions: list[Predictions]) -> dict[str, Any]:
    """Means over the seeds, and the stack minus each other method with its paired interval."""
    found = evaluate(Predictions.concat(predictions), model=STACK)
    return {
        "measure": METRIC,
        "seeds": len(predictions),
        "mean": {m: round(found["methods"][m][METRIC]["mean"], 4) for m in (STACK, *RIVALS)},
        "per_seed": {m: found["methods"][m][METRIC]["per_repeat"] for m in (STACK, *RIVALS)},
        "stack_minus": {m: found["comparisons"][m][METRIC] for m in RIVALS},
        "not_evaluable": found["not_evaluable"],
    }


def family_macro_f1(genes: Genes) -> dict[str, Any]:
    """Macro-F1 if whole gene families are held out."""
    labels = genes.records.table[genes.config["targets"][0]].tolist()
    grouped = split(genes.records, "family", repeats=1)
    predictions, weights = [], []
    for seed in range(SEEDS):
        of_seed = genes.predictions(folds(grouped, labels, seed))
        predictions.append(pooled(of_seed, seed))
        weights.append(of_seed.meta["blends"])
    return {"amr_family_macro_f1": evaluated(predictions) | {"folds": FOLDS, "blends": weights}}


def random_macro_f1(genes: Genes) -> dict[str, Any]:
    """Macro-F1 if rows are held out at random, with relatives in training."""
    parts = split(genes.records, "random", target=genes.config["targets"][0], repeats=SEEDS)
    predictions = genes.predictions(parts)
    found = evaluated([predictions]) | {"seeds": SEEDS, "blends": predictions.meta["blends"]}
    return {"amr_random_macro_f1": found}
