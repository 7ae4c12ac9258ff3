"""Predictions for each base of a genome, on one strand or on both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.config.settings import check_settings, choice, known_names, number, whole
from riboswitch.errors import UsageError
from riboswitch.genomes.chunks import Span, chunks, windows
from riboswitch.genomes.dna_model import DnaModel

STRANDS = ("forward", "average", "apart")


@dataclass(frozen=True)
class AnnotateSettings:
    """How a model reads a genome, and what is written.

    Attributes
    ----------
    strands : {"forward", "average", "apart"}
        Strands to read: ``forward`` only, both and ``average`` the outputs, or both ``apart``, with
        tracks of their own.
    mirror : dict, optional
        For ``average``: the class that a class becomes on the other strand, as ``{"+": "-", "-": "+"}``;
        other classes stay what they are. It is required if the names of classes look as if they belong to a
        strand (``+`` and ``-``, or one letter in both cases), since a plain average would mix up the strands.
    threshold : float, optional
        Least value of the bases of a segment; 0.5 for classes. Values have no segments without it.
    min_length : int
        Shortest segment, in bases.
    decimals : int
        Decimals of the values in the tracks; runs of values that are then equal are one entry.
    chunk : int
        Models with an output for each letter: bases that are read at once.
    overlap : int
        Models with an output for each letter: bases that two chunks share.
    batch_size : int
        Models with an output for each letter: chunks of a batch.
    window : int
        Models with an output for the whole text: bases of the window; 0: as the model was trained.
    stride : int
        Models with an output for the whole text: bases between two windows; 0: a quarter of the window. The
        output is written at the centre of the window.
    """

    strands: str = choice("forward", STRANDS)
    mirror: Mapping[str, str] | None = None
    threshold: float | None = number(None)
    min_length: int = whole(1)
    decimals: int = whole(2, at_least=0)
    chunk: int = whole(6144)
    overlap: int = whole(384)
    batch_size: int = whole(16)
    window: int = whole(0, at_least=0)
    stride: int = whole(0, at_least=0)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.mirror is not None and self.strands != "average":
            raise UsageError("mirror is for strands 'average'", found=self.strands)


class PositionPredictor:
    """A model that predicts along contigs: how they are cut for it, and its predictions for the pieces.

    Parameters
    ----------
    model : DnaModel
        Its predictions have the shape (letters of all pieces, outputs) if it predicts for each letter, else
        (pieces, outputs).
    settings : AnnotateSettings

    Attributes
    ----------
    columns : list of (str, str)
        Label and strand of each column of the predictions.
    batch_size : int
        Pieces in a batch: of windows as many as have the letters of a batch of chunks.

    Raises
    ------
    UsageError
        If the settings do not suit the model.
    """

    def __init__(self, model: DnaModel, settings: AnnotateSettings):
        self.model, self.settings = model, settings
        self.window = 0 if model.by_letter else _window(settings, model.window)
        self.mirror = _mirror(settings, model.task.outputs)
        self.batch_size = settings.batch_size
        if not model.by_letter:
            self.batch_size = max(1, settings.batch_size * settings.chunk // self.window)

    @property
    def columns(self) -> list[tuple[str, str]]:
        strands = "+-" if self.settings.strands == "apart" else "."
        return [(label, strand) for strand in strands for label in self.model.task.outputs]

    @property
    def threshold(self) -> float | None:
        """Least value of a base in a segment."""
        classes = self.model.task.kind != "regression"
        return 0.5 if self.settings.threshold is None and classes else self.settings.threshold

    def is_too_short(self, length: int) -> bool:
        """Whether a contig gets no prediction, since it is shorter than the model's own window."""
        return length < self.model.window

    def plan(self, length: int) -> Iterator[Span]:
        """The spans of a contig."""
        settings = self.settings
        if self.is_too_short(length):
            return iter(())
        if self.model.by_letter:
            return chunks(length, settings.chunk, settings.overlap, self.model.pool)
        return windows(length, self.window, settings.stride or -(-self.window // 4))

    def __call__(self, pieces: list[str]) -> list[np.ndarray]:
        """Predictions, one array a piece: shape (letters, columns), or (1, columns) for the whole piece."""
        forward = self._predictions(pieces)
        if self.settings.strands == "forward":
            return forward
        reverse = [p[::-1] for p in self._predictions([reverse_complement(piece) for piece in pieces])]
        pairs = zip(forward, reverse, strict=True)
        if self.settings.strands == "apart":
            return [np.concatenate(pair, axis=1) for pair in pairs]
        return [(one + other[:, self.mirror]) / 2 for one, other in pairs]

    def _predictions(self, pieces: list[str]) -> list[np.ndarray]:
        lengths = [len(piece) for piece in pieces] if self.model.by_letter else [1] * len(pieces)
        return np.split(self.model(pieces), np.cumsum(lengths)[:-1])


def _window(settings: AnnotateSettings, own: int) -> int:
    if own and settings.window not in (0, own):
        raise UsageError(
            f"the model reads windows of {own}", found=settings.window, hint="Leave --window out."
        )
    if not own and not settings.window:
        hint = "Set --window to a length like that of the sequences it was trained on."
        raise UsageError("the model predicts for whole sequences of any length", hint=hint)
    return own or settings.window


def _mirror(settings: AnnotateSettings, outputs: list[str]) -> list[int]:
    """For each output the number of the one that it becomes on the other strand."""
    if settings.strands == "average" and settings.mirror is None:
        bound = [a for a in outputs if {a.swapcase(), a.replace("+", "-")} & ({*outputs} - {a})]
        if bound:
            hint = 'Set --mirror, as {"+": "-", "-": "+"}, or {"+": "+"} if they mean the same on both.'
            raise UsageError("these classes may belong to a strand", found=bound, hint=hint)
    mirror = settings.mirror or {}
    known_names([*mirror.keys(), *mirror.values()], outputs, "mirror")
    return [outputs.index(mirror.get(name, name)) for name in outputs]
