"""screen: a prepared library and models -> scores, a block at a time, in bounded memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.errors import InputError, UsageError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import reproducible
from riboswitch.library import BLOCK_ROWS, Block, Library
from riboswitch.modalities import load
from riboswitch.model import Model
from riboswitch.records import Record, Rejection
from riboswitch.steps.predict import output_columns, read_memory
from riboswitch.steps.prepare import Keyed, encode_block, require_fingerprints


class Screener:
    """A model ready to score blocks, and to say how far they are from what it was trained on.

    Parameters
    ----------
    model : Model
    name : str
        Prefix of the columns, as ``solubility.``; none if empty.
    """

    def __init__(self, model: Model, name: str = ""):
        self.model, self.prefix = model, f"{name}." if name else ""
        require_fingerprints(model.modality)
        self.predictor = Predictor(model)
        self.predictor.check_golden()
        self.part = load(model.modality, "encode")
        self.ids = model.texts("training.ids")
        self.labels = dict(zip(model.texts("training.keys"), model.texts("training.labels"), strict=True))
        self.known = self.part.fingerprints(model.texts("training.inputs"))

    def __call__(self, block: Block) -> pd.DataFrame:
        """Scores of one block: predictions, ``in_training``, nearest training compound, similarity."""
        if block.arrays.meta != self.model.header["encoder"]:
            raise InputError(
                "the library was encoded otherwise than the model expects",
                found=block.arrays.meta,
                hint="Prepare the library again with this version.",
            )
        table = output_columns(self.model, *self.predictor(block.arrays))
        similarity, nearest = self.part.tanimoto_nearest(block.arrays.values["fingerprint"], self.known)
        table["in_training"] = block.table["key"].isin(self.labels).to_numpy()
        table["training_label"] = block.table["key"].map(self.labels).fillna("").to_numpy()
        table["nearest_training"] = [self.ids[i] for i in nearest]
        table["similarity"] = np.round(similarity, 6)
        return table.add_prefix(self.prefix)


def screen(
    compounds: Sequence[str] | pd.DataFrame | Library,
    model: Model | str | Path | Mapping[str, Model],
    *,
    shard: int = 0,
    shards: int = 1,
) -> pd.DataFrame:
    """Score compounds.

    Parameters
    ----------
    compounds : list of SMILES, DataFrame, or Library
        A table needs the column ``input`` (or ``smiles``) and may have ``id``.
    model : Model, path, or mapping of name to Model
        With a mapping the columns of each are prefixed by its name and a dot.
    shard, shards : int
        Of a Library: score only this one of so many runs of blocks.

    Returns
    -------
    DataFrame
        One row a compound, in input order: ``row``, ``id``, ``status``, ``reason`` (lists and tables), the
        predictions, ``in_training``, ``training_label``, ``nearest_training``, ``similarity`` (Tanimoto,
        Morgan radius 2).

    Examples
    --------
    >>> riboswitch.screen(["CCO", "c1ccccc1O"], "solubility.safetensors")  # doctest: +SKIP
    """
    if isinstance(model, Mapping):
        screeners = [Screener(m, name) for name, m in model.items()]
    else:
        screeners = [Screener(model if isinstance(model, Model) else Model.load(model))]
    if isinstance(compounds, Library):
        number = -(-len(compounds) // BLOCK_ROWS)
        blocks = _with_rate(compounds.blocks(shard, shards), -(-number // shards))
        return _score(blocks, screeners)
    items = read_memory(compounds, screeners[0].model, columns=("input", "smiles"))
    return _screen_items(list(items), screeners)


def _score(blocks: Iterable[Block], screeners: Sequence[Screener]) -> pd.DataFrame:
    scored = []
    # One thread: sums in another order would differ in the last bit, and with it the bytes of the list.
    with reproducible(0):
        for block in blocks:
            scored.append(pd.concat([block.table[["row", "id"]], *(s(block) for s in screeners)], axis=1))
        return pd.concat(scored, ignore_index=True) if scored else _nothing(screeners)


def _nothing(screeners: Sequence[Screener]) -> pd.DataFrame:
    """A table of scores without rows: what an empty shard, or a list without a molecule, comes to."""
    block = encode_block([Keyed(Record(1, "none", "C"))], screeners[0].model.modality, None)
    return pd.concat([block.table[["row", "id"]], *(s(block) for s in screeners)], axis=1).iloc[:0]


def _screen_items(items: Sequence[Record | Rejection], screeners: Sequence[Screener]) -> pd.DataFrame:
    """Score what was read, rejected rows in their place."""
    modality = screeners[0].model.modality
    identity = load(modality, "read").identity
    good = [Keyed(i, identity(i.input)) for i in items if isinstance(i, Record)]
    chunks = (good[i : i + BLOCK_ROWS] for i in range(0, len(good), BLOCK_ROWS))
    scores = _score((encode_block(chunk, modality, None) for chunk in chunks), screeners)
    status = [(i.code, i.reason) if isinstance(i, Rejection) else ("ok", "") for i in items]
    told = [(i.row, i.id, *s) for i, s in zip(items, status, strict=True)]
    table = pd.DataFrame(told, columns=["row", "id", "status", "reason"]).astype({"row": "int64"})
    return table.merge(scores.drop(columns="id"), on="row", how="left")


def _with_rate(blocks: Iterator[Block], total: int) -> Iterator[Block]:
    """Say on standard error how fast it goes, and how long it will take."""
    start, rows, told = time.monotonic(), 0, time.monotonic()
    for number, block in enumerate(blocks, 1):
        yield block
        rows += len(block.table)
        now = time.monotonic()
        if now - told > 5 or number == total:
            rate = rows / max(now - start, 1e-9)
            left = (total - number) * (now - start) / number
            print(f"screen: {rows} compounds, {rate:.0f} a second, {left:.0f} s left", file=sys.stderr)
            told = now


def command(
    library: str,
    models: list[str],
    /,
    *,
    output: str = "-",
    shard: int = 0,
    shards: int = 1,
    format: str | None = None,
    summary: Path | None = None,
) -> None:
    """Score a prepared library, or raw compounds, with one or several models.

    Parameters
    ----------
    library : str
        Folder of a prepared library; or a file of compounds, or - for standard input.
    models : list of str
        Bundles, as model.safetensors or NAME=model.safetensors.
    output : str
        A table (.parquet, .csv, .tsv), or - for CSV on standard output.
    shard, shards : int
        Score only this one (from 0) of so many shards of a prepared library.
    format : str
        Format of raw compounds on standard input (csv, smi, sdf).
    summary : Path
        Write the counts here as JSON.
    """
    from riboswitch.cli import check_suffix, write_summary, write_table

    check_suffix(output)
    pairs = [m.split("=", 1) if "=" in m else ("", m) for m in models]
    if len(pairs) > 1 and not all(name for name, _ in pairs):
        raise UsageError("name each of several models, as solubility=model.safetensors", found=models)
    named = {name: Model.load(path) for name, path in pairs}
    if Path(library).is_dir():
        table = screen(Library.open(library), named, shard=shard, shards=shards)
    else:
        model = next(iter(named.values()))
        reading = model.header["reading"] | ({"format": format} if format else {})
        items = list(load(model.modality, "read").read(library, **reading))
        if not any(isinstance(i, Record) for i in items):
            raise InputError("none of the rows could be used", where=library, found=f"{len(items)} rows")
        table = _screen_items(items, [Screener(m, name) for name, m in named.items()])
    write_table(table, output)
    scored = int((table["status"] == "ok").sum()) if "status" in table else len(table)
    write_summary({"read": len(table), "scored": scored, "rejected": len(table) - scored}, summary)
