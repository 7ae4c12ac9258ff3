"""A network in the place of base learners: it learns a bundle's answers to public inputs, and nothing else.

Base learners hold training rows, or can be turned back into them. What they know can be handed out as answers
to inputs that everybody has. A network that learned these has seen no training row.

References
----------
Hinton, Vinyals and Dean, arXiv:1503.02531 (distillation). Papernot et al., ICLR 2017, "Semi-supervised
knowledge transfer for deep learning from private training data" (a student of answers to public data).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import without_test
from riboswitch.errors import InputError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.training_job import Job
from riboswitch.modalities.base import Modality

PLAIN: dict[str, Any] = {"class_power": 0.0, "group_power": 0.0, "label_smoothing": 0.0}
"""Settings with which answers are learned as they are: nothing is balanced or smoothed."""

LEAST = 100
"""Public inputs, below which there is too little to learn from."""
VALID, SEED = 0.1, 0


class Student(NamedTuple):
    """A network that learned a bundle's answers.

    Attributes
    ----------
    model : Model
        One network, with the settings of those of the bundle.
    rows, compared : int
        Public inputs it learned from, and others on which it is compared with the bundle.
    difference, spread : float
        Mean absolute difference of its answers to the bundle's, and standard deviation of the latter, on the
        inputs that are compared.
    """

    model: Model
    rows: int
    compared: int
    difference: float
    spread: float


def learned_from(model: Model, modality: Modality, records: Records, features: RaggedArrays) -> Student:
    """Train a network on the answers of a bundle.

    Parameters
    ----------
    model : Model
        The bundle, with its base learners and its calibration.
    modality : Modality
    records : Records
        Public inputs, none of them a training row.
    features : RaggedArrays
        The same, encoded for networks.

    Raises
    ------
    InputError
        If there are fewer than `LEAST` inputs.
    """
    if len(records) < LEAST:
        hint = f"At least {LEAST} are needed; some thousands like your own are better."
        raise InputError("too few public inputs that are no training rows", found=len(records), hint=hint)
    teacher = Predictor(model, modality)
    answers = teacher(teacher.encode(records.inputs))[0]
    part = without_test(records.ids, records.ids, VALID, SEED, "share")
    job = Job.make(
        records, features, part, model.task, PLAIN, model.header["network"], modality, soft=answers
    )
    rows = {name: part.rows(name, 0) for name in ("train", "valid")}
    net, fitted = job.run(rows, SEED, "share")
    made = job.bundle(net, fitted, SEED, rows, {"repeat": 0, **job.calibrate(net, fitted, rows["valid"])})
    held = rows["valid"]
    learned = Predictor(made, modality)(features, held)[0]
    difference = float(np.abs(learned - answers[held]).mean())
    return Student(made, len(rows["train"]), len(held), difference, float(answers[held].std(0).mean()))
