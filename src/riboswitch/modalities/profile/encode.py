"""Profiles as arrays: values with 0 in gaps, a mask of what is known, and the number of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riboswitch.config.settings import known_names
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.modalities.defaults import for_networks as for_networks
from riboswitch.modalities.defaults import serves as serves
from riboswitch.modalities.parts import Inputs


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoding. They follow from how the profiles were read.

    Attributes
    ----------
    features : sequence of str
        Names of the features, in the order of the values.
    batches : sequence of str
        Names of the batches, if rows are centred by batch.
    """

    features: Sequence[str] = ()
    batches: Sequence[str] = ()


def of_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of features and batches."""
    given = {"features": reading.get("feature_names"), "batches": reading.get("batches")}
    return {name: value for name, value in given.items() if value}


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """Why a profile cannot be encoded: code ``OTHER_FEATURES``."""
    found, wanted = len(components["profile"]) - 1, len(settings.get("features") or ())
    if found == wanted:
        return None
    return Problem("OTHER_FEATURES", f"{found} features, and the model has {wanted}",
                   "Read the file by the names of the model's features.")  # fmt: skip


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode profiles.

    Parameters
    ----------
    inputs : mapping
        ``{"profile": arrays of the reader}``: float32, features in order, gaps as NaN, last the batch.
    ids : sequence of str
    settings : mapping, optional
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Fields ``values`` (float32, 0 in gaps) and ``known`` (uint8, 1 where there is a value), of shape
        (1, features) each item; and ``batch`` (int32, -1: none).

    Raises
    ------
    UsageError
        If the features are not named, or a profile has another number of them.
    """
    settings = settings or {}
    known_names(settings, ["features", "batches", "modality"], "encoder")
    names = [str(name) for name in settings.get("features") or ()]
    batches = [str(name) for name in settings.get("batches") or ()]
    rows, index = distinct(inputs["profile"])
    if rows and not names:
        raise UsageError("the features have no names", where="encoder",
                         hint="The reading of the records has them: give its features.")  # fmt: skip
    if bad := [row for row in rows if len(row) != len(names) + 1]:
        raise UsageError("a profile has another number of features", found=len(bad[0]) - 1,
                         hint=f"{len(names)} have names: {shorten(', '.join(names), 60)}.")  # fmt: skip
    table = np.reshape(np.asarray(rows, np.float32), (-1, len(names) + 1))
    values, batch = table[:, :-1], table[:, -1]
    known = ~np.isnan(values)
    number = np.where(np.isnan(batch) | (not batches), -1, np.nan_to_num(batch)).astype(np.int32)
    if (number >= len(batches)).any() and batches:
        raise UsageError("a profile is of a batch without a name", found=int(number.max()))
    fields = {"values": np.where(known, values, np.float32(0)), "known": known.astype(np.uint8),
              "batch": number}  # fmt: skip
    each = np.arange(len(rows) + 1, dtype=np.int64)
    items = Ragged(fields, dict.fromkeys(fields, each))
    meta: dict[str, Any] = {"modality": "profile", "features": names}
    if batches:
        meta["batches"] = batches
    return RaggedArrays(list(ids), {"profile": items}, {"profile": index}, meta)
