"""Records read by the reader of a modality: from files, annotated genomes, or values in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.found_columns import find_column, found_by
from riboswitch.config.settings import keywords, known_names, parameters_of
from riboswitch.data.ids import row_ids
from riboswitch.data.labels import renamed
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records, Rejection, input_text
from riboswitch.errors import UsageError
from riboswitch.io.cells import plain
from riboswitch.io.delimited import require_column
from riboswitch.io.formats import source_name
from riboswitch.io.log.progress import tracked
from riboswitch.modalities.base import Modality
from riboswitch.modalities.kept_out import only_kept
from riboswitch.modalities.stored_reading import stored_reading

SOURCE_KEYS = ["paths", "reading", "annotated", "fields", "keep", "rename", "labels", "id_pattern"]
GENOME_OPTIONS = ["format", "annotation"]


def read_inputs(
    inputs: Sequence[str] | pd.DataFrame, model: Model, modality: Modality, columns: Sequence[str] = ()
) -> Records:
    """Read a list or a table with the settings of the model's training data; see `read_memory`."""
    rows = read_memory(inputs, model, modality, columns)
    return Records.collect(rows, modality.components, modality=modality.name)


def read_file(
    path: str,
    model: Model,
    modality: Modality,
    reading: Mapping[str, Any] | None = None,
    first: int | None = None,
) -> Records:
    """Read a file, or standard input (``-``), with the settings of the model's training data.

    Parameters
    ----------
    path : str
    model : Model
    modality : Modality
    reading : mapping, optional
        How the file is laid out; see `new_file`.
    first : int, optional
        Read only so many rows, rejected ones included. Then a file without rows is no error.

    Raises
    ------
    InputError, RejectedError
        If it cannot be read, or all of its rows are rejected.
    """
    rows = modality.reader.read(path, **new_file(model, modality, reading or {}))
    told = tracked(islice(rows, first), f"reading {source_name(path)}", "rows")
    encodable = _encodable(told, model, modality)
    records = Records.collect(encodable, modality.components, modality=modality.name)
    records.meta |= _found(rows)
    return records if first is not None and not records.read else records.require(where=path)


def _found(rows: Iterable[Any]) -> dict[str, Any]:
    """What a reader found out about a file, for the meta of its records."""
    found = found_by(rows)
    known = {"found": found.columns, "notes": found.notes, "learned": found.learned}
    return {name: value for name, value in known.items() if value}


def new_file(model: Model, modality: Modality, reading: Mapping[str, Any]) -> dict[str, Any]:
    """Options to read a new file for a model.

    What the inputs mean is the model's: it reads them as its training data. How the file is laid out is the
    user's. Every row gets an answer, so ids need not be unique, and only ``columns`` that were asked for are
    kept.

    Raises
    ------
    UsageError
        If an option does not exist, or is the model's.
    """
    reader = modality.reader
    known_names(reading, [*parameters_of(reader.read)], "reading")
    for name in reading:
        if name not in reader.FILE_OPTIONS:
            problem = f"the setting {name!r} is the model's: it reads inputs as those it was trained on"
            hint = f"For new files there are {', '.join(reader.FILE_OPTIONS)}."
            raise UsageError(problem, where="reading", hint=hint)
    own = {"repeated_ids": "keep", "columns": []}
    taken = {name: value for name, value in own.items() if name in reader.FILE_OPTIONS}
    return {**stored_reading(model, modality), **taken, **reading}


def carried_names(modality: Modality, reading: Mapping[str, Any]) -> dict[str, str]:
    """The fields of rows of a new file that stand beside the answers, and the names of their columns."""
    carried = modality.reader.CARRIED
    return {**carried, **{name: name for name in reading.get("columns") or () if name not in carried}}


def _encodable(
    items: Iterable[Record | Rejection], model: Model, modality: Modality
) -> Iterator[Record | Rejection]:
    """The same, but records that the model's encoder cannot encode are rejections."""
    problem, settings = modality.encoder.problem, model.header["encoder"]
    for item in items:
        found = problem(item.components, settings) if isinstance(item, Record) else None
        if found is None or isinstance(item, Rejection):
            yield item
        else:
            yield Rejection(item.row, item.id, input_text(item.components), *found, "encode", item.source)


def read_memory(
    inputs: Sequence[Any] | pd.DataFrame, model: Model, modality: Modality, columns: Sequence[str] = ()
) -> Iterator[Record | Rejection]:
    """Read a list or a table, one record or rejection for each input that can be encoded or not.

    Parameters
    ----------
    inputs : list of str or DataFrame
        A table needs a column for each component, of its name or (for a single component) one that fits
        `Reader.INPUT_COLUMNS`. It may have ``id``; ids need not be unique.
    model : Model
        Its reading settings are used.
    modality : Modality
    columns : sequence of str
        Columns of the table that are kept as fields.

    Raises
    ------
    UsageError, InputError
        If ``inputs`` is one text, or a table without such a column, or with several.
    """
    ids, kept = None, None
    if isinstance(inputs, str):
        raise UsageError("inputs must be a list of texts, not one text", found=inputs)
    if isinstance(inputs, pd.DataFrame):
        ids = [_as_text(i) for i in inputs["id"]] if "id" in inputs else None
        for name in columns:
            require_column(name, [str(column) for column in inputs.columns], "the table")
        kept = inputs[list(columns)].to_dict("records") if columns else None
        inputs = _input_column(inputs, modality)
    values = [_as_text(value) if _is_text(value) else value for value in inputs]
    reader = modality.reader
    keep = {"repeated_ids": "keep"} if "repeated_ids" in reader.FILE_OPTIONS else {}
    options = stored_reading(model, modality) | keep
    rows = _encodable(reader.read_list(values, ids, **options), model, modality)
    return rows if kept is None else _with_fields(rows, kept)


def _with_fields(
    rows: Iterable[Record | Rejection], fields: Sequence[Mapping[Any, Any]]
) -> Iterator[Record | Rejection]:
    for row, own in zip(rows, fields, strict=True):
        yield row if isinstance(row, Rejection) else replace(row, fields={**row.fields, **own})


def _input_column(table: pd.DataFrame, modality: Modality) -> list[Any]:
    """The inputs in a table: values, or mappings of component to value."""
    if len(modality.components) > 1:
        missing = [name for name in modality.components if name not in table]
        if missing:
            raise UsageError(f"the table needs the column {missing[0]!r}", found=list(table.columns))
        return table[list(modality.components)].to_dict("records")
    name, columns = modality.component, [str(column) for column in table.columns]
    patterns = modality.reader.INPUT_COLUMNS
    column = name if name in columns else find_column(columns, patterns, "inputs", "", "the table")
    if column is None:
        raise UsageError(f"the table needs the column {name!r}", found=list(table.columns))
    return table.iloc[:, columns.index(column)].tolist()


def _is_text(value: Any) -> bool:
    return np.isscalar(value) or value is None or value is pd.NA


def _as_text(value: Any) -> str:
    """A value as text. A missing value is empty, not "nan", which would be the sequence Asn-Ala-Asn."""
    try:
        return plain(value)
    except ValueError:
        return str(value)


def check_sources(sources: Sequence[Mapping[str, Any]], modality: Modality) -> None:
    """Raise `UsageError` for an unknown key, a column named as a component, or if no source has a path."""
    for source in sources:
        known_names(source, SOURCE_KEYS, "source")
        renamed = source.get("rename") or {}
        check_new_columns("fields", source.get("fields") or {}, modality)
        check_new_columns("rename", [*renamed, *renamed.values()], modality)
        if source.get("id_pattern"):
            check_new_columns("id_pattern", _pattern(source["id_pattern"]).groupindex, modality)
    if not any(source.get("paths") for source in sources):
        raise UsageError("nothing to parse: give at least one source")


def check_new_columns(where: str, columns: Iterable[str], modality: Modality) -> None:
    """Raise `UsageError` if one of the columns would replace a component of the records."""
    for name in columns:
        if name in modality.components:
            raise UsageError(f"the column {name!r} holds the input of the records", where=where,
                             hint="A component keeps its name, and no other column may have it.")  # fmt: skip


def read_source(path: Path, source: Mapping[str, Any], modality: Modality, targets: Sequence[str]) -> Records:
    """Read one file of a source, and add its columns; see `riboswitch.parse` for the keys of a source."""
    if source.get("annotated"):
        records = _annotated_genome(path, source, modality, targets)
    else:
        read = modality.reader.read
        options = keywords(read, source.get("reading"), "reading")
        if "labels" in modality.reader.FILE_OPTIONS:
            options["labels"] = [*(options.get("labels") or ()), *targets]
        rows = read(path, **options)
        told = tracked(rows, f"reading {path.name}", "rows")
        records = Records.collect(told, modality.components)
        records.meta |= _found(rows)
    for name, value in (source.get("fields") or {}).items():
        records.table[name] = str(value).replace("{stem}", path.name.split(".")[0])
    records = only_kept(records, source.get("keep") or {}, path.name)
    records.table = records.table.rename(columns=dict(source.get("rename") or {}))
    for name in targets if source.get("labels") else ():
        if name in records.table:
            meaning = [renamed(cell, source["labels"]) for cell in records.table[name]]
            records.table[name] = pd.Series(meaning, records.table.index, dtype=object)
    if source.get("id_pattern"):
        columns = row_ids(records.table).str.extract(_pattern(source["id_pattern"])).fillna("")
        records.table[list(columns)] = columns
    return records


def _annotated_genome(
    path: Path, source: Mapping[str, Any], modality: Modality, targets: Sequence[str]
) -> Records:
    """Records of an annotated genome, with labels in the column of the target."""
    annotated_records = modality.required("genome", modality.genome).annotated_records
    reading = dict(source.get("reading") or {})
    known_names(reading, GENOME_OPTIONS, "reading of an annotated genome")
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


def with_background(
    records: Records, background: Mapping[str, Any], modality: Modality, target: str
) -> Records:
    """Add records of a genome that belong to no class.

    Parameters
    ----------
    records : Records
    background : mapping
        ``genome`` (a file), ``label`` (``none`` by default), and options of the modality's `background`.
    modality : Modality
    target : str
        Column of the label.
    """
    options = dict(background)
    genome, label = options.pop("genome"), options.pop("label", "none")
    of_genome = modality.required("genome", modality.genome).background
    added = of_genome(genome, records.inputs[modality.component], {target: label}, options)
    kept = {name: added.meta[name] for name in ("homologues",) if added.meta.get(name)}
    joined = Records.concat([records, added], **records.meta | kept)
    text = joined.table.select_dtypes("str").columns
    joined.table[text] = joined.table[text].fillna("")
    joined.meta["sources"] = [
        *records.meta["sources"],
        {"file": f"background from {Path(genome).name}", **added.counts()},
    ]
    return joined
