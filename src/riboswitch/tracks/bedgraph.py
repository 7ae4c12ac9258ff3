"""bedGraph: a value for each base of a contig; a run of equal values is one line.

Positions are from 0, half-open. There is no track line, since some programs refuse it.
"""

from __future__ import annotations

from typing import IO

import numpy as np


class BedGraphWriter:
    """Writes stretches of values, in genome order.

    Values are rounded to ``decimals`` digits first. The last run is written with the next stretch or by
    `close`, since it may go on.

    Parameters
    ----------
    handle : text file
    decimals : int
    """

    def __init__(self, handle: IO[str], decimals: int):
        self.handle, self.decimals = handle, decimals
        self._contig, self._start, self._end, self._value = "", 0, 0, 0.0

    def add(self, contig: str, start: int, values: np.ndarray) -> None:
        """Write a stretch of ``contig`` that begins at ``start``; values of shape (bases,)."""
        if not len(values):
            return
        rounded = np.round(values, self.decimals) + 0.0  # no negative zero
        cuts = np.flatnonzero(rounded[1:] != rounded[:-1]) + 1
        starts = [0, *cuts.tolist()]
        runs = list(zip(starts, [*starts[1:], len(rounded)], rounded[starts].tolist(), strict=True))
        if (contig, start) == (self._contig, self._end) and runs[0][2] == self._value:
            runs[0] = (self._start - start, *runs[0][1:])
        else:
            self._write_last()
        write, digits = self.handle.write, self.decimals
        for first, last, value in runs[:-1]:
            write(f"{contig}\t{start + first}\t{start + last}\t{value:.{digits}f}\n")
        first, last, value = runs[-1]
        self._contig, self._start, self._end, self._value = contig, start + first, start + last, value

    def close(self) -> None:
        """Write the last run."""
        self._write_last()
        self._start = self._end

    def _write_last(self) -> None:
        if self._end > self._start:
            line = f"{self._contig}\t{self._start}\t{self._end}\t{self._value:.{self.decimals}f}\n"
            self.handle.write(line)
