"""The gain from pre-training on unlabelled proteins, for families outside the training data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common import cpu_seconds
from sequence_amr import METRIC, Genes

from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.splits import Split
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.parse import parse
from riboswitch.steps.predict import held_out
from riboswitch.steps.pretrain import pretrain
from riboswitch.steps.split import split
from riboswitch.steps.train import train

REPEATS = 5
SETTINGS = {"epochs": 5, "batch_size": 32, "learning_rate": 3e-3}
READING = {"features": "CDS", "translate": True, "min_length": 30}
NAMES = {False: "plain", True: "pretrained"}


def pretraining(genes: Genes, genbank: Path) -> dict[str, Any]:
    """Macro F1 of the network alone on family splits, with and without the proteins of a genome."""
    proteins = parse([{"paths": [genbank], "reading": READING}], "sequence")
    models: list[Model] = []
    seconds = cpu_seconds(lambda: models.append(pretrain(proteins, settings=SETTINGS)))
    target = genes.config["targets"][0]
    parts = split(genes.records, "family", target=target, repeats=REPEATS)
    predictions = [_predictions(genes, parts, None), _predictions(genes, parts, models[0])]
    found = evaluate(Predictions.concat(predictions), model=NAMES[True])
    return {
        "pretraining": {
            "measure": METRIC,
            "mean": {name: round(found["methods"][name][METRIC]["mean"], 4) for name in NAMES.values()},
            "sd": {name: round(found["methods"][name][METRIC]["sd"], 4) for name in NAMES.values()},
            "pretrained_minus_plain": found["comparisons"][NAMES[False]][METRIC],
            "proteins": len(proteins),
            "cpu_seconds": round(seconds, 1),
            "repeats": REPEATS,
        }
    }


def _predictions(genes: Genes, parts: Split, init: Model | None) -> Predictions:
    task = {key: genes.config[key] for key in ("kind", "targets", "network")}
    models = [
        train(genes.records, genes.features, parts, **task, repeat=repeat, settings=genes.config["train"],
              init=init)
        for repeat in range(parts.repeats)
    ]  # fmt: skip
    predicted = held_out(genes.records, genes.features, parts, models).part("test")
    return Predictions(predicted.table.assign(method=NAMES[init is not None]), predicted.task)
