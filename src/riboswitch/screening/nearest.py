"""The training compounds of a model: whether a compound is one of them, and which is the most similar."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riboswitch.data.model import Model
from riboswitch.errors import BundleError
from riboswitch.learning.sharing.familiarity import Familiarity
from riboswitch.learning.sharing.membership import Membership
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.learning.trust.out_of_fold import NO_ROW
from riboswitch.modalities import find
from riboswitch.modalities.optional_parts import Similarity
from riboswitch.modalities.parts import Inputs

TRAINING_COLUMNS = ("in_training", "training_label")
"""Columns of the scores: whether a compound is a training compound, and its training label."""

OUT_OF_FOLD = "out_of_fold"
"""Column of the scores: whether networks answered that saw neither the compound nor its group in training."""

NEAREST_COLUMNS = ("nearest_training", "similarity")
"""Columns of `TrainingSet.nearest`; `DOMAIN` follows if the model is calibrated."""

FAMILIARITY = "familiarity"
"""Column of `TrainingSet.nearest` of a shared bundle, which has no training compounds; `DOMAIN` follows."""

DOMAIN = "in_domain"
"""Whether an input is as similar to the training compounds as those of 95 % of new groups are."""


class TrainingSet:
    """The training compounds of a model.

    Parameters
    ----------
    model : Model

    Raises
    ------
    BundleError
        If ids, inputs, keys and labels are not equally many.
    """

    def __init__(self, model: Model):
        self.model, self.modality = model, find(model.modality)
        self.library = self.modality.required("library", self.modality.library)
        self._membership, self._familiarity = Membership.of(model), Familiarity.of(model)
        self.ids, self.inputs = model.texts("training.ids"), model.inputs("training.inputs")
        labels = model.texts("training.labels") or [""] * len(self.ids)
        self.labels = pa.array(labels, pa.string())
        told = (labels, model.texts("training.keys"), *self.inputs.values())
        if any(part and len(part) != len(self.ids) for part in told):
            raise BundleError("ids, inputs, keys and labels of its training rows are not equally many")

    @property
    def similarity(self) -> Similarity:
        """How alike two compounds are; only `nearest` needs it."""
        return self.modality.required("similarity", self.modality.similarity)

    @property
    def known(self) -> bool:
        """Whether the bundle knows its training compounds; an imported one does not."""
        return bool(self.ids) or self._membership is not None

    @property
    def comparable(self) -> bool:
        """Whether the bundle can say how much a compound is like the training compounds."""
        return bool(self.ids) or self._familiarity is not None

    def columns(self, keys: pa.ChunkedArray, by: str) -> dict[str, Any]:
        """`TRAINING_COLUMNS` of compounds; of a shared bundle only the first, of an imported one none.

        Parameters
        ----------
        keys : ChunkedArray of str
        by : str
            Kind of the keys: one of the library's `KEYS`.
        """
        if self._membership is not None:
            return {TRAINING_COLUMNS[0]: self._membership(keys.to_pylist(), by)}
        if not self.ids:
            return {}
        index = self._index(keys, by)
        label = pd.array(self.labels.take(index).fill_null(""), dtype="str")
        values = index.is_valid().to_numpy(zero_copy_only=False), label
        return dict(zip(TRAINING_COLUMNS, values, strict=True))

    def rows(self, keys: pa.ChunkedArray, by: str) -> np.ndarray:
        """The training row of each compound, `NO_ROW` where it was not in training; int64."""
        return self._index(keys, by).fill_null(NO_ROW).to_numpy().astype(np.int64)

    def _index(self, keys: pa.ChunkedArray, by: str) -> pa.Array:
        return pc.index_in(keys.combine_chunks(), value_set=self._keys[by])

    def nearest(self, inputs: Inputs) -> pd.DataFrame:
        """Find the most similar training compound of each compound.

        Returns
        -------
        DataFrame
            ``nearest_training`` (id) and ``similarity``, the measure of the modality (`Similarity.NAME`). Of
            a calibrated model also ``in_domain``. Of a shared bundle ``familiarity`` and ``in_domain``.
        """
        queries = self.similarity.fingerprints(inputs)
        if self._familiarity is not None:
            shares = np.round(self._familiarity(queries), 6)
            return pd.DataFrame({FAMILIARITY: shares, DOMAIN: shares >= self._familiarity.least})
        similarity, indices = self.similarity.nearest(queries, self._fingerprints)
        ids = pd.array([self.ids[i] for i in indices], dtype="str")
        found = pd.DataFrame(dict(zip(NEAREST_COLUMNS, (ids, np.round(similarity, 6)), strict=True)))
        if self._least_similarity is None:
            return found
        return found.assign(**{DOMAIN: similarity >= self._least_similarity})

    @cached_property
    def _least_similarity(self) -> float | None:
        calibration = Calibration.of(self.model)
        return calibration.least_similarity if calibration and calibration.similarity is not None else None

    @cached_property
    def _keys(self) -> dict[str, pa.Array]:
        identity, *others = self.library.KEYS
        keys = {identity: self.model.texts("training.keys")}
        keys |= {by: self.library.keys(self.inputs, by) for by in others}
        return {by: pa.array(texts, pa.string()) for by, texts in keys.items()}

    @cached_property
    def _fingerprints(self) -> np.ndarray:
        return self.similarity.fingerprints(self.inputs)
