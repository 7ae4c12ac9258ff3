"""Base learners of the stack: neighbours for proteins, composition for other sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.data.task import Task
from riboswitch.modalities.sequence.composition import Composition
from riboswitch.modalities.sequence.neighbours import Neighbours
from riboswitch.modalities.stack_part import BaseLearner


def base_learners(meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
    """Return the neighbours for proteins, and the composition for other sequences.

    For proteins the composition adds nothing to the neighbours. Validation parts have few families: on some
    of them it got enough weight to outvote the neighbours.
    """
    return {"neighbours": Neighbours} if meta["alphabet"] == "protein" else {"composition": Composition}


def starting_weights(task: Task, meta: Mapping[str, Any]) -> None:
    """Return none: validation rows alone decide the weights."""
