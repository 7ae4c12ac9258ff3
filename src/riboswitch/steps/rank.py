"""Join calls and scores into the short-list, with the evidence for each compound.

Compounds that a called gene defeats are flagged and ranked behind the others.
"""

from __future__ import annotations

__all__ = ["RankSettings", "Ranking", "rank"]
__verb__ = ("Screen", 220)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import build
from riboswitch.data.calls import Calls
from riboswitch.data.library import DUPLICATE_OF, Library
from riboswitch.data.model import Model, named_models
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import write_parquet
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import write_text_table
from riboswitch.modalities import find
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.intrinsic import by_nature
from riboswitch.resistance.ranking import OWN, Ranking, RankSettings, rank_compounds
from riboswitch.resistance.scored_compounds import join_scores, scored_rows
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.origin import one_screen
from riboswitch.screening.scorefile import ScoreTable

PRINTED = (
    "read",
    "rejected",
    "scored",
    "ranked",
    "duplicates",
    "compromised",
    "kept",
)  # counts that are printed


def rank(
    library: Library,
    scores: Sequence[pd.DataFrame | ScoreTable],
    calls: Calls,
    knowledge: DrugClasses,
    settings: RankSettings | Mapping[str, Any] | None = None,
    *,
    models: Mapping[str, Model] | None = None,
    whole: bool = True,
) -> Ranking:
    """Join calls and scores, and rank the compounds; see `riboswitch.resistance.ranking`.

    Parameters
    ----------
    library : Library
        What was screened.
    scores : sequence of DataFrame or ScoreTable
        From `screen`, all shards; columns are prefixed by the tasks' names. A ScoreTable (from a file) says
        what made it, and then its library, models and shard are checked, too.
    calls : Calls
        Calls of the genome that is to be treated.
    knowledge : DrugClasses
        The drug classes of names.
    settings : RankSettings or mapping, optional
    models : mapping of str to Model, optional
        The models of the tasks: they give each hit its nearest training compound. That of the task that
        ranks says how many of the hits are active, if it is calibrated.
    whole : bool
        Whether the compounds keep all columns of the library, or only those that ranking needs.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If the scores are not those of this library, row for row, or of other models than each other or than
        ``models``; if a score is missing or impossible; or if a task is missing that ranking needs.
    """
    if not isinstance(settings, RankSettings):
        settings = build(RankSettings, settings or {}, "rank")
    component = find(library.header["modality"]).component
    needed = ["row", "id", component, DUPLICATE_OF, settings.name_column]
    compounds = library.table(None if whole else needed).rename(columns={"smiles": "input_smiles"})
    compounds = compounds.rename(columns={component: "smiles"})
    tables = [part if isinstance(part, ScoreTable) else ScoreTable(part) for part in scores]
    origins = [(part.where, part.origin) for part in tables if part.origin is not None]
    if origins:
        if len(origins) < len(tables):
            raise InputError("some of the scores do not say what made them", hint="Give files, or tables.")
        tables = [tables[place] for place in one_screen(origins, library, models or {})]
    scored, rejected = scored_rows(tables)
    table = join_scores(compounds, scored, OWN, settings.name_column)
    training = {task: TrainingSet(model) for task, model in (models or {}).items()}
    counts = library.header["counts"] | {"scored": len(scored), "scores_rejected": rejected}
    return rank_compounds(table, calls.confident, knowledge, settings,
                          library_counts=counts, training=training, nature=by_nature(calls),
                          models=models)  # fmt: skip


def command(
    library: Path,
    scores: list[Path],
    /,
    *,
    calls: Path,
    classes: Path,
    hits: Path,
    settings: Annotated[Json, Options("Ranking", RankSettings)] = NO_SETTINGS,
    compounds: Path | None = None,
    counts: Path | None = None,
    model: list[str] | None = None,
) -> None:
    """Rank a screened library.

    Parameters
    ----------
    library : Path
        Folder of the prepared library.
    scores : list of Path
        Scores of all shards (.parquet).
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
        A model that screened, as NAME=model.safetensors: adds the nearest training compound of each hit.
        Write --model before each of several.
    """
    made = rank(
        Library.open(library),
        [ScoreTable.load(path) for path in scores],
        Calls.load(calls),
        DrugClasses.load(classes),
        settings,
        models=named_models(model or []),
        whole=compounds is not None,
    )
    write_text_table(made.hits, hits, ",")
    if compounds:
        write_parquet(made.compounds, compounds, made.counts)
    if counts:
        write_json(made.counts, counts)
    write_summary({name: made.counts[name] for name in PRINTED}, None, [made.counts["promise"]["text"]])
