"""Triage of abstracts: three splits, each with a network of its own seed, the stack and plain methods."""

from __future__ import annotations

from typing import Any

import torch
from modalities_text import SEEDS, Task, figure

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.steps.predict import held_out


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of triage, and what stands beside them."""
    torch.set_num_threads(1)
    task = Task("text", "included", bench)
    models = [task.network(repeat, repeat) for repeat in range(SEEDS)]
    networks = held_out(task.records, task.features, task.split, models)
    blended, _ = riboswitch.stack(task.records, task.features, task.split, networks)
    every = Predictions.concat([networks.part("test"), blended, task.plain()])
    found = riboswitch.evaluate(every, model="stack")
    figures = {"triage_wss95": figure(found, "wss95", "stack", "triage_wss95")}
    return figures, task.about(found, models) | {"comparisons": found["comparisons"]}
