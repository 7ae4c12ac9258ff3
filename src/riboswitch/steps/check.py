"""Check a ranking against what was measured, with the plain methods beside it."""

from __future__ import annotations

__all__ = ["Check", "check"]
__verb__ = ("Report and check", 225)

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.library import DUPLICATE_OF
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.first_rows import curve, first_rows
from riboswitch.evaluation.rounding import round_json
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.io.summary import write_summary
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import load_features, offer_to_baselines
from riboswitch.screening.tested import FORM, SAME, UNCLEAR, join_tested, known_to_training
from riboswitch.steps.evaluate import evaluate

RANKING = "ranking"  # how the checked ranking is called beside the plain methods
SIZES = (20, 50, 100)
KNOWN = "known_class"
COLUMNS = ["id", "smiles", "score", "rank", DUPLICATE_OF, "compromised"]
PRINTED = ("tested", "compounds", "same_compound", "another_form", "forms_disagree", "in_training",
           "compared", "positive")  # fmt: skip


@dataclass
class Check:
    """A ranking compared with measured values.

    Attributes
    ----------
    facts : dict
        ``counts``; ``refused``, why nothing can be compared, if so; ``first``, for each method the positives
        among the first rows; ``curve``; ``metrics``, as `evaluate` gives them; ``list``, what the compounds
        that the genome does not defeat hold.
    table : DataFrame
        One row a distinct compound: ``rank``, ``id``, ``basis``, ``value``, ``tested_id``, ``in_training``.
    """

    facts: dict[str, Any]
    table: pd.DataFrame


def check(
    compounds: pd.DataFrame,
    tested: Records,
    target: str,
    *,
    training: Records | None = None,
    features: RaggedArrays | None = None,
    first: Sequence[int] = SIZES,
    bootstrap: int = 1000,
    threads: int = 1,
) -> Check:
    """Compare a ranking with measured values that it was not made from.

    Compounds that are in training, themselves or as another form, are not compared. The plain methods learn
    from the same training rows and rank the same compounds.

    Parameters
    ----------
    compounds : DataFrame
        From `rank`, every compound.
    tested : Records
        Measured inputs, curated: labels 0 and 1.
    target : str
        Their label column.
    training : Records, optional
        What the ranking's model was trained on. Without them nothing is known about compounds in training,
        and no plain method is tried.
    features : RaggedArrays, optional
        These training records, encoded: what they hold is not computed again. Results are the same.
    first : sequence of int
        Lengths of the lists that are described.
    bootstrap : int
        Resamples of groups for the intervals.
    threads : int

    Returns
    -------
    Check

    Raises
    ------
    InputError
        If a column is missing, or the features are of other records.
    UsageError
        If the labels are not 0 and 1.
    """
    modality = find(tested.meta["modality"])
    task = _task(tested, target)
    distinct = _distinct(compounds)
    inputs = [{modality.component: text} for text in distinct["smiles"]]
    joined = join_tested(inputs, tested, target, modality.reader)
    seen = _seen(modality, training, inputs)
    table = pd.concat([distinct[["rank", "id"]], joined], axis=1).assign(in_training=seen)
    rows = np.flatnonzero(np.isfinite(joined["value"]) & ~seen)
    truth = joined["value"].to_numpy()[rows]
    about = {"target": target, "counts": _counts(tested, table, truth), "refused": _refused(truth),
             "list": _as_delivered(distinct, table, first)}  # fmt: skip
    if about["refused"]:
        nothing: dict[str, Any] = {"first": {RANKING: []}, "curve": {RANKING: {"rows": [], "positives": []}}}
        return Check(round_json(about | nothing | {"metrics": {}}), table)
    outputs = {RANKING: distinct["score"].to_numpy(np.float64)[rows]}
    if training is not None:
        outputs |= _plain(modality, task, training, features, [inputs[row] for row in rows], threads)
    predictions = _predictions(modality, task, distinct.iloc[rows], truth, outputs)
    facts = about | {
        "first": {name: first_rows(truth, score, first) for name, score in outputs.items()},
        "curve": {name: curve(truth, score) for name, score in outputs.items()},
        "metrics": evaluate(predictions, model=RANKING, bootstrap=bootstrap),
    }
    return Check(round_json(facts), table)


def _task(tested: Records, target: str) -> Task:
    if target not in tested.table:
        raise InputError("no such label column", where="tested", found=target)
    if not set(tested.table[target].dropna().unique().tolist()) <= {0, 1}:
        raise UsageError("a check needs labels 0 and 1", where="tested", found=target,
                         hint="Parse them again as a binary task.")  # fmt: skip
    return Task("binary", (target,))


def _distinct(compounds: pd.DataFrame) -> pd.DataFrame:
    """Each compound once, best rank first."""
    if missing := [column for column in COLUMNS if column not in compounds]:
        raise InputError("not a ranked library", found=f"no column {missing[0]!r}",
                         hint="riboswitch rank --compounds writes one.")  # fmt: skip
    kept = compounds[compounds[DUPLICATE_OF] == ""]
    return kept.sort_values("rank", ignore_index=True)


def _seen(modality: Modality, training: Records | None, inputs: Sequence[dict[str, Any]]) -> np.ndarray:
    """Which inputs are in training, themselves or as another form."""
    if training is None:
        return np.zeros(len(inputs), bool)
    return known_to_training(inputs, training, modality.reader)


def _refused(truth: np.ndarray) -> str:
    """Why nothing can be compared, as a sentence; empty if it can.

    The ranking is not worse for it, so a run goes on.
    """
    if not len(truth):
        return "No compound of the ranking was tested and kept out of training."
    if truth.min() == truth.max():
        said = "positive" if truth[0] else "negative"
        return f"All compared compounds ({len(truth)}) are {said}: no order of them is better than another."
    return ""


def _counts(tested: Records, table: pd.DataFrame, truth: np.ndarray) -> dict[str, int]:
    basis = table["basis"]
    found = {
        "tested": len(tested),
        "compounds": len(table),
        "same_compound": int((basis == SAME).sum()),
        "another_form": int((basis == FORM).sum()),
        "forms_disagree": int((basis == UNCLEAR).sum()),
        "not_tested": int((basis == "not tested").sum()),
        "in_training": int((np.isfinite(table["value"]) & table["in_training"]).sum()),
        "compared": len(truth),
        "positive": int(truth.sum()),
    }
    if found["same_compound"] + found["another_form"] - found["in_training"] != found["compared"]:
        raise AssertionError(f"the counts do not add up: {found}")
    return found


def _plain(
    modality: Modality,
    task: Task,
    training: Records,
    features: RaggedArrays | None,
    inputs: Sequence[dict[str, Any]],
    threads: int,
) -> dict[str, np.ndarray]:
    """Scores of the modality's plain methods, trained on the same rows."""
    offer_to_baselines(training, features)
    labels, new = task.labels(training.table), {modality.component: [i[modality.component] for i in inputs]}
    known = np.flatnonzero(np.isfinite(labels[:, 0]))
    old = {name: [values[row] for row in known] for name, values in training.inputs.items()}
    return {
        name: method(old, labels[known], new, task, seed=0, threads=threads)[:, 0]
        for name, method in modality.baselines.BASELINES.items()
    }


def _predictions(
    modality: Modality, task: Task, rows: pd.DataFrame, truth: np.ndarray, outputs: dict[str, np.ndarray]
) -> Predictions:
    groups = modality.grouper.group(
        {modality.component: rows["smiles"].tolist()}, modality.grouper.METHODS[0]
    )
    ids = rows["id"].astype(str).tolist()
    parts = [
        Predictions.build(task, ids, groups, 0, "test", name, truth[:, None], np.clip(score, 0, 1)[:, None])
        for name, score in outputs.items()
    ]
    return Predictions.concat(parts)


def _as_delivered(compounds: pd.DataFrame, table: pd.DataFrame, sizes: Sequence[int]) -> list[dict[str, int]]:
    """What the first rows of the ranking hold, those that the genome defeats left out."""
    usable = ~compounds["compromised"].to_numpy(bool)
    values = table["value"].to_numpy()[usable]
    named = compounds.get(KNOWN, pd.Series("", compounds.index)).to_numpy()[usable] != ""
    return [
        {
            "rows": size,
            "positive": int((values[:size] == 1).sum()),
            "negative": int((values[:size] == 0).sum()),
            "not_tested": int(np.isnan(values[:size]).sum()),
            "known_class": int(named[:size].sum()),
            "positive_of_no_known_class": int((~named[:size] & (values[:size] == 1)).sum()),
        }
        for size in sizes
        if size <= len(values)
    ]


def command(
    compounds: Path,
    tested: Path,
    /,
    *,
    target: str,
    output: Path,
    training: Path | None = None,
    features: Path | None = None,
    table: Path | None = None,
    first: list[int] | None = None,
    bootstrap: int = 1000,
    threads: int = 1,
) -> None:
    """Check a ranking.

    Parameters
    ----------
    compounds : Path
        The ranked library (.parquet), from rank --compounds.
    tested : Path
        Records of what was measured (.parquet), from parse.
    target : str
        Label column of the records, with 0 and 1.
    output : Path
        Where the result goes (.json).
    training : Path
        Records that the ranking's model was trained on: compounds among them are left out, and plain methods
        learn from them.
    features : Path
        The training records as arrays (.npz), from featurize: what they hold is not computed again.
    table : Path
        Where the compounds with their measured values go (.parquet).
    first : list of int
        A length of a list to describe; 20, 50 and 100 by default. Repeat the option for several.
    bootstrap : int
        Resamples of groups for the intervals; 0 for none.
    threads : int
        Processor cores for the plain methods.
    """
    ranked, _ = read_parquet(compounds, {*COLUMNS, KNOWN})
    learned = None if training is None else Records.load(training)
    arrays = None if features is None else load_features(features)
    made = check(ranked, Records.load(tested), target, training=learned, features=arrays,
                 first=first or SIZES, bootstrap=bootstrap, threads=threads)  # fmt: skip
    if table:
        write_parquet(made.table, table, {"target": target})
    write_json(made.facts, output)
    write_summary({name: made.facts["counts"][name] for name in PRINTED}, None, _sentences(made.facts))


def _sentences(facts: dict[str, Any]) -> list[str]:
    if facts["refused"]:
        return [f"nothing is compared: {facts['refused']}"]
    return [
        f"of the first {row['rows']} {row['positives']:g} are positive (by chance {row['by_chance']:.1f})"
        for row in facts["first"][RANKING]
    ]
