"""Fit base learners beside networks, and weigh them: with fixed weights, or as validation rows say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.arrays import bounds_at, known_labels
from riboswitch.data.predictions import STACK, Predictions
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.learning.base_learners.imputing import imputed
from riboswitch.learning.loss import best_thresholds
from riboswitch.learning.stacking import NETWORK, Blend
from riboswitch.modalities.stack_part import BaseLearner, StartingWeights


@dataclass
class StackFit:
    """Fits the base learners of every repeat, and chooses their weights.

    Attributes
    ----------
    task : Task
    arrays : RaggedArrays
    kinds : dict of str to type
        The base learners that the modality has, by name.
    labels, weights : ndarray
        Shapes (rows, targets) and (rows,).
    split : Split
    networks : Predictions
        Predictions of the networks for the held-out rows.
    threads : int
    start : StartingWeights, optional
        Weights that were best on other data sets; None: validation rows alone decide.
    bounds : ndarray, optional
        Of censored labels, shape (rows, targets, 2). Base learners take an expected value for each
        (`base_learners.imputing`); the weights are chosen on labels that are numbers.
    """

    task: Task
    arrays: RaggedArrays
    kinds: dict[str, type[BaseLearner]]
    labels: np.ndarray
    weights: np.ndarray
    split: Split
    networks: Predictions
    threads: int
    start: StartingWeights | None
    bounds: np.ndarray | None = None

    def fit(self, rows: np.ndarray, seed: int, names: list[str]) -> dict[str, BaseLearner]:
        """Fit the base learners of these names on those of ``rows`` that have a label."""
        rows = rows[known_labels(self.labels, self.bounds)[rows].any(1)]
        self.task.require_labels(self.labels[rows])
        return {name: self._fitted(name, rows, self._numbers(name, rows, seed), seed) for name in names}

    def _fitted(self, name: str, rows: np.ndarray, labels: np.ndarray, seed: int) -> BaseLearner:
        return self.kinds[name].fit(self.arrays, rows, labels, self.weights, self.task, seed=seed,
                                    threads=self.threads)  # fmt: skip

    def _numbers(self, name: str, rows: np.ndarray, seed: int) -> np.ndarray:
        """The labels, with numbers in the place of the bounds of ``rows``."""
        if self.bounds is None:
            return self.labels

        def predict(learned: np.ndarray, asked: np.ndarray) -> np.ndarray:
            return self._fitted(name, rows[learned], self.labels, seed).predict(self.arrays, rows[asked])

        labels = self.labels.copy()
        labels[rows] = imputed(self.labels[rows], self.bounds[rows], predict, seed)
        return labels

    def named(self, blend: Blend) -> dict[str, float]:
        """The weights of a blend by name."""
        return dict(zip([NETWORK, *self.kinds], blend.weights, strict=True))

    def used(self, blend: Blend) -> list[str]:
        """The base learners with a weight above 0."""
        return [name for name, weight in self.named(blend).items() if weight and name != NETWORK]

    def choice(self, blend: Blend) -> dict[str, Any]:
        """A blend as JSON values."""
        return {"weights": self.named(blend), "temperature": blend.temperature}

    def repeat(
        self, repeat: int, fitted: Mapping[str, BaseLearner] | None = None
    ) -> tuple[Predictions, Blend, list[float]]:
        """Predictions for the test rows, and the blend and cut-offs chosen on the validation rows.

        ``fitted`` are the base learners of this repeat, if they were fitted already.
        """
        base_learners = fitted or self.fit(self.split.rows("train", repeat), repeat, [*self.kinds])
        outputs = {
            part: [self._of_network(part, repeat)]
            + [b.predict(self.arrays, self.split.rows(part, repeat)) for b in base_learners.values()]
            for part in ("valid", "test")
        }
        valid = self.split.rows("valid", repeat)
        labels = self.labels[valid]
        blend = self._blend(outputs["valid"], labels, self.weights[valid])
        cuts = best_thresholds(self.task, labels, blend(self.task, outputs["valid"]))
        blended = blend(self.task, outputs["test"])
        test = self.split.rows("test", repeat)
        rows = self.split.table.iloc[test]
        predictions = Predictions.build(self.task, rows["id"], rows["group"], repeat, "test", STACK,
                                        self.labels[test], blended, cuts or None,
                                        bounds_at(self.bounds, test))  # fmt: skip
        predictions.meta["blends"] = {str(repeat): self.choice(blend)}
        return predictions, blend, cuts

    def _blend(self, outputs: list[np.ndarray], labels: np.ndarray, weights: np.ndarray) -> Blend:
        if self.start is None:
            return Blend.choose(self.task, outputs, labels, weights)
        near = [self.start.weights[name] for name in (NETWORK, *self.kinds)]
        return Blend.choose_near(near, self.start.rows, self.task, outputs, labels, weights)

    def _of_network(self, part: str, repeat: int) -> np.ndarray:
        """Predictions of the network for one part, in the order of the split."""
        table = self.networks.table
        table = table[(table["repeat"] == repeat) & (table["part"] == part)].set_index("id")
        ids = self.split.table["id"].iloc[self.split.rows(part, repeat)]
        if sorted(table.index) != sorted(ids):
            raise InputError(f"the network's predictions are not of the {part} rows of repeat {repeat}",
                             where=self.networks.source, found=f"{len(table)} rows for {len(ids)}",
                             hint="riboswitch predict --split makes them.")  # fmt: skip
        return table.loc[ids, self.task.columns].to_numpy(np.float64)
