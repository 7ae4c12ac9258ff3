"""Positions of a trial, put together as the records that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from riboswitch.data.predictions import Trial
from riboswitch.numeric.offsets import offsets_of


class WholeRecords(NamedTuple):
    """The records of a trial whose rows are positions with the ids ``RECORD:PLACE``.

    Attributes
    ----------
    ids : ndarray
        Of the records, sorted.
    order : ndarray
        Rows of the trial, record after record and from the first place to the last.
    lengths : ndarray
        Positions of each record.
    """

    ids: np.ndarray
    order: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, trial: Trial) -> WholeRecords:
        """Those of a trial."""
        names = [name.rpartition(":") for name in trial.ids.tolist()]
        ids, record = np.unique([name for name, _, _ in names], return_inverse=True)
        order = np.lexsort((np.array([int(place) for _, _, place in names], np.int64), record))
        return cls(ids, order, np.bincount(record, minlength=len(ids)))

    def trial(self, positions: Trial, outputs: Mapping[str, np.ndarray]) -> Trial:
        """A trial with a row for each record, in the groups of their positions; its labels are 0."""
        first = self.order[offsets_of(self.lengths)[:-1]]
        none = np.zeros((len(self.ids), 1))
        return replace(
            positions, groups=positions.groups[first], labels=none, outputs=dict(outputs), ids=self.ids
        )
