"""Long contigs for networks that read short texts: overlapping spans, and their answers put together.

Every base gets its answer from exactly one span. Neighbouring chunks overlap, and the answer changes from one
to the next in the middle of the overlap: each base is read with at least half an overlap of context on either
side (less only at the ends of a contig). A network with a smaller receptive field answers as if it had read
the whole contig; the context of a recurrent network is longer, but fades.
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
        Most bases of a chunk, and bases that neighbours share (up to ``pool - 1`` fewer).
    pool : int
        Letters that a network pools. Chunks begin where a pool of the whole contig begins and end where one
        of its reverse complement begins: on both strands the same letters are pooled as in the whole contig.

    Raises
    ------
    UsageError
        If the overlap is not shorter than a chunk, or the step between chunks is no multiple of the pool.
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
    """Slide a window along a contig; each base takes the answer of the window with the nearest centre.

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
    """The text of each span of one contig, in ascending order; at most a span and a piece are in memory."""
    remaining, buffer, base = iter(pieces), "", 0
    for span in spans:
        while base + len(buffer) < span.end:
            gone = min(span.start - base, len(buffer))
            buffer, base = buffer[gone:] + next(remaining), base + gone
        yield span, buffer[span.start - base : span.end - base]


def sweep(contigs: Contigs, plan: Plan, answer: Answer, batch_size: int) -> Iterator[Stretch]:
    """Answers for all contigs in order, each base once; memory does not depend on their length.

    Parameters
    ----------
    contigs : Contigs
    plan : callable
        From a contig's length to its spans; a contig without spans is skipped.
    answer : callable
        From texts to one array each, of shape (letters, outputs), or (1, outputs) for the whole text.
    batch_size : int
        Spans in one call of ``answer``; they may be of several contigs.
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
