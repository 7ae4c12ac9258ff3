"""Measure how much each part of an input contributes to its prediction.

Maps that cannot be trusted are marked.
"""

from __future__ import annotations

__all__ = ["explain"]
__verb__ = ("Predict and test", 130)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from cyclopts import Parameter
from cyclopts.validators import Number

from riboswitch.config.found_columns import Found
from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.data.input_order import POSITION, carried_of_records, in_input_order
from riboswitch.data.model import Model
from riboswitch.data.records import Records, input_text
from riboswitch.io.summary import write_note, write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.explaining import Map, MapMaker
from riboswitch.modalities import find
from riboswitch.modalities.reading import read_file, read_inputs
from riboswitch.steps.arguments import Explained, Summary, TableOutput
from riboswitch.steps.modality_settings import LAYOUT

PARTS = ["number", "part", "score", "sd"]
CHANGES = ["number", "part", "to", "score", "sd"]
INPUTS = ["id", "status", "reason", "input", "of", "prediction", "stability", "control"]
COLUMNS = [*INPUTS, *PARTS]
FIRST = Parameter(validator=Number(gte=1), help="Explain only the first so many rows.")
NUMBERS = dict.fromkeys(("prediction", "stability", "control", "score", "sd"), "float64")


def explain(
    inputs: Sequence[str] | pd.DataFrame | Records,
    model: Model | str | Path,
    *,
    of: str | None = None,
    control: Model | str | Path | None = None,
    changes: bool = False,
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """Score each part of an input (an atom, a letter) by its effect on the prediction.

    An atom is left out; a letter is substituted by every other. The score of such a change is the prediction
    for the whole input minus that for the changed one, in the unit of the label, or in log odds if the
    prediction is a probability. The score of a part is the mean over its changes. Scores do not add up to the
    prediction.

    Parameters
    ----------
    inputs : list of str, DataFrame or Records
        As for `predict`.
    model : Model or path
        A bundle of several networks: the map of a single network cannot be checked. If base learners
        contribute to the prediction, they contribute to the scores, but not to stability and control.
    of : str, optional
        The target or class that is explained. By default the only target, or the predicted class.
    control : Model or path, optional
        The same networks trained on shuffled labels. By default the model's own networks, with the weights
        of each layer shuffled.
    changes : bool
        One row for each change instead of each part, and a column ``to``: what the part became, empty if it
        was left out.
    columns : sequence of str
        Columns of the inputs to carry to the result, as for `predict`.

    Returns
    -------
    DataFrame
        One row for each part, in input order: ``id``; ``status`` (``ok``, ``unstable``, ``TOO_LONG``, or the
        code of the rejection) and ``reason``; ``input`` as it was scored; the carried columns; ``of``;
        ``prediction``;
        ``stability`` (mean correlation between the maps of two networks, by rank or by value as the modality
        says); ``control`` (the same for two networks of the control, or one of each, whichever is larger: the
        correlation without learning); ``number`` of the part from 1, ``part``, ``score``, and ``sd`` over the
        networks. A rejected input has one row with gaps.

    Raises
    ------
    UsageError
        If the modality has no maps, there is no such output or several to choose from, the control belongs to
        another task, or the model has no prediction for an input as a whole.
    BundleError
        If predictions here differ from those where the model was made.

    References
    ----------
    The control: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018.

    Examples
    --------
    >>> riboswitch.explain(["CC(=O)Oc1ccccc1C(=O)O"], "solubility.safetensors")  # doctest: +SKIP
    """
    model = Model.of(model)
    modality = find(model.modality)
    records = inputs if isinstance(inputs, Records) else read_inputs(inputs, model, modality, columns)
    maker = MapMaker(model, modality, of, None if control is None else Model.of(control))
    table = map_table(records, maker.maps(records), {name: name for name in columns}, changes)
    return table.drop(columns=POSITION)


def map_table(
    records: Records, maps: list[Map], carried: Mapping[str, str], changes: bool = False
) -> pd.DataFrame:
    """Maps and rejections in the order of the inputs, one row for each part or each change.

    Still with `POSITION`; see `carried_of_records`.
    """
    each = CHANGES if changes else PARTS
    lists = [m.values | (m.changes if changes else m.parts) for m in maps]
    texts = [input_text(components) for components in records.each_input()]
    extra = carried_of_records(records, carried, {*POSITION, *INPUTS, *CHANGES})
    good = pd.concat([records.table[[*POSITION, "id"]].assign(input=texts), extra], axis=1).to_dict("records")
    lines = [line | own for line, own in zip(good, lists, strict=True)]
    accepted = pd.DataFrame(lines, columns=[*POSITION, *INPUTS[:4], *extra, *INPUTS[4:], *each])
    table = in_input_order(records, accepted, ["id", "status", "reason", "input"])
    table = table.explode(each, ignore_index=True)
    return table.astype({"number": "Int64"} | NUMBERS)


def command(
    inputs: str,
    model: Path,
    /,
    *,
    output: TableOutput = "-",
    page: Path | None = None,
    changes: Path | None = None,
    of: Explained = None,
    control: Path | None = None,
    first: Annotated[int | None, FIRST] = None,
    reading: Annotated[Json, LAYOUT] = NO_SETTINGS,
    summary: Summary = None,
) -> None:
    """Explain the predictions of the inputs in a file.

    Parameters
    ----------
    inputs : str
        A file of molecules or sequences, or - for standard input.
    model : Path
        A bundle of several networks (.safetensors).
    page : Path
        Write the maps as drawings here (.html).
    changes : Path
        Write a table of every change here: one row for each substitution of a letter.
    control : Path
        A bundle of the same networks, trained on shuffled labels. Without it their weights are shuffled.
    """
    from riboswitch.io.atomic_files import atomic_path
    from riboswitch.reporting.explained import render

    check_suffix(output)
    check_suffix(changes or "-")
    bundle = Model.load(model)
    modality = find(bundle.modality)
    maker = MapMaker(bundle, modality, of, None if control is None else Model.load(control))
    records = read_file(inputs, bundle, modality, reading, first)
    maps = maker.maps(records)
    asked = {name: name for name in reading.get("columns") or ()}
    table = map_table(records, maps, asked).drop(columns="source")
    write_table(table, output)
    if changes is not None:
        write_table(map_table(records, maps, asked, changes=True).drop(columns="source"), changes)
    if page is not None:
        drawn = dict(zip(records.table["row"], records.inputs[modality.component], strict=True))
        with atomic_path(page) as temporary:
            temporary.write_text(render(table, bundle, maker.explainer, drawn, "row"), "utf-8")
    write_note(Found.of(records.meta).sentence)
    statuses = [m.values["status"] for m in maps]
    not_shown: dict[str, Any] = {s.lower(): statuses.count(s) for s in ("unstable", "TOO_LONG")}
    write_summary(records.counts() | not_shown, summary)
