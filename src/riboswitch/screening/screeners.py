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
from riboswitch.data.library import WHILE_SCREENING, Block, BlockRange, Library
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import reproducible
from riboswitch.modalities import load
from riboswitch.screening.nearest import TrainingSet
from riboswitch.steps.predict import output_columns
from riboswitch.steps.prepare import require_libraries


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
            require_libraries(model.modality)
            if model.header["encoder"] != encoder:
                raise InputError("the models were trained on compounds encoded differently",
                                 found=model.header["encoder"], hint="Screen with each alone.")  # fmt: skip

    @property
    def key(self) -> str:
        """How compounds that have no key yet are compared with those of training."""
        known = any(TrainingSet(model).known for model in self.models.values())
        return ("inchikey" if self.nearest else "smiles") if known else "none"

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
    key : {"inchikey", "smiles"}
        What the keys of the blocks are.
    """

    def __init__(self, name: str, how: ScreenSettings, key: str):
        self.model, self.prefix, self.key = how.models[name], f"{name}." if name else "", key
        self.predictor = Predictor(self.model, precision=how.precision, device=how.device)
        if how.precision == "float32":
            self.predictor.check_golden()
        self.training, self.nearest = TrainingSet(self.model), how.nearest

    def __call__(self, block: Block) -> pd.DataFrame:
        """Scores of one block; and, where the bundle knows its training compounds, what they say."""
        table = output_columns(self.model, *self.predictor(block.arrays))
        if self.training.known:
            place = self.training.places(block.table["key"], self.key)
            label = self.training.labels.take(place).fill_null("")
            table["in_training"] = place.is_valid().to_numpy(zero_copy_only=False)
            table["training_label"] = pd.array(label, dtype="str")
        if self.training.known and self.nearest:
            near = self.training.nearest(block.table["input"].to_pylist())
            table["nearest_training"] = near["nearest_training"]
            table["similarity"] = near["similarity"]
        numbers = table.select_dtypes("float64").columns
        return table.astype(dict.fromkeys(numbers, np.float32)).add_prefix(self.prefix)


class BlockScorer:
    """Scores blocks of a prepared library; each process has its own."""

    def __init__(self, folder: Path, how: ScreenSettings):
        self.library = Library.open(folder)
        self.screeners = how.screeners(self.library.header["duplicates_by"])
        self.columns = [*WHILE_SCREENING, *(["input"] if how.nearest else [])]

    def __call__(self, place: BlockRange) -> pd.DataFrame:
        # One thread: sums in another order would differ in the last bit, and with it the bytes of the list.
        with reproducible(0):
            return _scores(self.library.block(place, self.columns), self.screeners)


class RowScorer:
    """Reads and scores raw rows, rejected ones in their place; each process has its own."""

    def __init__(self, source: str, reading: Mapping[str, Any], how: ScreenSettings):
        self.make = load(how.first.modality, "bulk").BatchReader(
            source, reading, how.first.header["encoder"], how.key
        )
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
    block = _block([items[i] for i in good], keys, arrays) if good else _example(screeners[0].model)
    with reproducible(0):
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
    columns = {"row": pa.array([r.row for r in records], pa.int64())}
    columns |= {name: pa.array([getattr(r, name) for r in records], pa.string()) for name in ("id", "input")}
    return Block(pa.table(columns | {"key": pa.array(keys, pa.string())}), arrays)


def _example(model: Model) -> Block:
    """A block of one row, for the columns that its scores have."""
    arrays = load(model.modality, "encode").encode(["C"], ["none"], model.header["encoder"])
    return _block([Record(1, "none", "C")], ["C"], arrays)
