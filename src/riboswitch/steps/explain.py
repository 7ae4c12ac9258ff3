"""explain: raw inputs and a bundle -> what each part of an input does to the answer, if that can be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import torch

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.judging.maps import agreement, doubt
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import reproducible
from riboswitch.modalities import load
from riboswitch.model import Model
from riboswitch.records import Records
from riboswitch.settings import one_of
from riboswitch.steps.predict import read_file, read_inputs, source_order
from riboswitch.tasks import Task

SURE = 1e-12  # nearest to 0 and 1 that a probability is taken to be
FOREST = "the answer is the forest's alone, and only maps of networks can be compared"
PARTS = ["number", "part", "score", "sd"]
COLUMNS = ["id", "status", "reason", "input", "of", "prediction", "stability", "control", *PARTS]


def explain(
    inputs: Sequence[str] | pd.DataFrame | Records,
    model: Model | str | Path,
    *,
    of: str | None = None,
    control: Model | str | Path | None = None,
) -> pd.DataFrame:
    """Say what each part of an input (an atom of a molecule) does to the model's answer.

    The score of a part is the answer for the whole input less the answer without the part, in the unit of
    the label, or in log odds where the answer is a probability. Scores need not add up to anything.

    Parameters
    ----------
    inputs : list of str, DataFrame or Records
        As for `predict`.
    model : Model or path
        A bundle of several networks: by one alone no map can be judged. If a forest has a part in the
        answer, it has one in the scores; stability and control are of the networks.
    of : str, optional
        The target or class that is explained. By default the only target; of classes the predicted one.
    control : Model or path, optional
        The same networks trained on shuffled labels. By default the model's own networks, the weights
        of each layer shuffled.

    Returns
    -------
    DataFrame
        One row a part, in input order: ``id``; ``status`` (``ok``, ``unstable``, or the rejection's code)
        and ``reason``; ``input`` as it was scored; ``of``; ``prediction``; ``stability`` (mean Spearman
        correlation of the maps of two of the networks); ``control`` (the same of two of the control's, or of
        one of each, whichever is larger: what can be had without learning); ``number`` of the part from
        1, ``part``, ``score``, and ``sd`` over the networks. A rejected input has one row with gaps.

    Raises
    ------
    UsageError
        If the modality cannot be explained, there is no such output or several to choose of, or the
        control is of another task.
    BundleError
        If the model answers otherwise here than where it was made.

    References
    ----------
    The control: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018.

    Examples
    --------
    >>> riboswitch.explain(["CC(=O)Oc1ccccc1C(=O)O"], "solubility.safetensors")  # doctest: +SKIP
    """
    model = _loaded(model)
    records = inputs if isinstance(inputs, Records) else read_inputs(inputs, model)
    return Explainer(model, of, None if control is None else _loaded(control))(records)


class Explainer:
    """`explain` for records that were read already."""

    def __init__(self, model: Model, of: str | None = None, control: Model | None = None):
        self.task, self.of = model.task, _known(model.task, of)
        self.module, self.model = explaining(model.modality), model
        self.predictor = Predictor(model)
        self.predictor.check_golden()
        self.control = _scrambled(model) if control is None else Predictor(_comparable(control, model))

    def __call__(self, records: Records) -> pd.DataFrame:
        encode = load(self.model.modality, "encode").encode
        arrays = encode(records.inputs, records.ids, self.model.header["encoder"])
        with reproducible(0):
            maps = [self.map(arrays, row) for row in range(len(arrays))]
        return _table(records, maps)

    def map(self, arrays: RaggedArrays, row: int) -> dict[str, Any]:
        """The cells of one input; those of `PARTS` hold a list each."""
        items = self.module.without_each(arrays, row)
        alone = _members(self.predictor, items)  # (networks, 1 + parts, outputs)
        stack = self.predictor.stack
        answers = alone if stack is None else stack(alone, items, None)
        whole = answers[:, 0].mean(0)
        output = int(whole.argmax()) if self.of is None else self.task.outputs.index(self.of)
        scores = self._scores(answers, output)
        own, other = (self._scores(a, output) for a in (alone, _members(self.control, items)))
        stability, control = agreement(own), float(np.fmax(agreement(own, other), agreement(other)))
        reason = FOREST if stack and not stack.blend.weight else doubt(own, stability, control)
        names = self.module.parts(arrays, row)
        return {
            "status": "unstable" if reason else "ok",
            "reason": reason,
            "of": self.task.outputs[output],
            "prediction": round(float(whole[output]), 6),
            "stability": round(stability, 3),
            "control": round(control, 3),
            "number": list(range(1, len(names) + 1)),
            "part": names,
            "score": np.round(scores.mean(0), 6).tolist(),
            "sd": np.round(scores.std(0), 6).tolist(),
        }

    def _scores(self, answers: np.ndarray, output: int) -> np.ndarray:
        """Whole less part left out, shape (networks, parts)."""
        value = answers[:, :, output]
        if self.task.kind != "regression":
            value = np.clip(value, SURE, 1 - SURE)
            value = np.log(value / (1 - value))
        return value[:, :1] - value[:, 1:]


def explaining(modality: str) -> ModuleType:
    """The part of a modality that explains.

    Raises
    ------
    UsageError
        If it has none.
    """
    try:
        return load(modality, "explain")
    except ModuleNotFoundError as error:
        if error.name != f"riboswitch.modalities.{modality}.explain":
            raise
        raise UsageError("answers of this modality cannot be explained yet", found=modality) from error


def _members(predictor: Predictor, items: RaggedArrays) -> np.ndarray:
    return np.stack([predictor.member(number, items) for number in range(len(predictor.networks))])


def _scrambled(model: Model) -> Predictor:
    """The same networks with the weights of each layer shuffled: as large as before, but nothing learned."""
    predictor = Predictor(model)
    for number, network in enumerate(predictor.networks):
        generator = torch.Generator().manual_seed(number)
        for weights in network.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.data = weights.data.flatten()[order].view_as(weights)
    return predictor


def _comparable(control: Model, model: Model) -> Model:
    if (control.modality, control.task.outputs) != (model.modality, model.task.outputs):
        raise UsageError("the control must be of the same task as the model", found=control.task.outputs,
                         hint=f"The model's is {model.task.outputs}.")  # fmt: skip
    return control


def _known(task: Task, of: str | None) -> str | None:
    """The output to be explained; None is the predicted class."""
    if of is not None:
        one_of("output of this model", of, tuple(task.outputs))
    elif task.kind != "multiclass":
        if len(task.outputs) > 1:
            raise UsageError("the model has several targets: say which to explain", found=task.outputs)
        return task.outputs[0]
    return of


def _loaded(model: Model | str | Path) -> Model:
    return model if isinstance(model, Model) else Model.load(model)


def _table(records: Records, maps: list[dict[str, Any]]) -> pd.DataFrame:
    """Maps and rejections in the order of the inputs, a row a part."""
    place = ["source", "row"]
    good = records.table[[*place, "id", "input"]].to_dict("records")
    bad = records.rejected.rename(columns={"code": "status"})
    bad = bad[[*place, "id", "status", "reason", "input"]].to_dict("records")
    lines = [line | cells for line, cells in zip(good, maps, strict=True)] + bad
    table = pd.DataFrame(lines, columns=[*place, *COLUMNS])
    table["source"] = table["source"].map(source_order(records))
    table = table.sort_values(place, kind="stable").explode(PARTS, ignore_index=True)
    numbers = dict.fromkeys(("prediction", "stability", "control", "score", "sd"), "float64")
    return table.drop(columns=place).astype({"number": "Int64"} | numbers)


def command(
    inputs: str,
    model: Path,
    /,
    *,
    output: str = "-",
    page: Path | None = None,
    of: str | None = None,
    control: Path | None = None,
    format: str | None = None,
    summary: Path | None = None,
) -> None:
    """Say what each part of an input does to the model's answer; maps that cannot be trusted are marked.

    Parameters
    ----------
    inputs : str
        A file of molecules, or - for standard input.
    model : Path
        A bundle of several networks.
    output : str
        A table (.csv, .tsv, .parquet), one row an atom, or - for CSV on standard output.
    page : Path
        Write the maps as drawings here (.html).
    of : str
        The target or class to explain; by default the only target, or the predicted class.
    control : Path
        A bundle of the same networks, trained on shuffled labels; without it shuffled weights.
    format : str
        Format of the input, needed for standard input (csv, smi, ...).
    summary : Path
        Write the counts here as JSON.
    """
    from riboswitch.cli import check_suffix, write_summary, write_table
    from riboswitch.files import atomic_path
    from riboswitch.reporting.explained import render

    check_suffix(output)
    bundle = Model.load(model)
    explainer = Explainer(bundle, of, None if control is None else Model.load(control))
    records = read_file(inputs, bundle, format)
    table = explainer(records)
    write_table(table, output)
    if page is not None:
        with atomic_path(page) as temporary:
            temporary.write_text(render(table, bundle, explainer.module), "utf-8")
    unstable = table.loc[table["status"] == "unstable", "id"].nunique()
    write_summary({**records.counts(), "unstable": unstable}, summary)
