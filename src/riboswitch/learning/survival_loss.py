"""The partial likelihood of a batch: who of those still at risk had the event."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST = 1e-12  # sum of hazards, relative to the largest


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
