"""Read sequences or molecules. Every row becomes a record or a rejection with a reason code."""

from __future__ import annotations

__all__ = ["parse"]
__verb__ = ("Data", 30)

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from riboswitch.config.options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import FRACTION, check_values, keywords, known_names
from riboswitch.data.curation import Policy, curate
from riboswitch.data.records import Records
from riboswitch.data.task import Kind
from riboswitch.errors import UsageError
from riboswitch.io.delimited import read_small_table, require_column
from riboswitch.io.summary import write_summary
from riboswitch.modalities import DEFAULT, find
from riboswitch.modalities.base import Modality
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.steps.arguments import KIND, TARGETS, Summary
from riboswitch.steps.modality_settings import READING

GENOME_OPTIONS = ("format", "annotation")

# Keys of the mappings that describe a label or columns from elsewhere: needed, then optional.
NESTED = {
    "classes": (("table", "name_column"), ("otherwise",)),
    "annotate": (("table", "key", "columns"), ()),
}

SOURCE_KEYS = ["paths", "reading", "annotated", "fields", "rename", "id_pattern"]

LIMITS = {"max_rejected": FRACTION}
SPEC_KEYS = ("classes", "annotate", "background", "duplicates", "conflicts", "max_rejected")


def parse(
    sources: Sequence[Mapping[str, Any]],
    modality: str,
    *,
    kind: Kind | None = None,
    targets: Sequence[str] = (),
    classes: Mapping[str, Any] | None = None,
    annotate: Mapping[str, Any] | None = None,
    background: Mapping[str, Any] | None = None,
    duplicates: Policy = "first",
    conflicts: Policy = "reject",
    max_rejected: float = 1.0,
) -> Records:
    """Read, label and curate records from one or several files.

    Parameters
    ----------
    sources : sequence of mapping
        Each with ``paths``, files that are read alike, and optionally ``reading`` (options of the
        modality's `read`), ``fields`` (constant columns; ``{stem}`` stands for the file's name without
        suffix), ``rename`` (columns), and ``id_pattern`` (a regular expression whose named groups, found
        in the id, become columns). With ``annotated`` the records are made of an annotated genome instead,
        see `riboswitch.genomes.tasks.records`; ``reading`` may then hold ``format`` and ``annotation``.
    modality : str
    kind, targets
        As for `train`; with targets, rows are curated (duplicates, conflicting or missing labels).
    classes : mapping, optional
        Label the first target by the compound's name, as ``{"table", "name_column", "otherwise"}`` say.
    annotate : mapping, optional
        Add columns of a tab-separated table whose key equals the id, as ``{"table", "key", "columns"}`` say.
    background : mapping, optional
        Add proteins of no class, as ``{"genome", "label", ...}`` say; see `genomes.tasks.background`.
    duplicates : {"first", "mean", "reject"}
        What to keep of equal inputs with equal labels; see `curate`.
    conflicts : {"first", "mean", "reject"}
        What to keep of equal inputs with different labels; see `curate`.
    max_rejected : float
        Fail if more than this fraction of the rows is rejected.

    Returns
    -------
    Records
    """
    check_values(LIMITS, max_rejected=max_rejected)
    _check_sources(sources)
    _check_keys("classes", classes)
    _check_keys("annotate", annotate)
    _check_background(background, targets)
    files = [(Path(path), source) for source in sources for path in source.get("paths", ())]
    names = ", ".join(path.name for path, _ in files)
    kind_of_input = find(modality)
    parts = [_read(path, source, kind_of_input, targets) for path, source in files]
    reading = dict(sources[0].get("reading") or {})
    meta: dict[str, Any] = {
        "modality": modality,
        "components": [*kind_of_input.components],
        "reading": {k: v for k, v in reading.items() if k not in kind_of_input.reader.FILE_OPTIONS},
        "sources": [{"file": p.name, **part.counts(), **part.meta}
                    for (p, _), part in zip(files, parts, strict=True)],
    }  # fmt: skip
    records = _unique_ids(Records.concat(parts, **meta)).require(1.0, names)
    if annotate:
        _annotate(records, annotate)
    if classes:
        _label_by_name(records, classes, targets)
    if background:
        records = _with_background(records, background, kind_of_input, targets)
    if targets:
        records = _curate(records, kind_of_input, targets, kind, duplicates, conflicts)
    return records.require(max_rejected, names)


def _curate(
    records: Records, modality: Modality, targets: Sequence[str], kind: Kind | None, duplicates: Policy,
    conflicts: Policy,
) -> Records:  # fmt: skip
    if kind is None:
        raise UsageError("labels need a kind: regression, binary or multiclass", found=list(targets))
    reader = modality.reader
    return curate(records, reader.identity, targets=targets, kind=kind, duplicates=duplicates,
                  conflicts=conflicts, label_lengths=reader.label_lengths)  # fmt: skip


def _check_sources(sources: Sequence[Mapping[str, Any]]) -> None:
    for source in sources:
        known_names(source, SOURCE_KEYS, "source")
    if not any(source.get("paths") for source in sources):
        raise UsageError("nothing to parse: give at least one source")


def _check_background(background: Mapping[str, Any] | None, targets: Sequence[str]) -> None:
    if background and ("genome" not in background or len(targets) != 1):
        raise UsageError("background needs the key 'genome', and one target", found=dict(background))


def _check_keys(name: str, spec: Mapping[str, Any] | None) -> None:
    if not spec:
        return
    needed, optional = NESTED[name]
    known_names(spec, [*needed, *optional], name)
    missing = [key for key in needed if key not in spec]
    if missing:
        raise UsageError(f"missing key {missing[0]!r}", where=name, hint=f"Needed: {', '.join(needed)}.")
    if name == "annotate" and not isinstance(spec["columns"], Mapping):
        raise UsageError("columns must map a new name to a column", where=name, found=spec["columns"])


def _read(path: Path, source: Mapping[str, Any], modality: Modality, targets: Sequence[str]) -> Records:
    if source.get("annotated"):
        records = _made_of_genome(path, source, modality, targets)
    else:
        read = modality.reader.read
        options = keywords(read, source.get("reading"), "reading")
        records = Records.collect(read(path, **options), modality.components)
    for name, value in (source.get("fields") or {}).items():
        records.table[name] = str(value).replace("{stem}", path.name.split(".")[0])
    records.table = records.table.rename(columns=dict(source.get("rename") or {}))
    if source.get("id_pattern"):
        found = records.table["id"].str.extract(_pattern(source["id_pattern"])).fillna("")
        records.table[list(found)] = found
    return records


def _made_of_genome(
    path: Path, source: Mapping[str, Any], modality: Modality, targets: Sequence[str]
) -> Records:
    """Records of an annotated genome, labelled in the column of the target."""
    annotated_records = modality.required("genome", modality.genome).annotated_records
    reading = dict(source.get("reading") or {})
    known_names(reading, [*GENOME_OPTIONS], "reading of an annotated genome")
    if len(targets) > 1:
        raise UsageError("an annotated genome gives one target", found=list(targets))
    return annotated_records(path, source["annotated"], target=next(iter(targets), "label"), **reading)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"id_pattern is no regular expression ({error})", found=text) from error
    if not pattern.groupindex or len(pattern.groupindex) != pattern.groups:
        raise UsageError("all groups of id_pattern need a name, and there must be one", found=text,
                         hint="As (?P<gene>.+)_[0-9]+; a group without a name is (?:...).")  # fmt: skip
    return pattern


def _unique_ids(records: Records) -> Records:
    """Ids must be unique over all sources, since everything later is joined by them."""
    again = records.table.duplicated("id")
    problem = "DUPLICATE_ID", "the id occurs in an earlier file", "Rename it."
    gone = [records.rejection(row, *problem, stage="parse") for row in np.flatnonzero(again).tolist()]
    return records.reject(again, gone)


def _annotate(records: Records, spec: Mapping[str, Any]) -> None:
    # ResFinder's table leaves out empty cells at the end of a row.
    columns, lines = read_small_table(spec["table"], "\t", fill=True)
    for name in (spec["key"], *spec["columns"].values()):
        require_column(name, columns, str(spec["table"]))
    found = (dict(zip(columns, line.cells, strict=True)) for line in lines)
    rows = {row[spec["key"]]: row for row in found}
    for name, column in spec["columns"].items():
        records.table[name] = [rows.get(i, {}).get(column, "").strip() for i in records.table["id"]]
    records.meta["annotated"] = int(records.table["id"].isin(list(rows)).sum())


def _label_by_name(records: Records, spec: Mapping[str, Any], targets: Sequence[str]) -> None:
    """Label by what the name says; knowledge, not measurement."""
    if len(targets) != 1 or spec["name_column"] not in records.table:
        columns = f"Columns: {', '.join(records.table.columns)}."
        raise UsageError("no such column of names", found=spec["name_column"], hint=columns)
    knowledge = DrugClasses.load(spec["table"])
    names = records.table[spec["name_column"]].fillna("").astype(str)
    found = [knowledge.drug_class(name) if name else None for name in names]
    records.table[targets[0]] = [f.drug_class if f else spec.get("otherwise", "none") for f in found]


def _with_background(
    records: Records, spec: Mapping[str, Any], modality: Modality, targets: Sequence[str]
) -> Records:
    background = modality.required("genome", modality.genome).background
    options = dict(spec)
    genome, label = options.pop("genome"), options.pop("label", "none")
    made = background(genome, records.inputs[modality.component], {targets[0]: label}, options)
    joined = Records.concat([records, made], **records.meta)
    text = joined.table.select_dtypes("str").columns
    joined.table[text] = joined.table[text].fillna("")
    joined.meta["sources"] = [
        *records.meta["sources"],
        {"file": f"background from {Path(genome).name}", **made.counts()},
    ]
    return joined


def command(
    sources: list[str] | None = None,
    /,
    *,
    output: Path,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    modality: str = DEFAULT,
    rejected: Path | None = None,
    spec: Annotated[Json, Options("Curation and labels", parse, only=SPEC_KEYS)] = NO_SETTINGS,
    kind: Annotated[Kind | None, KIND] = None,
    target: Annotated[list[str] | None, TARGETS] = None,
    summary: Summary = None,
) -> None:
    """Parse files.

    Parameters
    ----------
    sources : list of str
        Files to read, or - for standard input; or see --spec.
    output : Path
        Where the records go (.parquet); rejected rows go beside it, into rejected.tsv.
    modality : str
        Modality of the records: sequence or molecule.
    rejected : Path
        Where the rejected rows go instead.
    """
    known_names(spec, ["sources", *SPEC_KEYS], "--spec")
    options = dict(spec)
    described = options.pop("sources", None) or [{"paths": sources or [], "reading": reading}]
    records = parse(described, modality, kind=kind, targets=target or (), **options)
    records.save(output, rejected)
    counts = {**records.counts(), "ledger": records.meta.get("ledger", {})}
    left_out = {s["file"]: s["left_out"] for s in records.meta["sources"] if s.get("left_out")}
    write_summary(counts | ({"left_out": left_out} if left_out else {}), summary)
