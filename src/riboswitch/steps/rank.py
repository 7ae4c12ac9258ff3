"""rank: scores, calls and names -> the short-list, with the evidence behind every line.

What the genome defeats is told by `riboswitch.resistance.join`; here compounds are put in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import build, fraction, known_names, positive_int
from riboswitch.data.calls import Calls
from riboswitch.data.library import DUPLICATE_OF, Library
from riboswitch.data.model import Model, named_models
from riboswitch.errors import InputError, UsageError
from riboswitch.io.files import atomic_path, write_json
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.join import UNKNOWN, compromised, drug_classes, evidence, side_by_side
from riboswitch.screening.nearest import TrainingSet

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
        fraction("min_class_probability", self.min_class_probability, below_one=False)
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
        are compromised, and last the duplicates. ``evidence``, the nearest training compound and its
        similarity are told of the hits only.
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
    *,
    models: Mapping[str, Model] | None = None,
    whole: bool = True,
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
    models : mapping of str to Model, optional
        The models of the tasks: of each hit the nearest training compound is told.
    whole : bool
        Whether the compounds keep all columns of the library, or only those that ranking needs.

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
    needed = ["row", "id", "input", DUPLICATE_OF, settings.name_column]
    table = side_by_side(library.table(None if whole else needed), scores, OWN, settings.name_column)
    table = _classes(table, knowledge, settings)
    table = pd.concat([table, _defeated(table, calls)], axis=1)
    table["score"] = np.round(_score(table, settings), 6)
    table["outside_filter"] = _outside(table, settings.filters)
    table = _in_order(table, settings)
    hits = table.index[table[DUPLICATE_OF] == ""][: settings.keep]
    table = _nearest(table, hits, models or {})
    table["evidence"] = ""
    lines = table.loc[hits].to_dict("records")
    table.loc[hits, "evidence"] = [evidence(line, settings.class_task) for line in lines]
    counts = _counts(library, table, table.loc[hits]) | {"settings": asdict(settings)}
    return Ranking(table, _short(table.loc[hits], settings), counts)


def _in_order(table: pd.DataFrame, settings: RankSettings) -> pd.DataFrame:
    """Sort, and number, the compounds."""
    table["outside"] = table["outside_filter"] != ""
    table["again"] = table[DUPLICATE_OF] != ""
    # By class, a compound trained as "none" that is predicted otherwise shows a fault, not a find.
    table["denied"] = table["contradicted"] & (settings.score_by == settings.class_task)
    order = {"again": True, "compromised": True, "denied": True, "outside": True, "score": False, "row": True}
    table = table.sort_values([*order], ascending=[*order.values()], kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table.drop(columns=["outside", "again", "denied"])


def _nearest(table: pd.DataFrame, hits: pd.Index, models: Mapping[str, Model]) -> pd.DataFrame:
    """Tell of the hits which training compound of each task is nearest, unless screening has told it."""
    for task, model in models.items():
        training = TrainingSet(model)
        before = f"{task}.training_label"
        if not training.known or before not in table or f"{task}.nearest_training" in table:
            continue
        near = training.nearest(table.loc[hits, "input"].tolist()).set_axis(hits).reindex(table.index)
        place = int(table.columns.get_loc(before)) + 1
        table.insert(place, f"{task}.nearest_training", near["nearest_training"].fillna(""))
        table.insert(place + 1, f"{task}.similarity", near["similarity"].astype("float64").round(6))
    return table


def _defeated(table: pd.DataFrame, calls: Calls) -> pd.DataFrame:
    """Which gene defeats each compound; only those of a class are looked at one by one."""
    blank = {"compromised": False, "compromised_by": "", "compromise_basis": "", "compromise_locus": ""}
    told = pd.DataFrame(blank, index=table.index)
    known = table.loc[
        table["join_class"] != UNKNOWN, ["name", "known_class", "phenotype_class", "join_class"]
    ]
    if len(known):
        told.loc[known.index, [*blank]] = compromised(known, calls.confident)[[*blank]]
    return told


def _classes(table: pd.DataFrame, knowledge: DrugClasses, settings: RankSettings) -> pd.DataFrame:
    """Add the class known by name, the predicted one, and which of them the join uses."""
    task = settings.class_task
    if f"{task}.class" not in table:
        raise InputError("no such class prediction among the scores", found=task,
                         hint="rank.class_task must name a multi-class task that was screened.")  # fmt: skip
    nothing = pd.Series("", table.index)
    names = table.get(settings.name_column, nothing)
    found = drug_classes(names.fillna("").astype(str), table[f"{task}.class"], table[f"{task}.probability"],
                         table.get(f"{task}.training_label", nothing), knowledge,
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
    model: list[str] | None = None,
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
    model : list of str
        The models that screened, as NAME=model.safetensors: each hit's nearest training compound is told.
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
        models=named_models(model or []),
        whole=compounds is not None,
    )
    with atomic_path(hits) as temporary:
        made.hits.to_csv(temporary, index=False, lineterminator="\n")
    if compounds:
        write_parquet(made.compounds, compounds, made.counts)
    if counts:
        write_json(made.counts, counts)
