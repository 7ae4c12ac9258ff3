"""Predict every row of a file, in its order. Rows that cannot be read are listed with the reason."""

from __future__ import annotations

__all__ = ["held_out", "predict"]
__verb__ = ("Predict and test", 120)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from riboswitch.config.found_columns import Found
from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.input_order import POSITION, carried_of_records, free_names, in_input_order
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import UsageError
from riboswitch.evaluation.boxes import boxes_of, classes_of
from riboswitch.io.log.progress import INPUTS, Progress
from riboswitch.io.summary import write_note, write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.distilling.teachers import SIMILARITY
from riboswitch.learning.forms import FurtherForms
from riboswitch.learning.inference import Predictor, held_out_of_repeat
from riboswitch.learning.loop import PREDICTIONS
from riboswitch.learning.output_columns import (
    box_columns,
    form_counts,
    output_columns,
    position_columns,
)
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.modalities import find
from riboswitch.modalities.features import load_features
from riboswitch.modalities.reading import carried_names, read_file, read_inputs
from riboswitch.screening.nearest import TrainingSet
from riboswitch.steps.arguments import Summary, TableOutput
from riboswitch.steps.modality_settings import LAYOUT

MOST_SIMILAR = 0.7
"""The largest similarity that is told: 1 would say that a compound was in training."""


def predict(
    inputs: Sequence[str] | pd.DataFrame | Records,
    model: Model | str | Path,
    *,
    columns: Sequence[str] = (),
    similarity: bool = False,
    boxes: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Predict raw inputs.

    Parameters
    ----------
    inputs : list of str, DataFrame or Records
        SMILES or sequences, read with the settings of the training data. A table needs a column of inputs,
        named like the component (``molecule``, ``sequence``) or otherwise clearly (``SMILES``), and may have
        ``id``. Ids need not be unique.
    model : Model or path
    columns : sequence of str
        Columns of the table, or fields of the Records, to carry to the result. One with the name of a column
        of the result gets the prefix ``input_``; rejected rows have gaps.
    similarity : bool
        Add ``similarity``, that to the nearest training input, for `distil`. It is coarse, so that it tells
        little: in tenths, and 0.7 for all that are more similar.
    boxes : mapping, optional
        Where positions have classes: the letter of each type of box, as ``{"cell": "c"}``. Then there is one
        row for each box, the best first, with ``box`` (its type), ``left``, ``top``, ``width``, ``height``
        (parts of the width and height of the input) and ``score``. An input without boxes has a row of gaps.

    Returns
    -------
    DataFrame
        One row for each input, in input order (of Records: source after source, rows in order): ``id``, the
        carried columns, ``status`` (``ok`` or the code of the rejection), ``reason``; the predictions
        (`Task.columns`) with ``_sd`` over the members; for classes ``class`` and ``probability``. For
        molecules also ``forms``, and ``_low`` and ``_high`` where a compound has several forms, as a
        racemate: then the predictions are means over the forms. If each position has a class: ``labels``, a
        text with one character for each position, and means over the positions. Classes that make spans
        (``-``, capitals, and small letters that go on) are chosen together: none goes on where none began.
        Rejected rows have gaps.

    Raises
    ------
    BundleError
        If predictions here differ from those where the model was made.
    UsageError
        If similarity is asked of a bundle that does not know its training inputs, or of inputs that cannot be
        compared.

    Examples
    --------
    >>> riboswitch.predict(["CCO", "c1ccccc1"], "solubility.safetensors")  # doctest: +SKIP
    """
    model = Model.of(model)
    modality = find(model.modality)
    records = inputs if isinstance(inputs, Records) else read_inputs(inputs, model, modality, columns)
    predictor = Predictor(model, modality)
    predictor.check_golden()
    table = prediction_table(records, model, predictor, {name: name for name in columns}, similarity, boxes)
    return table.drop(columns=POSITION)


def prediction_table(
    records: Records,
    model: Model,
    predictor: Predictor,
    carried: Mapping[str, str],
    similarity: bool = False,
    boxes: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The table of `predict`, for records, still with `POSITION`; see `carried_of_records`."""
    near = coarse_similarity(records, model) if similarity else {}
    if boxes:
        classes_of(model.task, boxes)  # before anything is computed
    with Progress("encode", INPUTS, len(records)):
        arrays = predictor.modality.encoder.encode(records.inputs, records.ids, model.header["encoder"])
    good = records.table[[*POSITION, "id"]].assign(status="ok", reason="")
    if model.task.level == "record":
        forms = FurtherForms.of(records.inputs, predictor.modality, model.header["encoder"])
        further = 0 if forms is None else len(forms.rows)
        with Progress("predict", PREDICTIONS, (len(arrays) + further) * len(predictor.networks)):
            found = predictor.of_forms(arrays, forms)
        answers = output_columns(model, *found, predictor.calibration)
        for name, counts in form_counts(forms).items():
            answers.insert(0, name, counts)
    else:
        units = PredictionUnits.of(model.task, predictor.part, arrays)
        with Progress("predict", PREDICTIONS, len(arrays) * len(predictor.networks)):
            by_position = predictor(arrays)[0]
        if boxes:
            answers = box_columns(model, by_position, units, boxes, records.ids)
        else:
            answers = position_columns(model, by_position, units)
    answers = answers.assign(**{name: values[answers.index] for name, values in near.items()})
    taken = {*POSITION, "id", "status", "reason", *answers}
    extra = carried_of_records(records, carried, taken)
    good = pd.concat([good[[*POSITION, "id"]], extra, good[["status", "reason"]]], axis=1)
    good = good.join(answers).reset_index(drop=True)
    if not len(records.rejected):
        return good
    free, given = free_names(carried, taken), predictor.modality.reader.CARRIED
    held = [free[name] for name in carried if name in given]
    return in_input_order(records, good, ["id", "status", "reason"], held)


def coarse_similarity(records: Records, model: Model) -> dict[str, np.ndarray]:
    """A column of similarities to the nearest training input, too coarse to tell which that is."""
    training = TrainingSet(model)
    if not training.ids:
        raise UsageError("similarity needs the training inputs, which the bundle does not hold",
                         where=model.source, hint="Leave --similarity out.")  # fmt: skip
    near = training.nearest(records.inputs)[SIMILARITY].to_numpy(np.float64)
    return {SIMILARITY: np.minimum(np.round(near, 1), MOST_SIMILAR)}


def held_out(records: Records, features: RaggedArrays, split: Split, models: Sequence[Model]) -> Predictions:
    """Predict the held-out rows of each repeat with the network that was trained on it.

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

    Raises
    ------
    InputError
        If a model was trained on another split, or on all rows.
    """
    split.require_ids(records.ids)
    split.require_ids(features.ids, "features")
    return Predictions.concat(
        [held_out_of_repeat(Predictor(m, find(m.modality)), records, features, split) for m in models]
    )


def command(
    inputs: str,
    model: list[Path],
    /,
    *,
    output: TableOutput = "-",
    reading: Annotated[Json, LAYOUT] = NO_SETTINGS,
    split: Path | None = None,
    features: Path | None = None,
    similarity: bool = False,
    box: list[str] | None = None,
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
    similarity : bool
        Add how similar each row is to the nearest training row, coarsely, for riboswitch distil.
    box : list of str
        A type of box in a square picture of positions, and the class of its core, as cell=c: the table then
        has a row for each box. Repeat the option.
    """
    boxes = boxes_of(box or ())
    if split is None:
        check_suffix(output)
    models = [Model.load(m) for m in model]
    if split is not None:
        if features is None:
            raise UsageError("--split needs --features")
        if reading:
            raise UsageError("records are read already", found=", ".join(reading), hint="Leave it out.")
        if similarity:
            raise UsageError("--similarity goes without --split")
        if boxes:
            raise UsageError("--box goes without --split", hint="riboswitch evaluate --box judges them.")
        records = Records.load(inputs)
        held_out(records, load_features(features), Split.load(split), models).save(output)
        return
    if len(models) != 1:
        raise UsageError("give one bundle; several are joined by riboswitch ensemble", found=len(models))
    modality = find(models[0].modality)
    predictor = Predictor(models[0], modality)
    predictor.check_golden()
    records = read_file(inputs, models[0], modality, reading)
    carried = carried_names(modality, reading)
    table = prediction_table(records, models[0], predictor, carried, similarity, boxes)
    write_table(table.drop(columns="source"), output)
    write_note(Found.of(records.meta).sentence)
    write_summary(records.counts(), summary)
