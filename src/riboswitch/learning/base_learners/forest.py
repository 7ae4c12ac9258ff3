"""A forest of decision trees as plain arrays: grown by scikit-learn, stored and applied without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.numeric.compiled import compiled
from riboswitch.numeric.offsets import offsets_of

LEAF = -1
ROWS_TOGETHER = 64  # rows that go through one tree together: both stay in the processor's cache
_FORMS = {
    "feature": (np.int16, 1),
    "threshold": (np.float32, 1),
    "right": (np.int32, 1),
    "value": (np.float32, 2),
    "root": (np.int32, 1),
    "column": (np.int32, 1),
}
_NODE = np.dtype([("feature", np.int32), ("threshold", np.float32), ("right", np.int32)])


@dataclass(frozen=True)
class ForestSettings:
    """Settings of a forest.

    Attributes
    ----------
    trees : int
        Trees for each target.
    features : float or "sqrt"
        Fraction of the columns that a node chooses from, or the square root of their number.
    leaf : int
        Least number of rows in a leaf.
    balanced : bool
        Whether all classes have the same weight in the sample that each tree is grown on.
    cuts : {"best", "random"}
        A node takes the best cut of each column on a sample of the rows (random forest), or a random one on
        all rows (extremely randomised trees).
    """

    trees: int = 100
    features: float | Literal["sqrt"] = "sqrt"
    leaf: int = 1
    balanced: bool = False
    cuts: Literal["best", "random"] = "best"


@dataclass(frozen=True)
class Forest:
    """Trees one after the other, the nodes of each in depth-first order.

    Attributes
    ----------
    feature : ndarray
        int16, shape (nodes,): the column that a node compares, -1 in a leaf.
    threshold : ndarray
        float32: a row with a value up to this goes on to the next node, other rows to ``right``.
    right : ndarray
        int32: number of a node, or in a leaf the row of ``value``.
    value : ndarray
        float32, shape (leaves, columns): the prediction of each leaf.
    root : ndarray
        int32, shape (trees,): the first node of each tree.
    column : ndarray
        int32, shape (trees,): the output that the first column of its leaves is added to.
    """

    feature: np.ndarray
    threshold: np.ndarray
    right: np.ndarray
    value: np.ndarray
    root: np.ndarray
    column: np.ndarray

    @classmethod
    def grow(
        cls,
        x: np.ndarray,
        labels: np.ndarray,
        task: Task,
        settings: ForestSettings,
        *,
        seed: int,
        weights: np.ndarray | None = None,
        threads: int = 1,
    ) -> Forest:
        """Grow one random forest for each target, on the rows that have a label for it.

        The same seed gives the same forest with any number of threads.

        Parameters
        ----------
        x : ndarray
            float32, shape (rows, features).
        labels : ndarray
            Shape (rows, targets), NaN for a missing label; class numbers if multi-class.
        weights : ndarray, optional
            Shape (rows,).

        Raises
        ------
        InputError
            If a target has no label at all.

        References
        ----------
        Breiman, Machine Learning 2001, 45, 5 (random forest).
        Geurts, Ernst and Wehenkel, Machine Learning 2006, 63, 3 (extremely randomised trees).
        """
        task.require_labels(labels)
        trees: list[Forest] = []
        for target, column in enumerate(labels.T):
            known = ~np.isnan(column)
            known_weights = None if weights is None else weights[known]
            model = _estimator(task, settings, seed, threads)
            model.fit(x[known], column[known], sample_weight=known_weights)
            trees += [_tree(tree.tree_, model, task, target) for tree in model.estimators_]
        return cls.joined(trees)

    @classmethod
    def joined(cls, trees: Sequence[Forest]) -> Forest:
        """One forest of the trees of several; each tree of an output counts the same."""
        nodes = offsets_of([len(t.feature) for t in trees])
        leaves = offsets_of([len(t.value) for t in trees])
        roots = [t.root + n for t, n in zip(trees, nodes[:-1], strict=True)]
        shifts = [np.where(t.feature == LEAF, leaves[i], nodes[i]) for i, t in enumerate(trees)]
        return cls(
            feature=np.concatenate([t.feature for t in trees]),
            threshold=np.concatenate([t.threshold for t in trees]),
            right=np.concatenate([t.right + s for t, s in zip(trees, shifts, strict=True)]).astype(np.int32),
            value=np.concatenate([t.value for t in trees]),
            root=np.concatenate(roots).astype(np.int32),
            column=np.concatenate([t.column for t in trees]),
        )

    @property
    def outputs(self) -> int:
        return int(self.column.max()) + self.value.shape[1]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities or values, float64 of shape (rows, outputs).

        Parameters
        ----------
        x : ndarray
            float32, shape (rows, features), with the same columns as in `grow`.
        """
        if x.shape[1] <= self.feature.max():
            raise BundleError(f"{x.shape[1]} features, but the forest asks for number {self.feature.max()}")
        out = np.zeros((len(x), self.outputs))
        x = np.ascontiguousarray(x, np.float32)
        _add_predictions(self._nodes, self.value, self.root, self.column, x, out)
        return out / np.bincount(self.column)  # trees of each target

    @cached_property
    def _nodes(self) -> np.ndarray:
        """The fields of a node side by side: a step then waits for memory once."""
        nodes = np.empty(len(self.feature), _NODE)
        for name in _NODE.names or ():
            nodes[name] = getattr(self, name)
        return nodes

    def tensors(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays by name, as a bundle keeps them."""
        return {f"{prefix}{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], prefix: str) -> Forest:
        """The forest of these `tensors`.

        Raises
        ------
        BundleError
            If an array is missing or of another kind, or an index points outside an array: compiled code
            would follow it.
        """
        try:
            forest = cls(**{field.name: tensors[f"{prefix}{field.name}"] for field in fields(cls)})
        except KeyError as error:
            raise BundleError("an array of the forest is missing", found=error.args[0]) from error
        forest._check()
        return forest

    def _check(self) -> None:
        if any(
            getattr(self, name).dtype != dtype or getattr(self, name).ndim != dimensions
            for name, (dtype, dimensions) in _FORMS.items()
        ):
            raise BundleError("the arrays of the forest do not fit together: wrong types or dimensions")
        nodes, number = len(self.feature), np.arange(len(self.feature))
        leaf = self.feature == LEAF
        sound = (
            self.value.shape[1] > 0
            and bool(np.isfinite(self.value).all())
            and not np.isnan(self.threshold).any()
            and len(self.threshold) == len(self.right) == nodes > 0
            and len(self.root) == len(self.column) > 0
            and (self.feature >= LEAF).all()
            and leaf[-1]
            and _within(self.right[leaf], 0, len(self.value))
            and bool((self.right[~leaf] > number[~leaf]).all())  # every path then ends in a leaf
            and _within(self.right[~leaf], 0, nodes)
            and _within(self.root, 0, nodes)
            and _within(self.column, 0, len(self.column))
        )
        if not sound:
            raise BundleError("the arrays of the forest do not fit together")


def _within(values: np.ndarray, least: int, end: int) -> bool:
    return bool(((values >= least) & (values < end)).all())


Estimator: TypeAlias = (
    RandomForestRegressor | RandomForestClassifier | ExtraTreesRegressor | ExtraTreesClassifier
)


def _estimator(task: Task, settings: ForestSettings, seed: int, threads: int) -> Estimator:
    common: dict[str, Any] = {"max_features": settings.features, "min_samples_leaf": settings.leaf,
                              "random_state": seed, "n_jobs": threads}  # fmt: skip
    random = settings.cuts == "random"
    if task.kind == "regression":
        return (ExtraTreesRegressor if random else RandomForestRegressor)(settings.trees, **common)
    balance = "balanced_subsample" if settings.balanced else None
    kind = ExtraTreesClassifier if random else RandomForestClassifier
    return kind(settings.trees, class_weight=balance, **common)


def _tree(tree: Any, model: Estimator, task: Task, target: int) -> Forest:
    """One tree of scikit-learn, whose nodes are in depth-first order as well."""
    leaf = tree.children_left < 0
    value = tree.value[leaf, 0, :]
    if task.kind != "regression":
        probabilities = np.zeros((len(value), len(task.classes) or 2))
        probabilities[:, model.classes_.astype(int)] = value
        value = probabilities if task.kind == "multiclass" else probabilities[:, 1:]
    return Forest(
        feature=np.where(leaf, LEAF, tree.feature).astype(np.int16),
        threshold=_rounded_down(np.where(leaf, 0.0, tree.threshold)),
        right=np.where(leaf, np.cumsum(leaf) - 1, tree.children_right).astype(np.int32),
        value=value.astype(np.float32),
        root=np.zeros(1, np.int32),
        column=np.array([target], np.int32),
    )


def _rounded_down(thresholds: np.ndarray) -> np.ndarray:
    """Thresholds as float32, rounded down: every float32 value stays on its side of the threshold."""
    narrow = thresholds.astype(np.float32)
    return np.where(narrow > thresholds, np.nextafter(narrow, np.float32(-np.inf)), narrow)


@compiled
def _add_predictions(
    nodes: np.ndarray, value: np.ndarray, root: np.ndarray, column: np.ndarray, x: np.ndarray, out: np.ndarray
) -> None:
    for start in range(0, len(x), ROWS_TOGETHER):
        for tree in range(len(root)):
            for row in range(start, min(start + ROWS_TOGETHER, len(x))):
                node = root[tree]
                while nodes[node].feature >= 0:
                    low = x[row, nodes[node].feature] <= nodes[node].threshold
                    node = node + 1 if low else nodes[node].right
                leaf = nodes[node].right
                for k in range(value.shape[1]):
                    out[row, column[tree] + k] += value[leaf, k]
