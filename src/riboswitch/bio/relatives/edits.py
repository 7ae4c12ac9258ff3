"""The fewest edits that put one sequence into another: changed, inserted and deleted letters."""

from __future__ import annotations

from typing import Any

import numpy as np

from riboswitch.numeric.compiled import compiled

WORD = 64


@compiled
def edits_within(pattern: np.ndarray, text: np.ndarray, letters: int) -> int:
    """The fewest edits that turn the pattern into some stretch of the text.

    Letters of the text before and after the stretch are free. Unknown letters, of a code of ``letters`` or
    more, equal nothing.

    Parameters
    ----------
    pattern, text : ndarray
        Letter codes, uint8.
    letters : int
        Number of letters of the alphabet.

    References
    ----------
    Myers, J. ACM 1999, 46, 395, in the form of Hyyrö (2003) for patterns of several words.
    """
    length = len(pattern)
    words = (length + WORD - 1) // WORD
    one, high = np.uint64(1), np.uint64(WORD - 1)
    peq = np.zeros((letters, words), np.uint64)
    for at in range(length):
        if pattern[at] < letters:
            peq[pattern[at], at // WORD] |= one << np.uint64(at % WORD)
    positive = np.full(words, ~np.uint64(0))
    negative = np.zeros(words, np.uint64)
    last = np.uint64((length - 1) % WORD)
    score: Any = length
    fewest: Any = length
    for letter in text:
        # The row above changes by nothing: the text may begin anywhere.
        plus, minus = np.uint64(0), np.uint64(0)
        for word in range(words):
            equal = peq[letter, word] if letter < letters else np.uint64(0)
            vp, vn = positive[word], negative[word]
            xv = equal | vn
            equal |= minus
            xh = (((equal & vp) + vp) ^ vp) | equal
            ph = vn | ~(xh | vp)
            mh = vp & xh
            top = last if word == words - 1 else high
            up, down = (ph >> top) & one, (mh >> top) & one
            ph = (ph << one) | plus
            mh = (mh << one) | minus
            positive[word] = mh | ~(xv | ph)
            negative[word] = ph & xv
            plus, minus = up, down
        score += np.int64(plus) - np.int64(minus)
        fewest = min(fewest, score)
    return fewest
