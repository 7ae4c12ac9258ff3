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
    from riboswitch.errors import Problem

Inputs = Mapping[str, Sequence[Any]]
"""Inputs of several records: for each component one value a record."""


class Reader(Protocol):
    """Reads files as records."""

    @property
    def FILE_OPTIONS(self) -> tuple[str, ...]:
        """Options of `read` that describe one file. The others are stored with a model."""

    @property
    def INPUT_COLUMNS(self) -> tuple[str, ...]:
        """Other names, besides the component's, of a column of inputs: patterns for `find_column`."""

    @property
    def CARRIED(self) -> Mapping[str, str]:
        """Fields that tables of answers carry besides the id, and their names there: the input as given."""

    @property
    def read(self) -> Callable[..., Iterator[Record | Rejection]]:
        """``read(path, *, format=None, **options)``: a file as a stream of records and rejections.

        Everything that may be wrong with one row makes a rejection and no error, but for what only the
        encoder knows, see `Encoder.problem`. If ``repeated_ids`` is an option, ``keep`` keeps every row
        whatever its id; if ``columns`` is, it names the fields to keep. A reader that finds columns by their
        names gives a `Stream`. If ``labels`` is an option, it names columns that are no inputs: `parse` adds
        its targets. What a `Stream` learned about a file, a model keeps with the other options.
        """

    @property
    def read_list(self) -> Callable[..., Iterator[Record | Rejection]]:
        """``read_list(values, ids=None, **options)``: the same for values in memory.

        ``values`` are texts; for a modality of several components, mappings of component to value.
        """

    def identity(self, components: Mapping[str, Any]) -> str:
        """Return a key of an input that is equal for duplicates."""

    def kin(self, components: Mapping[str, Any]) -> frozenset[str]:
        """Return keys of an input; inputs that share one are kin, as a salt and a stereoisomer are.

        Inputs of equal `identity` share a key.
        """

    def kin_hint(self, components: Mapping[str, Any]) -> str:
        """Return a text that all kin have in common. It is quick to make; others may have it, too."""

    @property
    def SAME(self) -> tuple[str, str]:
        """What equal keys are called, as ``same InChIKey``, and what inputs are that differ and have one key.

        The second is empty if equal keys mean equal inputs.
        """

    def label_lengths(self, components: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the allowed numbers of labels if each position has one; empty without positions."""


class Grouper(Protocol):
    """Groups records that must stay on one side of a split."""

    @property
    def METHODS(self) -> tuple[str, ...]:
        """Names of the grouping methods."""

    @property
    def RELATIVES(self) -> str | None:
        """The method that finds relatives on both sides of another split; None: there is no such check."""

    @property
    def group(self) -> Callable[..., list[str]]:
        """``group(inputs, method, **options)``: one group label a record."""

    @property
    def settle(self) -> Callable[..., dict[str, Any]]:
        """``settle(inputs, method, **options)``: the options that `group` uses, with defaults filled in."""

    def size(self, inputs: Inputs) -> int:
        """Return the size of the inputs in letters, as a measure of the work of finding relatives."""


class Encoder(Protocol):
    """Encodes records as arrays. Code that works on the arrays needs no biology and no chemistry."""

    @property
    def EncoderSettings(self) -> type:
        """The dataclass of its settings."""

    def problem(self, components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
        """Return why a record that was read cannot be encoded; None if it can. `encode` raises for it."""

    def encode(
        self, inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None
    ) -> RaggedArrays:
        """Encode inputs; the meta of earlier arrays is accepted as ``settings``."""

    def of_reading(self, reading: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that follow from how the records were read, such as names of features."""

    def serves(self, encoding: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        """Return whether arrays with the meta ``encoding`` hold all that a model of ``wanted`` reads."""

    def for_networks(self, encoding: Mapping[str, Any]) -> dict[str, Any]:
        """Return the meta of arrays that hold only what networks read, without what base learners read."""


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
        """Rows of a batch in prediction."""

    @property
    def TRUNK(self) -> tuple[str, ...]:
        """Names of the modules below the head, first to last; empty if no network can start from another."""

    @property
    def TRUNK_SETTINGS(self) -> tuple[str, ...]:
        """Settings that a network shares with the one that it starts from, besides the shapes of `TRUNK`."""

    @property
    def IN_PAIRS(self) -> Mapping[str, Any]:
        """Defaults of `NetworkSettings` for the network of a side of pairs, where they are others."""

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
        """Return network settings that suit the level of the labels and the arrays."""

    @property
    def PER_POSITION(self) -> Mapping[str, Any]:
        """Network settings that labels of positions require, and that other labels forbid."""

    def positions(self, arrays: RaggedArrays) -> np.ndarray | None:
        """Return offsets of the positions of each row, shape (rows + 1,); None without positions."""


class NetworkModule(Protocol):
    """What a network offers beyond `torch.nn.Module`: ``forward`` is the head applied to the embedding.

    Attributes
    ----------
    precision : dtype or None
        Precision of the layers below the head, which can be set; None: float32 only.
    """

    precision: dtype | None

    @property
    def width(self) -> int:
        """Length of an embedding."""

    def embed(self, batch: Any) -> Tensor:
        """Return one vector a record, shape (records, width)."""

    def fit_scalers(self, arrays: RaggedArrays, rows: np.ndarray) -> None:
        """Compute means and standard deviations of the training rows, for scaling.

        They are buffers of equal shape whose names end with ``mean`` and ``sd``, or ``centre`` and ``scale``:
        by these, owners of a federated training agree on them. Others are averaged over owners.
        """


Baseline = Callable[..., "np.ndarray"]
"""``baseline(train_inputs, train_labels, inputs, task, *, seed, weights=None, threads=1)``: outputs of shape
(inputs, outputs). Both inputs are `Inputs`; labels have shape (training rows, targets), gaps as NaN."""


class Baselines(Protocol):
    """Baselines: well-known methods to compare a network with."""

    @property
    def BASELINES(self) -> Mapping[str, Baseline]:
        """Baselines by name, for labels of records."""

    @property
    def POSITION_BASELINES(self) -> Mapping[str, Baseline]:
        """Baselines by name, for labels of positions; may be empty."""

    @property
    def SURVIVAL_BASELINES(self) -> Mapping[str, Baseline]:
        """Baselines by name that learn times and events themselves, shape (rows, 2); may be empty.

        The other baselines of records learn residuals, see `learning.base_learners.cox.residuals`.
        """
