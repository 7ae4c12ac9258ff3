"""Measure how much each part of an input contributes to its prediction.

Maps that cannot be trusted are marked.
"""

from __future__ import annotations

__all__ = ["explain"]
__verb__ = ("Predict and test", 130)

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import one_of
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records, input_text
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.evaluation.maps import Rules, agreement, by_part, doubt, effect_scale
from riboswitch.io.summary import write_summary
from riboswitch.io.tables import check_suffix, write_table
from riboswitch.learning.explaining import members, scrambled
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Explained, InputFormat, Summary, TableOutput
from riboswitch.steps.predict import read_file, read_inputs, source_order

PARTNERS = "the answer is the base learners' alone, and only maps of networks can be compared"
PARTS = ["number", "part", "score", "sd"]
CHANGES = ["number", "part", "to", "score", "sd"]
FACTS = ["id", "status", "reason", "input", "of", "prediction", "stability", "control"]
COLUMNS = [*FACTS, *PARTS]


def explain(
    inputs: Sequence[str] | pd.DataFrame | Records,
    model: Model | str | Path,
    *,
    of: str | None = None,
    control: Model | str | Path | None = None,
    changes: bool = False,
) -> pd.DataFrame:
    """Say what each part of an input (an atom, a letter) does to the model's answer.

    An atom is left out, a letter is put to every other. The score of such a change is the answer for the
    whole input less that for the changed one, in the unit of the label, or in log odds where the answer is a
    probability; that of a part is the mean over its changes. Scores need not add up to anything.

    Parameters
    ----------
    inputs : list of str, DataFrame or Records
        As for `predict`.
    model : Model or path
        A bundle of several networks: by one alone no map can be judged. If base learners have a part in the
        answer, it has one in the scores; stability and control are of the networks.
    of : str, optional
        The target or class that is explained. By default the only target; of classes the predicted one.
    control : Model or path, optional
        The same networks trained on shuffled labels. By default the model's own networks, the weights
        of each layer shuffled.
    changes : bool
        One row a change in place of one row a part, and a column ``to``: what the part became, empty if it
        was left out.

    Returns
    -------
    DataFrame
        One row a part, in input order: ``id``; ``status`` (``ok``, ``unstable``, ``TOO_LONG``, or the
        rejection's code) and ``reason``; ``input`` as it was scored; ``of``; ``prediction``; ``stability``
        (mean correlation of the maps of two of the networks, by rank or by value as the modality has it);
        ``control`` (the same of two of the control's, or of one of each, whichever is larger: what can be
        had without learning); ``number`` of the part from 1, ``part``, ``score``, and ``sd`` over the
        networks. A rejected input has one row with gaps.

    Raises
    ------
    UsageError
        If the modality cannot be explained, there is no such output or several to choose of, the
        control is of another task, or the model has no answer for an input as a whole.
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
    explainer = Explainer(model, of, None if control is None else _loaded(control))
    return explainer.table(records, explainer.maps(records), changes)


@dataclass(frozen=True)
class Map:
    """What was found of one input: facts of it as a whole, and columns of its parts and of its changes."""

    facts: dict[str, Any]
    parts: dict[str, list[Any]]
    changes: dict[str, list[Any]]


class Explainer:
    """`explain` for records that were read already."""

    def __init__(self, model: Model, of: str | None = None, control: Model | None = None):
        self.task, self.of = model.task, output_asked(model.task, of)
        modality = find(model.modality)
        self.part, self.model = modality.required("explainer", modality.explainer), model
        self.rules: Rules = self.part.rules
        self.predictor = Predictor(model, modality)
        self.predictor.check_golden()
        self.control = (
            scrambled(model, modality)
            if control is None
            else Predictor(_comparable(control, model), modality)
        )

    def maps(self, records: Records) -> list[Map]:
        """One of each record, in their order."""
        encode = self.predictor.modality.encoder.encode
        arrays = encode(records.inputs, records.ids, self.model.header["encoder"])
        return [self.map(arrays, row) for row in range(len(arrays))]

    def map(self, arrays: RaggedArrays, row: int) -> Map:
        """That of one input."""
        names = self.part.parts(arrays, row)
        if len(names) > self.rules.most_parts:
            reason = f"{len(names)} parts, and at most {self.rules.most_parts} are asked for one by one"
            nothing: dict[str, list[Any]] = {column: [] for column in CHANGES}
            return Map({"status": "TOO_LONG", "reason": reason}, nothing, nothing)
        part, to = self.part.changes(arrays, row)
        alone, answers = self._answers(arrays, row)
        whole = answers[:, 0].mean(0)
        output = int(whole.argmax()) if self.of is None else self.task.outputs.index(self.of)
        scores = self._scores(answers, output)
        own, other = (
            by_part(self._scores(a, output), part, len(names))
            for a in (alone, members(self.control, self.part, arrays, row))
        )
        told = {"of": self.task.outputs[output], "prediction": round(float(whole[output]), 6)}
        every, of_parts = np.arange(len(names)), by_part(scores, part, len(names))
        return Map(
            told | self._judged(own, other),
            _columns(names, every, of_parts),
            _columns(names, part, scores) | {"to": to},
        )

    def table(self, records: Records, maps: list[Map], changes: bool = False) -> pd.DataFrame:
        """Maps and rejections in the order of the inputs, a row a part or a row a change."""
        if changes:
            return _table(records, [m.facts | m.changes for m in maps], CHANGES)
        return _table(records, [m.facts | m.parts for m in maps], PARTS)

    def _answers(self, arrays: RaggedArrays, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the networks alone, and of the model, both (networks, 1 + changes, outputs)."""
        alone, stack = members(self.predictor, self.part, arrays, row), self.predictor.stack
        if stack is None:
            return alone, alone
        return alone, stack(alone, self.part.without_each(arrays, row), None)

    def _judged(self, own: np.ndarray, other: np.ndarray) -> dict[str, Any]:
        """Whether the networks' maps may be shown, by those of the control's, both (networks, parts)."""
        ranked, least = self.rules.ranked, self.rules.least_stability
        stability = agreement(own, None, ranked)
        control = float(np.fmax(agreement(own, other, ranked), agreement(other, None, ranked)))
        stack = self.predictor.stack
        reason = PARTNERS if stack and not stack.blend.weight else doubt(own, stability, control, least)
        return {
            "status": "unstable" if reason else "ok",
            "reason": reason,
            "stability": round(stability, 3),
            "control": round(control, 3),
        }

    def _scores(self, answers: np.ndarray, output: int) -> np.ndarray:
        """Whole less changed, shape (networks, changes)."""
        value = effect_scale(answers[:, :, output], self.task.kind)
        return value[:, :1] - value[:, 1:]


def _texts(records: Records) -> list[str]:
    return [input_text(components) for components in records.each_input()]


def _columns(names: list[str], part: np.ndarray, scores: np.ndarray) -> dict[str, list[Any]]:
    """Of parts or changes, by the scores of each network (networks, parts or changes)."""
    return {
        "number": (part + 1).tolist(),
        "part": [names[number] for number in part],
        "score": np.round(scores.mean(0), 6).tolist(),
        "sd": np.round(scores.std(0), 6).tolist(),
    }


def _comparable(control: Model, model: Model) -> Model:
    if (control.modality, control.task.outputs) != (model.modality, model.task.outputs):
        raise UsageError("the control must be of the same task as the model", found=control.task.outputs,
                         hint=f"The model's is {model.task.outputs}.")  # fmt: skip
    return control


def output_asked(task: Task, of: str | None) -> str | None:
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


def _table(records: Records, maps: list[dict[str, Any]], each: list[str]) -> pd.DataFrame:
    """The lists under the names of ``each`` become rows, and rejections come in between."""
    place = ["source", "row"]
    good = records.table[[*place, "id"]].assign(input=_texts(records)).to_dict("records")
    bad = records.rejected.rename(columns={"code": "status"})
    bad = bad[[*place, "id", "status", "reason", "input"]].to_dict("records")
    lines = [line | cells for line, cells in zip(good, maps, strict=True)] + bad
    table = pd.DataFrame(lines, columns=[*place, *FACTS, *each])
    table["source"] = table["source"].map(source_order(records))
    table = table.sort_values(place, kind="stable").explode(each, ignore_index=True)
    numbers = dict.fromkeys(("prediction", "stability", "control", "score", "sd"), "float64")
    return table.drop(columns=place).astype({"number": "Int64"} | numbers)


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
    format: InputFormat = None,
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
    from riboswitch.io.files import atomic_path
    from riboswitch.reporting.explained import render

    check_suffix(output)
    check_suffix(changes or "-")
    bundle = Model.load(model)
    explainer = Explainer(bundle, of, None if control is None else Model.load(control))
    records = read_file(inputs, bundle, format)
    maps = explainer.maps(records)
    table = explainer.table(records, maps)
    write_table(table, output)
    if changes is not None:
        write_table(explainer.table(records, maps, changes=True), changes)
    if page is not None:
        with atomic_path(page) as temporary:
            temporary.write_text(render(table, bundle, explainer.part), "utf-8")
    not_shown = {
        status: sum(m.facts["status"] == status for m in maps) for status in ("unstable", "TOO_LONG")
    }
    write_summary({**records.counts(), **{k.lower(): v for k, v in not_shown.items()}}, summary)
