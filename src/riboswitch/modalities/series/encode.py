"""Series as arrays: the time of each step, its values with 0 in gaps, and a mask of what is known."""

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
from riboswitch.numeric.offsets import offsets_of


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoding. They follow from how the series were read.

    Attributes
    ----------
    channels : sequence of str
        Names of the channels, in order.
    """

    channels: Sequence[str] = ()


def of_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of the channels."""
    names = reading.get("channel_names")
    return {"channels": names} if names else {}


def problem(components: Mapping[str, Any], settings: Mapping[str, Any]) -> Problem | None:
    """Why a series cannot be encoded: code ``OTHER_CHANNELS``."""
    found, wanted = components["series"].shape[1] - 1, len(settings.get("channels") or ())
    if found == wanted:
        return None
    return Problem("OTHER_CHANNELS", f"{found} channels, and the model has {wanted}",
                   "Read the file by the names of the model's channels.")  # fmt: skip


def encode(inputs: Inputs, ids: Sequence[str], settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode series.

    Parameters
    ----------
    inputs : mapping
        ``{"series": arrays of the reader}``: float32, the time and the channels, gaps as NaN.
    ids : sequence of str
    settings : mapping, optional
        Fields of `EncoderSettings`. The meta of earlier arrays is accepted.

    Returns
    -------
    RaggedArrays
        Fields ``time`` (float32), ``values`` (float32, 0 in gaps) and ``known`` (uint8, 1 where there is a
        value), the last two of shape (steps, channels) each item.

    Raises
    ------
    UsageError
        If the channels are not named, or a series has another number of them.
    """
    settings = settings or {}
    known_names(settings, ["channels", "modality"], "encoder")
    names = [str(name) for name in settings.get("channels") or ()]
    each, index = distinct(inputs["series"])
    if each and not names:
        raise UsageError("the channels have no names", where="encoder",
                         hint="The reading of the records has them: give its channels.")  # fmt: skip
    if bad := [series for series in each if series.shape[1] != len(names) + 1]:
        raise UsageError("a series has another number of channels", found=bad[0].shape[1] - 1,
                         hint=f"{len(names)} have names: {shorten(', '.join(names), 60)}.")  # fmt: skip
    steps = np.concatenate([np.empty((0, len(names) + 1), np.float32), *each]).astype(np.float32)
    values = steps[:, 1:]
    known = ~np.isnan(values)
    fields = {"time": steps[:, 0].copy(), "values": np.where(known, values, np.float32(0)),
              "known": known.astype(np.uint8)}  # fmt: skip
    offsets = offsets_of([len(series) for series in each])
    items = Ragged(fields, dict.fromkeys(fields, offsets))
    return RaggedArrays(
        list(ids), {"series": items}, {"series": index}, {"modality": "series", "channels": names}
    )


def decoded(item: Mapping[str, np.ndarray]) -> np.ndarray:
    """The series of an encoded item, as the reader gave it."""
    values = np.where(item["known"] > 0, item["values"], np.float32(np.nan))
    return np.column_stack([item["time"], values]).astype(np.float32)
