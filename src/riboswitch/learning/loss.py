"""Losses for labels with gaps and weights; raw outputs to predictions; calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor, nn

from riboswitch.data.task import Task

SMALLEST = 1e-12  # sum of hazards, relative to the largest


@dataclass(frozen=True)
class LabelScale:
    """Mean and standard deviation of the training labels, per target; (0, 1) unless they are numbers."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]

    @classmethod
    def fit(cls, task: Task, labels: np.ndarray) -> LabelScale:
        """Fit on training labels of shape (rows, targets)."""
        if task.kind != "regression":
            return cls((0.0,) * labels.shape[1], (1.0,) * labels.shape[1])
        columns = [column[~np.isnan(column)] for column in labels.T]
        mean = [float(c.mean()) if len(c) else 0.0 for c in columns]
        sd = [float(c.std()) if len(c) else 0.0 for c in columns]
        least = [1e-9 * max(1.0, abs(m)) for m in mean]  # the mean of equal labels may be off by a bit
        return cls(tuple(mean), tuple(s if s > low else 1.0 for s, low in zip(sd, least, strict=True)))

    def apply(self, labels: np.ndarray) -> np.ndarray:
        return (labels - np.array(self.mean)) / np.array(self.sd)

    def apply_to_bounds(self, bounds: np.ndarray) -> np.ndarray:
        """Scale bounds of shape (rows, targets, 2)."""
        return (bounds - np.array(self.mean)[:, None]) / np.array(self.sd)[:, None]

    def undo(self, outputs: np.ndarray) -> np.ndarray:
        return outputs * np.array(self.sd) + np.array(self.mean)


def class_weights(task: Task, labels: np.ndarray, power: float) -> np.ndarray:
    """Weight of each class as frequency ** -power, mean 1 over the rows.

    Shape (targets, classes). For binary tasks row t is (weight of 0, weight of 1) of target t. A multi-class
    task has one row. Of labels that are probabilities their sums count.
    """
    return balanced(np.maximum(class_counts(task, labels), 0.0), power)


def balanced(counts: np.ndarray, power: float) -> np.ndarray:
    """Weight of each class from the rows that it has; see `class_weights`."""
    raw = np.where(counts > 0, np.maximum(counts, 1.0) ** -power, 0.0)
    return raw * counts.sum(1, keepdims=True) / np.maximum((raw * counts).sum(1, keepdims=True), 1e-12)


def class_counts(task: Task, labels: np.ndarray) -> np.ndarray:
    """How many rows each class has, shape (targets, classes)."""
    if task.kind == "binary":
        ones = np.nansum(labels, axis=0)
        return np.stack([(~np.isnan(labels)).sum(0) - ones, ones], axis=1)
    if labels.shape[1] == len(task.classes) > 1:
        return np.nansum(labels, axis=0)[None]
    column = labels[:, 0]
    return np.bincount(column[~np.isnan(column)].astype(int), minlength=len(task.classes))[None].astype(float)


class Loss(nn.Module):
    """Weighted loss over the labels that are known.

    Parameters
    ----------
    task : Task
    weights : ndarray or None
        From `class_weights`.
    smoothing : float
        Label smoothing for multi-class tasks.
    """

    def __init__(self, task: Task, weights: np.ndarray | None, smoothing: float = 0.0):
        super().__init__()
        self.kind, self.smoothing = task.kind, smoothing
        self.weights: Tensor | None
        self.register_buffer(
            "weights", None if weights is None else torch.tensor(weights, dtype=torch.float32)
        )

    def forward(
        self, outputs: Tensor, labels: Tensor, row_weights: Tensor, bounds: Tensor | None = None
    ) -> Tensor:
        """Mean loss over the known labels: outputs (n, k), labels (n, targets), row_weights (n,).

        Labels of a multi-class task are class numbers, (n, 1), or probabilities of the classes, (n, k). Those
        of a survival task are times and events, (n, 2); its loss is over the events.
        ``bounds`` of numbers have shape (n, targets, 2), NaN for labels that are no bounds.
        """
        if self.kind == "survival":
            return partial_likelihood(outputs[:, 0], labels, row_weights)
        known = ~torch.isnan(labels)
        labels = torch.nan_to_num(labels)
        weight = row_weights[:, None] * known  # (n, targets)
        if self.kind == "multiclass" and labels.shape[1] > 1:
            losses = -(labels * nn.functional.log_softmax(outputs, 1)).sum(1, keepdim=True)
            weight = weight[:, :1]
            if self.weights is not None:
                weight = weight * (labels * self.weights[0]).sum(1, keepdim=True)
        elif self.kind == "multiclass":
            target = labels[:, 0].long()
            losses = nn.functional.cross_entropy(
                outputs, target, reduction="none", label_smoothing=self.smoothing
            )[:, None]
            if self.weights is not None:
                weight = weight * self.weights[0][target][:, None]
        elif self.kind == "binary":
            losses = nn.functional.binary_cross_entropy_with_logits(outputs, labels, reduction="none")
            if self.weights is not None:
                weight = weight * torch.where(labels > 0.5, self.weights[:, 1], self.weights[:, 0])
        else:
            losses = (outputs - labels) ** 2
            if bounds is not None:
                censored = ~torch.isnan(bounds[..., 0])
                losses = torch.where(censored, censored_loss(outputs, bounds), losses)
                weight = row_weights[:, None] * (known | censored)
        return (losses * weight).sum() / weight.sum().clamp(min=1e-12)


def censored_loss(outputs: Tensor, bounds: Tensor) -> Tensor:
    """Squared distance of each output from the interval of its bound; 0 within it, and where there is none.

    This is the limit of a censored normal likelihood (Tobin, Econometrica 1958, 26, 24) for a small standard
    deviation, and the bounded loss of chemprop (Heid et al., J. Chem. Inf. Model. 2024, 64, 9). A larger
    fixed deviation pushes outputs on, however far beyond the bound they are.

    Parameters
    ----------
    outputs, bounds : Tensor
        Shapes (n, targets) and (n, targets, 2), NaN for labels that are no bounds.
    """
    low = torch.where(torch.isnan(bounds[..., 0]), -torch.inf, bounds[..., 0])
    high = torch.where(torch.isnan(bounds[..., 1]), torch.inf, bounds[..., 1])
    return (low - outputs).clamp(min=0) ** 2 + (outputs - high).clamp(min=0) ** 2


def partial_likelihood(risk: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Mean negative log partial likelihood over the events, ties by Efron's method.

    The risk set of an event is that of the batch. A batch without events has the loss 0 and no slope. Equal
    to `numeric.survival.partial_loss` divided by the weights of the events.

    Parameters
    ----------
    risk : Tensor
        Log hazards, shape (rows,).
    labels : Tensor
        Time and event, shape (rows, 2), NaN in rows without a label.
    weights : Tensor
        Shape (rows,).

    References
    ----------
    Cox, J. R. Stat. Soc. B 1972, 34, 187. Efron, J. Am. Stat. Assoc. 1977, 72, 557.
    For networks: Faraggi and Simon, Stat. Med. 1995, 14, 73; Katzman et al., BMC Med. Res. Methodol. 2018.
    """
    known = ~torch.isnan(labels).any(1)
    order = torch.argsort(labels[known, 0], descending=True, stable=True)
    time, event = labels[known][order].T
    risk, weights = risk[known][order], weights[known][order]
    died = event > 0.5
    if not bool(died.any()):
        return (risk * 0).sum()
    _, tie = torch.unique_consecutive(time, return_inverse=True)
    number = int(tie[-1]) + 1
    high = risk.max().detach()
    hazard = weights * torch.exp(risk - high)
    at_risk = _sums(hazard, tie, number).cumsum(0)
    tied, count, weight = (_sums(values, tie, number)
                           for values in (hazard * died, died.to(risk.dtype), weights * died))  # fmt: skip
    rank = died.to(risk.dtype).cumsum(0) - 1  # of each event among those of its time
    before = torch.cat([count.new_zeros(1), count.cumsum(0)[:-1]])
    group = tie[died]
    gone = (rank[died] - before[group]) / count[group]
    bottom = (at_risk[group] - gone * tied[group]).clamp(min=SMALLEST)
    share = weight[group] / count[group]
    loss = (share * (torch.log(bottom) + high)).sum() - (weights[died] * risk[died]).sum()
    return loss / weight.sum().clamp(min=SMALLEST)


def _sums(values: Tensor, tie: Tensor, number: int) -> Tensor:
    return values.new_zeros(number).index_add(0, tie, values)


def activate(task: Task, raw: np.ndarray, scale: LabelScale, temperature: float) -> np.ndarray:
    """Raw outputs to probabilities (classes) or values in the unit of the label; log hazards stay."""
    if task.kind == "regression":
        return scale.undo(raw)
    if not task.of_probabilities:
        return raw
    return _softmax(raw / temperature) if task.kind == "multiclass" else expit(raw / temperature)


def _softmax(raw: np.ndarray) -> np.ndarray:
    """Softmax over the last axis. That of scipy is slow for many short rows."""
    columns = np.ascontiguousarray(raw.T)
    columns = np.exp(columns - columns.max(0))
    return np.ascontiguousarray((columns / columns.sum(0)).T)


def fit_temperature(task: Task, raw: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """The temperature that minimises the weighted log loss on validation rows (Guo et al., ICML 2017)."""
    if not task.of_probabilities or not len(raw):
        return 1.0
    from scipy.optimize import minimize_scalar  # takes a third of a second to import

    log_loss = Loss(task, None)
    tensors = [torch.tensor(a, dtype=torch.float32) for a in (raw, labels, weights)]

    def loss_at(log_temperature: float) -> float:
        return log_loss(tensors[0] / float(np.exp(log_temperature)), tensors[1], tensors[2]).item()

    return float(np.exp(minimize_scalar(loss_at, bounds=(-2.0, 2.0), method="bounded").x))


def best_thresholds(task: Task, labels: np.ndarray, outputs: np.ndarray) -> list[float]:
    """The cut-off of each binary target with the highest MCC on validation rows; empty for other tasks.

    Among equally good cut-offs the middle one is taken. A target with only one class gets 0.5.
    """
    if task.kind != "binary":
        return []
    chosen = []
    for t in range(labels.shape[1]):
        known = ~np.isnan(labels[:, t])
        truth, scores = labels[known, t] > 0.5, outputs[known, t]
        if truth.all() or not truth.any():
            chosen.append(0.5)
            continue
        order = np.argsort(-scores, kind="stable")
        hits = np.cumsum(truth[order], dtype=float)  # products of four counts overflow integers
        called = np.arange(1.0, len(hits) + 1)
        positives, total = hits[-1], len(hits)
        # MCC from the counts alone: hits, called, positives, total
        above = hits * total - called * positives
        below = np.sqrt(np.maximum(called * positives * (total - called) * (total - positives), 1.0))
        mcc = np.where(np.append(scores[order][1:] < scores[order][:-1], True), above / below, -1.0)
        best = np.flatnonzero(mcc == mcc.max())
        last = best[len(best) // 2]
        low = scores[order][last + 1] if last + 1 < total else 0.0
        chosen.append(float((scores[order][last] + low) / 2))
    return chosen
