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
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.large.sorted_runs import SortedRuns
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import write_text_table
from riboswitch.modalities import find
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.ranking.choosing import Chooser, Measured, require_columns
from riboswitch.resistance.ranking.columns import OWN
from riboswitch.resistance.ranking.judging import Judge
from riboswitch.resistance.ranking.plain import Ranking, rank_compounds
from riboswitch.resistance.ranking.reference import Reference
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.resistance.ranking.streamed import ShortList, StreamedRanking, folder_beside
from riboswitch.resistance.scores.joined import join_scores, joined_blocks, scored_rows, with_names
from riboswitch.resistance.scores.stream import ScoreStream
from riboswitch.screening.nearest import TrainingSet
from riboswitch.screening.origin import one_screen
from riboswitch.screening.scorefile import ScoreTable
from riboswitch.steps.arguments import named_paths

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
    tested: str | Path | None = None,
    reference: str | Path | None = None,
    whole: bool = True,
) -> Ranking:
    """Join calls and scores, and rank the compounds in memory; see `riboswitch.resistance.ranking`.

    ``riboswitch rank`` does it in bounded memory, with the same result.

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
    tested : path, optional
        A file of compounds that were measured, as any file of the modality: neither they nor their other
        forms are on the list, and ``pick`` prefers compounds unlike them.
    reference : path, optional
        Scores of reference compounds, as approved drugs, by the same models (.parquet): the hits get
        percentiles among them.
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
    judge = Judge(calls, knowledge, _settings(settings), isolates)
    tables = _in_order(library, scores, models or {})
    scored, rejected = scored_rows(tables)
    columns, renamed = _library_columns(library, judge.settings, whole)
    compounds = with_names(library.table(columns), renamed)
    return rank_compounds(
        join_scores(compounds, scored, OWN, judge.settings.name_column),
        judge,
        library_counts=library.header["counts"] | {"scored": len(scored), "scores_rejected": rejected},
        training=_training(models),
        models=models,
        chooser=_chooser(library, judge.settings, tested),
        reference=None if reference is None else Reference.load(reference, judge, tables[0]),
    )


def _in_order(
    library: Library, scores: Sequence[pd.DataFrame | ScoreTable], models: Mapping[str, Model]
) -> list[ScoreTable]:
    """The scores in the order of their shards."""
    tables = [part if isinstance(part, ScoreTable) else ScoreTable(part) for part in scores]
    origins = [(part.where, part.origin) for part in tables if part.origin is not None]
    if not origins:
        return tables
    if len(origins) < len(tables):
        raise InputError("some of the scores do not say what made them", hint="Give files, or tables.")
    return [tables[place] for place in one_screen(origins, library, models)]


def _settings(settings: RankSettings | Mapping[str, Any] | None) -> RankSettings:
    return settings if isinstance(settings, RankSettings) else build(RankSettings, settings or {}, "rank")


def _library_columns(
    library: Library, settings: RankSettings, whole: bool
) -> tuple[list[str] | None, dict[str, str]]:
    """The columns that are read, None for all, and new names, one after the other."""
    component = find(library.header["modality"]).component
    require_columns(library.columns, settings)
    needed = ["row", "id", component, DUPLICATE_OF, settings.name_column, *settings.carry,
              settings.price_column]  # fmt: skip
    return None if whole else [*dict.fromkeys(needed)], {"smiles": "input_smiles", component: "smiles"}


def _training(models: Mapping[str, Model] | None) -> dict[str, TrainingSet]:
    return {task: TrainingSet(model) for task, model in (models or {}).items()}


def _chooser(library: Library, settings: RankSettings, tested: str | Path | None) -> Chooser:
    measured = None if tested is None else Measured.load(tested, library)
    return Chooser(settings, find(library.header["modality"]), measured)


def _rank_files(
    library: Library, scores: Sequence[Path], judge: Judge, models: Mapping[str, Model], folder: Path,
    compounds: Path | None, tested: Path | None, reference: Path | None,
) -> ShortList:  # fmt: skip
    """`rank` for files of scores, in bounded memory; ``folder`` is for what does not fit into it."""
    settings, chooser = judge.settings, _chooser(library, judge.settings, tested)
    columns, renamed = _library_columns(library, settings, compounds is not None)
    stream = ScoreStream(scores, library, models)
    told = None if reference is None else Reference.load(reference, judge, stream.first)
    first_only = compounds is None and settings.fdr is None and not chooser.needed
    ranking = StreamedRanking(judge, SortedRuns(folder, settings.keep if first_only else None), models)
    for block in joined_blocks(library, stream, columns, renamed, OWN, settings.name_column):
        ranking.add(block)
    counts = library.header["counts"] | {"scored": ranking.tally.ranked, "scores_rejected": stream.rejected}
    return ranking.finish(_training(models), counts, compounds, chooser=chooser, reference=told)


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
    tested: Path | None = None,
    excluded: Path | None = None,
    reference: Path | None = None,
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
    tested : Path
        Compounds that were measured (any file of compounds): they and their other forms are left out of the
        list, and --pick prefers compounds unlike them.
    excluded : Path
        Where the compounds go that were left out of the short-list, with the reasons (.csv).
    reference : Path
        Scores of reference compounds, as approved drugs, by the same models (.parquet): the list gets
        percentiles among them.
    """
    panel_calls = _isolates(genomes or [])
    judge = Judge(None if calls is None else Calls.load(calls), DrugClasses.load(classes),
                  _settings(settings), panel_calls)  # fmt: skip
    with folder_beside(hits) as folder:
        made = _rank_files(Library.open(library), scores, judge, named_models(model or []), folder, compounds,
                           tested, reference)  # fmt: skip
    write_text_table(made.hits, hits, ",")
    if excluded:
        write_text_table(made.excluded, excluded, ",")
    if panel:
        write_text_table(made.panel, panel, "\t")
    if counts:
        write_json(made.counts, counts)
    lines = [*_choice(made.counts.get("choice")), made.counts["promise"]["text"]]
    write_summary({name: made.counts[name] for name in PRINTED}, None, lines)


def _choice(counts: Mapping[str, Any] | None) -> list[str]:
    """How the list was chosen, in words."""
    if counts is None:
        return []
    left_out = ", ".join(f"{number} {name}" for name, number in counts["excluded"].items()) or "none"
    return [f"examined {counts['examined']} for the list: left out {left_out}; "
            f"kept {counts['kept']} of a pool of {counts['pool']}"]  # fmt: skip


def _isolates(words: Sequence[str]) -> dict[str, Calls]:
    """Calls by the name of the isolate, from NAME=PATH."""
    paths = named_paths(words, "each isolate has a name of its own and its calls",
                        "As --genomes mrsa=results/genomes/mrsa/calls.parquet.")  # fmt: skip
    return {name: Calls.load(path) for name, path in paths.items()}
