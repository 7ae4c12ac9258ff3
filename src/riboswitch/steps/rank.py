"""Join calls and scores into the short-list, with the evidence for each compound.

Compounds that a called gene defeats are flagged and ranked behind the others. With a panel of isolates each
compound also has a cell for each isolate: defeated, reduced, not seen, or not looked at.
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
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import write_parquet
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import write_text_table
from riboswitch.modalities import find
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.ranking import OWN, Ranking, RankSettings, rank_compounds
from riboswitch.resistance.scores.joined import join_scores, scored_rows
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
    calls: Calls | None,
    knowledge: DrugClasses,
    settings: RankSettings | Mapping[str, Any] | None = None,
    *,
    isolates: Mapping[str, Calls] | None = None,
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
    calls : Calls or None
        Calls of the genome that is to be treated. None: the panel is, see ``settings.panel_order``.
    knowledge : DrugClasses
        The drug classes of names.
    settings : RankSettings or mapping, optional
    isolates : mapping of str to Calls, optional
        A panel of isolates, by name.
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
    UsageError
        If there is neither a genome nor a panel.
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
    return rank_compounds(table, calls, knowledge, settings, library_counts=counts, training=training,
                          isolates=isolates, models=models)  # fmt: skip


def command(
    library: Path,
    scores: list[Path],
    /,
    *,
    calls: Path | None = None,
    genomes: list[str] | None = None,
    classes: Path,
    hits: Path,
    panel: Path | None = None,
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
        Calls of the genome to rank for (.parquet). Without it the compounds are ranked for the whole panel.
    genomes : list of str
        An isolate of the panel, as NAME=calls.parquet. Write --genomes before each.
    classes : Path
        Table of drug names and classes (.tsv).
    hits : Path
        Where the short-list goes (.csv).
    panel : Path
        Where the evidence of each hit and isolate goes (.tsv).
    compounds : Path
        Where the whole ranked library goes (.parquet).
    counts : Path
        Where the counts go (.json).
    model : list of str
        A model that screened, as NAME=model.safetensors: adds the nearest training compound of each hit.
        Write --model before each of several.
    """
    isolates = _isolates(genomes or [])
    made = rank(
        Library.open(library),
        [ScoreTable.load(path) for path in scores],
        None if calls is None else Calls.load(calls),
        DrugClasses.load(classes),
        settings,
        isolates=isolates,
        models=named_models(model or []),
        whole=compounds is not None,
    )
    write_text_table(made.hits, hits, ",")
    if compounds:
        write_parquet(made.compounds, compounds, made.counts)
    if panel:
        write_text_table(made.panel, panel, "\t")
    if counts:
        write_json(made.counts, counts)
    write_summary({name: made.counts[name] for name in PRINTED}, None, [made.counts["promise"]["text"]])


def _isolates(words: Sequence[str]) -> dict[str, Calls]:
    """Calls by the name of the isolate, from NAME=PATH."""
    pairs = [word.partition("=") for word in words]
    names = [name for name, _, _ in pairs]
    if len({*names}) < len(names) or not all(name and path for name, _, path in pairs):
        raise UsageError("each isolate has a name of its own and its calls", found=[*words],
                         hint="As --genomes mrsa=results/genomes/mrsa/calls.parquet.")  # fmt: skip
    return {name: Calls.load(path) for name, _, path in pairs}
