"""Mentions of chemicals and diseases in sentences: the published split, and networks of three seeds.

Intervals are made over sentences: the files have no marks of documents.
"""

from __future__ import annotations

from typing import Any

import torch
from modalities_text import SEEDS, Task, figure

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.steps.predict import held_out


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of chemicals and diseases, and what stands beside them."""
    torch.set_num_threads(1)
    task = Task("entities", "mentions", bench)
    models = [task.network(0, seed) for seed in range(SEEDS)]
    every = [held_out(task.records, task.features, task.split, [model]).part("test") for model in models]
    made = [_as_repeat(some, seed) for seed, some in enumerate(every)]
    made += [_as_repeat(task.plain(), seed) for seed in range(SEEDS)]
    found = riboswitch.evaluate(Predictions.concat(made), bootstrap=task.bootstrap, spans=task.how["spans"])
    spans = found["spans"]
    figures = {
        key: figure(spans, f"f1_{name}", "network", key)
        for name in task.how["spans"]
        for key in [f"bc5cdr_{name.lower()}_f1"]
    }
    return figures, task.about(spans, models) | {"comparisons": spans["comparisons"]}


def _as_repeat(predictions: Predictions, repeat: int) -> Predictions:
    """The same predictions as those of another repeat."""
    return Predictions(predictions.table.assign(repeat=repeat), predictions.task, dict(predictions.meta))
