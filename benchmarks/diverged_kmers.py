"""A linear model on k-mers: logistic regression on TF-IDF of hashed words of one to three residues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from diverged_evidence import NONE

from riboswitch.data.records import Records

STRENGTHS = (1.0, 10.0, 100.0)
"""Inverse strengths of the regularisation that are tried."""

WORDS = (1, 3)
FEATURES = 2**14


@dataclass(frozen=True, eq=False)
class KmerModel:
    """Two fitted models: whether a protein resists, and to what."""

    hashing: Any
    scaling: Any
    resists: Any
    of_class: Any

    @classmethod
    def fit(cls, records: Records, strength: float) -> KmerModel:
        """Learn from records; classes weigh the same."""
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        hashing = HashingVectorizer(analyzer="char", ngram_range=WORDS, n_features=FEATURES, lowercase=False,
                                    alternate_sign=False, norm=None)  # fmt: skip
        scaling = TfidfTransformer(sublinear_tf=True)
        x = scaling.fit_transform(hashing.transform(records.table["sequence"]))
        labels = records.table["drug_class"].to_numpy()
        made = LogisticRegression(C=strength, solver="liblinear", class_weight="balanced")
        resists, known = made.fit(x, labels != NONE), np.flatnonzero(labels != NONE)
        of_class = LogisticRegression(C=strength, solver="liblinear", class_weight="balanced")
        return cls(hashing, scaling, resists, OneVsRestClassifier(of_class).fit(x[known], labels[known]))

    def __call__(self, proteins: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Log odds that a protein resists, and its likeliest class."""
        x = self.scaling.transform(self.hashing.transform(proteins))
        return self.resists.decision_function(x), self.of_class.predict(x).tolist()
