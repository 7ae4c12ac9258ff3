"""The optional parts of a modality, as typed protocols. See `riboswitch.modalities.base`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from riboswitch.modalities.parts import Inputs

if TYPE_CHECKING:
    import numpy as np

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.records import Record, Records, Rejection
    from riboswitch.data.task import Task


class BaseLearner(Protocol):
    """A method that answers beside the networks of a bundle, from the same arrays."""

    @classmethod
    def fit(
        cls,
        arrays: RaggedArrays,
        rows: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        task: Task,
        *,
        seed: int,
        threads: int = 1,
    ) -> BaseLearner:
        """Learn from ``rows``; labels (all rows, targets) with gaps as NaN, and weights (all rows,)."""
        ...

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        ...

    def predict(self, arrays: RaggedArrays, rows: np.ndarray) -> np.ndarray:
        """Probabilities or values, shape (rows, outputs)."""
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """All that it has learned, as arrays by name."""
        ...

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], task: Task) -> BaseLearner:
        """Make it from its `tensors`.

        Raises
        ------
        KeyError, BundleError
            If one is missing, or they do not fit together.
        """
        ...


class StackPart(Protocol):
    """Base learners of the stack."""

    def base_learners(self, meta: Mapping[str, Any]) -> dict[str, type[BaseLearner]]:
        """Return the base learners for arrays with this meta, by name."""


class Changes(NamedTuple):
    """Changes of one input that are tried in turn.

    Attributes
    ----------
    part : ndarray
        Number of the part that each change concerns, from 0, shape (changes,).
    to : list of str
        What the part becomes; empty if it is left out.
    """

    part: np.ndarray
    to: list[str]


class Explainer(Protocol):
    """What each part of an input does to an answer."""

    @property
    def PART(self) -> str:
        """What a part is called, as ``atom``."""

    @property
    def COLOURS(self) -> tuple[str, ...]:
        """Colours of the lowest, a middle and the highest score; empty if drawings show scores by height."""

    @property
    def rules(self) -> Any:
        """An `evaluation.maps.Rules`: when a map may be shown."""

    def parts(self, arrays: RaggedArrays, row: int) -> list[str]:
        """Return the names of the parts of one input."""

    def changes(self, arrays: RaggedArrays, row: int) -> Changes:
        """Return the changes to try."""

    def without_each(self, arrays: RaggedArrays, row: int) -> RaggedArrays:
        """Return the input, then the input after each change: 1 + changes items."""

    def draw(self, component: Any, scores: Sequence[float] | None, largest: float, name: str, /) -> Any:
        """Return the input as SVG, its parts coloured by their scores."""

    @property
    def answers(self) -> Callable[[Any, RaggedArrays, int], np.ndarray] | None:
        """``answers(network, arrays, row)``: raw outputs for `without_each`, computed faster; or None."""


class RowBatch(NamedTuple):
    """Rows of a library after reading and encoding.

    Attributes
    ----------
    items : list of Record or Rejection
        One a row, in their order.
    keys : list of str
        One a record: equal for equal compounds.
    arrays : RaggedArrays
        The records, encoded.
    """

    items: list[Record | Rejection]
    keys: list[str]
    arrays: RaggedArrays


class RowCount(NamedTuple):
    """Rows of a file: counted, or (not ``exact``) estimated from its bytes."""

    rows: int
    exact: bool


class LibraryPart(Protocol):
    """Libraries: files with millions of rows, prepared once and screened many times."""

    @property
    def KEYS(self) -> tuple[str, ...]:
        """Keys that tell equal inputs: the first is `Reader.identity`, the last the cheapest."""

    def rows(self, path: str | Path, reading: Mapping[str, Any]) -> Iterator[Any]:
        """Stream the raw rows of a file, in order; cheap."""

    def BatchReader(
        self, path: str | Path, reading: Mapping[str, Any], encoder: Mapping[str, Any] | None, key: str
    ) -> Callable[[Sequence[Any]], RowBatch]:
        """Return a function that reads and encodes raw rows; ``key`` is one of `KEYS`, or ``none``."""

    def keys(self, inputs: Inputs, by: str) -> list[str]:
        """Return one key an input."""

    def count(self, path: str | Path, format: str | None = None) -> RowCount:
        """Count the rows of a file."""

    def sample_rows(
        self, path: str | Path, to: Path, runs: Sequence[range], counted: RowCount, format: str | None = None
    ) -> str:
        """Copy runs of rows into a file; returns its format."""


class Similarity(Protocol):
    """How alike two inputs are."""

    @property
    def NAME(self) -> str:
        """What the similarity is, for columns and reports."""

    def fingerprints(self, inputs: Inputs) -> np.ndarray:
        """Return packed fingerprints, uint8 of shape (inputs, bytes)."""

    def nearest(self, queries: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each query the largest similarity and its reference, both of shape (queries,)."""


class Pretext(Protocol):
    """A task without labels, to pre-train on."""

    @property
    def ALPHABETS(self) -> tuple[str, ...]:
        """Alphabets that positions may be hidden in."""

    def corrupt(
        self, inputs: Inputs, *, alphabet: str, copies: int, hidden: float, seed: int
    ) -> tuple[dict[str, list[Any]], list[str]]:
        """Return copies of the inputs with some positions hidden, and the labels of all positions."""


class GenomeSource(Protocol):
    """Records made from an annotated genome."""

    @property
    def annotated_records(self) -> Callable[..., Records]:
        """``annotated_records(path, spec, target=..., **reading)``: labelled records of one genome."""

    @property
    def background(self) -> Callable[..., Records]:
        """``background(genome, inputs, fields, options)``: reading frames unlike the inputs."""


class Drawer(Protocol):
    """Pictures of inputs."""

    @property
    def draw(self) -> Callable[..., Any]:
        """``draw(value, name)``: SVG of one component's value, which can stand in a page."""
