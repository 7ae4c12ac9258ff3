"""What a model says of every base of a text of DNA, on one strand or on both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.config.settings import check_settings, choice, known_names, number, whole
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.genomes.chunks import Span, chunks, windows
from riboswitch.modalities.sequence.encode import encode_dna

STRANDS = ("forward", "average", "apart")


@dataclass(frozen=True)
class AnnotateSettings:
    """How a model is led along a genome, and what is told of it.

    Attributes
    ----------
    strands : {"forward", "average", "apart"}
        ``forward``: contigs are read as they stand. ``average``: both strands are read, and the two answers
        for a base averaged. ``apart``: both are read, and each is told of by itself.
    mirror : dict, optional
        For ``average``: what a class is when the same base is read on the other strand, as
        ``{"+": "-", "-": "+"}``; a class that is not named stays what it is. It must be given if the names
        look bound to a strand (``+`` and ``-``, or one letter in both cases): averaging these as they are
        would mix up the two strands.
    threshold : float, optional
        A segment is a run of bases with at least this value; 0.5 for classes, and no segments of values
        unless it is given.
    min_length : int
        Shortest segment, in bases.
    decimals : int
        Digits of the values in the tracks; runs of values that are then equal are one entry.
    chunk, overlap, batch_size : int
        For models that answer for each letter: bases of a chunk, what neighbours share, chunks at a time.
    window, stride : int
        For models that answer for a text as a whole: bases of the window (0: as the model's features say)
        and of the step (0: a quarter of the window). The answer stands at the window's centre.
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


class Predicts(Protocol):
    """What is asked of `learning.inference.Predictor`."""

    model: Model
    task: Task

    def __call__(self, arrays: RaggedArrays) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations, a row for each letter or for each text."""


class Reader:
    """A model that is led along a genome: how contigs are cut for it, and what it says of the pieces.

    Parameters
    ----------
    predictor : Predictor
        Of a model of DNA or RNA (for which T is read as U).
    settings : AnnotateSettings

    Attributes
    ----------
    columns : list of (str, str)
        Label and strand of each column of the answers.
    batch_size : int
        Texts at a time: for windows as many as have the letters of a batch of chunks.

    Raises
    ------
    UsageError
        If the settings do not suit the model.
    """

    def __init__(self, predictor: Predicts, settings: AnnotateSettings):
        self.predictor, self.settings = predictor, settings
        self.encoder = predictor.model.header["encoder"]
        if self.encoder["alphabet"] not in ("dna", "rna"):
            raise UsageError("only a model of DNA or RNA letters can be led along a genome",
                             found=self.encoder["alphabet"])  # fmt: skip
        network = predictor.model.header["network"]
        self.by_letter, self.pool = predictor.task.level == "position", network.get("pool", 4)
        self.window = 0 if self.by_letter else _window(settings, self.encoder)
        self.mirror = _mirror(settings, predictor.task.outputs)
        self.batch_size = settings.batch_size
        if not self.by_letter:
            self.batch_size = max(1, settings.batch_size * settings.chunk // self.window)

    @property
    def columns(self) -> list[tuple[str, str]]:
        strands = "+-" if self.settings.strands == "apart" else "."
        return [(label, strand) for strand in strands for label in self.predictor.task.outputs]

    @property
    def threshold(self) -> float | None:
        """Least value of a base in a segment."""
        classes = self.predictor.task.kind != "regression"
        return 0.5 if self.settings.threshold is None and classes else self.settings.threshold

    def is_too_short(self, length: int) -> bool:
        """Whether a contig has no answer, since the model needs a whole window."""
        return length < self.encoder.get("window", 0)

    def plan(self, length: int) -> Iterator[Span]:
        """The spans of a contig."""
        how = self.settings
        if self.is_too_short(length):
            return iter(())
        if self.by_letter:
            return chunks(length, how.chunk, how.overlap, self.pool)
        return windows(length, self.window, how.stride or -(-self.window // 4))

    def __call__(self, texts: list[str]) -> list[np.ndarray]:
        """Answers, one array a text: shape (letters, columns), or (1, columns) for the text as a whole."""
        forth = self._answers(texts)
        if self.settings.strands == "forward":
            return forth
        back = [values[::-1] for values in self._answers([reverse_complement(text) for text in texts])]
        pairs = zip(forth, back, strict=True)
        if self.settings.strands == "apart":
            return [np.concatenate(pair, axis=1) for pair in pairs]
        return [(one + other[:, self.mirror]) / 2 for one, other in pairs]

    def _answers(self, texts: list[str]) -> list[np.ndarray]:
        mean, _ = self.predictor(encode_dna(texts, self.encoder))
        lengths = [len(text) for text in texts] if self.by_letter else [1] * len(texts)
        return np.split(mean, np.cumsum(lengths)[:-1])


def _window(settings: AnnotateSettings, encoder: Mapping[str, int]) -> int:
    own = encoder.get("window", 0)
    if own and settings.window not in (0, own):
        raise UsageError(f"the model reads windows of {own}", found=settings.window, hint="Leave window out.")
    if not own and not settings.window:
        hint = "Set window to a length like that of the sequences it was trained on."
        raise UsageError("the model answers for sequences as a whole, of any length", hint=hint)
    return own or settings.window


def _mirror(settings: AnnotateSettings, outputs: list[str]) -> list[int]:
    """For each output the one that it is on the other strand."""
    if settings.strands == "average" and settings.mirror is None:
        bound = [a for a in outputs if {a.swapcase(), a.replace("+", "-")} & ({*outputs} - {a})]
        if bound:
            hint = 'Set mirror, as {"+": "-", "-": "+"}, or {"+": "+"} if they mean the same on both.'
            raise UsageError("these classes may be bound to a strand", found=bound, hint=hint)
    mirror = settings.mirror or {}
    known_names([*mirror.keys(), *mirror.values()], outputs, "mirror")
    return [outputs.index(mirror.get(name, name)) for name in outputs]
