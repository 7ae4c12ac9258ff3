"""Models that are loaded and ready to score blocks of a prepared library, or raw rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.input_order import carried_of_rows
from riboswitch.data.library import Library
from riboswitch.data.library_part import SCREENING_COLUMNS, Block, BlockRange
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError
from riboswitch.learning.forms import FurtherForms
from riboswitch.learning.inference import Predictor
from riboswitch.learning.output_columns import form_counts, output_columns
from riboswitch.learning.trust.out_of_fold import OutOfFold
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import require_encoding
from riboswitch.modalities.optional_parts import LibraryPart
from riboswitch.screening.nearest import OUT_OF_FOLD, TrainingSet


@dataclass(frozen=True)
class ScreenSettings:
    """Models, and settings of applying them.

    Attributes
    ----------
    models : mapping of str to Model
        The name is the prefix of the model's columns, as ``solubility.``; no prefix if it is empty.
    nearest : bool
        Whether to find the nearest training compound of each compound. This takes longer than everything
        else.
    precision, device : str
        See `Predictor`.
    """

    models: Mapping[str, Model]
    nearest: bool = False
    precision: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for model in self.models.values():
            modality = find(model.modality)
            modality.required("library", modality.library)
        encoder = self.encoder
        for model in self.models.values():
            if not self.modality.encoder.serves(encoder, model.header["encoder"]):
                raise InputError("the models were trained on compounds encoded differently",
                                 found=model.header["encoder"], hint="Screen with each alone.")  # fmt: skip

    @property
    def key(self) -> str:
        """Kind of key by which raw rows are compared with training compounds; ``none`` without any."""
        known = any(TrainingSet(model).known for model in self.models.values())
        keys = self.library.KEYS
        return (keys[0] if self.nearest else keys[-1]) if known else "none"

    @property
    def modality(self) -> Modality:
        return find(self.first.modality)

    @property
    def library(self) -> LibraryPart:
        return self.modality.required("library", self.modality.library)

    @property
    def first(self) -> Model:
        """The first model; all are of one modality."""
        return next(iter(self.models.values()))

    @property
    def encoder(self) -> dict[str, Any]:
        """The encoding that serves most of the models: the first of those that do."""
        wanted = [model.header["encoder"] for model in self.models.values()]
        serves = self.modality.encoder.serves
        return max(wanted, key=lambda encoding: sum(serves(encoding, other) for other in wanted))

    def screeners(self, key: str) -> list[Screener]:
        """Load all models."""
        return [Screener(name, self, key) for name in self.models]


class Screener:
    """A loaded model: scores blocks and compares their compounds with its training compounds.

    Parameters
    ----------
    name : str
        Name of the model.
    settings : ScreenSettings
    key : str
        Kind of the keys of the blocks: one of the library's `KEYS`.
    """

    def __init__(self, name: str, settings: ScreenSettings, key: str):
        self.model, self.prefix, self.key = settings.models[name], f"{name}." if name else "", key
        self.predictor = Predictor(
            self.model, settings.modality, precision=settings.precision, device=settings.device
        )
        if settings.precision == "float32":
            self.predictor.check_golden()
        self.training, self.nearest = TrainingSet(self.model), settings.nearest
        self.out_of_fold = OutOfFold.of(self.model)

    def __call__(self, block: Block, forms: FurtherForms | None = None) -> pd.DataFrame:
        """Score one block; adds the columns about training compounds if the bundle holds these.

        A training compound has its out-of-fold answer, if the bundle has one, and is marked.
        """
        mean, sd, span = self.predictor.of_forms(block.arrays, forms)
        told = {}
        if self.out_of_fold is not None:
            rows = self.training.rows(block.table["key"], self.key)
            mean, told[OUT_OF_FOLD] = self.out_of_fold.replaced(mean, rows)
        table = output_columns(self.model, mean, sd, span, self.predictor.calibration)
        if self.training.known:
            table = table.assign(**self.training.columns(block.table["key"], self.key), **told)
        if self.training.comparable and self.nearest:
            columns = block.table.select(self.model.header["components"]).to_pandas(use_threads=False)
            inputs = {name: values.tolist() for name, values in columns.items()}
            table = pd.concat([table, self.training.nearest(inputs)], axis=1)
        numbers = table.select_dtypes("float64").columns
        return table.astype(dict.fromkeys(numbers, np.float32)).add_prefix(self.prefix)


class BlockScorer:
    """Scores blocks of a prepared library; each process has its own."""

    def __init__(self, folder: Path, settings: ScreenSettings):
        self.library = Library.open(folder)
        self.screeners = settings.screeners(self.library.header["duplicates_by"])
        self.modality = settings.modality
        inputs = settings.nearest or settings.modality.offers("forms")
        self.columns = [*SCREENING_COLUMNS, *(settings.modality.components if inputs else ())]

    def __call__(self, rows: BlockRange) -> pd.DataFrame:
        block = self.library.block(rows, self.columns)
        require_encoding(block.arrays, self.modality, str(self.library.folder))
        return _scores(block, self.screeners)


class RowScorer:
    """Reads and scores raw rows; rejected rows stay in the table. Each process has its own."""

    def __init__(
        self, source: str, reading: Mapping[str, Any], settings: ScreenSettings, carried: Mapping[str, str]
    ):
        self.carried = carried
        self.read = settings.library.BatchReader(source, reading, settings.encoder, settings.key)
        self.screeners = settings.screeners(settings.key)

    def __call__(self, rows: Sequence[Any]) -> pd.DataFrame:
        batch = self.read(rows)
        return score_rows(batch.items, batch.keys, batch.arrays, self.screeners, self.carried)


def _scores(block: Block, screeners: Sequence[Screener]) -> pd.DataFrame:
    names = block.table.select(["row", "id"]).to_pandas(use_threads=False)
    forms = _further_forms(block, screeners[0].predictor.modality)
    names = names.assign(**form_counts(forms))
    return pd.concat([names, *(screener(block, forms) for screener in screeners)], axis=1)


def _further_forms(block: Block, modality: Modality) -> FurtherForms | None:
    """The further forms of the rows of a block, encoded as these are."""
    if not modality.offers("forms"):
        return None
    inputs = {name: block.table[name].to_pylist() for name in modality.components}
    return FurtherForms.of(inputs, modality, block.arrays.meta)


def score_rows(
    items: Sequence[Record | Rejection],
    keys: Sequence[str],
    arrays: RaggedArrays,
    screeners: Sequence[Screener],
    carried: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Score rows in their order; a rejected row has a reason and no score.

    Parameters
    ----------
    items : sequence of Record or Rejection
    keys : sequence of str
        One key a record.
    arrays : RaggedArrays
        The records, encoded.
    screeners : sequence of Screener
    carried : mapping of str to str, optional
        Fields of the records that are carried, and the names of their columns.
    """
    good = [i for i, item in enumerate(items) if isinstance(item, Record)]
    modality = screeners[0].predictor.modality
    block = _block([items[i] for i in good], keys, arrays) if good else _empty_block(arrays, modality)
    scores = _scores(block, screeners).drop(columns=["row", "id"])[: len(good)]
    given = modality.reader.CARRIED
    taken = {"row", "id", "status", "reason", *scores}
    extra = carried_of_rows(items, carried or {}, given, taken)
    rows = pd.DataFrame({
        "row": np.array([item.row for item in items], np.int64),
        "id": pd.array([item.id for item in items], dtype="str"),
        **{name: _column(values) for name, values in extra.items()},
        "status": pd.array([i.code if isinstance(i, Rejection) else "ok" for i in items], dtype="str"),
        "reason": pd.array([i.reason if isinstance(i, Rejection) else "" for i in items], dtype="str"),
    })  # fmt: skip
    flags = scores.select_dtypes("bool").columns  # "boolean" can hold missing values
    scores = scores.astype(dict.fromkeys(flags, "boolean")).set_axis(good)
    return pd.concat([rows, scores.reindex(rows.index)], axis=1)


def _column(values: Sequence[Any]) -> pd.api.extensions.ExtensionArray:
    """A carried column as text, so that it has one type in every block of rows; gaps stay."""
    return pd.array([None if value is None else str(value) for value in values], dtype="str")


def _block(records: Sequence[Any], keys: Sequence[str], arrays: RaggedArrays) -> Block:
    columns = {"row": pa.array([r.row for r in records], pa.int64()),
               "id": pa.array([r.id for r in records], pa.string())}  # fmt: skip
    for name in arrays.components:
        columns[name] = pa.array([r.components[name] for r in records])
    return Block(pa.table(columns | {"key": pa.array(keys, pa.string())}), arrays)


def _empty_block(arrays: RaggedArrays, modality: Modality) -> Block:
    """A block without rows, to get the columns of the scores."""
    inputs: dict[str, list[str]] = {name: [] for name in modality.components}
    return _block([], [], modality.encoder.encode(inputs, [], arrays.meta))
