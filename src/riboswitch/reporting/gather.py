"""Gathering: a folder of results -> `Findings`, or an error that names the file at fault."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.auditing.audit import Audit
from riboswitch.config.data_files import MANIFEST
from riboswitch.config.schemas import COUNT, NAME, NUMBERS, SECTION, Schema, mismatch, named, record
from riboswitch.config.schemas import NUMBER as NUMBER_JSON
from riboswitch.config.schemas import TEXT as TEXT_VALUE
from riboswitch.data.calls import SCAN_AGAIN, Calls
from riboswitch.data.curation import LEDGER
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.data.records import read_rejected
from riboswitch.drawing.learning import Learned
from riboswitch.errors import InputError
from riboswitch.evaluation.metrics_schema import metrics_problem
from riboswitch.io.cells import whole
from riboswitch.io.strict_json import read_json
from riboswitch.io.table_writer import read_written
from riboswitch.reporting.cohort_tables import read_cohort
from riboswitch.reporting.findings import Findings, InputRows, Ranking, TaskResult, Tested
from riboswitch.reporting.genome.features import GENES, SUMMARY, Annotated, read_annotated
from riboswitch.reporting.hits.maps import maps_of_calls, maps_of_hits
from riboswitch.reporting.ranked import Ranked, check_kept, read_kept, read_tested
from riboswitch.scorecards.scorecard import Scorecard

COUNTS: Schema = {
    "type": "object",
    "required": ["read", "accepted", "rejected"],
    "properties": {
        **dict.fromkeys(("read", "accepted", "rejected"), COUNT),
        "by_code": named(COUNT),
        "ledger": LEDGER,
    },
}
RANKED: Schema = {
    "type": "object",
    "required": ["ranked", "duplicates", "compromised", "kept"],
    "additionalProperties": True,
    "properties": {
        **dict.fromkeys(("ranked", "duplicates", "compromised", "kept"), COUNT),
        "promise": {
            "type": "object",
            "properties": {"text": TEXT_VALUE, "low": COUNT, "high": COUNT, "rows": COUNT},
        },
        "choice": record(
            {"examined": COUNT, "pool": COUNT, "kept": COUNT, "excluded": named(COUNT)},
            {"tested": record({"read": COUNT, "accepted": COUNT, "rejected": COUNT})},
        ),
    },
}
FOUND: Schema = {
    "type": "array",
    "items": record(
        {"rows": COUNT, "positives": NUMBER_JSON, "by_chance": NUMBER_JSON, "rate": NUMBER_JSON,
         "low": NUMBER_JSON, "high": NUMBER_JSON},
        {"enrichment": NUMBER_JSON},
    ),
}  # fmt: skip
DELIVERED = ("rows", "positive", "negative", "not_tested", "known_class", "positive_of_no_known_class")
COMPARED = ("tested", "compounds", "same_compound", "another_form", "forms_disagree", "not_tested",
            "in_training", "compared", "positive")  # fmt: skip
CHECK: Schema = record({
    "target": NAME,
    "counts": record(dict.fromkeys(COMPARED, COUNT)),
    "refused": TEXT_VALUE,
    "first": {**named(FOUND), "required": ["ranking"]},
    "curve": {**named(record({"rows": NUMBERS, "positives": NUMBERS})), "required": ["ranking"]},
    "metrics": SECTION,
    "list": {"type": "array", "items": record(dict.fromkeys(DELIVERED, COUNT))},
})  # fmt: skip
TESTED = "tested_compounds.parquet"
PANEL = ("rank", "id", "name", "isolate", "state", "cell", "gene_class", "locus", "recognised")


def gather(
    results: Path,
    data: Path,
    genome: str | None,
    *,
    isolates: Sequence[str] = (),
    tasks: Sequence[str] | None = None,
    genomes: Mapping[str, Path | None] | None = None,
    sources: Sequence[str] | None = None,
    scan_task: str | None = None,
    cohort: Path | None = None,
    maps: Path | None = None,
    call_maps: Mapping[str, Path] | None = None,
    annotated: Sequence[str] | None = None,
) -> Findings:
    """Read a folder of results.

    Parameters
    ----------
    results, data : Path
        Results of the workflow, and the data it started from.
    genome : str or None
        The genome that compounds were ranked for; None if none were, or if it was a panel.
    isolates : sequence of str
        The panel.
    tasks, sources : sequence of str, optional
        Names of those to report; by default all in the folders.
    genomes : mapping of str to Path, optional
        Names of those to report, with their calls; None: in the folder of the genome.
    scan_task : str, optional
        The task whose records were the references of the scans.
    cohort : Path, optional
        Folder of the tables of all scanned genomes.
    maps : Path, optional
        Table of `explain` with atom maps of the hits.
    call_maps : mapping of str to Path, optional
        By genome the table of `explain_calls`.
    annotated : sequence of str, optional
        Genomes whose genes and tracks are shown; by default all that have some in the folder.

    Raises
    ------
    InputError
        If a file is missing or is not what it should be, or the short-list belongs to another ranking.
    """
    task_results = read_tasks(results, tasks)
    if scan_task not in (None, *task_results):
        raise InputError("there are no results of this task", where=str(results), found=scan_task,
                         hint=f"There are: {', '.join(task_results) or 'none'}.")  # fmt: skip
    calls = _calls(results / "genomes", [*filter(None, [genome]), *isolates], genomes)
    if strange := next((name for name in call_maps or () if name not in calls), None):
        raise InputError("maps of a genome that is not reported", found=strange,
                         hint=f"There are: {', '.join(calls) or 'none'}.")  # fmt: skip
    return Findings(
        tasks=task_results,
        calls=calls,
        call_maps={name: maps_of_calls(path, calls[name]) for name, path in (call_maps or {}).items()},
        sources=read_sources(data, sources),
        ranking=_ranking(results, genome or "", isolates, task_results, maps) if genome or isolates else None,
        scan_task=scan_task,
        cohort=None if cohort is None else read_cohort(cohort),
        annotated=_annotated(results / "genomes", annotated),
    )


def _annotated(folder: Path, names: Sequence[str] | None) -> dict[str, Annotated]:
    """The genes and tracks of genomes."""
    found = sorted({path.parts[-3] for name in (GENES, SUMMARY) for path in folder.glob(f"*/{name}")})
    return {name: read_annotated(folder / name) for name in (found if names is None else names)}


def read_tasks(results: Path, names: Sequence[str] | None = None) -> dict[str, TaskResult]:
    """The tasks in a folder of results, or those of these names."""
    return {name: _task(results / name) for name in _names(results, "metrics.json", names)}


def read_sources(data: Path, names: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """The manifests of the data sources in a folder, or those of these names."""
    return {
        name: _read(data / name / "SOURCE.json", MANIFEST, "fetch")
        for name in _names(data, "SOURCE.json", names)
    }


def _names(folder: Path, file: str, names: Sequence[str] | None) -> list[str]:
    """Names of the subfolders that hold the file, or the given names."""
    return sorted(names) if names else sorted(path.parent.name for path in folder.glob(f"*/{file}"))


def _task(folder: Path) -> TaskResult:
    counts = _read(folder / "counts.json", COUNTS, "parse")
    rows = InputRows(folder.name, counts, read_rejected(folder / "rejected.tsv"))
    model = Model.load(folder / "model.safetensors")
    metrics = read_json(folder / "metrics.json")
    if problem := metrics_problem(metrics):
        raise InputError("not the metrics of a task", where=str(folder / "metrics.json"), found=problem,
                         hint="riboswitch evaluate writes them.")  # fmt: skip
    audit, card = folder / "audit.json", folder / "scorecard.json"
    return TaskResult(folder.name, metrics, model.header, rows,
                      Audit.load(audit) if audit.exists() else None,
                      Scorecard.load(card) if card.exists() else None, _training(model),
                      _learned(folder / "members"))  # fmt: skip


def _learned(folder: Path) -> list[Learned]:
    """How the networks of the repeats learned; their files may have been removed."""
    found = []
    for path in sorted(folder.glob("repeat-*.safetensors")):
        for member in Model.load(path).members:
            train, valid = (
                [epoch.get(f"{part}_loss") for epoch in member["history"]] for part in ("train", "valid")
            )
            found.append(Learned(path.stem.replace("-", " "), train, valid, member["epoch"]))
    return [one for one in found if one.train]


def _training(model: Model) -> dict[str, tuple[str, str]]:
    """Label and input of the training records that a bundle holds."""
    ids, inputs = model.texts("training.ids"), [*model.inputs("training.inputs").values()]
    labels = model.texts("training.labels") or [""] * len(ids)
    values = inputs[0] if len(inputs) == 1 and all(isinstance(v, str) for v in inputs[0]) else [""] * len(ids)
    if not len(ids) == len(labels) == len(values):
        return {}
    return dict(zip(ids, zip(labels, values, strict=True), strict=True))


def _read(path: Path, schema: Schema, verb: str) -> dict[str, Any]:
    """Read a JSON object that a verb wrote, and compare it with its schema."""
    value: dict[str, Any] = read_json(path)
    if problem := mismatch(value, schema):
        raise InputError("not as it should be", where=str(path), found=problem,
                         hint=f"riboswitch {verb} writes it.")  # fmt: skip
    return value


def _calls(folder: Path, first: Sequence[str], genomes: Mapping[str, Path | None] | None) -> dict[str, Calls]:
    """The calls of the genomes, those that come first before the others."""
    paths = genomes or {}
    names = _names(folder, "calls.parquet", [*paths])
    for name in first:
        if name not in names:
            raise InputError("there are no calls of this genome", where=str(folder), found=name,
                             hint=f"There are: {', '.join(names) or 'none'}.")  # fmt: skip
    ordered = dict.fromkeys([*first, *names])
    return {name: _calls_of(paths.get(name) or folder / name / "calls.parquet") for name in ordered}


def _calls_of(path: Path) -> Calls:
    calls = Calls.load(path)
    if not calls.meta:
        raise InputError("the calls do not say what was examined", where=str(path), hint=SCAN_AGAIN)
    return calls


def _ranking(
    results: Path, genome: str, isolates: Sequence[str], tasks: Collection[str], maps: Path | None
) -> Ranking:
    kept = read_kept(results / "hits.csv")
    check = _tested(results)
    ranked = Ranked.read(results / "compounds.parquet", kept.pairs, check.ranks if check else ())
    check_kept(results / "hits.csv", kept, ranked.hits)
    if check:
        _check_tested(results, check, ranked)
    library = Library.open(results / "library")
    before_dot = dict.fromkeys(column.split(".")[0] for column in ranked.columns if "." in column)
    return Ranking(
        genome=genome,
        ranked=ranked,
        columns=kept.columns,
        counts=_read(results / "counts.json", RANKED, "rank"),
        library=InputRows("library", library.header["counts"], library.rejected()),
        modality=library.header["modality"],
        tasks=[name for name in before_dot if name in tasks],
        check=check,
        isolates=[*isolates],
        panel=_panel(results / "panel.tsv", isolates, ranked.hits) if isolates else pd.DataFrame(),
        maps=maps_of_hits(maps, ranked.hits) if maps else {},
    )


def _tested(results: Path) -> Tested | None:
    """The comparison with measured values, if there is one."""
    if not (results / "check.json").exists():
        return None
    facts = _read(results / "check.json", CHECK, "check")
    if not facts["refused"] and (problem := metrics_problem(facts["metrics"])):
        raise InputError("not the metrics of a check", where=str(results / "check.json"), found=problem,
                         hint="riboswitch check writes them.")  # fmt: skip
    path, again = results / TESTED, "riboswitch check --table writes one."
    tested = pd.concat(read_tested(path, again), ignore_index=True)
    return Tested(facts, *(dict(zip(tested["id"], tested[name], strict=True))
                           for name in ("value", "basis", "rank")))  # fmt: skip


def _check_tested(results: Path, check: Tested, ranked: Ranked) -> None:
    """Raise `InputError` unless the comparison is of this ranking."""
    strange = next((name for name, rank in check.ranks.items() if ranked.ranks.get(name) != rank), None)
    if strange is not None:
        raise InputError("the check is not of the ranking in compounds.parquet", where=str(results / TESTED),
                         found=strange, hint="Check again.")  # fmt: skip


def _panel(path: Path, isolates: Sequence[str], hits: pd.DataFrame) -> pd.DataFrame:
    """The evidence of each hit and isolate."""
    try:
        table = read_written(path, "\t")
        pairs = [*zip(map(whole, table["rank"]), table["id"], table["isolate"], strict=True)]
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, KeyError) as error:
        raise InputError("not a panel", where=str(path), found=error) from error
    named = zip(hits["rank"], hits["id"], strict=True)
    expected = {(rank, name, isolate) for rank, name in named for isolate in isolates}
    if not {*PANEL} <= {*table} or {*pairs} != expected or len(pairs) != len(expected):
        raise InputError("the panel is not of this short-list and these isolates", where=str(path),
                         hint="Rank again, with --panel.")  # fmt: skip
    return table.assign(rank=[rank for rank, _, _ in pairs])
