"""Tasks of texts, read, split and trained as config/text.yaml and config/entities.yaml say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from common import HERE, kept, kept_seconds

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions

SEEDS = 3
FOLDERS = {"text": "text_bannach_brown2019", "entities": "text_bc5cdr"}
PUBLISHED = {
    "triage_wss95": 0.527,  # of TF-IDF and logistic regression on these abstracts, other splits
    "bc5cdr_chemical_f1": 0.88, "bc5cdr_disease_f1": 0.80,  # Crichton et al. 2017, about
}  # fmt: skip
NO_PLAIN = {"network", "stack", "mean_of_all"}


class Task:
    """A task of a configuration: its records, features and split, and networks of each seed.

    Parameters
    ----------
    config, name : str
        The file in config/, and the task.
    bench : Bench
    """

    def __init__(self, config: str, name: str, bench: Any):
        self.work = Path(bench.work) / name
        self.work.mkdir(parents=True, exist_ok=True)
        about = yaml.safe_load((HERE / f"../config/{config}.yaml").read_text("utf-8"))
        self.how, folder = about["tasks"][name], bench.data / FOLDERS[config]
        self.bootstrap = about.get("evaluate", {}).get("bootstrap", 1000)
        self.task = {"kind": self.how["kind"], "targets": self.how["targets"]}
        parse = dict(self.how["parse"])
        sources = [
            {k: v for k, v in source.items() if k not in ("data", "files")}
            | {"paths": [folder / file for file in source["files"]]}
            for source in parse.pop("sources")
        ]
        self.records = riboswitch.parse(sources, self.how["modality"], **self.task, **parse)
        self.split = riboswitch.split(self.records, **self.how["split"])
        self.features = riboswitch.featurize(self.records, {})

    def network(self, repeat: int, seed: int) -> Model:
        """A network of a repeat and a seed, trained once."""
        train = partial(riboswitch.train, self.records, self.features, self.split, **self.task, repeat=repeat,
                        seed=seed, settings=self.how["train"], network=self.how.get("network"))  # fmt: skip
        return kept(self.work / f"{repeat}-{seed}.safetensors", train, Model.load)

    def plain(self) -> Predictions:
        """Predictions of the plain methods, made once."""
        make = partial(riboswitch.baseline, self.records, self.split, **self.task)
        return kept(self.work / "plain.parquet", make, Predictions.load)

    def about(self, found: Mapping[str, Any], models: list[Model]) -> dict[str, Any]:
        """Rows, split, settings, epochs and all metrics."""
        sizes = {part: [len(self.split.rows(part, r)) for r in range(self.split.repeats)]
                 for part in ("train", "valid", "test")}  # fmt: skip
        members = [model.header["members"][0] for model in models]
        return {"rows": self.records.counts(), "split": {**self.how["split"], **sizes},
                "training": self.how["train"], "epochs": [member["epoch"] for member in members],
                "methods": found["methods"], "seeds": len(models),
                "cpu_seconds": kept_seconds(self.work)}  # fmt: skip


def figure(found: Mapping[str, Any], metric: str, ours: str, key: str) -> dict[str, Any]:
    """The figure of a method beside the best plain one, from `evaluate` with this method as the model."""
    methods, compared = found["methods"], found["comparisons"]
    plain = {name: each[metric]["mean"] for name, each in methods.items() if name not in NO_PLAIN}
    best = max(plain, key=lambda name: plain[name])
    own = methods[ours][metric]
    return {"value": own["mean"], "low": own.get("low"), "high": own.get("high"), "plain": plain[best],
            "plain_method": best, "published": PUBLISHED[key],
            "verdict": compared.get(best, {}).get(metric, {}).get("verdict")}  # fmt: skip
