"""How profiles are scaled: by means and standard deviations of training rows, and centred by batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riboswitch.data.arrays import RaggedArrays

FLAT = 1e-6  # features with a smaller standard deviation are constant


class Rows(NamedTuple):
    """Rows of encoded profiles.

    Attributes
    ----------
    values : ndarray
        float64, shape (rows, features), 0 in gaps.
    known : ndarray
        bool, shape (rows, features).
    batch : ndarray
        Number of the batch of each row; -1: none.
    """

    values: np.ndarray
    known: np.ndarray
    batch: np.ndarray


def gathered(arrays: RaggedArrays, rows: np.ndarray) -> Rows:
    """The rows of encoded profiles."""
    fields, items = arrays.only.values, arrays.items(rows)
    return Rows(
        fields["values"][items].astype(np.float64), fields["known"][items] > 0, fields["batch"][items]
    )


def scalers(rows: Rows, batches: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres and scales of training rows.

    A batch without training rows has the means of all, and so has a feature without values in a batch.

    Returns
    -------
    centre : ndarray
        Shape (batches + 1, features); the last is that of rows without a batch.
    scale : ndarray
        Shape (features,): standard deviations from the centres, 1 for constant features.
    """
    values, known, batch = rows
    overall = _means(values, known, np.zeros(values.shape[1]))
    own = [_means(values[batch == n], known[batch == n], overall) for n in range(batches)]
    centre = np.stack([*own, overall])  # number -1, no batch, is the last
    away = np.where(known, values - centre[np.where(batch < batches, batch, -1)], 0.0)
    deviation = np.sqrt((away**2).sum(0) / np.maximum(known.sum(0), 1))
    least = FLAT * np.maximum(1.0, np.abs(overall))
    return centre, np.where(deviation > least, deviation, 1.0)


def _means(values: np.ndarray, known: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Mean of each feature over the rows where it is known; ``otherwise`` where it never is."""
    count = known.sum(0)
    sums = np.where(known, values, 0.0).sum(0)
    means: np.ndarray = np.where(count > 0, sums / np.maximum(count, 1), otherwise)
    return means
