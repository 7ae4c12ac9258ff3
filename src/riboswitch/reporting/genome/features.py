"""Genes and tracks of a genome, as `genes` and `annotate` wrote them, read for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from riboswitch.config.schemas import COUNT, NAME, TEXT, Schema, mismatch
from riboswitch.errors import InputError
from riboswitch.io.cells import whole
from riboswitch.io.strict_json import read_json

GENES, SEGMENTS, SUMMARY = "genes/genes.gff3", "annotation/segments.gff3", "annotation/summary.json"
TRACK: Schema = {
    "type": "object",
    "required": ["label", "strand", "bases", "segments", "segment_bases"],
    "properties": {"label": TEXT, "strand": NAME}
    | dict.fromkeys(("bases", "segments", "segment_bases"), COUNT),
}
TRACKS: Schema = {
    "type": "object",
    "required": ["tracks"],
    "properties": {"tracks": {"type": "array", "items": TRACK}},
}


@dataclass(frozen=True)
class Spans:
    """Intervals on one contig and strand: starts and ends, from 1, inclusive, shape (spans,)."""

    starts: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True)
class Features:
    """One kind of features of a genome.

    Attributes
    ----------
    name : str
        What they are, as ``genes``, or the label of a track.
    spans : dict of (str, str) to Spans
        By contig and strand.
    """

    name: str
    spans: dict[tuple[str, str], Spans]

    def __len__(self) -> int:
        return sum(len(spans.starts) for spans in self.spans.values())

    def cover(self, contig: str, strand: str, length: int, bins: int) -> np.ndarray:
        """The share of each of so many equal parts of a contig that they cover, shape (bins,)."""
        spans = self.spans.get((contig, strand))
        return np.zeros(bins) if spans is None else covered_shares(spans, length, bins)


@dataclass(frozen=True)
class Annotated:
    """The genes and tracks of a genome.

    Attributes
    ----------
    lengths : dict of str to int
        Of each contig.
    circular : set of str
    features : list of Features
        Genes first, then the segments of each track.
    tracks : list of dict
        What `annotate` counted of each track.
    """

    lengths: dict[str, int]
    circular: set[str] = field(default_factory=set)
    features: list[Features] = field(default_factory=list)
    tracks: list[dict[str, Any]] = field(default_factory=list)


def covered_shares(spans: Spans, length: int, bins: int) -> np.ndarray:
    """The share of each equal part of a contig that intervals cover; past the end they go on at the start."""
    over = spans.ends > length
    starts = np.concatenate([spans.starts - 1, np.zeros(over.sum(), np.int64)])
    ends = np.concatenate([np.minimum(spans.ends, length), spans.ends[over] - length])
    if not len(starts):
        return np.zeros(bins)
    order = np.argsort(starts, kind="stable")
    ends = np.maximum.accumulate(ends[order])
    starts = np.maximum(starts[order], np.concatenate([[0], ends[:-1]]))  # so no base counts twice
    knots = np.stack([starts, ends], axis=1).ravel()
    before = np.cumsum(np.stack([np.zeros(len(ends)), ends - starts], axis=1).ravel())
    edges = np.arange(bins + 1) * (length / bins)
    return np.diff(np.interp(edges, knots, before, left=0.0)) / (length / bins)


def read_annotated(folder: Path) -> Annotated:
    """The genes and tracks in the folder of a genome; either may be missing.

    Raises
    ------
    InputError
        If there is neither, or a file is not as it was written.
    """
    features: list[Features] = []
    found = Annotated({})
    if not any((folder / name).exists() for name in (GENES, SUMMARY)):
        raise InputError("there are no genes and no tracks of this genome", where=str(folder),
                         hint="riboswitch genes and riboswitch annotate write them.")  # fmt: skip
    if (folder / GENES).exists():
        features += _read(folder / GENES, found, "CDS", one="genes")
    if (folder / SUMMARY).exists():
        summary = read_json(folder / SUMMARY)
        if problem := mismatch(summary, TRACKS):
            raise InputError("not the summary of an annotation", where=str(folder / SUMMARY), found=problem,
                             hint="riboswitch annotate writes it.")  # fmt: skip
        features += _read(folder / SEGMENTS, found, "sequence_feature")
        found.tracks.extend(summary["tracks"])
    found.features.extend(features)
    return found


def _read(path: Path, found: Annotated, kind: str, one: str = "") -> list[Features]:
    """The features of a GFF3 file that was written here, by their names; fills in the contigs."""
    spans: dict[str, dict[tuple[str, str], list[tuple[int, int]]]] = {}
    row = 0
    try:
        for text in path.read_text("utf-8").splitlines():
            row += 1
            if text.startswith("##sequence-region"):
                _, name, _, length = text.split()
                found.lengths.setdefault(unquote(name), whole(length))
            elif not text.startswith("#") and text:
                contig, _, of_kind, start, end, _, strand, _, attributes = text.split("\t")
                if of_kind == "region" and "Is_circular=true" in attributes:
                    found.circular.add(unquote(contig))
                elif of_kind == kind:
                    own = spans.setdefault(one or _name(attributes), {})
                    own.setdefault((unquote(contig), strand), []).append((whole(start), whole(end)))
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except ValueError as error:
        raise InputError(
            "not the GFF3 that riboswitch writes", where=f"{path} row {row}", found=error
        ) from error
    return [Features(name, {key: _spans(pairs) for key, pairs in own.items()}) for name, own in spans.items()]


def _name(attributes: str) -> str:
    pairs = (pair.partition("=") for pair in attributes.split(";"))
    return next((unquote(value) for key, _, value in pairs if key == "Name"), "")


def _spans(pairs: Sequence[tuple[int, int]]) -> Spans:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans(table[:, 0], table[:, 1])
