"""Long contigs for networks that read short texts: cut into overlapping spans, answers put together again.

Every base belongs to exactly one span. Neighbouring chunks overlap, and the middle of the overlap decides
which of the two answers for a base, so that each base is read with at least half an overlap of what lies on
either side of it (at the ends of a contig, with all there is). A network that looks no farther than that
answers as if it had read the contig as a whole; a recurrent one looks farther, ever more faintly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice, pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from riboswitch.errors import UsageError
from riboswitch.genomes.contigs import Contigs

Plan = Callable[[int], Iterator["Span"]]
Answer = Callable[[list[str]], list[np.ndarray]]


class Span(NamedTuple):
    """Bases ``start`` to ``end`` are read; the answer counts for bases ``first`` to ``last`` (half-open)."""

    start: int
    end: int
    first: int
    last: int


class Stretch(NamedTuple):
    """Answers for the bases of ``contig`` from ``start`` on: ``values`` has shape (bases, outputs)."""

    contig: str
    start: int
    values: np.ndarray


def chunks(length: int, chunk: int, overlap: int, pool: int = 1) -> Iterator[Span]:
    """Cut a contig into overlapping chunks.

    Parameters
    ----------
    length : int
        Bases of the contig, at least 1.
    chunk, overlap : int
        Most bases of a chunk, and what neighbours share (less ``pool - 1`` bases at most).
    pool : int
        Letters that a network takes together. Chunks begin where a pool of the whole contig begins and end
        where one of its reverse complement begins, so that on both strands the same letters go together as
        if the contig were read as a whole.

    Raises
    ------
    UsageError
        If the overlap is not shorter than a chunk, or a step from chunk to chunk is not made of whole pools.
    """
    step = chunk - overlap
    if step <= 0 or overlap < pool or step % pool:
        raise UsageError(f"chunk - overlap must be a multiple of {pool} above 0, and overlap at least {pool}",
                         found=f"chunk {chunk}, overlap {overlap}")  # fmt: skip
    width = chunk - (chunk - length) % pool
    start = first = 0
    while start + width < length:
        last = (start + width + start + step) // 2
        yield Span(start, start + width, first, last)
        start, first = start + step, last
    yield Span(start, length, first, length)


def windows(length: int, window: int, stride: int) -> Iterator[Span]:
    """Slide a window along a contig; its answer counts for the bases to whose centre they are nearest.

    The last window ends with the contig. A contig shorter than the window is one shorter window.
    """
    if length <= window:
        yield Span(0, length, 0, length)
        return
    first = 0
    for start, after in pairwise(_starts(length - window, stride)):
        last = (start + after) // 2 + window // 2 + 1
        yield Span(start, start + window, first, last)
        first = last
    yield Span(length - window, length, first, length)


def _starts(last: int, stride: int) -> Iterator[int]:
    yield from range(0, last, stride)
    yield last


def cut(pieces: Iterable[str], spans: Iterable[Span]) -> Iterator[tuple[Span, str]]:
    """The text of each span of one contig, in ascending order; no more than a span and a piece is held."""
    remaining, held, base = iter(pieces), "", 0
    for span in spans:
        while base + len(held) < span.end:
            gone = min(span.start - base, len(held))
            held, base = held[gone:] + next(remaining), base + gone
        yield span, held[span.start - base : span.end - base]


def sweep(contigs: Contigs, plan: Plan, answer: Answer, batch_size: int) -> Iterator[Stretch]:
    """Answers along all contigs, in order, every base once; memory does not depend on their length.

    Parameters
    ----------
    contigs : Contigs
    plan : callable
        From a contig's length to its spans; one without spans is passed over.
    answer : callable
        From texts to one array each, of shape (letters, outputs), or (1, outputs) for the text as a whole.
    batch_size : int
        Spans that are answered at a time, whatever contigs they are of.
    """
    texts = _texts(contigs, plan)
    while batch := list(islice(texts, batch_size)):
        for (name, span, _), values in zip(batch, answer([text for *_, text in batch]), strict=True):
            if len(values) == 1:
                values = np.broadcast_to(values, (span.last - span.first, values.shape[1]))
            else:
                values = values[span.first - span.start : span.last - span.start]
            yield Stretch(name, span.first, values)


def _texts(contigs: Contigs, plan: Plan) -> Iterator[tuple[str, Span, str]]:
    for name, pieces in groupby(contigs.pieces(), key=itemgetter(0)):
        for span, text in cut((piece for _, piece in pieces), plan(contigs.lengths[name])):
            yield name, span, text
