"""Answers of networks for an input and for every change of it."""

from __future__ import annotations

import numpy as np
import torch

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.learning.deterministic import deterministic
from riboswitch.learning.inference import Predictor
from riboswitch.modalities.base import Modality
from riboswitch.modalities.optional_parts import Explainer


def members(predictor: Predictor, explainer: Explainer, arrays: RaggedArrays, row: int) -> np.ndarray:
    """Answers of each network for an input and its changes, shape (networks, 1 + changes, outputs)."""
    if explainer.answers is None:
        return predictor.members(explainer.without_each(arrays, row))
    with deterministic():
        raw = [explainer.answers(network, arrays, row) for network in predictor.networks]
    return np.stack([predictor.finish(number, each) for number, each in enumerate(raw)])


def scrambled(model: Model, modality: Modality) -> Predictor:
    """The same networks with the weights of each layer shuffled: as large as before, but nothing learned."""
    predictor = Predictor(model, modality)
    for number, network in enumerate(predictor.networks):
        generator = torch.Generator().manual_seed(number)
        for weights in network.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.data = weights.data.flatten()[order].view_as(weights)
    return predictor
