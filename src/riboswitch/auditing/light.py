"""The traffic light: from relations to an audit.

Red: more test rows than allowed (by default none) were seen in training: a red kind relates them to a
training row. Amber: a test row has a close relative in training, or rows were seen and allowed. Green:
neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.auditing.audit import BINS, FORMAT, LIGHTS, of_repeat
from riboswitch.auditing.conflicts import Conflicts
from riboswitch.auditing.relations import Relation, Relations
from riboswitch.io.cells import is_missing
from riboswitch.modalities.optional_parts import Partners

CONFLICT = "label_conflict"
LABELS = ("target", "test_label", "train_label")


def judged(
    train: pd.DataFrame,
    test: pd.DataFrame,
    found: Relations,
    measures: Mapping[str, str],
    labels: Mapping[str, Conflicts],
    max_leaked: float,
    max_pairs: int,
) -> dict[str, Any]:
    """The part of the facts of an audit that follows from relations.

    Parameters
    ----------
    train, test : DataFrame
        The rows, with their ids and targets.
    found : Relations
    measures : mapping of str to str
        What the measures of `found.nearest` mean.
    labels : mapping of str to Conflicts
        By target.
    max_leaked : float
        Share of the test rows that may have been seen in training.
    max_pairs : int
        Most pairs of each kind that are listed.
    """
    strongest = _strongest(found.kinds, len(test))
    kinds = [_counted(n, name, r, strongest) for n, (name, r) in enumerate(found.kinds.items())]
    leaked = sum(kind["strongest"] for kind in kinds if kind["level"] == "red")
    pairs = _pairs(train, test, found.kinds, strongest) + _conflicting(train, test, labels)
    listed = _first_of_each(pairs, max_pairs)
    return {
        "format": FORMAT,
        "light": _light(leaked, len(test), kinds, max_leaked),
        "reasons": _reasons(kinds, len(test)),
        "leaked": leaked,
        "unrelated": int((strongest < 0).sum()),
        "kinds": kinds,
        "nearest": {name: _histogram(p, measures[name]) for name, p in found.nearest.items()},
        "labels": {
            target: {"compared": c.compared, "conflicts": int((c.train >= 0).sum())}
            for target, c in labels.items()
        },
        "pairs": listed,
        "pairs_left_out": len(pairs) - len(listed),
    }


def worst(audited: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The facts of the worst repeat of a split, with the lights and counts of all; or those of two files.

    Worst are the reddest light, then the most rows seen in training, then the fewest unrelated ones; of equal
    repeats the first.
    """
    found = min(
        audited, key=lambda facts: (LIGHTS.index(facts["light"]), -facts["leaked"], facts["unrelated"])
    )
    if "split" not in found:
        return found
    return found | {"split": found["split"] | {"repeats": [of_repeat(facts) for facts in audited]}}


def _strongest(kinds: Mapping[str, Relation], rows: int) -> np.ndarray:
    """Number of the first kind that relates each test row; -1 if none does."""
    strongest = np.full(rows, -1, np.int64)
    for number, relation in reversed(list(enumerate(kinds.values()))):
        strongest[relation.partners.train >= 0] = number
    return strongest


def _counted(number: int, name: str, relation: Relation, strongest: np.ndarray) -> dict[str, Any]:
    return {
        "kind": name,
        "level": relation.kind.level,
        "meaning": relation.kind.meaning,
        "strongest": int((strongest == number).sum()),
        "all": int((relation.partners.train >= 0).sum()),
    }


def _light(leaked: int, rows: int, kinds: Sequence[Mapping[str, Any]], max_leaked: float) -> str:
    if leaked > max_leaked * rows:
        return "red"
    return "amber" if any(kind["strongest"] for kind in kinds) else "green"


def _reasons(kinds: Sequence[Mapping[str, Any]], rows: int) -> list[str]:
    found = [f"{k['strongest']:,} of {rows:,} test rows ({k['kind']}): {k['meaning']}"
             for k in kinds if k["strongest"]]  # fmt: skip
    return found or [f"none of {rows:,} test rows is related to a training row in a way that was looked for"]


def _histogram(nearest: Partners, meaning: str) -> dict[str, Any]:
    """Test rows by their similarity to the nearest training row, in bins of equal width."""
    known = nearest.value[~np.isnan(nearest.value)]
    counts = np.histogram(np.clip(known, 0, 1), BINS, (0, 1))[0]
    return {
        "meaning": meaning,
        "counts": counts.tolist(),
        "unmeasured": len(nearest.value) - len(known),
        "median": round(float(np.median(known)), 6) if len(known) else None,
    }


def _pairs(
    train: pd.DataFrame, test: pd.DataFrame, kinds: Mapping[str, Relation], strongest: np.ndarray
) -> list[dict[str, Any]]:
    """Each related test row with its partner, the closest kinds and highest values first."""
    test_ids, train_ids, found = test["id"].tolist(), train["id"].tolist(), []
    for number, (name, relation) in enumerate(kinds.items()):
        rows = np.flatnonzero(strongest == number)
        for row in rows[np.argsort(-relation.partners.value[rows], kind="stable")].tolist():
            value = round(float(relation.partners.value[row]), 6)
            partner = train_ids[relation.partners.train[row]]
            found.append({"kind": name, "test": test_ids[row], "train": partner, "value": value})
    return found


def _conflicting(
    train: pd.DataFrame, test: pd.DataFrame, labels: Mapping[str, Conflicts]
) -> list[dict[str, Any]]:
    """Rows that are one thing and have different labels."""
    found = []
    for target, conflict in labels.items():
        for row in np.flatnonzero(conflict.train >= 0).tolist():
            other = conflict.train[row]
            texts = target, _shown(test[target].iloc[row]), _shown(train[target].iloc[other])
            pair = {"kind": CONFLICT, "test": test["id"].iloc[row], "train": train["id"].iloc[other]}
            found.append(pair | {"value": 1.0} | dict(zip(LABELS, texts, strict=True)))
    return found


def _shown(cell: Any) -> str:
    return "" if is_missing(cell) else str(cell).strip()


def _first_of_each(pairs: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """At most so many pairs of each kind, in order."""
    listed, counts = [], dict.fromkeys((pair["kind"] for pair in pairs), 0)
    for pair in pairs:
        if counts[pair["kind"]] < most:
            counts[pair["kind"]] += 1
            listed.append(pair)
    return listed
