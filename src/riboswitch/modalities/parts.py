"""The parts of a modality, as typed protocols. See `riboswitch.modalities.base`.

A part is a module, or any object, with the members of its protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, dtype

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.records import Record, Records, Rejection
    from riboswitch.data.task import Level, Task

Inputs = Mapping[str, Sequence[Any]]
"""Inputs of several records: for each component one value a record."""


class Reader(Protocol):
    """From files to records."""

    @property
    def FILE_OPTIONS(self) -> tuple[str, ...]:
        """Options of `read` that describe one file. The others describe the modality, and go with a model."""

    @property
    def INPUT_COLUMNS(self) -> tuple[str, ...]:
        """Names that a column of inputs may have in a table in memory, beside the component's own."""

    @property
    def read(self) -> Callable[..., Iterator[Record | Rejection]]:
        """``read(path, *, format=None, **options)``: a file as a stream of records and rejections."""

    @property
    def read_list(self) -> Callable[..., Iterator[Record | Rejection]]:
        """``read_list(values, ids=None, **options)``: the same for values that are in memory.

        ``values`` are texts, or for a modality of several components mappings of component to value.
        """

    def identity(self, components: Mapping[str, Any]) -> str:
        """Return a key that is equal for the duplicates of one input."""

    def label_lengths(self, components: Mapping[str, Any]) -> tuple[int, ...]:
        """Return how many labels an input may have if each position has one; empty without positions."""


class Grouper(Protocol):
    """Which records must stay on one side of a split."""

    @property
    def METHODS(self) -> tuple[str, ...]:
        """Names of the ways to group."""

    @property
    def RELATIVES(self) -> str | None:
        """The method that finds relatives which another split tears apart; None: none are looked for."""

    @property
    def group(self) -> Callable[..., list[str]]:
        """``group(inputs, method, **options)``: one group label a record."""

    @property
    def settle(self) -> Callable[..., dict[str, Any]]:
        """``settle(inputs, method, **options)``: the options that `group` uses, defaults filled in."""

    def size(self, inputs: Inputs) -> int:
        """Return a measure of the work that looking for relatives takes, in letters."""


class Encoder(Protocol):
    """From records to arrays: the last part that knows biology or chemistry."""

    @property
    def EncoderSettings(self) -> type:
        """The dataclass of its settings."""

    def encode(
        self, inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None
    ) -> RaggedArrays:
        """Encode inputs; the meta of earlier arrays is accepted as ``settings``."""


class NetworkPart(Protocol):
    """Networks on encoded arrays: tensors only."""

    @property
    def NetworkSettings(self) -> type:
        """The dataclass of its settings."""

    @property
    def TRAINING(self) -> Mapping[str, Any]:
        """Defaults of `TrainSettings` for this modality."""

    @property
    def INFERENCE_ROWS(self) -> int:
        """Rows of a batch when nothing is trained."""

    @property
    def TRUNK(self) -> tuple[str, ...]:
        """Names of the modules below the head; empty if a network cannot start from another."""

    @property
    def Network(self) -> Callable[[Any, int, Mapping[str, Any]], Any]:
        """``Network(settings, n_outputs, meta)``: an untrained `NetworkModule` for arrays with this meta."""

    def collate(self, arrays: RaggedArrays, rows: np.ndarray) -> Any:
        """Join rows into one batch."""

    def batches(
        self, arrays: RaggedArrays, rows: np.ndarray, batch_size: int, rng: np.random.Generator | None = None
    ) -> Iterator[np.ndarray]:
        """Cut rows into batches, every row once; shuffled if ``rng`` is given."""

    def suited(self, level: Level, meta: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return network settings that the level of the labels and the arrays ask for."""

    @property
    def PER_POSITION(self) -> Mapping[str, Any]:
        """Network settings that go with a label for each position, and only with it."""

    def positions(self, arrays: RaggedArrays) -> np.ndarray | None:
        """Return offsets of the positions of each row, shape (rows + 1,); None without positions."""


class NetworkModule(Protocol):
    """What a network offers beyond `torch.nn.Module`: ``forward`` is the head applied to the embedding.

    Attributes
    ----------
    precision : dtype or None
        In which it computes up to its head, and which can be set; None: in float32 only.
    """

    precision: dtype | None

    @property
    def width(self) -> int:
        """Length of an embedding."""

    def embed(self, batch: Any) -> Tensor:
        """Return one vector a record, shape (records, width)."""

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Take means and standard deviations from the training rows."""


Baseline = Callable[..., "np.ndarray"]
"""``baseline(train_inputs, train_labels, inputs, task, *, seed, weights=None, threads=1)``: outputs of shape
(inputs, outputs). Both inputs are `Inputs`; labels have shape (training rows, targets), gaps as NaN."""


class Baselines(Protocol):
    """Well-known methods that are always trained beside the network."""

    @property
    def BASELINES(self) -> Mapping[str, Baseline]:
        """By name, for a label each record."""

    @property
    def POSITION_BASELINES(self) -> Mapping[str, Baseline]:
        """For a label each position; empty if there are none."""


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
