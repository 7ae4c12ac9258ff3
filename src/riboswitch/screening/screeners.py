"""Models ready to score compounds: blocks of a prepared library, or raw rows. Each process has its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.library import SCREENING_COLUMNS, Block, BlockRange, Library
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.output_columns import output_columns
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import LibraryPart
from riboswitch.screening.nearest import TRAINING_COLUMNS, TrainingSet


@dataclass(frozen=True)
class ScreenSettings:
    """How models are applied.

    Attributes
    ----------
    models : mapping of str to Model
        The name is the prefix of the columns, as ``solubility.``; none if empty.
    nearest : bool
        Whether the nearest training compound of each is sought, too: that takes longer than all else.
    precision, device : str
        See `Predictor`.
    """

    models: Mapping[str, Model]
    nearest: bool = False
    precision: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        encoder = self.first.header["encoder"]
        for model in self.models.values():
            modality = find(model.modality)
            modality.required("library", modality.library)
            if model.header["encoder"] != encoder:
                raise InputError("the models were trained on compounds encoded differently",
                                 found=model.header["encoder"], hint="Screen with each alone.")  # fmt: skip

    @property
    def key(self) -> str:
        """How compounds that have no key yet are compared with those of training."""
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
        return next(iter(self.models.values()))

    def screeners(self, key: str) -> list[Screener]:
        """The models, ready."""
        return [Screener(name, self, key) for name in self.models]


class Screener:
    """A model ready to score blocks, and to say whether it was trained on their compounds.

    Parameters
    ----------
    name : str
        Of the model.
    how : How
    key : str
        What the keys of the blocks are: one of the library's `KEYS`.
    """

    def __init__(self, name: str, how: ScreenSettings, key: str):
        self.model, self.prefix, self.key = how.models[name], f"{name}." if name else "", key
        self.predictor = Predictor(self.model, how.modality, precision=how.precision, device=how.device)
        if how.precision == "float32":
            self.predictor.check_golden()
        self.training, self.nearest = TrainingSet(self.model), how.nearest

    def __call__(self, block: Block) -> pd.DataFrame:
        """Scores of one block; and, where the bundle knows its training compounds, what they say."""
        table = output_columns(self.model, *self.predictor(block.arrays))
        if self.training.known:
            place = self.training.places(block.table["key"], self.key)
            label = self.training.labels.take(place).fill_null("")
            said = place.is_valid().to_numpy(zero_copy_only=False), pd.array(label, dtype="str")
            table = table.assign(**dict(zip(TRAINING_COLUMNS, said, strict=True)))
        if self.training.known and self.nearest:
            near = self.training.nearest(
                {c: block.table[c].to_pylist() for c in self.model.header["components"]}
            )
            table = pd.concat([table, near], axis=1)
        numbers = table.select_dtypes("float64").columns
        return table.astype(dict.fromkeys(numbers, np.float32)).add_prefix(self.prefix)


class BlockScorer:
    """Scores blocks of a prepared library; each process has its own."""

    def __init__(self, folder: Path, how: ScreenSettings):
        self.library = Library.open(folder)
        self.screeners = how.screeners(self.library.header["duplicates_by"])
        self.columns = [*SCREENING_COLUMNS, *(how.modality.components if how.nearest else ())]

    def __call__(self, place: BlockRange) -> pd.DataFrame:
        return _scores(self.library.block(place, self.columns), self.screeners)


class RowScorer:
    """Reads and scores raw rows, rejected ones in their place; each process has its own."""

    def __init__(self, source: str, reading: Mapping[str, Any], how: ScreenSettings):
        self.make = how.library.BatchReader(source, reading, how.first.header["encoder"], how.key)
        self.screeners = how.screeners(how.key)

    def __call__(self, rows: Sequence[Any]) -> pd.DataFrame:
        made = self.make(rows)
        return in_place(made.items, made.keys, made.arrays, self.screeners)


def _scores(block: Block, screeners: Sequence[Screener]) -> pd.DataFrame:
    told = block.table.select(["row", "id"]).to_pandas(use_threads=False)
    return pd.concat([told, *(screener(block) for screener in screeners)], axis=1)


def in_place(
    items: Sequence[Record | Rejection],
    keys: Sequence[str],
    arrays: RaggedArrays,
    screeners: Sequence[Screener],
) -> pd.DataFrame:
    """Score the records among rows; the others keep their place, with a reason for a score."""
    good = [i for i, item in enumerate(items) if isinstance(item, Record)]
    block = _block([items[i] for i in good], keys, arrays) if good else _nothing(screeners[0].predictor)
    scores = _scores(block, screeners).drop(columns=["row", "id"])[: len(good)]
    told = pd.DataFrame({
        "row": np.array([item.row for item in items], np.int64),
        "id": pd.array([item.id for item in items], dtype="str"),
        "status": pd.array([i.code if isinstance(i, Rejection) else "ok" for i in items], dtype="str"),
        "reason": pd.array([i.reason if isinstance(i, Rejection) else "" for i in items], dtype="str"),
    })  # fmt: skip
    flags = scores.select_dtypes("bool").columns  # with room for what is not known
    scores = scores.astype(dict.fromkeys(flags, "boolean")).set_axis(good)
    return pd.concat([told, scores.reindex(told.index)], axis=1)


def _block(records: Sequence[Any], keys: Sequence[str], arrays: RaggedArrays) -> Block:
    columns = {"row": pa.array([r.row for r in records], pa.int64()),
               "id": pa.array([r.id for r in records], pa.string())}  # fmt: skip
    for name in arrays.components:
        columns[name] = pa.array([r.components[name] for r in records])
    return Block(pa.table(columns | {"key": pa.array(keys, pa.string())}), arrays)


def _nothing(predictor: Predictor) -> Block:
    """A block without rows, for the columns that its scores have."""
    modality = predictor.modality
    inputs: dict[str, list[str]] = {name: [] for name in modality.components}
    return _block([], [], modality.encoder.encode(inputs, [], predictor.model.header["encoder"]))
