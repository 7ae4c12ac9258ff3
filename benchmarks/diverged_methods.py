"""Methods that look for diverged resistance genes: each gives a protein a score and drug classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from diverged_evidence import NONE, Profiles
from diverged_families import Known
from diverged_runs import Evidence

Classes = Sequence[tuple[str, ...]]
SURE = 5.0
"""Minus the logarithm of an E-value from which the class is that of the best hit."""


@dataclass(frozen=True, eq=False)
class View:
    """Evidence of proteins, with what it refers to.

    Attributes
    ----------
    evidence : Evidence
    known : sequence of Known
        The references.
    profiles : Profiles
    models : ndarray
        bool: hidden Markov models that may be used.
    classes : sequence of str
        Of the network's outputs.
    """

    evidence: Evidence
    known: Sequence[Known]
    profiles: Profiles
    models: np.ndarray
    classes: Sequence[str]
    computed: dict[str, tuple[np.ndarray, Classes]] = field(default_factory=dict)

    @cached_property
    def of_hit(self) -> Classes:
        """Classes of the best hit."""
        return [self.known[h].classes if h >= 0 else () for h in self.evidence.homology.hit.tolist()]

    def hmm(self, form: str) -> tuple[np.ndarray, Classes]:
        """Best value over the models, by ``bits``, ``over`` (bits over the cut-off) or ``ratio``."""
        if form not in self.computed:
            self.computed[form] = self._hmm(form)
        return self.computed[form]

    def _hmm(self, form: str) -> tuple[np.ndarray, Classes]:
        proteins, models, bits = self.evidence.hits
        use = self.models[models]
        proteins, models, bits = proteins[use], models[use], bits[use]
        cut = self.profiles.cutoffs[models]
        value = {"bits": bits, "over": bits - cut, "ratio": bits / cut}[form]
        best = np.full(self.evidence.count, value.min(initial=0.0) - 1.0)
        classes: list[tuple[str, ...]] = [()] * self.evidence.count
        for i in np.argsort(value, kind="stable").tolist():
            best[proteins[i]] = value[i]
            classes[proteins[i]] = self.profiles.classes[models[i]]
        return best, classes

    @cached_property
    def resists(self) -> np.ndarray:
        """The network's log odds of any class but none."""
        none = np.clip(self.evidence.network[:, list(self.classes).index(NONE)], 1e-6, 1 - 1e-6)
        return np.log1p(-none) - np.log(none)

    @cached_property
    def of_network(self) -> Classes:
        """The network's likeliest class but none."""
        masked = self.evidence.network.copy()
        masked[:, list(self.classes).index(NONE)] = -1
        return [(self.classes[c],) for c in masked.argmax(1).tolist()]

    def joint_classes(self, models: bool, network: bool) -> Classes:
        """Classes of a significant best hit, else of the best model or of the network, if asked."""
        sure = (self.evidence.homology.surprise >= SURE).tolist()
        of_model = self.hmm("ratio")[1] if models else [()] * self.evidence.count
        of_network = self.of_network if network else self.of_hit
        each = zip(sure, self.of_hit, of_model, of_network, strict=True)
        return [hit if certain else (model or net) for certain, hit, model, net in each]

    @cached_property
    def agreed(self) -> np.ndarray:
        """The network's probability of the class of a significant best hit, else of its own class."""
        numbers = {c: i for i, c in enumerate(self.classes)}
        rows = [[numbers[c] for c in cs if c in numbers] for cs in self.joint_classes(False, True)]
        return np.array([p[r].sum() if r else 0.0 for p, r in zip(self.evidence.network, rows, strict=True)])


Method = Callable[[View], tuple[np.ndarray, Classes]]


def share(view: View) -> np.ndarray:
    """Score of the alignment divided by that of the reference with itself."""
    h = view.evidence.homology
    return np.where(h.hit >= 0, h.score / h.own, 0.0)


def own(view: View) -> np.ndarray:
    """Score of the reference with itself."""
    return view.evidence.homology.own


def mutual(view: View) -> np.ndarray:
    """Score of the alignment divided by that of the longer of both with itself."""
    h = view.evidence.homology
    return np.where(h.hit >= 0, h.score / np.maximum(h.own, h.itself), 0.0)


def contrast(view: View) -> np.ndarray:
    """How much more the protein resembles the reference than the background: from -1 to 1."""
    h = view.evidence.homology
    return np.where(h.score > 0, np.clip((h.score - h.background) / np.maximum(h.score, 1), -1, 1), 0.0)


BEST_HIT: Mapping[str, Method] = {
    "score": lambda v: (v.evidence.homology.score, v.of_hit),
    "share of the reference's own": lambda v: (share(v), v.of_hit),
    "share of the longer one's own": lambda v: (mutual(v), v.of_hit),
    "significance": lambda v: (v.evidence.homology.surprise, v.of_hit),
}
HMM: Mapping[str, Method] = {
    "bits": lambda v: v.hmm("bits"),
    "bits over the cut-off": lambda v: v.hmm("over"),
    "bits divided by the cut-off": lambda v: v.hmm("ratio"),
}
BEYOND = "share beyond the background"
"""The measure of `riboswitch scan`."""

MARGINS: Mapping[str, Method] = {
    "score beyond the background": lambda v: (share(v) * contrast(v) * own(v), v.of_hit),
    BEYOND: lambda v: (v.evidence.homology.beyond, v.of_hit),
    "share of the longer one beyond the background": lambda v: (mutual(v) * contrast(v), v.of_hit),
}
"""Best hits, less what the nearest protein that does not resist has."""

NETWORK: Method = lambda v: (v.resists, v.of_network)  # noqa: E731

FEATURES: Mapping[str, Callable[[View], np.ndarray]] = {
    "share": share,
    "mutual": mutual,
    "significance": lambda v: np.clip(v.evidence.homology.surprise / 100, -0.2, 3),
    "contrast": contrast,
    "margin": lambda v: share(v) * contrast(v),
    "hmm ratio": lambda v: np.clip(v.hmm("ratio")[0], 0, 2),
    "hmm over": lambda v: np.clip(v.hmm("over")[0] / 100, -3, 3),
    "network": lambda v: np.clip(v.resists / 8, -1, 1),
    "network agrees": lambda v: v.agreed,
}
HOMOLOGY = ("share", "mutual", "significance")
CONTRAST = (*HOMOLOGY, "contrast", "margin")
MODELS = ("hmm ratio", "hmm over")
NETWORKS = ("network", "network agrees")
COMBINATIONS = {
    "hit": HOMOLOGY,
    "hit, background": CONTRAST,
    "hit, background, network": (*CONTRAST, *NETWORKS),
    "hit, background, HMM": (*CONTRAST, *MODELS),
    "hit, background, HMM, network": (*CONTRAST, *MODELS, *NETWORKS),
}


@dataclass(frozen=True, eq=False)
class Combination:
    """A logistic regression on several scores.

    Attributes
    ----------
    names : tuple of str
        Of `FEATURES`.
    weights : ndarray
    bias : float
    """

    names: tuple[str, ...]
    weights: np.ndarray
    bias: float

    @classmethod
    def fit(cls, names: tuple[str, ...], genes: Sequence[View], frames: Sequence[View]) -> Combination:
        """Learn planted genes from frames of genomes; both weigh the same in all."""
        from sklearn.linear_model import LogisticRegression

        x = np.vstack([features(v, names) for v in (*genes, *frames)])
        n = sum(v.evidence.count for v in genes)
        y = np.arange(len(x)) < n
        weight = np.where(y, 1 / n, 1 / (len(x) - n)) * len(x) / 2
        model = LogisticRegression(C=1.0, max_iter=1000).fit(x, y, sample_weight=weight)
        return cls(names, model.coef_[0], float(model.intercept_[0]))

    def __call__(self, view: View) -> tuple[np.ndarray, Classes]:
        asked = (set(MODELS) <= {*self.names}, set(NETWORKS) <= {*self.names})
        return features(view, self.names) @ self.weights + self.bias, view.joint_classes(*asked)


def features(view: View, names: Sequence[str]) -> np.ndarray:
    """Shape (proteins, features)."""
    return np.column_stack([FEATURES[n](view) for n in names])
