"""What networks say of an input and of every change of it, in the words of the modality that explains."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import torch

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.learning.inference import Predictor


def changes_of(
    module: ModuleType, arrays: RaggedArrays, row: int, parts: int
) -> tuple[np.ndarray, list[str]]:
    """The part of each change, and what it becomes; if a modality does not say, each is left out once."""
    if not hasattr(module, "changes"):
        return np.arange(parts), [""] * parts
    return tuple(module.changes(arrays, row))


def members(predictor: Predictor, module: ModuleType, arrays: RaggedArrays, row: int) -> np.ndarray:
    """Answers of each network for an input and its changes, shape (networks, 1 + changes, outputs).

    A modality may have a faster way for them than to spell all out.
    """
    if not hasattr(module, "answers"):
        return predictor.members(module.without_each(arrays, row))
    raw = [module.answers(network, arrays, row) for network in predictor.networks]
    return np.stack([predictor.finish(number, each) for number, each in enumerate(raw)])


def scrambled(model: Model) -> Predictor:
    """The same networks with the weights of each layer shuffled: as large as before, but nothing learned."""
    predictor = Predictor(model)
    for number, network in enumerate(predictor.networks):
        generator = torch.Generator().manual_seed(number)
        for weights in network.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.data = weights.data.flatten()[order].view_as(weights)
    return predictor
