"""rank: scores, calls and names -> the short-list, with the evidence behind every line.

What the genome defeats is told by `riboswitch.join`; here compounds are put in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.calls import Calls
from riboswitch.drug_classes import DrugClasses
from riboswitch.errors import InputError, UsageError
from riboswitch.files import atomic_path, write_json
from riboswitch.join import compromised, drug_classes, evidence, side_by_side
from riboswitch.library import DUPLICATE_OF, Library
from riboswitch.records import read_parquet, write_parquet
from riboswitch.settings import build, known_names, positive_int, share

OWN = ("rank", "name", "known_class", "phenotype_class", "class_basis", "predicted_class",
       "class_probability", "join_class", "compromised", "compromised_by", "compromise_basis",
       "compromise_locus", "score", "outside_filter", "contradicted", "outside", "denied", "again",
       "evidence")  # fmt: skip


@dataclass(frozen=True)
class RankSettings:
    """What is ranked, and by what.

    Attributes
    ----------
    keep : int
        Length of the short-list.
    score_by : str
        The task whose prediction ranks. Multi-class with the class ``none``: the probability of any class
        that this genome does not defeat. Otherwise the first target's probability or value.
    class_task : str
        The multi-class task that predicts a compound's drug class.
    min_class_probability : float
        A predicted class counts in the join from here on.
    name_column : str
        Library column with the compound's name.
    filters : mapping
        ``{"solubility": {"min": -6}}``: compounds outside are ranked behind the others.
    """

    keep: int = 50
    score_by: str = "drug_class"
    class_task: str = "drug_class"
    min_class_probability: float = 0.5
    name_column: str = "name"
    filters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positive_int("keep", self.keep)
        share("min_class_probability", self.min_class_probability, below_one=False)
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
        Every accepted compound with ``rank``: best first, then those outside a filter, then those that
        are compromised, and last the duplicates.
    hits : DataFrame
        The first ``keep`` of them.
    counts : dict
        Read = rejected + ranked; ranked by flag; kept.
    """

    compounds: pd.DataFrame
    hits: pd.DataFrame
    counts: dict[str, Any]


def rank(
    library: Library,
    scores: Sequence[pd.DataFrame],
    calls: Calls,
    knowledge: DrugClasses,
    settings: RankSettings | Mapping[str, Any] | None = None,
) -> Ranking:
    """Join genome and chemistry, and keep the best.

    Parameters
    ----------
    library : Library
        What was screened.
    scores : sequence of DataFrame
        From `screen`, all shards; columns are prefixed by the tasks' names.
    calls : Calls
        Of the genome that is to be treated.
    knowledge : DrugClasses
        Which name belongs to which class.
    settings : RankSettings or mapping, optional

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If the scores are not those of this library, row for row.
    """
    if not isinstance(settings, RankSettings):
        settings = build(RankSettings, settings or {}, "rank")
    table = side_by_side(library.table(), scores, OWN, settings.name_column)
    table = _classes(table, knowledge, settings)
    table = pd.concat([table, compromised(table, calls.confident)], axis=1)
    table["score"] = np.round(_score(table, settings), 6)
    table["outside_filter"] = _outside(table, settings.filters)
    table["outside"] = table["outside_filter"] != ""
    table["again"] = table[DUPLICATE_OF] != ""
    # By class, a compound trained as "none" that is predicted otherwise shows a fault, not a find.
    table["denied"] = table["contradicted"] & (settings.score_by == settings.class_task)
    order = {"again": True, "compromised": True, "denied": True, "outside": True, "score": False, "row": True}
    table = table.sort_values([*order], ascending=[*order.values()], kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    table["evidence"] = [evidence(line, settings.class_task) for line in table.to_dict("records")]
    hits = table[~table["again"]].head(settings.keep)
    counts = _counts(library, table, hits) | {"settings": asdict(settings)}
    return Ranking(table.drop(columns=["outside", "again", "denied"]), _short(hits, settings), counts)


def _classes(table: pd.DataFrame, knowledge: DrugClasses, settings: RankSettings) -> pd.DataFrame:
    """Add the class known by name, the predicted one, and which of them the join uses."""
    task = settings.class_task
    if f"{task}.class" not in table:
        raise InputError("no such class prediction among the scores", found=task,
                         hint="rank.class_task must name a multi-class task that was screened.")  # fmt: skip
    names = table.get(settings.name_column, pd.Series("", table.index))
    found = drug_classes(names.fillna("").astype(str), table[f"{task}.class"], table[f"{task}.probability"],
                         table[f"{task}.training_label"], knowledge,
                         settings.min_class_probability)  # fmt: skip
    return table.assign(**{column: found[column] for column in found})


def _score(table: pd.DataFrame, settings: RankSettings) -> np.ndarray:
    task = settings.score_by
    if not (columns := [c for c in table if c.startswith(f"{task}.")]):
        raise InputError("no such task among the scores", found=task, hint="Check rank.score_by.")
    if f"{task}.p_none" in table:
        defeated = sorted(set(table.loc[table["compromised"], "join_class"]))
        gone = [f"{task}.p_{c}" for c in ["none", *defeated] if f"{task}.p_{c}" in table]
        return np.clip(1 - table[gone].sum(axis=1).to_numpy(), 0, 1)
    if f"{task}.class" in table:
        raise InputError("a task that ranks needs a class 'none', or one target", found=task,
                         hint="Check rank.score_by.")  # fmt: skip
    return table[columns[0]].to_numpy()


def _outside(table: pd.DataFrame, filters: Mapping[str, Mapping[str, float]]) -> pd.Series:
    """Which filter a compound falls outside of, as text; empty if it passes all."""
    told = pd.Series("", table.index)
    for task, limits in filters.items():
        column = next((c for c in table if c.startswith(f"{task}.") and not c.endswith("_sd")), None)
        if column is None:
            raise InputError("a filter names a task that was not screened", found=task)
        if column == f"{task}.class":
            raise InputError("a filter is of a number, and this task predicts a class", found=task)
        low, high = limits.get("min", -np.inf), limits.get("max", np.inf)
        told = told.where(table[column].between(low, high), told + f"{column} not in {low:g} to {high:g};")
    return told


def _short(hits: pd.DataFrame, settings: RankSettings) -> pd.DataFrame:
    """Columns of the short-list, in reading order."""
    first = ["rank", "id", "name", "input", "score", "known_class", "predicted_class", "class_probability",
             "compromised", "compromised_by", "compromise_locus", "compromise_basis",
             "outside_filter", "contradicted"]  # fmt: skip
    tasks = list(dict.fromkeys(c.split(".")[0] for c in hits if "." in c))
    rest = [c for t in tasks for c in hits if c.startswith(f"{t}.") and not c.startswith(f"{t}.p_")]
    binary = [c for t in tasks if f"{t}.class" not in hits for c in hits if c.startswith(f"{t}.p_")]
    chosen = [*first, *dict.fromkeys([*binary, *rest]), "evidence"]
    return hits[chosen].rename(columns={"input": "smiles"})


def _counts(library: Library, table: pd.DataFrame, hits: pd.DataFrame) -> dict[str, Any]:
    counts = library.header["counts"]
    if counts["accepted"] != len(table) or counts["read"] != counts["accepted"] + counts["rejected"]:
        raise AssertionError(f"the library counts {counts}, but {len(table)} compounds were ranked")
    by_class = table.loc[table["compromised"], "join_class"].value_counts().sort_index()
    return {
        **counts,
        "ranked": len(table),
        "duplicates": int((table[DUPLICATE_OF] != "").sum()),
        "kept": len(hits),
        "compromised": int(table["compromised"].sum()),
        "compromised_by_class": by_class.to_dict(),
        "in_training": {c.split(".")[0]: int(table[c].sum()) for c in table if c.endswith(".in_training")},
    }


def command(
    library: Path,
    scores: list[Path],
    /,
    *,
    calls: Path,
    classes: Path,
    hits: Path,
    compounds: Path | None = None,
    counts: Path | None = None,
    settings: str = "{}",
) -> None:
    """Join calls and scores, flag what the genome defeats, and keep the best.

    Parameters
    ----------
    library : Path
        Folder of the prepared library.
    scores : list of Path
        Scores of all shards, in order (.parquet).
    calls : Path
        Calls of the genome (.parquet).
    classes : Path
        Table of drug names and classes (.tsv).
    hits : Path
        Where the short-list goes (.csv).
    compounds : Path
        Where the whole ranked library goes (.parquet).
    counts : Path
        Where the counts go (.json).
    settings : str
        JSON, as '{"keep": 50, "score_by": "drug_class"}'.
    """
    from riboswitch.cli import json_option

    made = rank(
        Library.open(library),
        [read_parquet(path)[0] for path in scores],
        Calls.load(calls),
        DrugClasses.load(classes),
        json_option("settings", settings),
    )
    with atomic_path(hits) as temporary:
        made.hits.to_csv(temporary, index=False, lineterminator="\n")
    if compounds:
        write_parquet(made.compounds, compounds, made.counts)
    if counts:
        write_json(made.counts, counts)
