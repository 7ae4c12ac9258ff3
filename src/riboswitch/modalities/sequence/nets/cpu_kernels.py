"""CPU kernels for float32: the matrix product of a recurrent step, and the elementwise part after it.

The elementwise part finishes each row while it lies in the nearest cache; whole tensors would take a dozen
passes. The loops are short and write to one scratch row: only then the compiler sees that no arrays overlap,
and uses vector instructions.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from riboswitch.numeric.compiled import compiled

ROW_MULTIPLE = 64  # with fewer rows oneDNN takes longer to start than to multiply

# Numbers of numpy's type: with Python's the loops would compute in float64.
ONE, TWO, FOUR = np.float32(1), np.float32(2), np.float32(4)
MOST = np.float32(87)  # e ** 87 is near the largest float32
PER_LOG2 = np.float32(1.4426950408889634)
LOG2_HIGH, LOG2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)  # the first has few bits
ROUNDING = np.float32(1.5 * 2**23)  # a sum with it has no bits left for a fraction
EXPONENT_BIAS, EXPONENT_PLACE = np.int32(127), np.int32(23)
TAYLOR = tuple(np.float32(1 / n) for n in (720, 120, 24, 6, 2))


def applies(x: Tensor) -> bool:
    """Whether the kernels can process this tensor."""
    return x.device.type == "cpu" and x.dtype == torch.float32


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`torch.nn.functional.linear` for inference, by oneDNN where it is faster than torch's BLAS.

    On AMD processors MKL does not use the wide vector instructions and takes twice as long. oneDNN makes a
    plan for each number of rows; rows of zeros are added to keep these numbers few.
    """
    rows = len(x)
    if rows < ROW_MULTIPLE or not (applies(x) and _onednn()):
        return nn.functional.linear(x, weight, bias)
    # torch copies even if there is no row to add.
    padded = nn.functional.pad(x, (0, 0, 0, -rows % ROW_MULTIPLE)) if rows % ROW_MULTIPLE else x.contiguous()
    return torch.ops.mkldnn._linear_pointwise(padded, weight, bias, "none", [], "")[:rows]


@cache
def _onednn() -> bool:
    """Whether this torch has the product of oneDNN. Its name is not part of torch's stable interface."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


@compiled
def lstm_step(gates: np.ndarray, out: np.ndarray, memory: np.ndarray) -> None:
    """Write the output and twice the cell state after a step of an LSTM, in place.

    Parameters
    ----------
    gates : ndarray
        Shape (rows, 4 * width): input, forget, twice the candidate, output, before the sigmoid. Overwritten.
    out, memory : ndarray
        Output and twice the cell state, shape (rows, width). Old values of ``out`` are not read.
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
    """Update the sums and maxima over steps, shape (rows, 2 * width), with the outputs (rows, width)."""
    width = out.shape[1]
    for r in range(len(out)):
        for j in range(width):
            gathered[r, j] += out[r, j]
        for j in range(width):
            gathered[r, width + j] = max(gathered[r, width + j], out[r, j])


@compiled
def _sigmoids(x: np.ndarray) -> None:
    """Sigmoid in place, exact to 1e-7.

    The exponential is a whole power of 2, written as the bits of the exponent, times a Taylor series.
    """
    fifth, fourth, third, second, first = TAYLOR
    for j in range(len(x)):
        power = max(min(-x[j], MOST), -MOST)  # NaN stays NaN
        rounded = power * PER_LOG2 + ROUNDING
        whole = rounded - ROUNDING
        rest = power - whole * LOG2_HIGH - whole * LOG2_LOW
        series = ((((fifth * rest + fourth) * rest + third) * rest + second) * rest + first) * rest + ONE
        bits = (np.float32(rounded).view(np.int32) + EXPONENT_BIAS) << EXPONENT_PLACE
        # A plain division would check for zero.
        x[j] = np.true_divide(ONE, ONE + (series * rest + ONE) * np.int32(bits).view(np.float32))
