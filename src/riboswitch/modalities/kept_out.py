"""Rows that are kept out of training: kin of held-out inputs, and rows that were not drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.settings import check_settings, whole
from riboswitch.data.records import Records, Rejection
from riboswitch.errors import InputError, shorten
from riboswitch.io.log.progress import tracked
from riboswitch.modalities.kindred import Kindred
from riboswitch.modalities.parts import Reader

STAGE = "choose"
KEPT_OUT, NOT_DRAWN, NOT_ASKED = "KEPT_OUT", "NOT_DRAWN", "NOT_ASKED"


def keep_out(records: Records, held_out: Records, reader: Reader) -> tuple[Records, Records]:
    """Part the rows whose input is kin of a held-out one from the others.

    Parameters
    ----------
    records : Records
    held_out : Records
        Inputs that training must not see, as a library that will be screened.
    reader : Reader
        The modality's reader, which knows kin.

    Returns
    -------
    kept : Records
        The others. Rejected rows have the code ``KEPT_OUT``; ``meta["kept_out"]`` counts them.
    parted : Records
        The rows that were kept out, all accepted.
    """
    outside = tracked(held_out.each_input(), "keys of held-out inputs", "rows", len(held_out))
    known, ids = Kindred(outside, reader), held_out.ids
    gone: dict[int, Rejection] = {}
    inside = tracked(records.each_input(), "looking for held-out inputs", "rows", len(records))
    for row, components in enumerate(inside):
        relatives = known(components)
        if relatives:
            reason = f"the same as the held-out {shorten(ids[relatives[0]])}, or another form of it"
            gone[row] = records.rejection(row, KEPT_OUT, reason, stage=STAGE)
    made = _without(records, gone)
    made.meta["kept_out"] = {"held_out": len(held_out), "rows": len(gone)}
    table = records.table.iloc[sorted(gone)].reset_index(drop=True)
    meta = {name: value for name, value in records.meta.items() if name != "ledger"}
    return made, Records(table, records.rejected.iloc[:0], len(table), meta)


@dataclass(frozen=True)
class SampleSettings:
    """A sample of the rows of one label. All other rows are kept.

    Attributes
    ----------
    label : str or number
        The label whose rows are drawn.
    rows : int
        How many of them are kept; all if there are fewer.
    seed : int
        Seed of the draw.
    """

    label: str | int | float
    rows: int = whole(5000, at_least=1)
    seed: int = whole(0, at_least=0)

    def __post_init__(self) -> None:
        check_settings(self)


def draw(
    records: Records, target: str, settings: SampleSettings, identity: Callable[[Mapping[str, Any]], str]
) -> Records:
    """Keep a sample of the rows of one label.

    Rows are drawn by a hash of their input, so the sample does not depend on their order.

    Parameters
    ----------
    records : Records
        Curated: one row an input.
    target : str
        Column of the labels.
    settings : SampleSettings
    identity : callable
        Key of an input; see `modalities.parts.Reader`.

    Returns
    -------
    Records
        Rows that were not drawn are rejected with the code ``NOT_DRAWN``. ``meta["sample"]`` counts the rows.

    Raises
    ------
    InputError
        If no row has the label.
    """
    chosen = np.flatnonzero(_is_label(records.table[target], settings.label))
    if not len(chosen):
        labels = ", ".join(map(str, sorted(set(records.table[target].dropna().tolist()), key=str)[:10]))
        raise InputError(f"no row has this label of {target}", where="sample", found=settings.label,
                         hint=f"Labels: {labels}.")  # fmt: skip
    inputs = list(records.each_input())
    order = sorted(chosen.tolist(), key=lambda row: _hash(identity(inputs[row]), settings.seed))
    reason = f"not among the {settings.rows} rows that were drawn of label {settings.label}"
    gone = {row: records.rejection(row, NOT_DRAWN, reason, stage=STAGE) for row in order[settings.rows :]}
    made = _without(records, gone)
    made.meta["sample"] = {"label": str(settings.label), "of": len(chosen), "rows": len(chosen) - len(gone)}
    return made


def only_kept(records: Records, keep: Mapping[str, str | Sequence[str]], where: str) -> Records:
    """Keep the rows whose cells in some columns hold given texts, as ``{"quality": ["good", "fair"]}``.

    Returns
    -------
    Records
        The others are rejected with the code ``NOT_ASKED``.

    Raises
    ------
    InputError
        If there is no such column, or no row to keep.
    """
    for column, texts in keep.items():
        if column not in records.table:
            hint = f"Columns: {', '.join(map(str, records.table.columns))}."
            raise InputError("no such column to choose rows by", where=where, found=column, hint=hint)
        wanted = [texts] if isinstance(texts, str) else [*texts]
        cells = records.table[column].astype(str).str.strip()
        gone = ~cells.isin(wanted)
        if gone.all():
            met = ", ".join(sorted({*cells})[:10])
            raise InputError(f"no row has one of these texts in the column {column!r}", where=where,
                             found=", ".join(wanted), hint=f"It holds: {met}.")  # fmt: skip
        records = _without(records, {
            row: records.rejection(row, NOT_ASKED, f"{column!r} is {cells.iloc[row]!r}", stage=STAGE)
            for row in np.flatnonzero(gone).tolist()
        })  # fmt: skip
    return records


def _is_label(labels: pd.Series, value: str | int | float) -> np.ndarray:
    if labels.dtype.kind in "fiu":
        try:
            return (labels == float(value)).to_numpy()
        except ValueError:
            return np.zeros(len(labels), bool)
    return (labels.astype(str) == value).to_numpy()


def _hash(key: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {key}".encode()).digest()


def _without(records: Records, gone: dict[int, Rejection]) -> Records:
    mask = pd.Series(np.isin(np.arange(len(records)), list(gone)))
    return records.reject(mask, [gone[row] for row in sorted(gone)])
