"""Score each row of a prepared library with each given input of the other side, block by block.

The library is prepared as any other of its modality. Memory depends neither on its rows nor on the number of
given inputs: these are taken in parts, so that a table holds at most `PAIRS_TOGETHER` pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.config.settings import positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.library import Library
from riboswitch.data.library_part import SCREENING_COLUMNS, BlockRange
from riboswitch.data.model import Model
from riboswitch.data.records import Record
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import sha256
from riboswitch.io.log.progress import tracked
from riboswitch.io.summary import write_note
from riboswitch.learning.forms import FurtherForms
from riboswitch.learning.inference import Predictor
from riboswitch.learning.output_columns import form_counts, output_columns
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import require_encoding
from riboswitch.modalities.pair_parts import CrossingPart, Given
from riboswitch.modalities.stored_reading import stored_reading
from riboswitch.screening.process_pool import cores, ordered

PAIRS_TOGETHER = 2**16
AGAINST = "against"
"""Column of the scores: the id of the given input."""
BETWEEN = "|"
"""Between the ids of both sides, as `predict` writes them."""


@dataclass(frozen=True)
class CrossSettings:
    """A model of pairs, the side that is given, and how the model is applied.

    Attributes
    ----------
    model : Model
    options : mapping
        Options of the reader of pairs that cross a side, as ``{"cross": "left", "left_file": PATH}``.
    precision, device : str
        See `Predictor`.
    """

    model: Model
    options: Mapping[str, Any]
    precision: str = "float32"
    device: str = "cpu"

    @property
    def modality(self) -> Modality:
        return find(self.model.modality)

    @property
    def crossing(self) -> CrossingPart:
        return self.modality.required("crossing", self.modality.crossing)

    @property
    def encoding(self) -> dict[str, Any]:
        encoding: dict[str, Any] = self.model.header["encoder"]
        return encoding

    @property
    def digest(self) -> str:
        """SHA-256 of the file of given inputs."""
        return sha256(self.crossing.file_of(self.options))

    def given(self) -> Given:
        """Read and encode the given inputs; those that cannot be used are said and left out."""
        reading = stored_reading(self.model, self.modality)
        side, items = self.crossing.read_given(self.options, reading)
        records = []
        for item in items:
            if isinstance(item, Record):
                records.append(item)
            else:
                write_note(f"not screened against {item.id}: {item.reason}")
        values = [next(iter(record.components.values())) for record in records]
        ids = [record.id for record in records]
        return Given(side, ids, values, self.crossing.encode_given(side, values, ids, self.encoding))

    def require_library(self, library: Library, side: str) -> Modality:
        """The modality of the library; raises unless the model reads such libraries."""
        (other, wanted), where = self.crossing.library_of(side), str(library.folder)
        if library.header["modality"] != wanted:
            raise UsageError("the library is of another side than the model needs", where=where,
                             found=library.header["modality"], hint=f"Prepare one of {wanted}.")  # fmt: skip
        modality = find(wanted)
        if not modality.encoder.serves(library.header["encoder"], self.encoding[other]):
            raise InputError("the library was encoded differently than the model expects", where=where,
                             hint="Prepare it again, with the model's settings of featurize.")  # fmt: skip
        return modality


class Task(NamedTuple):
    """Rows of a library, and the given inputs from ``start`` to ``stop``."""

    rows: BlockRange
    start: int
    stop: int

    @property
    def pairs(self) -> int:
        return self.rows.rows * (self.stop - self.start)


class CrossScorer:
    """Scores rows of a library with given inputs; each process has its own."""

    def __init__(self, folder: Path, settings: CrossSettings, given: Given):
        self.library, self.settings = Library.open(folder), settings
        self.predictor = Predictor(settings.model, settings.modality, precision=settings.precision,
                                   device=settings.device)  # fmt: skip
        if settings.precision == "float32":
            self.predictor.check_golden()
        self.given, self.modality = given, settings.require_library(self.library, given.side)
        self._last: tuple[BlockRange | None, Any] = (None, None)

    def __call__(self, task: Task) -> pd.DataFrame:
        """A table with one row a pair: those of a row of the library follow each other."""
        names, values, arrays = self._block(task.rows)
        given, settings = self.given.part(task.start, task.stop), self.settings
        inputs, pairs = settings.crossing.pairs(given, arrays, values, settings.encoding)
        forms = FurtherForms.of(inputs, settings.modality, settings.encoding)
        answers = output_columns(settings.model, *self.predictor.of_forms(pairs, forms),
                                 self.predictor.calibration)  # fmt: skip
        numbers = answers.select_dtypes("float64").columns
        return pd.concat([
            self._names(names, given).assign(**form_counts(forms)),
            answers.astype(dict.fromkeys(numbers, np.float32)),
        ], axis=1)  # fmt: skip

    def _names(self, names: pd.DataFrame, given: Given) -> pd.DataFrame:
        repeated = names.loc[names.index.repeat(len(given.ids))].reset_index(drop=True)
        against = np.tile(np.array(given.ids, object), len(names))
        sides = (against, repeated["id"]) if given.side == "left" else (repeated["id"], against)
        ids = [BETWEEN.join(pair) for pair in zip(*sides, strict=True)]
        return pd.DataFrame({
            "row": repeated["row"], "id": pd.array(ids, dtype="str"),
            AGAINST: pd.array(against, dtype="str"),
        })  # fmt: skip

    def _block(self, rows: BlockRange) -> tuple[pd.DataFrame, list[Any], RaggedArrays]:
        """Names, inputs and completed arrays of a block; the last one is kept for the next given inputs."""
        if self._last[0] != rows:
            component = self.modality.component
            block = self.library.block(rows, [*SCREENING_COLUMNS, component])
            require_encoding(block.arrays, self.modality, str(self.library.folder))
            values = block.table[component].to_pylist()
            arrays = self.settings.crossing.encode_library(self.given.side, block.arrays, values,
                                                           self.settings.encoding)  # fmt: skip
            names = block.table.select(["row", "id"]).to_pandas(use_threads=False)
            self._last = rows, (names, values, arrays)
        found: tuple[pd.DataFrame, list[Any], RaggedArrays] = self._last[1]
        return found


def screen_crossed(
    source: str | Path,
    settings: CrossSettings,
    given: Given,
    shard: int = 0,
    shards: int = 1,
    processes: int = 1,
) -> Iterator[pd.DataFrame]:
    """Score a shard of a prepared library with all given inputs; yields at least one table.

    Raises
    ------
    UsageError, InputError
        If the library is not one of the other side, encoded as the model's.
    """
    if not Path(source).is_dir():
        hint = "riboswitch prepare makes one; riboswitch predict --cross reads any file."
        problem = "a model of pairs screens a prepared library of one side"
        raise UsageError(problem, where=str(source), hint=hint)
    positive_int("processes", processes, least=0)
    library = Library.open(source)
    settings.require_library(library, given.side)
    work = library.folder, settings, given
    ranges = library.block_ranges(shard, shards)
    if not ranges:
        yield CrossScorer(*work)(Task(BlockRange(0, 0, 1), 0, 1))[:0]
        return
    tasks = [task for rows in ranges for task in parts(rows, len(given.ids))]
    total = sum(task.pairs for task in tasks)
    tables = ordered(CrossScorer, work, tasks, processes or min(cores(), len(tasks)))
    yield from tracked(tables, "screen", "pairs", total, len)


def parts(rows: BlockRange, given: int) -> list[Task]:
    """Cut the pairs of a block into parts of at most `PAIRS_TOGETHER`, or of one given input."""
    step = max(1, PAIRS_TOGETHER // rows.rows)
    return [Task(rows, start, min(start + step, given)) for start in range(0, given, step)]
