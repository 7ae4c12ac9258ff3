"""The effect of each feature of a profile on a prediction: the feature is made a gap, one after the other.

A gap counts as the mean of the training rows, so a score says what the deviation from this mean does. Maps
are compared with those of networks that learned shuffled labels, as those of every modality.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.drawing.svg import drawing, element, file_attributes, text
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.optional_parts import Changes

__all__ = ["COLOURS", "PART", "answers", "changes", "draw", "parts", "rules", "without_each"]

PART = "feature"
RAISES, LOWERS, GREY = "#2687cc", "#ed8221", "#bbbbbb"
COLOURS: tuple[str, ...] = (LOWERS, "#ffffff", RAISES)
# Few of many features matter, so maps are compared by value, as those of sequences are.
rules = Rules(ranked=False, least_stability=0.4, most_parts=5_000)
answers = None
SHOWN, LINE, MIDDLE, WIDTH, HALF = 20, 16.0, 210.0, 340.0, 120.0


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """The names of the features."""
    return list(arrays.meta["features"])


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Leave each feature out once."""
    features = len(arrays.meta["features"])
    return Changes(np.arange(features), [""] * features)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """The profile, and then the same with its first feature a gap, with its second, and so on."""
    item = arrays.item(row)
    features = item["values"].shape[1]
    kept = np.concatenate([np.ones((1, features), bool), ~np.eye(features, dtype=bool)])
    known = np.where(kept, item["known"], 0).astype(np.uint8)
    values = np.where(known > 0, item["values"], 0).astype(np.float32)
    batch = np.repeat(np.asarray(item["batch"]), features + 1)
    fields: dict[str, np.ndarray] = {"values": values, "known": known, "batch": batch}
    each = np.arange(features + 2, dtype=np.int64)
    ids = [str(number) for number in range(features + 1)]
    changed = Ragged(fields, dict.fromkeys(fields, each))
    return RaggedArrays.of_items("profile", ids, changed, arrays.meta)


def draw(profile: np.ndarray, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """Bars of the features with the largest scores, by their numbers in the table of the map, as SVG.

    Parameters
    ----------
    profile : ndarray
        As the reader gives it.
    scores : sequence of float or None
        One a feature. None: there is no map.
    largest : float
        Absolute value of the score that gets the full length.
    name : str
        Label for screen readers.
    """
    if scores is None:
        known = int(np.isfinite(np.asarray(profile)[:-1]).sum())
        body = [text(10.0, LINE, f"{known} values, no map", fill="#595959")]
        return drawing(WIDTH, 2 * LINE, f"profile {name}", body, **file_attributes(WIDTH, 2 * LINE))
    best = np.argsort(-np.abs(np.asarray(scores)), kind="stable")[:SHOWN]
    body = []
    for line, feature in enumerate(best.tolist()):
        score, y = scores[feature], LINE * line + 4
        share = min(1.0, abs(score) / largest) if largest > 0 else 0.0
        x = MIDDLE if score > 0 else MIDDLE - HALF * share
        colour = RAISES if score > 0 else LOWERS
        value = np.asarray(profile)[feature]
        shown = "gap" if np.isnan(value) else f"{value:.3g}"
        body.append(text(6.0, y + 11, f"no. {feature + 1}: {shown}", fill="#404040"))
        body.append(element("rect", x=x, y=y, width=HALF * share, height=LINE - 4, fill=colour))
    height = LINE * len(best) + 8
    font = {"font_family": "sans-serif", "font_size": "11"}
    return drawing(WIDTH, height, f"feature map of {name}", body, **file_attributes(WIDTH, height), **font)
