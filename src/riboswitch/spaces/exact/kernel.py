"""The head of a network over all pairs of two classes, in compiled loops.

The first layer of the head is already multiplied into the tables, so what is left for a product is
``w2 . act(z) + bias`` with ``z = scale (V + F(b)) + G(a) + G(b) + share u`` and ``V = F(a) + J(a, b)``,
which products with the same ends share. ``share`` is the share of sp3 carbons, the only property that does
not add up.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from riboswitch.numeric.compiled import compiled, compiled_loosely

BY_ATOMS = 0.0
"""A divisor of 0 stands for the number of atoms of the product."""


@compiled_loosely
def _head(v, f, ga, gb, u, scale, share, w, slope):
    total = np.float32(0)
    for k in range(len(v)):
        z = scale * (v[k] + f[k]) + (ga[k] + gb[k]) + share * u[k]
        total += w[k] * max(z, slope * z)
    return total


@compiled_loosely
def every_pair(
    fa, fb, joint, ka, kb, ga, gb, turns, carbons_a, carbons_b, sp3_a, sp3_b, n_a, n_b,
    divisor, u, w, bias, slope, limits_a, limits_b, low, high, threshold, out_a, out_b, out,
):  # fmt: skip
    """Write the pairs that are inside the limits and reach the threshold; returns their number.

    Parameters
    ----------
    fa, fb : ndarray
        float32, shape (synthons, width): F of both sides.
    joint : ndarray
        float32, shape (ends of a, ends of b, width): J.
    ka, kb : ndarray
        int32: ends of each synthon; ``kb`` is sorted.
    ga, gb : ndarray
        float32, shapes (synthons, width) and (2, synthons, width): properties; of b without and with the new
        bond as one that rotates.
    turns : ndarray
        int64, shape (synthons of a,): which of the two.
    carbons_*, sp3_*, n_* : ndarray
        float32, shape (synthons,).
    divisor : float32
        Of the sum over atoms; `BY_ATOMS` for their number.
    u, w : ndarray
        float32, shape (width,).
    limits_a, limits_b, low, high : ndarray
        float64: limited properties, shapes (synthons, limits), (2, synthons, limits) and (limits,).
    out_a, out_b, out : ndarray
        int32 and float32, large enough for all pairs.
    """
    count, width = 0, fa.shape[1]
    v = np.empty(width, np.float32)
    for i in range(len(fa)):
        last, turn = -1, turns[i]
        for j in range(len(fb)):
            inside = True
            for q in range(len(low)):
                value = limits_a[i, q] + limits_b[turn, j, q]
                if value < low[q] or value > high[q]:
                    inside = False
            if not inside:
                continue
            if kb[j] != last:
                last = kb[j]
                for k in range(width):
                    v[k] = fa[i, k] + joint[ka[i], last, k]
            scale = np.float32(1) / (n_a[i] + n_b[j] if divisor == 0 else divisor)
            share = (sp3_a[i] + sp3_b[j]) / max(carbons_a[i] + carbons_b[j], np.float32(1))
            value = _head(v, fb[j], ga[i], gb[turn, j], u, scale, share, w, slope) + bias
            if value >= threshold:
                out_a[count], out_b[count], out[count] = i, j, value
                count += 1
    return count


@compiled
def some_pairs(
    a, b, fa, fb, joint, ka, kb, ga, gb, turns, carbons_a, carbons_b, sp3_a, sp3_b, n_a, n_b,
    divisor, u, w, bias, slope, out,
):  # fmt: skip
    """Write the outputs of chosen pairs; ``w`` and ``bias`` have a row for each output, as ``out`` has.

    Sums are added in one order, so that a product has the same output whatever was computed beside it.
    """
    width = fa.shape[1]
    z = np.empty(width, np.float32)
    for p in range(len(a)):
        i, j = a[p], b[p]
        scale = np.float32(1) / (n_a[i] + n_b[j] if divisor == 0 else divisor)
        share = (sp3_a[i] + sp3_b[j]) / max(carbons_a[i] + carbons_b[j], np.float32(1))
        for k in range(width):
            x = scale * (fa[i, k] + joint[ka[i], kb[j], k] + fb[j, k])
            x += ga[i, k] + gb[turns[i], j, k] + share * u[k]
            z[k] = max(x, slope * x)
        for o in range(len(bias)):
            total = np.float64(0)
            for k in range(width):
                total += w[o, k] * z[k]
            out[p, o] = total + bias[o]


@compiled
def inside_limits(turns, limits_a, limits_b, low, high):
    """Whether each pair is inside the limits, bool of shape (synthons of a, synthons of b)."""
    inside = np.ones((len(limits_a), limits_b.shape[1]), np.bool_)
    for i in range(len(limits_a)):
        for j in range(limits_b.shape[1]):
            for q in range(len(low)):
                value = limits_a[i, q] + limits_b[turns[i], j, q]
                if value < low[q] or value > high[q]:
                    inside[i, j] = False
    return inside
