"""Series in one ``.npz``: all steps one after the other.

``values`` (steps of all series, channels) and ``lengths`` (series,) are needed. ``times`` (steps of all
series,), ``channels`` (names) and ``ids`` may be there; without times the steps of a series are counted.
Other arrays with one value a series become fields.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from riboswitch.data.arrays import read_arrays
from riboswitch.errors import InputError
from riboswitch.io.formats import source_name
from riboswitch.modalities.series.files.layout import SeriesFile
from riboswitch.modalities.series.values import Raw
from riboswitch.numeric.offsets import offsets_of

HINT = "It needs the arrays values (steps, channels) and lengths (series)."


def read_npz(path: str | Path) -> SeriesFile:
    """Read the series of a file.

    Raises
    ------
    InputError
        If it cannot be read, or its arrays do not fit together.
    """
    where = str(path)
    arrays = read_arrays(path, HINT, ("values", "lengths"))
    values, lengths = arrays.pop("values"), arrays.pop("lengths")
    steps = _checked(values, lengths, where)
    times = arrays.pop("times", None)
    if times is not None and (times.shape != (steps,) or times.dtype.kind not in "iuf"):
        raise InputError("the times are not one number a step", where=where, found=times.shape, hint=HINT)
    names = [str(n) for n in arrays.pop("channels", [f"channel_{i + 1}" for i in range(values.shape[1])])]
    if len(names) != values.shape[1] or len({*names}) < len(names):
        raise InputError("the channels have not one name each", where=where,
                         found=f"{len(names)} names for {values.shape[1]}", hint=HINT)  # fmt: skip
    named = True if "ids" in arrays else None
    ids = [str(name) for name in arrays.pop("ids", [f"row-{n}" for n in range(1, len(lengths) + 1)])]
    for name, array in {"ids": np.array(ids), **arrays}.items():
        if array.shape != (len(lengths),):
            raise InputError(f"the array {name!r} has not one value a series", where=where, found=array.shape,
                             hint=HINT)  # fmt: skip
    offsets = offsets_of(lengths).tolist()
    series = []
    for row, (begin, end) in enumerate(pairwise(offsets)):
        at = np.arange(end - begin) if times is None else times[begin:end]
        fields = {name: array[row].item() for name, array in arrays.items()}
        series.append(Raw(ids[row], at.astype(np.float64), values[begin:end].astype(np.float64), fields))
    return SeriesFile(source_name(path), where, names, series, named)


def _checked(values: np.ndarray, lengths: np.ndarray, where: str) -> int:
    """The number of steps of all series."""
    if values.ndim != 2 or values.dtype.kind not in "biuf" or not values.shape[1]:
        raise InputError("the values are not numbers of shape (steps, channels)", where=where,
                         found=f"{values.dtype} of shape {values.shape}", hint=HINT)  # fmt: skip
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or (lengths < 0).any():
        raise InputError("the lengths are not one whole number a series", where=where,
                         found=f"{lengths.dtype} of shape {lengths.shape}", hint=HINT)  # fmt: skip
    if int(lengths.sum()) != len(values):
        raise InputError("the lengths do not sum to the steps of the values", where=where,
                         found=f"{int(lengths.sum())} for {len(values)}", hint=HINT)  # fmt: skip
    return len(values)
