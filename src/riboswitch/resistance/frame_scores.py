"""How much proteins look like known resistance genes, and what a model says of those that do.

The alignments decide (`likeness`). A model adds the probability of the known gene's class: it is shown beside
and decides nothing, for on gene families that it has not seen it adds nothing to the alignments. A network
alone calls hundreds of a genome's reading frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riboswitch.bio.letter_codes import letter_codes
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.resistance.known_genes import KnownGenes
from riboswitch.resistance.likeness import LEAST_SHARE

if TYPE_CHECKING:
    from riboswitch.learning.inference import Predictor


@dataclass(frozen=True)
class FrameScorer:
    """Scores proteins against the known genes, and with a model if there is one.

    Attributes
    ----------
    known : KnownGenes
    model : Model, optional
        A multi-class model of proteins. It is made ready when the first protein needs it: torch takes 200 MB
        and more than a second.
    none : str
        The class of proteins that are no resistance gene.
    """

    known: KnownGenes
    model: Model | None = None
    none: str = "none"

    @property
    def networks_lead(self) -> bool:
        """Whether the networks have the greater part in the model's answer, and not its base learners."""
        return self.model is not None and self.model.network_weight > 0.5

    @cached_property
    def _predictor(self) -> Predictor:
        from riboswitch.learning.inference import Predictor
        from riboswitch.modalities import find

        assert self.model is not None
        return Predictor(self.model, find(self.model.modality))

    def _encoded(self, proteins: Sequence[str]) -> RaggedArrays:
        from riboswitch.modalities import find

        assert self.model is not None
        ids = [str(i) for i in range(len(proteins))]
        encoder = find(self.model.modality).encoder
        return encoder.encode({"sequence": proteins}, ids, self.model.header["encoder"])

    def __call__(self, proteins: Sequence[str]) -> pd.DataFrame:
        """Score proteins.

        Returns
        -------
        DataFrame
            One row a protein: ``hit`` (number of the nearest known gene, -1 if none is similar), ``score``
            (`Alike.beyond`), ``homologue`` (whether a protein that does not resist is about as near: the
            score is less than `LEAST_SHARE`);
            ``network_class``, ``network`` and ``network_sd``, the likeliest class by the networks alone (0
            unless `networks_lead`).
        """
        alike = self.known.likeness(*letter_codes(proteins, "protein"))
        similar = alike.share >= LEAST_SHARE
        homologue = similar & (alike.beyond < LEAST_SHARE)
        found = pd.DataFrame({"hit": np.where(similar, alike.hit, -1), "homologue": homologue,
                              "score": np.where(similar, alike.beyond, 0.0)})  # fmt: skip
        return found.assign(**self._networks_alone(proteins))

    def classes(self, proteins: Sequence[str], hits: Sequence[int]) -> pd.DataFrame:
        """What the model says of proteins with a known gene: one row each.

        Returns
        -------
        DataFrame
            ``drug_class`` of the known gene; ``probability`` that the model gives to it, or to all of
            several, and ``probability_sd``: gaps without a model, and where it does not know the class.
        """
        named = [self.known.classes(hit) if hit >= 0 else "" for hit in hits]
        found = pd.DataFrame({"drug_class": named}, dtype=object)
        found = found.assign(probability=np.nan, probability_sd=np.nan)
        if self.model is None:
            return found
        places = {name: number for number, name in enumerate(self.model.task.classes)}
        columns = [[places[c] for c in text.split("/") if c in places] for text in named]
        rows = [row for row, of_row in enumerate(columns) if of_row]
        if rows:
            arrays = self._encoded([proteins[row] for row in rows])
            means, sds = self._predictor(arrays, np.arange(len(rows)))
            for answer, row in enumerate(rows):
                found.loc[row, "probability"] = float(means[answer, columns[row]].sum())
                found.loc[row, "probability_sd"] = float(sds[answer, columns[row]].max())
        return found

    def _networks_alone(self, proteins: Sequence[str]) -> dict[str, list[str] | np.ndarray]:
        """The likeliest class by the networks without base learners, its probability and spread."""
        if self.model is None or not self.networks_lead or not len(proteins):
            zeros = np.zeros(len(proteins))
            return {"network_class": [""] * len(proteins), "network": zeros, "network_sd": zeros}
        names = list(self.model.task.classes)
        answers = self._predictor.members(self._encoded(proteins))
        means, sds = answers.mean(0), answers.std(0)
        best = np.where([name != self.none for name in names], means, -1.0).argmax(1)
        at = np.arange(len(best)), best.tolist()
        return {"network_class": [names[b] for b in best], "network": means[at], "network_sd": sds[at]}
