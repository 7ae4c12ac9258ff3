"""The columns that ranking adds, and those of the short-list."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riboswitch.data.task import FORMS
from riboswitch.resistance.cohort.isolates import COUNTED, ISOLATE, UNFIT
from riboswitch.resistance.scores.ranges import SCORE_RANGE, without_empty_ranges
from riboswitch.screening.promises import PROMISE_COLUMNS

OWN = ("rank", "name", "recognised_as", "known_class", "phenotype_class", "class_basis", "predicted_class",
       "class_probability", "join_class", "compromised", "compromised_by", "compromise_basis",
       "compromise_locus", "reduced_by", "may_be_compromised_by", "score", *SCORE_RANGE, "outside_filter",
       "contradicted", "outside", "denied", "again", *PROMISE_COLUMNS, "evidence", "score_percentile",
       "plate", "well", *COUNTED.values(), UNFIT)  # fmt: skip
"""Columns that ranking adds: the compounds may have no other columns of these names."""

PERCENTILE = "_percentile"
"""Ends the name of the column with the percentile of a column among reference compounds."""
SCORE_PERCENTILE = f"score{PERCENTILE}"

SHORT_LIST = ("rank", "id", "name", "smiles", "score", "recognised_as", "known_class", "predicted_class",
              "class_probability", "compromised", "compromised_by", "compromise_locus", "compromise_basis",
              "reduced_by", "may_be_compromised_by", "outside_filter", "contradicted")  # fmt: skip
"""First columns of the short-list, in reading order; the scores follow, and ``evidence``."""


def short_list(hits: pd.DataFrame, carried: Sequence[str] = ()) -> pd.DataFrame:
    """The columns of the short-list, in reading order; those about forms and promises if there are any.

    ``carried`` are columns of the library that it has, too.
    """
    hits = without_empty_ranges(hits)
    of_panel = [c for c in hits if c in COUNTED.values() or c.startswith(ISOLATE)]
    tasks = list(dict.fromkeys(c.split(".")[0] for c in hits if "." in c and c not in of_panel))
    rest = [c for t in tasks for c in hits if c.startswith(f"{t}.") and not c.startswith(f"{t}.p_")]
    binary = [c for t in tasks if f"{t}.class" not in hits for c in hits if c.startswith(f"{t}.p_")]
    of_score = [column for column in (SCORE_PERCENTILE, FORMS, *SCORE_RANGE, *PROMISE_COLUMNS)
                if column in hits]  # fmt: skip
    at = SHORT_LIST.index("score") + 1
    chosen = [*SHORT_LIST[:at], *of_score, *SHORT_LIST[at:], *of_panel, *dict.fromkeys([*binary, *rest]),
              *(_carried(name, hits) for name in carried), "evidence"]  # fmt: skip
    return hits[[*dict.fromkeys(chosen)]]


def _carried(name: str, hits: pd.DataFrame) -> str:
    """The name of a library's column among the compounds: one that ranking needs has a prefix there."""
    return next(column for column in (f"input_{name}", name, "smiles") if column in hits)
