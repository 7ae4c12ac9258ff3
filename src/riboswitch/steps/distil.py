"""Train one network on the answers of several models, none of which is needed, nor what it learned from.

Each owner runs riboswitch predict on the same public library, and hands out the table of answers only.
"""

from __future__ import annotations

__all__ = ["distil"]
__verb__ = ("Learn", 105)

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from cyclopts import Parameter

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import fraction
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import without_test
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.summary import write_summary
from riboswitch.learning.checkpoint import MINUTES, write_trained
from riboswitch.learning.distilling.noise import BUDGET
from riboswitch.learning.distilling.teachers import SIMILARITY, Teacher, soft_labels
from riboswitch.learning.inference import Predictor
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.sharing.student import PLAIN
from riboswitch.learning.training_job import Job
from riboswitch.modalities import DEFAULT, find
from riboswitch.modalities.features import network_features
from riboswitch.steps.arguments import KIND, CheckpointMinutes, Device, Summary
from riboswitch.steps.modality_settings import ENCODING, NETWORK, READING, training
from riboswitch.steps.parse import parse

DistilledKind = Literal["regression", "binary", "multiclass"]
VALID = 0.1
LEAST = 10
"""Rows with an answer, below which there is nothing to learn from."""


def distil(
    answers: Sequence[str | Path | pd.DataFrame],
    library: str | Path,
    *,
    kind: DistilledKind,
    targets: Sequence[str],
    classes: Sequence[str] = (),
    modality: str = DEFAULT,
    reading: Mapping[str, Any] | None = None,
    encoding: Mapping[str, Any] | None = None,
    weights: Sequence[float] | None = None,
    valid: float = VALID,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    device: str = "cpu",
    checkpoint: Path | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Model:
    """Train a student on what teachers said of a public library (Hinton, Vinyals and Dean, 2015).

    The label of a row is the mean of the answers to it; those with a higher ``similarity`` count more, if
    the answers have that column. Only these tables and the library are read.

    Parameters
    ----------
    answers : sequence of path or DataFrame
        From each owner: what `predict` returned for the library, row for row, with or without ``similarity``.
    library : path
        The public inputs.
    kind, targets, classes
        Of the teachers' task. Only a multi-class task has ``classes``.
    modality, reading, encoding : optional
        How the library is read and encoded, as for `parse` and `featurize`. Later inputs are read so, too.
    weights : sequence of float, optional
        How much each owner's answers count.
    valid : float
        Fraction of the rows that choose the epoch, and on which the student is compared with its teachers.
    seed, settings, network, device, checkpoint, checkpoint_minutes
        As for `train`.

    Returns
    -------
    Model
        ``header["training"]["distilled"]`` has for each teacher the ``rows`` answered, the mean absolute
        ``difference`` to the student on validation rows, and the mean ``similarity``, if there is one.

    Raises
    ------
    UsageError, InputError
        If the answers are not those to this library, or there are too few.
    """
    fraction("valid", valid)
    task = _task(kind, targets, classes)
    records = parse([{"paths": [str(library)], "reading": dict(reading or {})}], modality)
    ids, rows = _every_row(records)
    teachers = _teachers(answers, task, ids)
    soft = soft_labels(teachers, weights)[rows]
    if (known := int((~np.isnan(soft[:, 0])).sum())) < LEAST:
        raise InputError("too few rows with an answer", where=str(library), found=known,
                         hint=f"At least {LEAST} are needed.")  # fmt: skip
    features = network_features(records, find(records.meta["modality"]), encoding or {})
    part = without_test(records.ids, records.ids, valid, seed, "distil")
    how = PLAIN | dict(settings or {})
    job = Job.make(records, features, part, task, how, network, find(modality), soft=soft)
    chosen = {name: job.labelled(part.rows(name, 0)) for name in ("train", "valid")}
    net, fitted = job.run(chosen, seed, "distil", device, checkpoint, checkpoint_minutes)
    model = job.bundle(net, fitted, seed, chosen, {"repeat": 0} | job.calibrate(net, fitted, chosen["valid"]))
    _compare(model, features, teachers, rows, chosen["valid" if len(chosen["valid"]) else "train"])
    return model


def _compare(
    model: Model, features: RaggedArrays, teachers: Sequence[Teacher], rows: np.ndarray, held: np.ndarray
) -> None:
    """Note in the header what the student shares with each teacher on some records."""
    student = Predictor(model, find(model.modality))(features)[0]
    model.header["training"]["distilled"] = [_facts(t, rows[held], student[held]) for t in teachers]


def _task(kind: DistilledKind, targets: Sequence[str], classes: Sequence[str]) -> Task:
    if kind == "multiclass" and len(classes) < 2:
        raise UsageError("a multi-class task needs its classes", hint="Give --classes for each of them.")
    return Task(kind, tuple(targets), tuple(classes))


def _teachers(answers: Sequence[str | Path | pd.DataFrame], task: Task, ids: Sequence[str]) -> list[Teacher]:
    if not answers:
        raise UsageError("there are no answers to learn from", hint="Give at least one file of answers.")
    return [
        Teacher.of(each, task, ids, f"answers {number}")
        if isinstance(each, pd.DataFrame)
        else Teacher.read(each, task, ids)
        for number, each in enumerate(answers, 1)
    ]


def _every_row(records: Records) -> tuple[list[str], np.ndarray]:
    """The id of every row that was read, in the order of the file, and where the records are among them."""
    both = pd.concat([records.table[["row", "id"]], records.rejected[["row", "id"]]], ignore_index=True)
    order = np.argsort(both["row"].to_numpy(), kind="stable")
    place = np.empty(len(both), np.int64)
    place[order] = np.arange(len(both))
    return both["id"].astype(str).to_numpy()[order].tolist(), place[: len(records)]


def _facts(teacher: Teacher, rows: np.ndarray, student: np.ndarray) -> dict[str, Any]:
    """What a student shares with a teacher, of some rows."""
    answers = teacher.answers[rows]
    known = ~np.isnan(answers[:, 0])
    difference = float(np.abs(answers[known] - student[known]).mean()) if known.any() else None
    return {
        "answers": Path(teacher.name).name,
        "rows": int(teacher.answered.sum()),
        "difference": None if difference is None else round(difference, 6),
        **_mean_similarity(teacher),
        **teacher.budget,
    }


def _mean_similarity(teacher: Teacher) -> dict[str, float]:
    if teacher.similarity is None:
        return {}
    return {SIMILARITY: round(float(teacher.similarity[teacher.answered].mean()), 3)}


def command(
    answers: list[Path],
    /,
    *,
    library: str,
    output: Path,
    kind: Annotated[DistilledKind, KIND],
    target: Annotated[list[str], Parameter(help="Name of the task's target. Repeat the option for several.")],
    classes: Annotated[
        list[str] | None, Parameter(help="A class of a multi-class task. Repeat the option.")
    ] = None,
    modality: str = DEFAULT,
    weight: Annotated[
        list[float] | None, Parameter(help="How much a file of answers counts. Repeat the option.")
    ] = None,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    encoding: Annotated[Json, ENCODING] = NO_SETTINGS,
    settings: Annotated[Json, training(TrainSettings)] = NO_SETTINGS,
    network: Annotated[Json, NETWORK] = NO_SETTINGS,
    valid: float = VALID,
    seed: int = 0,
    device: Device = "cpu",
    checkpoint_minutes: CheckpointMinutes = MINUTES,
    summary: Summary = None,
) -> None:
    """Distil answers.

    Parameters
    ----------
    answers : list of Path
        Of each owner, what riboswitch predict wrote for the library (.csv, .tsv, .parquet).
    library : str
        The public inputs that all owners were asked about.
    output : Path
        Where the bundle goes (.safetensors).
    modality : str
        Modality of the inputs: sequence, molecule or profile.
    valid : float
        Fraction of the rows that choose the epoch.
    """
    work = partial(distil, answers, library, kind=kind, targets=target, classes=classes or (),
                   modality=modality, reading=reading, encoding=encoding, weights=weight, valid=valid,
                   seed=seed, settings=settings, network=network, device=device)  # fmt: skip
    write_trained(output, checkpoint_minutes, work)
    facts = Model.load(output).header["training"]["distilled"]
    lines = [_sentence(one) for one in facts]
    write_summary({"teachers": len(facts), "distilled": facts}, summary, lines)


def _sentence(facts: Mapping[str, Any]) -> str:
    spent = "".join(f", {name} {facts[name]:g}" for name in BUDGET if name in facts)
    if SIMILARITY in facts:
        spent += f", weighed by similarity (mean {facts[SIMILARITY]:g})"
    return f"{facts['answers']}: {facts['rows']:,} rows answered{spent}; difference to the student " \
           f"{facts['difference']}"  # fmt: skip
