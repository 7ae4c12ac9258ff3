"""How far a compound is from what a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riboswitch.data.model import Model
from riboswitch.modalities import load


class TrainingSet:
    """The compounds of a model's training.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model):
        self.model, self.part = model, load(model.modality, "encode")
        self.ids, self.inputs = model.texts("training.ids"), model.texts("training.inputs")
        self.labels = pa.array(model.texts("training.labels"), pa.string())

    @property
    def known(self) -> bool:
        """Whether the bundle tells what it was trained on; one that was imported does not."""
        return bool(self.ids)

    def places(self, keys: pa.ChunkedArray, by: str) -> pa.Array:
        """Number of the training compound with each key, null where there is none.

        Parameters
        ----------
        keys : ChunkedArray of str
        by : {"inchikey", "smiles"}
            What the keys are.
        """
        return pc.index_in(keys.combine_chunks(), value_set=self._keys[by])

    def nearest(self, inputs: Sequence[str]) -> pd.DataFrame:
        """Of each compound the most similar training compound.

        Returns
        -------
        DataFrame
            ``nearest_training`` (id) and ``similarity`` (Tanimoto, Morgan fingerprints of radius 2).
        """
        similarity, places = self.part.tanimoto_nearest(self.part.fingerprints(inputs), self._fingerprints)
        ids = pd.array([self.ids[i] for i in places], dtype="str")
        return pd.DataFrame({"nearest_training": ids, "similarity": np.round(similarity, 6)})

    @cached_property
    def _keys(self) -> dict[str, pa.Array]:
        names = {"inchikey": "training.keys", "smiles": "training.inputs"}
        return {by: pa.array(self.model.texts(name), pa.string()) for by, name in names.items()}

    @cached_property
    def _fingerprints(self) -> np.ndarray:
        packed: np.ndarray = self.part.fingerprints(self.inputs)
        return packed
