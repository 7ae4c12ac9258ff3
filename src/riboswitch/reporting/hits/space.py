"""Chemical space: library, training data and hits in the plane of the first principal components.

Of the library and of the training data some are drawn, evenly spread (`ranked.SPREAD`); all hits are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from sklearn.decomposition import PCA

from riboswitch.drawing.scatter import HEIGHT, KEY, MARGIN, WIDTH, scatter
from riboswitch.modalities import find
from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.ranked import STRUCTURE, evenly

FEWEST = 10
SEED = 0


class Space(NamedTuple):
    """A map of compounds.

    Attributes
    ----------
    drawing : Markup
    hits : list of int
        For each hit x and y in the drawing, one after the other.
    share : float
        Part of the variance of the fingerprints that the plane shows.
    """

    drawing: Markup
    hits: list[int]
    share: float


def space(findings: Findings, ranking: Ranking) -> Space | None:
    """The map of a ranking; None if compounds cannot be compared, or are too few. Made once."""
    if "space" not in ranking.memory:
        ranking.memory["space"] = _space(findings, ranking)
    found: Space | None = ranking.memory["space"]
    return found


def _space(findings: Findings, ranking: Ranking) -> Space | None:
    modality = find(ranking.modality)
    task = findings.tasks.get(ranking.shown_task)
    if modality.similarity is None or len(modality.components) > 1:
        return None
    trained = [structure for _, structure in task.training.values() if structure] if task else []
    groups = {
        "training": [trained[place] for place in evenly(len(trained))],
        "library": ranking.ranked.spread,
        "hits": ranking.hits[STRUCTURE].tolist(),
    }
    structures = [each for group in groups.values() for each in group]
    if len(set(structures)) < FEWEST:
        return None
    packed = modality.similarity.fingerprints({modality.component: structures})
    bits = np.unpackbits(packed, axis=1).astype(np.float32)
    others = len(groups["training"]) + len(groups["library"])
    plane = PCA(2, svd_solver="randomized", random_state=SEED).fit(bits[:others])
    points = _fitted(plane.transform(bits))
    ends = np.cumsum([len(group) for group in groups.values()])
    parts = np.split(points, ends[:-1])
    named = {name: [(int(x), int(y)) for x, y in part] for name, part in zip(groups, parts, strict=True)}
    flat = [value for x, y in named["hits"] for value in (x, y + KEY)]
    title = "Library, training data and hits by principal components of fingerprints"
    return Space(scatter(title, named), flat, float(plane.explained_variance_ratio_.sum()))


def _fitted(points: np.ndarray) -> np.ndarray:
    """Whole numbers that fill the plot; both axes have one scale."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * MARGIN
    scale = float(np.min(room / np.maximum(high - low, 1e-9)))
    offset = MARGIN + (room - (high - low) * scale) / 2
    return np.rint((points - low) * scale + offset).astype(int)
