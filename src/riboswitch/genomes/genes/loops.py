"""The loops of gene finding that numba compiles: frames, words of bases, sums of evidence, the best chain."""

from __future__ import annotations

import numpy as np

from riboswitch.numeric.compiled import compiled

WORD = 6  # bases of a word
UNKNOWN_WORD = 4**WORD  # code of a word with an unknown base


@compiled
def word_codes(bases: np.ndarray) -> np.ndarray:
    """Code of the six bases that end at each position; `UNKNOWN_WORD` where one of them is not known."""
    codes = np.full(len(bases), UNKNOWN_WORD, np.int16)
    code, known = 0, 0
    for i in range(len(bases)):
        if bases[i] > 3:
            known = 0
        else:
            code = ((code << 2) | bases[i]) & (UNKNOWN_WORD - 1)
            known += 1
            if known >= WORD:
                codes[i] = code
    return codes


@compiled
def find_frames(
    codons: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    ends: np.ndarray,
    is_stop: np.ndarray,
    is_start: np.ndarray,
    least: int,
    frames: np.ndarray,
    starts: np.ndarray,
) -> tuple[int, int]:
    """Fill ``frames`` and ``starts`` with the frames of one strand; return how many there are.

    ``low``, ``high`` and ``ends`` say where each piece begins, ends, and whether frames may run off it. A
    row of ``frames`` is: position of the stop (or end), bases of the stop codon (3, or 0 at an open end),
    whether the 5' end is open, number of the outermost start, number after the innermost start.
    """
    n_frames, n_starts = 0, 0
    for piece in range(len(low)):
        for phase in range(3):
            at, first, open5 = low[piece] + phase, n_starts, ends[piece]
            while True:
                inside = at + 3 <= high[piece]
                if inside and not is_stop[codons[at]]:
                    if is_start[codons[at]] or (open5 and at < low[piece] + 3):
                        starts[n_starts] = at
                        n_starts += 1
                    at += 3
                    continue
                tail = 3 if inside else 0
                while n_starts > first and (
                    at + tail - starts[n_starts - 1] < least or not (inside or ends[piece])
                ):
                    n_starts -= 1
                if n_starts > first:
                    frames[n_frames, 0], frames[n_frames, 1] = at, tail
                    frames[n_frames, 2] = open5
                    frames[n_frames, 3], frames[n_frames, 4] = first, n_starts
                    n_frames += 1
                if not inside:
                    break
                at, first, open5 = at + 3, n_starts, False
    return n_frames, n_starts


@compiled
def count_words(words: np.ndarray, begin: np.ndarray, end: np.ndarray, counts: np.ndarray) -> None:
    """Add the words that end at each base of these stretches to ``counts[phase, word]``."""
    for i in range(len(begin)):
        for at in range(begin[i], end[i], 3):
            for phase in range(3):
                counts[phase, words[at + phase]] += 1


@compiled
def sum_gains(
    words: np.ndarray, gain: np.ndarray, frames: np.ndarray, starts: np.ndarray, sums: np.ndarray
) -> None:
    """The sum of ``gain[phase, word]`` from after each start codon to the stop of its frame."""
    for f in range(len(frames)):
        total, at = 0, frames[f, 0]
        for s in range(frames[f, 4] - 1, frames[f, 3] - 1, -1):
            while at > starts[s] + 3:
                at -= 3
                total += gain[0, words[at]] + gain[1, words[at + 1]] + gain[2, words[at + 2]]
            sums[s] = total


@compiled
def chain(
    left: np.ndarray,
    right: np.ndarray,
    strand: np.ndarray,
    score: np.ndarray,
    free: np.ndarray,
    link: np.ndarray,
    most: int,
) -> np.ndarray:
    """The chain of intervals with the highest sum of scores and links, as numbers from left to right.

    Intervals are sorted by ``right``; the first ``free[i]`` are so far from interval i that their link is
    that of the last column. ``link[a, b, d + most]`` is the score of neighbours on strands a and b with d
    bases between them; d is below zero if they overlap, which they may by ``most`` bases.
    """
    n = len(left)
    total, before = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    # best totals of chains that end with each strand, among the first intervals
    peak, peak_at = np.zeros((2, n + 1), np.int64), np.full((2, n + 1), -1, np.int64)
    for i in range(n):
        best, at, here = 0, -1, strand[i]
        for a in range(2):
            value = peak[a, free[i]] + link[a, here, -1]
            if peak_at[a, free[i]] >= 0 and value > best:
                best, at = value, peak_at[a, free[i]]
        for j in range(free[i], i):
            gap = left[i] - right[j]
            if gap >= -most and left[j] < left[i] and right[j] < right[i]:
                value = total[j] + link[strand[j], here, gap + most]
                if value > best:
                    best, at = value, j
        total[i], before[i] = best + score[i], at
        for a in range(2):
            better = a == here and (peak_at[a, i] < 0 or total[i] > peak[a, i])
            peak[a, i + 1] = total[i] if better else peak[a, i]
            peak_at[a, i + 1] = i if better else peak_at[a, i]
    best, at = 0, -1
    for i in range(n):
        if total[i] > best:
            best, at = total[i], i
    backwards = np.empty(n, np.int64)
    size = 0
    while at >= 0:
        backwards[size], at = at, before[at]
        size += 1
    return backwards[:size][::-1].copy()


@compiled
def take_windows(bases: np.ndarray, starts: np.ndarray, before: int, windows: np.ndarray) -> None:
    """Fill the rows of ``windows`` with the bases from ``before`` bases in front of each start on."""
    for i in range(len(starts)):
        for j in range(windows.shape[1]):
            windows[i, j] = bases[starts[i] - before + j]


@compiled
def motif_odds(windows: np.ndarray, motif: np.ndarray, spacing: np.ndarray, odds: np.ndarray) -> None:
    """Fill ``odds`` with the log-odds of each window, summed over the places that a motif may have in it.

    ``motif[i, base]`` are log-odds, ``spacing[place]`` log-probabilities; the last place is that of no motif.
    """
    places, width = len(spacing) - 1, len(motif)
    for row in range(len(windows)):
        total = np.exp(spacing[places])
        for place in range(places):
            value = spacing[place]
            for i in range(width):
                value += motif[i, windows[row, place + i]]
            total += np.exp(value)
        odds[row] = np.log(total)


@compiled
def count_motif(
    windows: np.ndarray,
    motif: np.ndarray,
    spacing: np.ndarray,
    odds: np.ndarray,
    bases: np.ndarray,
    places: np.ndarray,
) -> None:
    """Add to ``bases[i, base]`` and ``places[place]`` how often each is expected, given `motif_odds`."""
    last, width = len(spacing) - 1, len(motif)
    for row in range(len(windows)):
        places[last] += np.exp(spacing[last] - odds[row])
        for place in range(last):
            value = spacing[place]
            for i in range(width):
                value += motif[i, windows[row, place + i]]
            share = np.exp(value - odds[row])
            places[place] += share
            for i in range(width):
                bases[i, windows[row, place + i]] += share
