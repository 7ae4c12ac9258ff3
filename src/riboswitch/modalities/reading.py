"""Records read by the reader of a modality: from files, annotated genomes, or values in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import keywords, known_names
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import UsageError
from riboswitch.io.cells import plain
from riboswitch.modalities.base import Modality

SOURCE_KEYS = ["paths", "reading", "annotated", "fields", "rename", "id_pattern"]
GENOME_OPTIONS = ["format", "annotation"]


def read_inputs(inputs: Sequence[str] | pd.DataFrame, model: Model, modality: Modality) -> Records:
    """Read a list or a table with the settings of the model's training data."""
    return Records.collect(read_memory(inputs, model, modality), modality.components, modality=modality.name)


def read_file(path: str, model: Model, modality: Modality, format: str | None = None) -> Records:
    """Read a file, or standard input (``-``), with the settings of the model's training data.

    Raises
    ------
    InputError, RejectedError
        If it cannot be read, or all of its rows are rejected.
    """
    reading = model.header["reading"] | ({} if format is None else {"format": format})
    rows = modality.reader.read(path, **reading)
    return Records.collect(rows, modality.components, modality=modality.name).require(where=path)


def read_memory(
    inputs: Sequence[Any] | pd.DataFrame, model: Model, modality: Modality
) -> Iterator[Record | Rejection]:
    """Read a list or a table, one record or rejection for each input.

    Parameters
    ----------
    inputs : list of str or DataFrame
        A table needs a column for each component, of its name or (for a single component) one of
        `Reader.INPUT_COLUMNS`. It may have ``id``.
    model : Model
        Its reading settings are used.
    modality : Modality

    Raises
    ------
    UsageError
        If ``inputs`` is one text, or a table without such a column.
    """
    ids = None
    if isinstance(inputs, str):
        raise UsageError("inputs must be a list of texts, not one text", found=inputs)
    if isinstance(inputs, pd.DataFrame):
        ids = [_as_text(i) for i in inputs["id"]] if "id" in inputs else None
        inputs = _input_column(inputs, modality)
    values = [_as_text(value) if _is_text(value) else value for value in inputs]
    return modality.reader.read_list(values, ids, **model.header["reading"])


def _input_column(table: pd.DataFrame, modality: Modality) -> list[Any]:
    """The inputs in a table: values, or mappings of component to value."""
    if len(modality.components) > 1:
        missing = [name for name in modality.components if name not in table]
        if missing:
            raise UsageError(f"the table needs the column {missing[0]!r}", found=list(table.columns))
        return table[list(modality.components)].to_dict("records")
    names = (modality.component, *modality.reader.INPUT_COLUMNS)
    column = next((name for name in names if name in table), None)
    if column is None:
        raise UsageError(f"the table needs the column {names[0]!r}", found=list(table.columns))
    return table[column].tolist()


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
        records = Records.collect(read(path, **options), modality.components)
    for name, value in (source.get("fields") or {}).items():
        records.table[name] = str(value).replace("{stem}", path.name.split(".")[0])
    records.table = records.table.rename(columns=dict(source.get("rename") or {}))
    if source.get("id_pattern"):
        columns = records.table["id"].str.extract(_pattern(source["id_pattern"])).fillna("")
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
    joined = Records.concat([records, added], **records.meta)
    text = joined.table.select_dtypes("str").columns
    joined.table[text] = joined.table[text].fillna("")
    joined.meta["sources"] = [
        *records.meta["sources"],
        {"file": f"background from {Path(genome).name}", **added.counts()},
    ]
    return joined
