"""Judge a network beside plain methods on shared folds: wins, ties, loses, or not evaluable."""

from __future__ import annotations

__all__ = ["Scorecard", "scorecard"]
__verb__ = ("Predict and test", 147)

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from riboswitch.auditing.audit import Audit
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import build, one_of
from riboswitch.data.records import Records
from riboswitch.data.splits import Split, join_labels
from riboswitch.data.task import Kind, Task
from riboswitch.evaluation.resampling import LEVEL
from riboswitch.evaluation.rounding import round_json
from riboswitch.evaluation.scoring import HEADLINE, LOWER_IS_BETTER
from riboswitch.io.locks import held
from riboswitch.io.log.messages import say
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.base_learners.given import named_columns
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.training_job import Job
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import network_features
from riboswitch.reporting.scored import in_words
from riboswitch.scorecards.assembling import assembled
from riboswitch.scorecards.cells import Cells
from riboswitch.scorecards.errors import Nearness
from riboswitch.scorecards.folds import Folds, cross_validation, of_split
from riboswitch.scorecards.judging import Question, default_margin
from riboswitch.scorecards.rivals import NETWORK, SHUFFLED, Rivals
from riboswitch.scorecards.scorecard import FORMAT, Scorecard
from riboswitch.scorecards.settings import METRICS, ScorecardSettings
from riboswitch.steps.arguments import KIND, TARGETS, Device, RecordsFile, Threads
from riboswitch.steps.audit import audit
from riboswitch.steps.groupings import make_groupings
from riboswitch.steps.modality_settings import ENCODING, GROUPING, training
from riboswitch.steps.modality_settings import NETWORK as NETWORK_OPTIONS

RANDOM = "random"


def scorecard(
    records: Records,
    *,
    kind: Kind,
    targets: list[str],
    split_by: Sequence[str] | None = None,
    split: Split | None = None,
    column: Sequence[str] = (),
    rivals: Sequence[str] | None = None,
    given: Mapping[str, str] | None = None,
    design: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    encoding: Mapping[str, Any] | None = None,
    grouping: Mapping[str, Any] | None = None,
    cells: Path | None = None,
    device: str = "cpu",
    threads: int = 1,
) -> Scorecard:
    """Judge a network beside plain methods on shared folds, whatever the order of the records.

    Parameters
    ----------
    records : Records
    kind, targets
        As for `train`.
    split_by : sequence of str, optional
        Ways to divide the rows: ``random``, a grouping of the modality, ``column``, or several joined by
        commas. By default ``random`` and the modality's first grouping; beside ``split`` no other.
    split : Split, optional
        A split to judge on. If it has one repeat, its test set stays, and train and valid are drawn anew.
    column : sequence of str
        Columns with the groups of ``column``.
    rivals : sequence of str, optional
        ``mean`` or ``majority``, baselines of the modality, ``shuffled``; by default all but its further
        baselines.
    given : mapping, optional
        Columns with predictions of other methods, by a name for each, as for `baseline`.
    design, settings, network, encoding, grouping : mapping, optional
        Fields of `ScorecardSettings`, `TrainSettings` and the modality's settings.
    cells : Path, optional
        A folder that keeps the predictions of each method on each fold; a later call takes them from there.
    device, threads
        As for `train` and `baseline`.

    Raises
    ------
    UsageError, InputError
        For an unknown setting, a missing label column, an empty fold, a split of other records.
    """
    how = build(ScorecardSettings, design or {}, "design")
    rows, fixed = _in_order(records, split)
    task, modality = Task.infer(kind, targets, rows.table), find(rows.meta["modality"])
    shared, groups = _folds(rows, fixed, split_by, column, grouping, task, how)
    arrays = network_features(rows, modality, encoding or {})
    jobs = {n: Job.make(rows, arrays, f.split, task, settings, network, modality) for n, f in shared.items()}
    more = _further(modality, task, rivals or ())
    cards = {
        name: Rivals(rows, job, how.seed, device, threads, given or {}, more) for name, job in jobs.items()
    }
    first = next(iter(cards.values()))
    methods, (question, source) = _methods(first, rivals), _question(first.job, how)
    nearness, splits = Nearness(rows, modality, threads), {}
    for name, folds in shared.items():
        splits[name] = assembled(name, folds, cards[name], [NETWORK, *methods], Cells(cells), question,
                                 nearness, groups[name], (how.min_positives, how.min_groups))  # fmt: skip
        _add_audit(splits[name], audit(rows, folds.split, targets=targets, repeat=0, processes=threads))
    about = {"margin": question.margin, "margin_from": source, "rivals": methods, "splits": splits}
    return _card(rows, first.job, question.metric, how, about)


def _in_order(records: Records, split: Split | None) -> tuple[Records, Split | None]:
    """Rows sorted by id, so that their order in the file does not matter."""
    order = records.table["id"].argsort(kind="stable").to_numpy()
    table = records.table.iloc[order].reset_index(drop=True)
    if split is not None:
        split.require_ids(records.ids)
        split = Split(split.table.iloc[order].reset_index(drop=True), dict(split.meta))
    return Records(table, records.rejected, records.read, dict(records.meta)), split


def _folds(
    rows: Records,
    given: Split | None,
    split_by: Sequence[str] | None,
    column: Sequence[str],
    grouping: Mapping[str, Any] | None,
    task: Task,
    how: ScorecardSettings,
) -> tuple[dict[str, Folds], dict[str, list[str]]]:
    """The folds of each split by name, and the groups by which its rows are known or new."""
    grouper, found, groups = find(rows.meta["modality"]).grouper, {}, {}
    strata = _strata(rows, task)
    if given is not None:
        method = given.meta.get("method", "given")
        name = method if isinstance(method, str) else ",".join(method)
        draws = how.folds * how.repeats
        found[name] = of_split(given, strata, draws=draws, seed=how.seed, meta={"name": name})
        groups[name] = given.table["group"].tolist()
    asked = list(split_by or ([] if given is not None else [RANDOM, grouper.METHODS[0]]))
    labels = {}
    for name in asked:
        one_of_each = make_groupings(grouper, rows, name.split(","), column if "column" in name else (),
                                     None if name == RANDOM else grouping)  # fmt: skip
        labels[name] = {key: made.labels for key, made in one_of_each.items()}
        found[name] = cross_validation(
            rows.ids, labels[name], strata, folds=how.folds, repeats=how.repeats, seed=how.seed,
            meta={"name": f"{name}-{how.repeats}x{how.folds}-s{how.seed}", "method": name},
        )  # fmt: skip
    coarse = next((join_labels(labels[name]) for name in asked if name != RANDOM), None)
    if RANDOM in asked and coarse is None:
        coarse = grouper.group(rows.inputs, grouper.METHODS[0], **dict(grouping or {}))
    return found, groups | {name: coarse if name == RANDOM else join_labels(labels[name]) for name in asked}


def _strata(rows: Records, task: Task) -> list[Any]:
    """The class of each row, for folds of equal shares."""
    if task.kind == "regression" or task.level == "position":
        return ["all"] * len(rows)
    labels = task.labels(rows.table)[:, 1 if task.kind == "survival" else 0]
    return ["?" if label != label else int(label) for label in labels.tolist()]


def _methods(rivals: Rivals, asked: Sequence[str] | None) -> list[str]:
    """The rivals of the network, in one order."""
    known = tuple(name for name in rivals.names if name != NETWORK)
    for name in asked or ():
        one_of("rival", name, known)
    return [name for name in known if asked is None or name in asked or name in rivals.given]


def _further(modality: Modality, task: Task, asked: Sequence[str]) -> list[str]:
    """The further baselines that were asked for."""
    offered = modality.further_baselines
    if offered is None:
        return []
    names = offered.BASELINES if task.level == "record" else offered.POSITION_BASELINES
    return [name for name in names if name in asked]


def _question(job: Job, how: ScorecardSettings) -> tuple[Question, str]:
    """What is compared, and where the margin comes from."""
    metric = how.metric or HEADLINE[job.task.kind]
    one_of("metric", metric, METRICS[job.task.kind])
    size, source = default_margin(job.task, metric, job.labels)
    margin, source = (size, source) if how.margin is None else (how.margin, "given")
    return Question(metric, margin, how.bootstrap, how.seed), source


def _add_audit(facts: dict[str, Any], made: Audit) -> None:
    """Put the light of an audit of the first fold beside the verdicts."""
    found = made.facts
    facts["audit"] = {"light": made.light, "leaked": found["leaked"], "test_rows": found["test"]["rows"],
                      "reasons": found["reasons"], "fold": 0}  # fmt: skip
    if made.light == "red":
        facts["warnings"].append(
            f"The audit of fold 0 is red: {found['leaked']} of {found['test']['rows']} test rows were seen "
            "in training. Scores of this split do not show what the methods do on new rows."
        )


def _card(
    rows: Records, job: Job, metric: str, how: ScorecardSettings, about: Mapping[str, Any]
) -> Scorecard:
    labelled = len(job.labelled(np.arange(len(rows))))
    trained = {"training": dataclasses.asdict(job.settings), "network": dataclasses.asdict(job.network)}
    facts = {
        "format": FORMAT, "modality": job.modality.name, "task": job.task.to_dict(), "model": NETWORK,
        "shuffled": SHUFFLED, "metric": metric, "lower_is_better": metric in LOWER_IS_BETTER, "level": LEVEL,
        "rows": rows.counts() | {"labelled": labelled, "unlabelled": len(rows) - labelled},
        "settings": dataclasses.asdict(how) | trained, **about,
    }  # fmt: skip
    return Scorecard(round_json(facts))


def command(
    records: RecordsFile,
    /,
    *,
    output: Path,
    kind: Annotated[Kind, KIND],
    target: Annotated[list[str], TARGETS],
    table: str | None = None,
    split_by: list[str] | None = None,
    split: Path | None = None,
    column: list[str] | None = None,
    rival: list[str] | None = None,
    given: list[str] | None = None,
    design: Annotated[Json, Options("Design", ScorecardSettings)] = NO_SETTINGS,
    settings: Annotated[Json, training(TrainSettings)] = NO_SETTINGS,
    network: Annotated[Json, NETWORK_OPTIONS] = NO_SETTINGS,
    encoding: Annotated[Json, ENCODING] = NO_SETTINGS,
    grouping: Annotated[Json, GROUPING] = NO_SETTINGS,
    cells: Path | None = None,
    device: Device = "cpu",
    threads: Threads = 1,
) -> None:
    """Make the scorecard of a file.

    Parameters
    ----------
    output : Path
        Where the scorecard goes (.json).
    table : str
        Where it goes as a table (.csv, .tsv, .parquet), or - for CSV on standard output.
    split_by : list of str
        A way to divide the rows: random, a grouping of the modality (scaffold, cluster, family ...), column,
        or several joined by commas. Repeat the option for several. By default random and the modality's
        first grouping; with --split only the split.
    split : Path
        A split of the records (.parquet). One repeat: its test set stays, train and valid are drawn anew.
    column : list of str
        For --split-by column: a column with groups.
    rival : list of str
        A method beside the network: mean or majority, a baseline of the modality, shuffled. Repeat the
        option for several; by default all but the modality's further baselines.
    given : list of str
        A column of the records with predictions of another method, as published=COLUMN, to compare with on
        the same rows. Repeat the option for several.
    cells : Path
        Folder that keeps the predictions of each method on each fold, by default OUTPUT.cells. If the
        command is killed, the same command goes on from there.
    """
    if table is not None:
        check_suffix(table)
    folder = Path(f"{output}.cells") if cells is None else cells
    with held(folder) as lock:
        made = scorecard(
            Records.load(records), kind=kind, targets=target, split_by=split_by,
            split=None if split is None else Split.load(split), column=column or (), rivals=rival,
            given=named_columns(given or ()),
            design=design, settings=settings, network=network, encoding=encoding, grouping=grouping,
            cells=folder, device=device, threads=threads,
        )  # fmt: skip
        lock.check()
        made.save(output)
    if table is not None:
        write_table(made.table(), table)
    for line in in_words(made):
        say("line", line, "scorecard: ")
