"""Kernel ridge regression on pairs, without the matrix of all pairs.

The kernel of two pairs is the product of those of their left and of their right inputs. The product of its
matrix with a vector needs one pass over the pairs and the kernels of both sides. With that, conjugate
gradients solve the system.

References
----------
Airola and Pahikkala, IEEE Transactions on Neural Networks and Learning Systems 2018, 29, 3374.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

MOST_STEPS = 300
EXACT = 1e-3  # of the length of the right-hand side
TOGETHER = 2**22  # numbers that are held at once beside the kernels


class Pairs(NamedTuple):
    """Pairs of numbered inputs.

    Attributes
    ----------
    numbers : ndarray
        int64, shape (2, pairs): the left and the right input of each pair.
    sizes : tuple of int
        Numbers of left and of right inputs.
    """

    numbers: np.ndarray
    sizes: tuple[int, int]

    def of(self, rows: np.ndarray) -> Pairs:
        """Some of the pairs."""
        return self._replace(numbers=self.numbers[:, rows])

    def sums(
        self, factors: np.ndarray, left: np.ndarray, right: np.ndarray, numbers: np.ndarray
    ) -> np.ndarray:
        """For each of some pairs the sum of its kernels with these pairs, times factors; shape (others,).

        Parameters
        ----------
        factors : ndarray
            Shape (these pairs,).
        left, right : ndarray
            float32: kernels of the inputs of these pairs with those of the others, shapes (inputs, others).
        numbers : ndarray
            The inputs of the other pairs, shape (2, others).
        """
        table = csr_matrix((factors.astype(np.float32), (self.numbers[0], self.numbers[1])), shape=self.sizes)
        if self.sizes[0] <= self.sizes[1]:
            return _paired(left, table @ right, *numbers)
        return _paired(right, table.T.tocsr() @ left, *numbers[::-1])

    def columns(
        self, factors: np.ndarray, left: np.ndarray, right: np.ndarray, numbers: np.ndarray
    ) -> np.ndarray:
        """The same for factors of several outputs, shape (these pairs, outputs) to (others, outputs)."""
        return np.stack([self.sums(column, left, right, numbers) for column in factors.T], 1)


def _paired(one: np.ndarray, other: np.ndarray, columns: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Products of columns of two tables with the same rows, shape (columns,)."""
    out = np.empty(len(columns))
    step = max(1, TOGETHER // max(1, len(one)))
    for start in range(0, len(columns), step):
        at = slice(start, start + step)
        out[at] = np.einsum("kp,kp->p", one.take(columns[at], 1), other.take(others[at], 1))
    return out


def solve(
    pairs: Pairs, left: np.ndarray, right: np.ndarray, values: np.ndarray, penalties: np.ndarray
) -> np.ndarray:
    """Factors of pairs whose sums of kernels are near ``values``.

    Parameters
    ----------
    pairs : Pairs
    left, right : ndarray
        float32: kernels of the inputs of both sides, symmetric, of inputs with themselves 1.
    values : ndarray
        Shape (pairs,).
    penalties : ndarray
        What is added to the kernel of each pair with itself, shape (pairs,).
    """
    own = 1.0 + penalties
    factors, rest = np.zeros(len(values)), values.astype(np.float64)
    scaled = rest / own
    step, size, enough = scaled.copy(), float(rest @ scaled), EXACT * np.linalg.norm(rest)
    for _ in range(MOST_STEPS):
        if np.linalg.norm(rest) <= enough:
            break
        image = pairs.sums(step, left, right, pairs.numbers) + penalties * step
        bend = float(step @ image)
        if bend <= 0:  # a power of a kernel need not be one: what was found so far is kept
            break
        length = size / bend
        factors += length * step
        rest -= length * image
        scaled = rest / own
        size, before = float(rest @ scaled), size
        step = scaled + size / before * step
    return factors
