"""The optional parts of a modality, as typed protocols. See `riboswitch.modalities.base`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from riboswitch.modalities.parts import Inputs

if TYPE_CHECKING:
    import numpy as np

    from riboswitch.config.found_columns import Stream
    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.model import Model
    from riboswitch.data.records import Record, Records, Rejection
    from riboswitch.data.task import Kind


class Changes(NamedTuple):
    """Changes of one input, each of one part.

    Attributes
    ----------
    part : ndarray
        Number of the changed part, from 0, shape (changes,).
    to : list of str
        New value of the part; empty if it is left out.
    """

    part: np.ndarray
    to: list[str]


class Explainer(Protocol):
    """Measures the effect of each part of an input on a prediction."""

    @property
    def PART(self) -> str:
        """Name of a part, as ``atom``."""

    @property
    def COLOURS(self) -> tuple[str, ...]:
        """Colours of the lowest, a middle and the highest score; empty if drawings show scores by height."""

    @property
    def rules(self) -> Any:
        """An `evaluation.maps.Rules`: conditions for showing a map."""

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
        """``answers(network, arrays, row)``: raw outputs for the items of `without_each`, faster; or None."""


class RowBatch(NamedTuple):
    """Rows of a library after reading and encoding.

    Attributes
    ----------
    items : list of Record or Rejection
        One a row, in order.
    keys : list of str
        One a record; equal for equal inputs.
    arrays : RaggedArrays
        The records, encoded.
    """

    items: list[Record | Rejection]
    keys: list[str]
    arrays: RaggedArrays


class RowCount(NamedTuple):
    """Number of rows of a file: counted, or estimated from its bytes if not ``exact``."""

    rows: int
    exact: bool


class LibraryPart(Protocol):
    """Libraries: files with millions of rows, prepared once and screened many times."""

    @property
    def KEYS(self) -> tuple[str, ...]:
        """Kinds of keys of inputs: the first is `Reader.identity`, the last the fastest."""

    def rows(self, path: str | Path, reading: Mapping[str, Any]) -> Stream[Any]:
        """Stream the raw rows of a file, in order; fast, since nothing is parsed.

        The file is open when this returns, so ``found.options`` are known: options that `BatchReader` needs
        besides those of ``reading``.
        """

    def BatchReader(
        self, path: str | Path, reading: Mapping[str, Any], encoder: Mapping[str, Any] | None, key: str
    ) -> Callable[[Sequence[Any]], RowBatch]:
        """Return a function that reads and encodes raw rows; ``key`` is one of `KEYS`, or ``none``."""

    def keys(self, inputs: Inputs, by: str) -> list[str]:
        """Return one key an input."""

    def count(self, path: str | Path, format: str | None = None, skip_lines: int = 0) -> RowCount:
        """Count the rows of a file."""

    def sample_rows(
        self,
        path: str | Path,
        to: Path,
        runs: Sequence[range],
        counted: RowCount,
        format: str | None = None,
        skip_lines: int = 0,
    ) -> str:
        """Copy runs of rows into a file; returns its format."""


class Similarity(Protocol):
    """Measures the similarity of inputs."""

    @property
    def NAME(self) -> str:
        """Name of the similarity, for reports."""

    def fingerprints(self, inputs: Inputs) -> np.ndarray:
        """Return packed fingerprints, uint8 of shape (inputs, bytes)."""

    def nearest(self, queries: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each query the largest similarity and its reference, both of shape (queries,)."""


class AblationsPart(Protocol):
    """Networks that lack something, to show what it adds; a scorecard trains them beside the network."""

    @property
    def ABLATIONS(self) -> Mapping[str, Mapping[str, Any]]:
        """Settings of the network by name of the ablation."""


class Exercise(NamedTuple):
    """Examples of a task without labels: copies of inputs with something hidden.

    Attributes
    ----------
    inputs : mapping of str to list
        The inputs of the copies, by component; all copies of the first input first.
    arrays : RaggedArrays
        The copies, encoded; the id of a copy is that of its input, ``#`` and its number from 0.
    labels : mapping of str to sequence
        Columns with what the network learns, one value a copy.
    """

    inputs: Mapping[str, list[Any]]
    arrays: RaggedArrays
    labels: Mapping[str, Any]


class Pretext(Protocol):
    """A pre-training task, which needs no labels."""

    @property
    def KIND(self) -> Kind:
        """Kind of the task."""

    @property
    def NETWORK(self) -> Mapping[str, Any]:
        """Settings of the network that the task needs, besides those below the head."""

    @property
    def exercise(self) -> Callable[..., Exercise]:
        """``exercise(inputs, ids, *, copies, hidden, seed, **options)``: copies with a fraction hidden."""


class StartFiles(Protocol):
    """Files of other programs that networks can start from."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]:
        """Suffixes of such files."""

    def read_start(self, path: str | Path) -> Model:
        """Return the network of a file. It may have no head, and then no task."""


class GenomeSource(Protocol):
    """Records made from an annotated genome."""

    @property
    def annotated_records(self) -> Callable[..., Records]:
        """``annotated_records(path, spec, target=..., **reading)``: labelled records of one genome."""

    @property
    def background(self) -> Callable[..., Records]:
        """``background(genome, inputs, fields, options)``: reading frames that are unlike the inputs."""


class ReusePart(Protocol):
    """Lets baselines use what encoded arrays hold, where both would compute it."""

    def reuse(self, inputs: Inputs, arrays: RaggedArrays) -> None:
        """Keep what the arrays of these inputs hold. Baselines answer the same with and without it."""


class FormsPart(Protocol):
    """Lists the forms of inputs that stand for several, as a racemate stands for two enantiomers."""

    def several(self, inputs: Inputs) -> Mapping[int, Mapping[str, list[Any]]]:
        """Return the forms of each input that has several, by its row.

        The forms are inputs themselves: for each component one value a form. The first is the form that is
        encoded for the input. Every form is predicted; the answer is their mean, with its range.
        """


class Inventor(Protocol):
    """Makes up inputs that stem from no data, so that a bundle can test itself without training rows."""

    def invent(
        self, number: int, seed: int, reading: Mapping[str, Any], encoder: Mapping[str, Any]
    ) -> list[Any]:
        """Return values as `Reader.read_list` takes them; with another seed others.

        ``reading`` and ``encoder`` are settings of `Reader.read` and of `Encoder.encode`, which should accept
        most of the values.
        """


class Drawer(Protocol):
    """Draws inputs."""

    @property
    def sketch(self) -> Callable[[Any], Any]:
        """``sketch(value)``: one component's value as a `drawing.sketch.Sketch`; None if it has none."""


class Assessor(Protocol):
    """Rules by which inputs are chosen or left out."""

    @property
    def RULES(self) -> Mapping[str, str]:
        """Names of the rules, and what each asks for."""

    def broken(self, inputs: Inputs, rules: Sequence[str]) -> list[dict[str, str]]:
        """Return for each input the rules that it breaks, each with what was found."""


class AuditKind(NamedTuple):
    """A way in which a test row can be related to a training row.

    Attributes
    ----------
    level : str
        ``red``: both are one thing, so the test row was seen in training. ``amber``: close relatives.
    meaning : str
        What the two have in common, for people.
    """

    level: str
    meaning: str


class Sketch(NamedTuple):
    """What an audit needs to know of some rows.

    Attributes
    ----------
    keys : mapping of str to list
        For each kind that is found by equal keys, one key a row; None: the row has none.
    arrays : mapping of str to ndarray
        Further values, one a row.
    """

    keys: Mapping[str, list[str | None]]
    arrays: Mapping[str, np.ndarray]


class Partners(NamedTuple):
    """The training row that each test row resembles most.

    Attributes
    ----------
    train : ndarray
        int64, shape (test rows,): its position; -1: there is none.
    value : ndarray
        float64, shape (test rows,): from 0 to 1; NaN: it cannot be measured.
    """

    train: np.ndarray
    value: np.ndarray


class Compared(NamedTuple):
    """What two sketches have in common beyond equal keys: partners by kind, and the nearest by measure."""

    kinds: Mapping[str, Partners]
    nearest: Mapping[str, Partners]


class Auditor(Protocol):
    """Finds what training and test rows have in common."""

    @property
    def KINDS(self) -> Mapping[str, AuditKind]:
        """Kinds of relation by name, the closest first."""

    @property
    def SAME(self) -> tuple[str, ...]:
        """Kinds with keys whose rows are one thing, so that their labels should agree."""

    @property
    def MEASURES(self) -> Mapping[str, str]:
        """Measures of `Compared.nearest` by name, and what they mean."""

    @property
    def FIELDS(self) -> tuple[str, ...]:
        """Fields of records that `sketch` uses beside the components, where there are any."""

    @property
    def AuditSettings(self) -> type:
        """The dataclass of its settings."""

    def sketch(self, inputs: Inputs, reading: Mapping[str, Any]) -> Sketch:
        """Sketch some rows; ``inputs`` holds components and fields, ``reading`` how they were read."""

    def compare(self, train: Sketch, test: Sketch, settings: Any, threads: int) -> Compared:
        """Compare two sketches; partners are the first of equally close training rows."""
