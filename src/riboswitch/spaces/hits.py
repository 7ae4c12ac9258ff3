"""The list: the best products enumerated, standardised, and scored once more as `screen` scores a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.records import Record
from riboswitch.screening.screen_library import memory_batch
from riboswitch.screening.screeners import ScreenSettings, score_rows
from riboswitch.spaces.exact.joining import product_smiles
from riboswitch.spaces.judge import Judge
from riboswitch.spaces.plan import Numbering
from riboswitch.spaces.synthons.space import Space

OWN = ("reaction", "synthons", "space_score")
CHUNK = 4096
NUMBER = "product"
COLUMNS = ("rank", "smiles", "products_alike", *OWN)
"""Columns of the list beside those of `screen`."""


@dataclass(frozen=True)
class Listed:
    """A list and what is known of it.

    Attributes
    ----------
    table : DataFrame
    certain : bool
        Whether no product that was left out can belong on it.
    counts : dict
        ``changed``: products that standardising changed; ``rejected``; ``duplicates``; ``passed_over``: for
        their synthons; ``score_difference``: the largest between the two scores, relative.
    """

    table: pd.DataFrame
    certain: bool
    counts: dict[str, Any]


def candidates(space: Space, scores: np.ndarray, numbers: np.ndarray, sign: int) -> pd.DataFrame:
    """The products with these numbers, enumerated."""
    numbering = Numbering(space)
    rows = []
    for score, number in zip(scores.tolist(), numbers.tolist(), strict=True):
        which, places = numbering.places(number)
        reaction = space.reactions[which]
        chosen = [rows[i] for rows, i in zip(reaction.components, places, strict=True)]
        synthons = ";".join(row.id for row in chosen)
        text = product_smiles([row.synthon.smiles for row in chosen]) or ""
        rows.append((f"{synthons};{reaction.id}", text, number, reaction.id, synthons, sign * score))
    return pd.DataFrame(rows, columns=["id", "smiles", NUMBER, *OWN])


def make_list(
    found: pd.DataFrame, complete: bool, settings: ScreenSettings, judge: Judge, top: int, per_synthon: int
) -> Listed:
    """Score candidates the plain way, and choose the best.

    Parameters
    ----------
    found : DataFrame
        From `candidates`, the best first.
    complete : bool
        Whether these are all products of the space.
    settings : ScreenSettings
        All models whose answers stand on the list.
    judge : Judge
        Of the model that ranks.
    top : int
    per_synthon : int
        Most products of one synthon; 0: any number.
    """
    pieces, plain, smiles, changed, states = [], [], [], 0, Counter[str]()
    screeners = settings.screeners(settings.key)
    for start in range(0, max(len(found), 1), CHUNK):
        some = found[start : start + CHUNK]
        batch = memory_batch(some, settings)
        items, arrays = batch.items, batch.arrays
        table = score_rows(*batch, screeners)
        pieces.append(pd.concat([table, some[[NUMBER, *OWN]].reset_index(drop=True)], axis=1))
        scores = np.full(len(items), np.nan)
        places = [i for i, item in enumerate(items) if isinstance(item, Record)]
        scores[places] = judge.plain(arrays) if places else []
        plain.append(scores)
        texts = [
            item.components[settings.modality.component] if isinstance(item, Record) else "" for item in items
        ]
        changed += sum(bool(a) and a != b for a, b in zip(texts, some["smiles"], strict=True))
        smiles += texts
        states.update(table["status"])
    table = pd.concat(pieces, ignore_index=True).drop(columns=["row"])
    table = table.drop(columns=[name for name in ("raw_smiles", "smiles") if name in table])
    table.insert(1, "smiles", smiles)
    return _chosen(table, np.concatenate(plain), complete, judge, top, per_synthon, changed)


def _chosen(
    table: pd.DataFrame,
    plain: np.ndarray,
    complete: bool,
    judge: Judge,
    top: int,
    per_synthon: int,
    changed: int,
) -> Listed:
    scored = np.flatnonzero(~np.isnan(plain))
    space = judge.sign * table["space_score"].to_numpy(np.float64)
    same = scored[np.abs(space[scored] - plain[scored]) <= 1e-3 * np.maximum(1.0, np.abs(plain[scored]))]
    off = np.abs(space[same] - plain[same])
    # A compound that is made in several ways is listed as the first of them.
    scored = scored[np.argsort(table[NUMBER].to_numpy()[scored], kind="stable")]
    first = ~table["smiles"].iloc[scored].duplicated().to_numpy()
    order = scored[first][np.argsort(-plain[scored[first]], kind="stable")]
    alike = table["smiles"].iloc[scored].value_counts()
    used: Counter[str] = Counter()
    chosen: list[int] = []
    passed = 0
    for row in order.tolist():
        parts = str(table.at[row, "synthons"]).split(";")
        if per_synthon and any(used[part] >= per_synthon for part in parts):
            passed += len(chosen) < top
            continue
        if len(chosen) < top:
            chosen.append(row)
            used.update(parts)
    made = table.iloc[chosen].reset_index(drop=True)
    made.insert(0, "rank", np.arange(1, len(made) + 1))
    made["products_alike"] = alike.reindex(made["smiles"]).to_numpy()
    made = made.drop(columns=["status", "reason", NUMBER])
    largest = float((off / np.maximum(1.0, np.abs(plain[same]))).max()) if len(same) else 0.0
    # A product that was left out scores at most the last candidate, but for rounding.
    last = plain[chosen[-1]] if chosen else np.inf
    below = space[-1] + 4 * float(off.max(initial=0.0)) if len(space) else -np.inf
    certain = complete or bool(len(chosen) == top and (last > below or last == space[-1]))
    counts = {
        "listed": len(made),
        "candidates": len(table),
        "changed_by_standardising": changed,
        "rejected": len(table) - len(scored),
        "duplicates": len(scored) - len(order),
        "passed_over": passed,
        "score_difference": float(f"{largest:.2g}"),
    }
    return Listed(made, certain, counts)
