"""How much a protein looks like a known resistance gene, by homology and by the model.

A network alone calls hundreds of a genome's reading frames, so that its word is not enough: the score of a
protein is high only where the nearest known gene and the model agree on a drug class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.modalities import find
from riboswitch.resistance.known_genes import KnownGenes

if TYPE_CHECKING:
    from riboswitch.learning.inference import Predictor

LEAST_SHARE = 0.15
"""Least share that an alignment's score has of the gene's score with itself.

Half of the residues in three fifths of the gene, the least that makes a candidate, give about 0.25.
"""


@dataclass(frozen=True)
class FrameScorer:
    """Scores proteins against the known genes and with the model.

    Attributes
    ----------
    model : Model
        A multi-class model of proteins. Its networks are made ready when the first protein needs them: torch
        takes 200 MB and more than a second.
    known : KnownGenes
    none : str
        The class of proteins that are no resistance gene.
    """

    model: Model
    known: KnownGenes
    none: str

    @property
    def networks_lead(self) -> bool:
        """Whether the networks have the greater part in the model's answer, and not its base learners."""
        return self.model.network_weight > 0.5

    @cached_property
    def _predictor(self) -> Predictor:
        from riboswitch.learning.inference import Predictor

        return Predictor(self.model, find(self.model.modality))

    def _encoded(self, proteins: Sequence[str]) -> RaggedArrays:
        ids = [str(i) for i in range(len(proteins))]
        return find(self.model.modality).encoder.encode(
            {"sequence": proteins}, ids, self.model.header["encoder"]
        )

    def __call__(self, proteins: Sequence[str]) -> pd.DataFrame:
        """Score proteins.

        Only proteins with a similar known gene are given to the whole model (`LEAST_SHARE`).

        Returns
        -------
        DataFrame
            One row a protein: ``hit`` (row of the nearest known gene, -1 if none is similar, or if a protein
            of no class is nearer), ``homologue`` (whether one is), ``drug_class`` (of the known gene),
            ``probability`` of that class and ``probability_sd``; ``score``, the probability times the share
            that the alignment has of the gene's score with itself; ``network_class``, ``network`` and
            ``network_sd``, the likeliest class by the networks alone (0 unless `networks_lead`).
        """
        arrays = self._encoded(proteins)
        hits, shares = self.known.nearest(arrays)
        hits = np.where(shares >= LEAST_SHARE, hits, -1)
        homologue = self.known.are_homologues(proteins, hits, shares)
        hits = np.where(homologue, -1, hits)
        similar = np.flatnonzero(hits >= 0)
        classes, probability, sd = np.full(len(hits), "", object), np.zeros(len(hits)), np.zeros(len(hits))
        classes[similar] = self.known.table["drug_class"].to_numpy()[hits[similar]]
        if len(similar):
            means, sds = self._predictor(arrays, similar)
            names = list(self.model.task.classes)
            at = np.arange(len(similar)), [names.index(c) for c in classes[similar]]
            probability[similar], sd[similar] = means[at], sds[at]
        found = pd.DataFrame({"hit": hits, "drug_class": classes, "probability": probability,
                              "probability_sd": sd, "score": probability * shares,
                              "homologue": homologue})  # fmt: skip
        return found.assign(**self._networks_alone(arrays))

    def _networks_alone(self, arrays: RaggedArrays) -> dict[str, list[str] | np.ndarray]:
        """The likeliest class by the networks without base learners, its probability and spread."""
        names = list(self.model.task.classes)
        means = sds = np.zeros((len(arrays), len(names)))
        if self.networks_lead and len(arrays):
            answers = self._predictor.members(arrays)
            means, sds = answers.mean(0), answers.std(0)
        best = np.where([name != self.none for name in names], means, -1.0).argmax(1)
        at = np.arange(len(best)), best.tolist()
        return {"network_class": [names[b] for b in best], "network": means[at], "network_sd": sds[at]}
