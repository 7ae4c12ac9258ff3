"""The needed parts of a modality, as typed protocols. See `riboswitch.modalities.base`.

A part is a module, or any object, with the members of its protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, dtype

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.records import Record, Rejection
    from riboswitch.data.task import Level

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
