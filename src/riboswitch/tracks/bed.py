"""BED: places from 0 and half-open; calls with nine columns, segments with six.

Specification: https://samtools.github.io/hts-specs/BEDv1.pdf
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from riboswitch.io.files import atomic_path
from riboswitch.tracks.segments import Segment
from riboswitch.tracks.table import CALL_COLOUR, CANDIDATE, CANDIDATE_COLOUR, Call, rows

LONGEST_NAME = 255


def write_bed(calls: pd.DataFrame, path: str | Path) -> None:
    """Write BED9: the score is 1000 times the probability, the name gene and class.

    A candidate's name ends in ``|candidate``; it is drawn thin (its thick part is empty) and grey.
    """
    lines = [call_line(call) for call in rows(calls)]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(lines), "utf-8")


def call_line(call: Call) -> str:
    """One call."""
    surely = call["status"] != CANDIDATE
    told = [str(call[c]) for c in ("nearest_gene", "drug_class") if call[c] is not None]
    name = "|".join([*(told or [str(call["orf_id"])]), *([] if surely else [CANDIDATE])])
    start, end = call["start"] - 1, call["end"]
    cells = [call["contig"], start, end, _name(name), _score(call["probability"] or 0), call["strand"]]
    thick_end, colour = (end, CALL_COLOUR) if surely else (start, CANDIDATE_COLOUR)
    return "\t".join(map(str, [*cells, start, thick_end, ",".join(map(str, colour))])) + "\n"


def segment_line(segment: Segment) -> str:
    """One segment; a mean that is no probability is cut to 0 and 1 for the score."""
    place = f"{segment.contig}\t{segment.start}\t{segment.end}"
    return f"{place}\t{_name(segment.label)}\t{_score(segment.mean)}\t{segment.strand}\n"


def _score(probability: float) -> int:
    return round(1000 * min(max(probability, 0.0), 1.0))


def _name(text: str) -> str:
    return re.sub(r"[^\x21-\x7e]", "_", text)[:LONGEST_NAME]
