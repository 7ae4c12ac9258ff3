"""Ranking in memory: the whole library as one table. What `streamed` must agree with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from riboswitch.data.model import Model
from riboswitch.resistance.ranking.choosing import Chooser, nothing_excluded
from riboswitch.resistance.ranking.finishing import Finisher, listed
from riboswitch.resistance.ranking.judging import ORDER, SORTED_ONLY, Judge
from riboswitch.resistance.ranking.reference import Reference
from riboswitch.resistance.ranking.tally import Tally
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.promises import Promises


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
    panel : DataFrame
        One row for each hit and isolate with the evidence: `cohort.isolates.EVIDENCE_COLUMNS`.
    excluded : DataFrame
        Compounds that were left out of the short-list: `choosing.EXCLUDED_COLUMNS`.
    """

    compounds: pd.DataFrame
    hits: pd.DataFrame
    counts: dict[str, Any]
    panel: pd.DataFrame = field(default_factory=pd.DataFrame)
    excluded: pd.DataFrame = field(default_factory=nothing_excluded)


def rank_compounds(
    table: pd.DataFrame,
    judge: Judge,
    *,
    library_counts: Mapping[str, Any],
    training: Mapping[str, TrainingSet],
    models: Mapping[str, Model] | None = None,
    chooser: Chooser | None = None,
    reference: Reference | None = None,
) -> Ranking:
    """Put scored compounds in order, and keep the best.

    Parameters
    ----------
    table : DataFrame
        From `scores.joined.join_scores`.
    judge : Judge
        Genome, panel, drug classes and settings.
    library_counts : mapping
        How many compounds were ``read``, ``accepted`` and ``rejected``, how many were ``scored``, and how
        many rows of the scores have none since they were rejected (``scores_rejected``).
    training : mapping of str to TrainingSet
        By task: the hits get the nearest training compound.
    models : mapping of str to Model, optional
        By task: the calibration of the one that ranks says what the list promises.
    chooser : Chooser, optional
        Picks the short-list; without it, it is the first compounds.
    reference : Reference, optional
        Gives the hits percentiles.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If a task of the settings was not screened, or its prediction cannot rank or filter.
    """
    settings, tally = judge.settings, Tally()
    table = judge(table)
    tally.add(table)
    columns, complement = judge.scored_by(table)
    table = table.sort_values([*ORDER], ascending=[*ORDER.values()], kind="stable")
    table = table.drop(columns=[*SORTED_ONLY])
    promises = Promises.of((models or {}).get(settings.score_by), settings.score_by, columns, complement)
    finisher = Finisher(settings, promises, training)
    if chooser is not None and chooser.needed:
        finisher.choice = chooser.choose([table], finisher.fits)
    table = finisher(table)
    shown, found = listed(finisher.hits, settings, judge.isolates, reference)
    return Ranking(table, shown, finisher.counts(tally, library_counts), found, finisher.excluded)
