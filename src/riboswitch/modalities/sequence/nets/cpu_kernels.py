"""The products of a recurrent step, and what it does besides, for float32 on the processor.

Besides, every row is finished while it lies in the nearest cache; written with whole tensors it takes a dozen
passes over them. The loops are short and go through one row of scratch, for only then does the compiler see
that no array overlaps another and turns them into vector instructions.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.numeric.compiled import compiled

BLOCK = 64  # rows; with fewer, oneDNN takes longer to begin than to multiply

# Numbers of numpy's type: with Python's the loops would compute in float64.
ONE, TWO, FOUR = np.float32(1), np.float32(2), np.float32(4)
MOST = np.float32(87)  # e ** 87 is near the largest number
PER_LOG2 = np.float32(1.4426950408889634)
LOG2_HIGH, LOG2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)  # the first has few bits
ROUNDING = np.float32(1.5 * 2**23)  # added, it leaves no bits for a fraction
EXPONENT_BIAS, EXPONENT_PLACE = np.int32(127), np.int32(23)
TAYLOR = tuple(np.float32(1 / n) for n in (720, 120, 24, 6, 2))


def applies(x: Tensor) -> bool:
    """Whether the loops can be run on a tensor like this."""
    return x.device.type == "cpu" and x.dtype == torch.float32


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`torch.nn.functional.linear` for inference, by oneDNN where that is faster than the BLAS torch takes.

    On AMD processors MKL leaves the wide vector instructions unused and takes twice as long. For each number
    of rows oneDNN first makes a plan, so rows of zeros are added to have few such numbers.
    """
    rows = len(x)
    if rows < BLOCK or not (applies(x) and _onednn()):
        return nn.functional.linear(x, weight, bias)
    padded = nn.functional.pad(x, (0, 0, 0, -rows % BLOCK))
    return torch.ops.mkldnn._linear_pointwise(padded, weight, bias, "none", [], "")[:rows]


@cache
def _onednn() -> bool:
    """Whether this torch has oneDNN's product; its name is not part of torch's stable interface."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


@compiled
def lstm_step(gates: np.ndarray, out: np.ndarray, memory: np.ndarray) -> None:
    """Output and twice the memory after a step of an LSTM, in place.

    Parameters
    ----------
    gates : ndarray
        Before the sigmoid: input, forget, twice the candidate, output; (rows, 4 * width). Overwritten.
    out, memory : ndarray
        Shape (rows, width); of ``out`` the old values are not read.
    """
    width = out.shape[1]
    row = np.empty(width, np.float32)
    for r in range(len(out)):
        _sigmoids(gates[r])
        for j in range(width):
            candidate = FOUR * gates[r, 2 * width + j] - TWO
            row[j] = memory[r, j] * gates[r, width + j] + gates[r, j] * candidate
        memory[r] = row
        _sigmoids(row)
        for j in range(width):
            row[j] = gates[r, 3 * width + j] * (TWO * row[j] - ONE)
        out[r] = row


@compiled
def pool_step(out: np.ndarray, gathered: np.ndarray) -> None:
    """Add outputs (rows, width) to the sums and maxima (rows, 2 * width) of the steps before."""
    width = out.shape[1]
    for r in range(len(out)):
        for j in range(width):
            gathered[r, j] += out[r, j]
        for j in range(width):
            gathered[r, width + j] = max(gathered[r, width + j], out[r, j])


@compiled
def _sigmoids(x: np.ndarray) -> None:
    """The sigmoid of each, in place, to 1e-7.

    The power of e is a whole power of 2, whose bits are those of the exponent, times a series for the rest.
    """
    fifth, fourth, third, second, first = TAYLOR
    for j in range(len(x)):
        power = max(min(-x[j], MOST), -MOST)  # NaN stays NaN
        rounded = power * PER_LOG2 + ROUNDING
        whole = rounded - ROUNDING
        rest = power - whole * LOG2_HIGH - whole * LOG2_LOW
        series = ((((fifth * rest + fourth) * rest + third) * rest + second) * rest + first) * rest + ONE
        bits = (np.float32(rounded).view(np.int32) + EXPONENT_BIAS) << EXPONENT_PLACE
        # A plain division would stop to look for a zero.
        x[j] = np.true_divide(ONE, ONE + (series * rest + ONE) * np.int32(bits).view(np.float32))
