"""Inputs that stand for several forms, as a racemate: each form is predicted, and the mean is the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import Inputs


@dataclass(frozen=True)
class FurtherForms:
    """The forms of some rows besides the one that is encoded with the row.

    Attributes
    ----------
    counts : ndarray
        Number of forms of each row, int64 of shape (rows,); mostly 1.
    rows : ndarray
        The row of each further form, shape (further forms,).
    arrays : RaggedArrays, optional
        The further forms, encoded; None if there are none.
    """

    counts: np.ndarray
    rows: np.ndarray
    arrays: RaggedArrays | None

    @classmethod
    def of(cls, inputs: Inputs, modality: Modality, encoder: Mapping[str, Any]) -> FurtherForms | None:
        """Encode the further forms of inputs; None if inputs of this modality have one form each."""
        if modality.forms is None:
            return None
        several = modality.forms.several(inputs)
        counts = np.ones(len(next(iter(inputs.values()))), np.int64)
        further: dict[str, list[Any]] = {name: [] for name in inputs}
        for row, forms in several.items():
            for name, values in forms.items():
                counts[row] = len(values)
                further[name] += values[1:]
        rows = np.repeat(np.arange(len(counts)), counts - 1)
        ids = [str(number) for number in range(len(rows))]
        return cls(counts, rows, modality.encoder.encode(further, ids, encoder) if ids else None)


@dataclass(frozen=True)
class Range:
    """The lowest and the highest prediction over the forms of each row.

    Attributes
    ----------
    counts : ndarray
        Number of forms, shape (rows,).
    low, high : ndarray
        Shape (rows, outputs); NaN where there is one form.
    """

    counts: np.ndarray
    low: np.ndarray
    high: np.ndarray


def over_forms(members: np.ndarray, further: np.ndarray, forms: FurtherForms) -> tuple[np.ndarray, Range]:
    """Average predictions over the forms of each row.

    Parameters
    ----------
    members : ndarray
        Predictions of the encoded form by each network, shape (networks, rows, outputs).
    further : ndarray
        Those of the further forms, shape (networks, further forms, outputs).
    forms : FurtherForms

    Returns
    -------
    means : ndarray
        Of each network, shape (networks, rows, outputs).
    range : Range
        Of the means over the networks.
    """
    low = members.mean(0)
    high = low.copy()
    of_form = further.mean(0)
    np.minimum.at(low, forms.rows, of_form)
    np.maximum.at(high, forms.rows, of_form)
    alone = forms.counts == 1
    low[alone] = high[alone] = np.nan
    sums = members.copy()
    for network, values in zip(sums, further, strict=True):
        np.add.at(network, forms.rows, values)
    return sums / forms.counts[:, None], Range(forms.counts, low, high)
