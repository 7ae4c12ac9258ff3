"""Base learners of the stack of pairs: a forest and kernels, on the features of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.data.task import Task
from riboswitch.modalities.pair.base_learners.answers_kernel import AnswersKernel
from riboswitch.modalities.pair.base_learners.forest import PairForest
from riboswitch.modalities.pair.base_learners.kernel import LeftKernel, PairKernel, RightKernel
from riboswitch.modalities.pair.encode import VECTORS
from riboswitch.modalities.pair.sides import Pair
from riboswitch.modalities.stack_part import BaseLearner


class PairStack:
    """See `riboswitch.modalities.stack_part.StackPart`."""

    def __init__(self, pair: Pair):
        self.pair = pair

    def base_learners(self, meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
        """Return a forest and four kernels.

        There are none if the arrays do not hold the features of both sides: the networks then answer alone.
        """
        if len(meta[VECTORS] or ()) < len(self.pair.sides):
            return {}
        return {
            "forest": PairForest,
            "kernel": PairKernel,
            "left_kernel": LeftKernel,
            "right_kernel": RightKernel,
            "answers_kernel": AnswersKernel,
        }

    def starting_weights(self, task: Task, meta: Mapping[str, Any]) -> None:
        """Return none: validation rows alone decide the weights."""


def make(pair: Pair) -> PairStack:
    """Make the stack of these pairs."""
    return PairStack(pair)
