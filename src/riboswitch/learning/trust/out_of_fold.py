"""Answers for training rows by networks that saw neither them nor their groups.

Every repeat of a split holds groups out, such as all molecules of a scaffold, and the network (or blend) of
the repeat predicts them. The mean over the repeats that held a row out is its out-of-fold answer. A row that
no repeat held out has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.errors import BundleError
from riboswitch.learning.trust.calibration import PART, Calibration

TENSOR = "training.held_out"
"""Name of the array in a bundle: float32 of shape (training rows, outputs), NaN where there is no answer."""
NO_ROW = -1


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold answers of the training rows of a bundle.

    Attributes
    ----------
    answers : ndarray
        Shape (training rows, outputs), calibrated; NaN where a row was never held out.
    """

    answers: np.ndarray

    @classmethod
    def fit(cls, held_out: Predictions, ids: list[str], calibration: Calibration) -> OutOfFold:
        """The mean of the calibrated predictions of each training row in the repeats that held it out.

        Parameters
        ----------
        held_out : Predictions
            Of one method, as for `Calibration.fit`.
        ids : list of str
            Of the training rows.
        calibration : Calibration
        """
        rows = held_out.part(PART)
        outputs = calibration(rows.outputs.astype(np.float64))
        place = {name: row for row, name in enumerate(ids)}
        where = np.array([place[name] for name in rows.table["id"]], np.int64)
        sums, times = np.zeros((len(ids), outputs.shape[1])), np.bincount(where, minlength=len(ids))
        np.add.at(sums, where, outputs)
        answers = np.full_like(sums, np.nan)
        np.divide(sums, times[:, None], out=answers, where=times[:, None] > 0)
        return cls(answers.astype(np.float32))

    def store(self, model: Model) -> None:
        """Keep the answers in a bundle that has its training rows."""
        model.tensors[TENSOR] = self.answers

    @classmethod
    def of(cls, model: Model) -> OutOfFold | None:
        """Those of a bundle; None if it has none.

        Raises
        ------
        BundleError
            If they are not of its training rows and outputs.
        """
        answers = model.tensors.get(TENSOR)
        if answers is None:
            return None
        expected = (len(model.texts("training.ids")), len(model.task.columns))
        if answers.shape != expected or answers.dtype != np.float32:
            raise BundleError("the out-of-fold answers are not of its training rows", where=model.source,
                              found=f"{answers.dtype} of shape {answers.shape}",
                              hint="Join it again (riboswitch ensemble).")  # fmt: skip
        return cls(answers)

    @property
    def rows(self) -> int:
        """Number of training rows with an answer."""
        return int(np.isfinite(self.answers).all(axis=1).sum())

    def replaced(self, mean: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Put out-of-fold answers in the place of others.

        Parameters
        ----------
        mean : ndarray
            Answers, shape (inputs, outputs).
        rows : ndarray
            The training row of each input, `NO_ROW` if it was not in training; shape (inputs,).

        Returns
        -------
        mean, replaced : ndarray
            Shapes (inputs, outputs), and bool (inputs,).
        """
        own = self.answers[rows].astype(np.float64)
        replaced = (rows != NO_ROW) & np.isfinite(own).all(axis=1)
        return np.where(replaced[:, None], own, mean), replaced
