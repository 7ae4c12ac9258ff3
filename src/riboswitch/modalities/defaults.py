"""Members of parts that suit a modality without positions, without options, and with one form of arrays.

A part takes one over by importing it: ``from riboswitch.modalities.defaults import positions as positions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.task import Level
    from riboswitch.errors import Problem
    from riboswitch.modalities.parts import Baseline, Inputs

IN_PAIRS: Mapping[str, Any] = {}
"""`NetworkPart.IN_PAIRS`: settings as usual."""

PER_POSITION: Mapping[str, Any] = {}
"""`NetworkPart.PER_POSITION`: labels of positions require nothing."""

POSITION_BASELINES: Mapping[str, Baseline] = {}
"""`Baselines.POSITION_BASELINES`: none."""

SURVIVAL_BASELINES: Mapping[str, Baseline] = {}
"""`Baselines.SURVIVAL_BASELINES`: none; the other baselines learn residuals."""


def label_lengths(components: Mapping[str, Any]) -> tuple[int, ...]:
    """`Reader.label_lengths`: the input has no positions to label."""
    return ()


def settle(inputs: Inputs, method: str = "", **options: Any) -> dict[str, Any]:
    """`Grouper.settle`: the methods have no options."""
    return {}


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """`Encoder.problem`: every input that was read can be encoded."""
    return None


def of_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """`Encoder.of_reading`: no setting follows from the reading."""
    return {}


def serves(encoding: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """`Encoder.serves`: all models read whole arrays, so both must be equal."""
    return encoding == wanted


def for_networks(encoding: Mapping[str, Any]) -> dict[str, Any]:
    """`Encoder.for_networks`: networks read all of the arrays."""
    return dict(encoding)


def suited(level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """`NetworkPart.suited`: the default settings of networks suit all labels."""
    return {}


def positions(arrays: RaggedArrays) -> np.ndarray | None:
    """`NetworkPart.positions`: rows have no positions."""
    return None
