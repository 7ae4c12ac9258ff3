"""Predict every row of a file, in its order. Rows that cannot be read are listed with the reason."""

from __future__ import annotations

__all__ = ["held_out", "predict"]
__verb__ = ("Predict and test", 120)

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.data.splits import Split
from riboswitch.errors import InputError, UsageError
from riboswitch.io.summary import write_summary
from riboswitch.io.tables import check_suffix, write_table
from riboswitch.learning.inference import Predictor
from riboswitch.learning.output_columns import output_columns, position_columns
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.steps.arguments import InputFormat, Summary, TableOutput


def predict(inputs: Sequence[str] | pd.DataFrame | Records, model: Model | str | Path) -> pd.DataFrame:
    """Predict raw inputs.

    Parameters
    ----------
    inputs : list of str, DataFrame or Records
        SMILES or sequences, read just as the training data were. A table needs a column of inputs, named
        like the component (``molecule``, ``sequence``) or ``input``, and may have ``id``.
    model : Model or path

    Returns
    -------
    DataFrame
        One row an input, in input order (of Records: source after source, rows in order): ``id``,
        ``status`` (``ok`` or the rejection's code), ``reason``; the predictions
        (`Task.columns`) with ``_sd`` over the members; for classes ``class`` and ``probability``. Where
        each position has a class: ``labels``, a text with one character a position, and the means over the
        positions. Rejected rows have gaps there.

    Raises
    ------
    BundleError
        If the model answers otherwise here than where it was made.

    Examples
    --------
    >>> riboswitch.predict(["CCO", "c1ccccc1"], "solubility.safetensors")  # doctest: +SKIP
    """
    model = model if isinstance(model, Model) else Model.load(model)
    records = inputs if isinstance(inputs, Records) else read_inputs(inputs, model)
    predictor = Predictor(model, find(model.modality))
    predictor.check_golden()
    return answers(records, model, predictor)


def read_inputs(inputs: Sequence[str] | pd.DataFrame, model: Model) -> Records:
    """Read a list or a table the way the model's training data were read."""
    modality = find(model.modality)
    stream = read_memory(inputs, model)
    return Records.collect(stream, modality.components, modality=modality.name)


def read_file(path: str, model: Model, format: str | None = None) -> Records:
    """Read a file, or standard input (``-``), the way the model's training data were read.

    Raises
    ------
    InputError, RejectedError
        If it cannot be read, or none of its rows can be used.
    """
    reading = model.header["reading"] | ({} if format is None else {"format": format})
    modality = find(model.modality)
    rows = modality.reader.read(path, **reading)
    return Records.collect(rows, modality.components, modality=modality.name).require(where=path)


def read_memory(inputs: Sequence[Any] | pd.DataFrame, model: Model) -> Iterator[Record | Rejection]:
    """Records and rejections of what is in memory already.

    Parameters
    ----------
    inputs : list of str or DataFrame
        A table needs a column for each component, named like it or (of a single component) by one of
        `Reader.INPUT_COLUMNS`; and may have ``id``.
    model : Model
        Its reading options are used.

    Raises
    ------
    UsageError
        If it is one text, or a table without such a column.
    """
    modality, ids = find(model.modality), None
    if isinstance(inputs, str):
        raise UsageError("inputs must be a list of texts, not one text", found=inputs)
    if isinstance(inputs, pd.DataFrame):
        ids = [as_text(i) for i in inputs["id"]] if "id" in inputs else None
        inputs = _columns_of(inputs, modality)
    values = [as_text(value) if _is_text(value) else value for value in inputs]
    return modality.reader.read_list(values, ids, **model.header["reading"])


def _columns_of(table: pd.DataFrame, modality: Modality) -> list[Any]:
    """The inputs that stand in a table: values, or mappings of component to value."""
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


def as_text(cell: Any) -> str:
    """A cell as text; a missing one is empty, not the sequence Asn-Ala-Asn."""
    return "" if pd.isna(cell) else str(cell)


def answers(records: Records, model: Model, predictor: Predictor) -> pd.DataFrame:
    """The table that `predict` returns, for records that were read already."""
    arrays = predictor.modality.encoder.encode(records.inputs, records.ids, model.header["encoder"])
    mean, sd = predictor(arrays)
    good = records.table[["source", "row", "id"]].assign(status="ok", reason="")
    columns = (
        output_columns(model, mean, sd)
        if model.task.level == "record"
        else position_columns(model, mean, PredictionUnits.of(model.task, predictor.part, arrays))
    )
    good = pd.concat([good, columns], axis=1)
    bad = records.rejected[["source", "row", "id", "code", "reason"]].rename(columns={"code": "status"})
    if not len(bad):
        return good.drop(columns=["source", "row"])
    table = pd.concat([good, bad], ignore_index=True)
    table["source"] = table["source"].map(source_order(records))
    table = table.sort_values(["source", "row"], kind="stable", ignore_index=True)
    return table.drop(columns=["source", "row"])


def source_order(records: Records) -> dict[str, int]:
    """Place of each source: as the records name them, else as they first occur."""
    named = [source["file"] for source in records.meta.get("sources", ())]
    seen = [*named, *records.table["source"], *records.rejected["source"]]
    return {source: i for i, source in enumerate(dict.fromkeys(seen))}


def held_out(records: Records, features: RaggedArrays, split: Split, models: Sequence[Model]) -> Predictions:
    """What each network says of the rows held out in the repeat it was trained on.

    Parameters
    ----------
    records, features, split
        The same rows in the same order.
    models : sequence of Model
        One member each, of different repeats.

    Returns
    -------
    Predictions
        Method ``network``, parts ``valid`` and ``test``.
    """
    split.require_ids(records.ids)
    split.require_ids(features.ids, "features")
    made = []
    for model in models:
        if model.header["training"]["split"] != split.digest:
            raise InputError("a model was trained on another split than this", found=split.meta.get("name"))
        facts = model.members[0]
        if facts["repeat"] is None:
            raise InputError("a model that was trained on all rows has none held out",
                             hint="Give the networks of the split's repeats.")  # fmt: skip
        parts = {part: split.rows(part, facts["repeat"]) for part in ("valid", "test")}
        held = np.concatenate(list(parts.values()))
        modality = find(model.modality)
        outputs = Predictor(model, modality).member(0, features, held)
        named = np.repeat(list(parts), [len(r) for r in parts.values()])
        units = PredictionUnits.of(model.task, modality.network, features)
        table = split.table.iloc[held]
        made.append(
            Predictions.build(
                model.task, units.names(held, table["id"]), units.repeated(held, table["group"]),
                facts["repeat"], units.repeated(held, named.tolist()), "network",
                model.task.labels(records.table)[units(held)], outputs, facts["thresholds"] or None,
            )
        )  # fmt: skip
    return Predictions.concat(made)


def command(
    inputs: str,
    model: list[Path],
    /,
    *,
    output: TableOutput = "-",
    format: InputFormat = None,
    split: Path | None = None,
    features: Path | None = None,
    summary: Summary = None,
) -> None:
    """Predict the rows of a file.

    Parameters
    ----------
    inputs : str
        A file of molecules or sequences, or - for standard input; with --split, records (.parquet).
    model : list of Path
        A bundle (.safetensors); with --split, the networks trained on its repeats.
    split : Path
        Predict only the held-out rows of this split (.parquet), each network those of its own repeat.
    features : Path
        With --split: the records as arrays (.npz).
    """
    if split is None:
        check_suffix(output)
    models = [Model.load(m) for m in model]
    if split is not None:
        if features is None:
            raise UsageError("--split needs --features")
        records = Records.load(inputs)
        held_out(records, RaggedArrays.load(features), Split.load(split), models).save(output)
        return
    if len(models) != 1:
        raise UsageError("give one bundle; several are joined by riboswitch ensemble", found=len(models))
    records = read_file(inputs, models[0], format)
    write_table(predict(records, models[0]), output)
    write_summary(records.counts(), summary)
