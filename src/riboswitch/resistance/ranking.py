"""The order of the compounds, and the short-list.

Which compounds the genome defeats is decided in `riboswitch.resistance.defeats`; here the compounds are
put in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import check_settings, known_names, number, whole
from riboswitch.data.library import DUPLICATE_OF
from riboswitch.data.model import Model
from riboswitch.data.task import FORMS
from riboswitch.errors import InputError, UsageError
from riboswitch.resistance.compound_classes import classify_scored
from riboswitch.resistance.defeats import compromised, defeated_classes
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.genes import DefeatingGene
from riboswitch.resistance.evidence import add_nearest_training, evidence
from riboswitch.resistance.score_range import SCORE_RANGE, with_range, without_empty_ranges
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.promises import PROMISE_COLUMNS, Promises

ORDER = {"again": True, "compromised": True, "denied": True, "outside": True, "score": False, "row": True}
"""What the compounds are sorted by, and whether ascending."""

OWN = ("rank", "name", "known_class", "phenotype_class", "class_basis", "predicted_class",
       "class_probability", "join_class", "compromised", "compromised_by", "compromise_basis",
       "compromise_locus", "reduced_by", "may_be_compromised_by", "score", *SCORE_RANGE, "outside_filter",
       "contradicted", "outside", "denied", "again", *PROMISE_COLUMNS, "evidence")  # fmt: skip
"""Columns that ranking adds: the compounds may have no other columns of these names."""

SHORT_LIST = ("rank", "id", "name", "smiles", "score", "known_class", "predicted_class", "class_probability",
              "compromised", "compromised_by", "compromise_locus", "compromise_basis", "reduced_by",
              "may_be_compromised_by", "outside_filter", "contradicted")  # fmt: skip
"""First columns of the short-list, in reading order; the scores follow, and ``evidence``."""


NO_CLASS = "other"
"""How drugs of no class of the vocabulary are counted."""


@dataclass(frozen=True)
class RankSettings:
    """What is ranked, and by what.

    Attributes
    ----------
    keep : int
        Length of the short-list.
    fdr : float, optional
        Keep the longest list with this false-discovery rate instead. It counts compounds that were not in
        training. Needs a calibrated model.
    score_by : str
        The task whose prediction ranks. Multi-class with the class ``none``: the probability of any class
        that this genome does not defeat as a whole. Otherwise the first target's probability or value.
    class_task : str
        The multi-class task that predicts a compound's drug class; empty: only names give classes.
    min_class_probability : float
        A predicted class counts in the join only with at least this probability.
    name_column : str
        Library column with the compound's name.
    filters : mapping
        Limits of predictions, as ``{"solubility": {"min": -6}}``. Compounds outside are ranked behind the
        others.
    """

    keep: int = whole(50)
    fdr: float | None = number(None, above=0, below=1)
    score_by: str = "drug_class"
    class_task: str = ""
    min_class_probability: float = number(0.5, at_least=0, at_most=1)
    name_column: str = "name"
    filters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_settings(self)
        for task, limits in self.filters.items():
            known_names(limits, ["min", "max"], f"filter of {task}")
            if not all(isinstance(v, int | float) and v == v for v in limits.values()):
                raise UsageError("a filter needs numbers", where=f"filter of {task}", found=dict(limits))


@dataclass
class Ranking:
    """The ranked library.

    Attributes
    ----------
    compounds : DataFrame
        Every accepted compound with ``rank``: best first, then those outside a filter, then those that are
        compromised, and last the duplicates. Only hits have ``evidence``, the nearest training compound and
        its similarity.
    hits : DataFrame
        The first ``keep`` of them: the short-list.
    counts : dict
        Read = rejected + scored; scored = ranked; ranked by flag; kept.
    """

    compounds: pd.DataFrame
    hits: pd.DataFrame
    counts: dict[str, Any]


def rank_compounds(
    table: pd.DataFrame,
    genes: pd.DataFrame,
    knowledge: DrugClasses,
    settings: RankSettings,
    *,
    library_counts: Mapping[str, Any],
    training: Mapping[str, TrainingSet],
    nature: Sequence[DefeatingGene] = (),
    models: Mapping[str, Model] | None = None,
) -> Ranking:
    """Put scored compounds in order, and keep the best.

    Parameters
    ----------
    table : DataFrame
        From `scored_compounds.join_scores`.
    genes : DataFrame
        Confident calls of the genome that is to be treated.
    knowledge : DrugClasses
        Which name belongs to which class.
    settings : RankSettings
    library_counts : mapping
        How many compounds were ``read``, ``accepted`` and ``rejected``, how many were ``scored``, and how
        many rows of the scores have none since they were rejected (``scores_rejected``).
    training : mapping of str to TrainingSet
        By task: the hits get the nearest training compound.
    nature : sequence of DefeatingGene
        What the species of the genome resists by nature.
    models : mapping of str to Model, optional
        By task: the calibration of the one that ranks says what the list promises.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If a task of the settings was not screened, or its prediction cannot rank or filter.
    """
    classes = classify_scored(table, settings.class_task, settings.name_column, knowledge,
                              settings.min_class_probability)  # fmt: skip
    table = table.assign(**{column: classes[column] for column in classes})
    table = pd.concat([table, compromised(table, genes, nature=nature)], axis=1)
    columns, complement = _scored_by(table, settings, defeated_classes(genes, nature=nature))
    sums = table[columns].to_numpy(np.float64).sum(axis=1)
    table["score"] = np.round(np.clip(1 - sums, 0, 1) if complement else sums, 6)
    table = with_range(table, columns, complement)
    table["outside_filter"] = _outside(table, settings.filters)
    table = _in_order(table, settings)
    promises = Promises.of((models or {}).get(settings.score_by), settings.score_by, columns, complement)
    table = promises.columns(table)
    hits = _kept(table, settings, promises)
    table = add_nearest_training(table, hits, training)
    table["evidence"] = ""
    rows = table.loc[hits].to_dict("records")
    table.loc[hits, "evidence"] = [evidence(row, settings.class_task, settings.score_by) for row in rows]
    counts = _counts(library_counts, table, table.loc[hits]) | {"settings": asdict(settings)}
    counts["promise"] = promises.of_list(table.loc[hits])
    return Ranking(table, short_list(table.loc[hits]), counts)


def _kept(table: pd.DataFrame, settings: RankSettings, promises: Promises) -> pd.Index:
    """The rows of the short-list."""
    if settings.fdr is None:
        return table.index[table[DUPLICATE_OF] == ""][: settings.keep]
    if promises.reason:
        raise InputError("no list with a stated false-discovery rate", found=promises.reason,
                         hint="Leave --fdr out, or calibrate with more groups.")  # fmt: skip
    return table.index[table["fdr"] <= settings.fdr]


def _scored_by(
    table: pd.DataFrame, settings: RankSettings, defeated: Sequence[str]
) -> tuple[list[str], bool]:
    """The columns of which the score is the sum, and whether it is 1 minus that."""
    task = settings.score_by
    if not (columns := [c for c in table if c.startswith(f"{task}.")]):
        raise InputError("no such task among the scores", found=task, hint="Check --score-by.")
    if f"{task}.p_none" in table:
        return [f"{task}.p_{c}" for c in ["none", *defeated] if f"{task}.p_{c}" in table], True
    if f"{task}.class" in table:
        raise InputError("a task that ranks needs a class 'none', or one target", found=task,
                         hint="Check --score-by.")  # fmt: skip
    return columns[:1], False


def _outside(table: pd.DataFrame, filters: Mapping[str, Mapping[str, float]]) -> pd.Series:
    """Which filter a compound falls outside of, as text; empty if it passes all."""
    reasons = pd.Series("", table.index)
    for task, limits in filters.items():
        column = next((c for c in table if c.startswith(f"{task}.") and not c.endswith("_sd")), None)
        if column is None:
            raise InputError("a filter names a task that was not screened", found=task)
        if column == f"{task}.class":
            raise InputError("a filter needs a number, and this task predicts a class", found=task)
        low, high = limits.get("min", -np.inf), limits.get("max", np.inf)
        reason = reasons + f"{column} not in {low:g} to {high:g};"
        reasons = reasons.where(table[column].between(low, high), reason)
    return reasons


def _in_order(table: pd.DataFrame, settings: RankSettings) -> pd.DataFrame:
    """Sort, and number, the compounds."""
    table["outside"] = table["outside_filter"] != ""
    table["again"] = table[DUPLICATE_OF] != ""
    # In a ranking by class, a compound of training class "none" that is predicted otherwise is a fault.
    table["denied"] = table["contradicted"] & (settings.score_by == settings.class_task)
    table = table.sort_values([*ORDER], ascending=[*ORDER.values()], kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table.drop(columns=["outside", "again", "denied"])


def short_list(hits: pd.DataFrame) -> pd.DataFrame:
    """The columns of the short-list, in reading order; those about forms and promises if there are any."""
    hits = without_empty_ranges(hits)
    tasks = list(dict.fromkeys(c.split(".")[0] for c in hits if "." in c))
    rest = [c for t in tasks for c in hits if c.startswith(f"{t}.") and not c.startswith(f"{t}.p_")]
    binary = [c for t in tasks if f"{t}.class" not in hits for c in hits if c.startswith(f"{t}.p_")]
    of_score = [column for column in (FORMS, *SCORE_RANGE, *PROMISE_COLUMNS) if column in hits]
    at = SHORT_LIST.index("score") + 1
    chosen = [*SHORT_LIST[:at], *of_score, *SHORT_LIST[at:], *dict.fromkeys([*binary, *rest]), "evidence"]
    return hits[chosen]


def _counts(library: Mapping[str, Any], table: pd.DataFrame, hits: pd.DataFrame) -> dict[str, Any]:
    agree = library["accepted"] == library["scored"] == len(table)
    if not agree or library["read"] != library["accepted"] + library["rejected"]:
        raise AssertionError(f"the library counts {library}, but {len(table)} compounds were ranked")
    by_class = table.loc[table["compromised"], "join_class"].replace("", NO_CLASS).value_counts().sort_index()
    return {
        **library,
        "ranked": len(table),
        "duplicates": int((table[DUPLICATE_OF] != "").sum()),
        "kept": len(hits),
        "compromised": int(table["compromised"].sum()),
        "compromised_by_class": by_class.to_dict(),
        "in_training": {c.split(".")[0]: int(table[c].sum()) for c in table if c.endswith(".in_training")},
    }
