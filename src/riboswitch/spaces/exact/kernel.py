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
TILE = 8
"""Synthons of each side that share an upper bound."""


@compiled_loosely
def _head(v, f, ga, gb, u, scale, share, w, slope):
    total = np.float32(0)
    for k in range(len(v)):
        z = scale * (v[k] + f[k]) + (ga[k] + gb[k]) + share * u[k]
        total += w[k] * max(z, slope * z)
    return total


@compiled_loosely
def upper_bounds(
    fa, fb, joint, ka, kb, ga, gb, turns, carbons_a, carbons_b, sp3_a, sp3_b, n_a, n_b,
    divisor, u, w, bias, slope,
):  # fmt: skip
    """No pair of two tiles has an output above these; float32 of shape (tiles of a, tiles of b).

    Each term of the first layer is bounded for itself, by the extremes of the tiles. ``ka`` is sorted, too.
    """
    width = fa.shape[1]
    low_fa, high_fa = _extremes(fa)
    low_fb, high_fb = _extremes(fb)
    low_ga, high_ga = _extremes(ga)
    low_g0, high_g0 = _extremes(gb[0])
    low_g1, high_g1 = _extremes(gb[1])
    low_a, high_a = _extremes(np.stack((n_a, carbons_a, sp3_a), axis=1))
    low_b, high_b = _extremes(np.stack((n_b, carbons_b, sp3_b), axis=1))
    found = np.empty((len(low_fa), len(low_fb)), np.float32)
    low_j, high_j = np.empty(width, np.float32), np.empty(width, np.float32)
    for s in range(len(low_fa)):
        a, stop_a = s * TILE, min((s + 1) * TILE, len(fa))
        for t in range(len(low_fb)):
            b, stop_b = t * TILE, min((t + 1) * TILE, len(fb))
            low_j[:], high_j[:] = np.inf, -np.inf
            for p in range(ka[a], ka[stop_a - 1] + 1):
                for q in range(kb[b], kb[stop_b - 1] + 1):
                    for k in range(width):
                        value = joint[p, q, k]  # max() would not be vectorised
                        high_j[k] = value if value > high_j[k] else high_j[k]
                        low_j[k] = value if value < low_j[k] else low_j[k]
            low_s = np.float32(1) / (high_a[s, 0] + high_b[t, 0] if divisor == 0 else divisor)
            high_s = np.float32(1) / (low_a[s, 0] + low_b[t, 0] if divisor == 0 else divisor)
            low_h = (low_a[s, 2] + low_b[t, 2]) / max(high_a[s, 1] + high_b[t, 1], np.float32(1))
            high_h = (high_a[s, 2] + high_b[t, 2]) / max(low_a[s, 1] + low_b[t, 1], np.float32(1))
            high_h = min(high_h, np.float32(1))
            total = np.float32(0)
            for k in range(width):
                high = high_fa[s, k] + high_fb[t, k] + high_j[k]
                low = low_fa[s, k] + low_fb[t, k] + low_j[k]
                high = high * (high_s if high > 0 else low_s)
                low = low * (low_s if low > 0 else high_s)
                most, least = u[k] * high_h, u[k] * low_h
                high_g = high_g0[t, k] if high_g0[t, k] > high_g1[t, k] else high_g1[t, k]
                low_g = low_g0[t, k] if low_g0[t, k] < low_g1[t, k] else low_g1[t, k]
                high += high_ga[s, k] + high_g + (most if most > least else least)
                low += low_ga[s, k] + low_g + (least if most > least else most)
                high = high if high > 0 else slope * high
                low = low if low > 0 else slope * low
                total += w[k] * (high if w[k] > 0 else low)
            found[s, t] = bias + total
    return found


@compiled
def _extremes(values):
    """Least and largest values of each tile, float32 of shape (tiles, width)."""
    tiles, width = (len(values) + TILE - 1) // TILE, values.shape[1]
    low, high = np.empty((tiles, width), np.float32), np.empty((tiles, width), np.float32)
    for t in range(tiles):
        low[t], high[t] = values[t * TILE], values[t * TILE]
        for i in range(t * TILE + 1, min((t + 1) * TILE, len(values))):
            for k in range(width):
                value = values[i, k]
                high[t, k] = value if value > high[t, k] else high[t, k]
                low[t, k] = value if value < low[t, k] else low[t, k]
    return low, high


@compiled_loosely
def every_pair(
    fa, fb, joint, ka, kb, ga, gb, turns, carbons_a, carbons_b, sp3_a, sp3_b, n_a, n_b,
    divisor, u, w, bias, slope, limits_a, limits_b, low, high, hopeful, threshold, out_a, out_b, out,
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
    hopeful : ndarray
        bool, shape (tiles of a, tiles of b): others are left out.
    out_a, out_b, out : ndarray
        int32 and float32, large enough for all pairs.
    """
    count, width = 0, fa.shape[1]
    v = np.empty(width, np.float32)
    for i in range(len(fa)):
        last, turn = -1, turns[i]
        for j in range(len(fb)):
            inside = hopeful[i // TILE, j // TILE]
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
