"""Findings: all that a report shows, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from riboswitch.auditing.audit import Audit
from riboswitch.data.calls import Calls
from riboswitch.drawing.learning import Learned
from riboswitch.reporting.genome.features import Annotated
from riboswitch.reporting.hits.maps import Explained
from riboswitch.reporting.ranked import Ranked
from riboswitch.scorecards.scorecard import Scorecard


@dataclass(frozen=True)
class InputRows:
    """The rows of one input: how many were read, accepted and rejected.

    Attributes
    ----------
    name : str
        Name of the task, or ``library``.
    counts : dict
        As they were saved: ``read``, ``accepted``, ``rejected`` and others.
    rejected : DataFrame
        The rejected rows with their reasons.
    """

    name: str
    counts: dict[str, Any]
    rejected: pd.DataFrame

    @property
    def agrees(self) -> bool:
        """Whether accepted and rejected rows, counted again here, are all rows that were read."""
        return (
            self.counts["read"] == self.counts["accepted"] + self.counts["rejected"]
            and len(self.rejected) == self.counts["rejected"]
        )


@dataclass(frozen=True)
class TaskResult:
    """One task: its data, the metrics of its methods, and its final model.

    Attributes
    ----------
    name : str
    metrics : dict
        From `evaluate`: metrics on held-out rows.
    header : dict
        Header of the model bundle.
    rows : InputRows
    audit : Audit, optional
        What the test rows have in common with the training rows.
    scorecard : Scorecard, optional
        The network beside plain methods, on shared folds.
    training : dict of str to (str, str)
        Label and input of each training record by its id, where the bundle holds them and the input is text.
    learned : list of Learned
        Losses of the network of each repeat, where its file is there.
    """

    name: str
    metrics: dict[str, Any]
    header: dict[str, Any]
    rows: InputRows
    audit: Audit | None = None
    scorecard: Scorecard | None = None
    training: dict[str, tuple[str, str]] = field(default_factory=dict)
    learned: list[Learned] = field(default_factory=list)


@dataclass(frozen=True)
class Tested:
    """A ranking compared with measured values.

    Attributes
    ----------
    facts : dict
        From `check`.
    values : dict of str to float
        Measured value of each compound that was tested, by id; NaN where its forms disagree.
    bases : dict of str to str
        What was tested: the same compound, or another form of it.
    """

    facts: dict[str, Any]
    values: dict[str, float]
    bases: dict[str, str] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """A library that was ranked for one genome, or for a panel of isolates.

    Attributes
    ----------
    genome : str
        The genome that the compounds were ranked for; empty if it was the panel.
    ranked : Ranked
        Figures of all compounds, and the short-list.
    columns : list of str
        Columns of ``hits.csv``.
    counts : dict
        From `rank`.
    library : InputRows
    modality : str
        Modality of the compounds.
    tasks : list of str
        Tasks whose predictions are columns of the ranking.
    check : Tested or None
        None if nothing was measured.
    isolates : list of str
        The panel; empty if there is none.
    panel : DataFrame
        One row for each hit and isolate: ``panel.tsv``.
    maps : dict of str to Explained
        Atom maps by the id of a hit; empty if none were given.
    shown, drawn : int or None
        So many hits have a line on the page, and so many a drawing; None for all.
    memory : dict
        What was made of the hits already; copies with other limits share it.
    """

    genome: str
    ranked: Ranked
    columns: list[str]
    counts: dict[str, Any]
    library: InputRows
    modality: str
    tasks: list[str]
    check: Tested | None = None
    isolates: list[str] = field(default_factory=list)
    panel: pd.DataFrame = field(default_factory=pd.DataFrame)
    maps: dict[str, Explained] = field(default_factory=dict)
    shown: int | None = None
    drawn: int | None = None
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def hits(self) -> pd.DataFrame:
        """The short-list, best first."""
        return self.ranked.hits

    @property
    def class_task(self) -> str:
        """The task that predicts the drug classes of the compounds; empty if there is none."""
        return next((name for name in self.tasks if f"{name}.class" in self.ranked.class_columns), "")

    @property
    def shown_task(self) -> str:
        """The task whose training data are shown: that of the drug classes, else the one that ranks."""
        by = str(self.counts.get("settings", {}).get("score_by", ""))
        return self.class_task or (by if by in self.tasks else "")


@dataclass(frozen=True)
class Cohort:
    """The tables of all scanned genomes, as `riboswitch cohort` writes them; all cells are text.

    Attributes
    ----------
    samples, genes, mutations : DataFrame
        One row a genome.
    """

    samples: pd.DataFrame
    genes: pd.DataFrame
    mutations: pd.DataFrame


@dataclass(frozen=True)
class Findings:
    """All that a report shows.

    Attributes
    ----------
    tasks : dict of str to TaskResult
    calls : dict of str to Calls
        By genome. Those that compounds were ranked for come first.
    sources : dict of str to dict
        Manifests of the data, as `fetch` wrote them.
    ranking : Ranking or None
        None if no compounds were ranked.
    scan_task : str or None
        The task whose records were the references of the scans, if it is known.
    cohort : Cohort or None
        None if it is not reported.
    call_maps : dict of str to dict
        By genome the maps of called genes, by the place of the call.
    annotated : dict of str to Annotated
        Genes and tracks by genome.
    """

    tasks: dict[str, TaskResult]
    calls: dict[str, Calls]
    sources: dict[str, dict[str, Any]]
    ranking: Ranking | None = None
    scan_task: str | None = None
    cohort: Cohort | None = None
    call_maps: dict[str, dict[str, Explained]] = field(default_factory=dict)
    annotated: dict[str, Annotated] = field(default_factory=dict)
