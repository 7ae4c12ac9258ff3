"""Settings of training, with their defaults and limits."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import check_settings, choice, number, whole

SURVIVAL = {"batch_size": 256}
"""Defaults of a survival task that go before those of the modality: a batch needs events to learn from."""


@dataclass(frozen=True)
class TrainSettings:
    """Settings of the training.

    Attributes
    ----------
    epochs : int
        Passes over the training rows. A modality has a default of its own for this and some other settings.
    batch_size : int
        Rows of a batch.
    learning_rate : float
        Highest learning rate of AdamW under a one-cycle schedule.
    weight_decay : float
        Weight decay of AdamW.
    label_smoothing : float
        Label smoothing of multi-class tasks.
    class_power : float
        Rows of a class of n rows weigh n ** -class_power each; 0: all the same.
    group_power : float
        Rows of a group of s rows weigh s ** -group_power each, so that large families do not dominate.
    clip : float
        Largest norm of the gradient.
    keep : {"best", "last"}
        Epoch that is kept: the one with the lowest loss on the validation rows, or the last.
    """

    epochs: int = whole(20)
    batch_size: int = whole(64)
    learning_rate: float = number(2e-3, above=0)
    weight_decay: float = number(0.01, at_least=0)
    label_smoothing: float = number(0.0, at_least=0, below=1)
    class_power: float = number(0.5, at_least=0, at_most=1)
    group_power: float = number(0.5, at_least=0, at_most=1)
    clip: float = number(1.0, above=0)
    keep: str = choice("best", ("best", "last"))

    def __post_init__(self) -> None:
        check_settings(self)
