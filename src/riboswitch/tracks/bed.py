"""Lines of BED: positions from 0, half-open.

Specification: https://samtools.github.io/hts-specs/BEDv1.pdf
"""

from __future__ import annotations

import re

LONGEST_NAME = 255


def line(contig: str, start: int, end: int, name: str, value: float, strand: str, *further: object) -> str:
    """One feature, with six columns and further ones.

    Parameters
    ----------
    contig : str
    start, end : int
        From 0, half-open.
    name : str
        Characters that BED does not allow become ``_``.
    value : float
        A probability; the score is 1000 times it. Other values are clipped to 0 and 1.
    strand : {"+", "-", "."}
    *further
        Cells of the columns from the seventh on.
    """
    name = re.sub(r"[^\x21-\x7e]", "_", name)[:LONGEST_NAME]
    score = round(1000 * min(max(value, 0.0), 1.0))
    return "\t".join(map(str, [contig, start, end, name, score, strand, *further])) + "\n"
