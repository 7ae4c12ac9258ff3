"""What the short-list promises: how many of its compounds are active, and how many are false."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.library import DUPLICATE_OF
from riboswitch.data.model import Model
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.learning.trust.groupwise import CountedRates
from riboswitch.learning.trust.question import Question
from riboswitch.modalities import find

NUMBERS = "the list is sorted by a number, and not by a probability"
NO_MODEL = "the model that ranks was not given"
UNCALIBRATED = "the model that ranks was not calibrated: riboswitch ensemble --held-out does it"
PROMISE_COLUMNS = ("expected_precision", "fdr")
"""Columns that `Promises.columns` adds."""
Rates = Callable[[np.ndarray], np.ndarray]
"""False-discovery rates from scores."""
SHARED = "the model that ranks was shared without the rows that calibrated it"


@dataclass(frozen=True)
class Promises:
    """The question that ranks, as the calibration of its model answers it.

    Attributes
    ----------
    question : Question, optional
        None: nothing is promised.
    reason : str
        Why nothing is promised.
    known : str
        The column that says which compounds were in training.
    model : Model, optional
    """

    question: Question | None
    reason: str
    known: str = ""
    model: Model | None = None

    @classmethod
    def of(cls, model: Model | None, task: str, columns: Sequence[str], complement: bool) -> Promises:
        """Those of a score: the sum of columns of a task, or 1 minus that."""
        calibration = None if model is None else Calibration.of(model)
        if model is None or calibration is None:
            return cls(None, NO_MODEL if model is None else UNCALIBRATED)
        names = [column.removeprefix(f"{task}.") for column in columns]
        outputs = [model.task.columns.index(name) for name in names]
        question = Question.of(calibration, outputs, complement)
        if question is None:
            return cls(None, NUMBERS)
        if calibration.stated is not None:
            return cls(None, SHARED)
        return cls(question, question.refusal, f"{task}.in_training", model)

    def columns(self, table: pd.DataFrame, rates: Rates | None = None) -> pd.DataFrame:
        """Add `PROMISE_COLUMNS` to ranked compounds; nothing if there is no promise.

        Parameters
        ----------
        table : DataFrame
        rates : callable, optional
            The false-discovery rates of all compounds, of which these are some; see `Question.counted_rates`.
            Without it these are all.
        """
        if self.question is None or self.reason:
            return table
        chosen, found = self.chosen(table), np.full(len(table), np.nan)
        rates = rates or self.question.discovery_rates
        found[chosen] = rates(table.loc[chosen, "score"].to_numpy(np.float64))
        precision = self.question.precision(table["score"].to_numpy(np.float64))
        values = np.round(precision, 6), np.round(found, 6)
        return table.assign(**dict(zip(PROMISE_COLUMNS, values, strict=True)))

    def counted_rates(self) -> CountedRates | None:
        """The rates of compounds that come block by block; None if there is no promise."""
        return None if self.question is None or self.reason else self.question.counted_rates()

    def chosen(self, table: pd.DataFrame) -> pd.Series:
        """Which compounds may be chosen, and so have a false-discovery rate; bool.

        Repeats, compromised ones, those outside a filter and those that were in training may not, and their
        number is no part of the choice.
        """
        chosen = self._new(table) & ~table["compromised"] & (table["outside_filter"] == "")
        return chosen & (table[DUPLICATE_OF] == "")

    def _new(self, table: pd.DataFrame) -> pd.Series:
        """Which compounds were not in training."""
        if self.known not in table:
            return pd.Series(True, table.index)
        return ~table[self.known].astype(bool)

    def of_list(self, hits: pd.DataFrame) -> dict[str, Any]:
        """How many of the compounds are active; see `Question.promise`.

        Those ``in_training`` are not counted. ``text`` says it in words.
        """
        made = self._of_list(hits)
        return made | {"text": _sentence(made)}

    def _of_list(self, hits: pd.DataFrame) -> dict[str, Any]:
        if self.question is None or self.reason:
            return {"reason": self.reason}
        new = hits[self._new(hits)]
        made = self.question.promise(new["score"].to_numpy(np.float64), self._groups(new["smiles"].tolist()))
        return made | {"in_training": len(hits) - len(new)}

    def _groups(self, inputs: list[Any]) -> np.ndarray:
        """The group of each compound, as the groups of the training rows were made; else each is its own."""
        assert self.model is not None
        how: Mapping[str, Any] = self.model.header["calibration"]["grouping"]
        if not how or not inputs:
            return np.arange(len(inputs))
        modality = find(self.model.modality)
        taken = inspect.signature(modality.grouper.group).parameters
        options = {name: value for name, value in how["options"].items() if name in taken}
        labels = modality.grouper.group({modality.component: inputs}, how["method"], **options)
        return np.unique(labels, return_inverse=True)[1]


def _sentence(promise: Mapping[str, Any]) -> str:
    """A promise in words."""
    if "reason" in promise:
        return f"no promise of the number of actives: {promise['reason']}"
    known = f"; {promise['in_training']} more were in training" if promise["in_training"] else ""
    if not promise["rows"]:
        return f"no promise: no new compound on the list{known}"
    return (
        f"among these {promise['rows']} expect {promise['low']} to {promise['high']} actives "
        f"({promise['level']:.0%}), if they are like new groups of the training data{known}"
    )
