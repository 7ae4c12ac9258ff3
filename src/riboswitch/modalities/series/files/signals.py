"""Recordings in EDF and WFDB, by optional packages.

edfio (``pip install "riboswitch[signals]"``) needs numpy alone. wfdb brings many packages along, as
matplotlib: it is installed by its own name.

A file is one series, named by the file; ``--window`` cuts it. Times are seconds. Channels of different rates
share one time line, with gaps where a channel has no sample.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from riboswitch.errors import InputError, UsageError
from riboswitch.io.delimited import refuse_duplicates
from riboswitch.io.formats import source_name
from riboswitch.modalities.series.files.layout import SeriesFile
from riboswitch.modalities.series.values import Raw

_BROKEN = (ValueError, KeyError, IndexError, OSError, EOFError, TypeError, AttributeError, AssertionError,
           UnicodeDecodeError, NotImplementedError, ZeroDivisionError, OverflowError)  # fmt: skip
_AGAIN = "Copy or download it again."


def require(package: str, what: str, install: str) -> ModuleType:
    """Import a package that only some files need.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        hint = f"Install it (pip install {install}), or give the series as a table."
        raise UsageError(f"{what} need the package {package}, which is not installed", hint=hint) from error


def read_edf(path: str | Path) -> SeriesFile:
    """Read a recording in EDF or EDF+; its annotations are left out."""
    edfio = require("edfio", "EDF files", '"riboswitch[signals]"')
    where = str(path)
    if not Path(path).is_file():
        raise InputError("no such file", where=where)
    try:
        signals = [(s.label.strip(), float(s.sampling_frequency), np.asarray(s.data, np.float64))
                   for s in edfio.read_edf(Path(path)).signals]  # fmt: skip
    except _BROKEN as error:
        raise InputError("not a readable EDF file", where=where, found=error, hint=_AGAIN) from error
    return _joined(path, signals)


def read_wfdb(path: str | Path) -> SeriesFile:
    """Read a record of WFDB by its header (``.hea``); the signals lie beside it."""
    wfdb = require("wfdb", "WFDB records", "wfdb")
    where = str(path)
    if not Path(path).is_file():
        raise InputError("no such file", where=where)
    try:
        record: Any = wfdb.rdrecord(str(Path(path).with_suffix("")), smooth_frames=False, physical=True)
        rates = [record.fs * per_frame for per_frame in record.samps_per_frame]
        each = record.e_p_signal
        signals = [(str(name).strip(), float(rate), np.asarray(data, np.float64))
                   for name, rate, data in zip(record.sig_name, rates, each, strict=True)]  # fmt: skip
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        raise InputError("the file of the signals is missing", where=where, found=missing,
                         hint="Put it beside the header.") from error  # fmt: skip
    except _BROKEN as error:
        raise InputError("not a readable WFDB record", where=where, found=error, hint=_AGAIN) from error
    return _joined(path, signals)


def _joined(path: str | Path, signals: list[tuple[str, float, np.ndarray]]) -> SeriesFile:
    """One series of all signals."""
    where = str(path)
    if not signals:
        raise InputError("the file has no signal", where=where)
    names = [name for name, _, _ in signals]
    refuse_duplicates(names, where)
    at = [np.arange(len(data)) / rate for _, rate, data in signals]
    alike = all(np.array_equal(at[0], other) for other in at[1:])
    times = at[0] if alike else np.unique(np.concatenate(at))
    values = np.full((len(times), len(names)), np.nan)
    for place, (own, (_, _, data)) in enumerate(zip(at, signals, strict=True)):
        values[np.searchsorted(times, own), place] = data
    name = source_name(path)
    return SeriesFile(name, where, names, [Raw(Path(name).stem, times, values, {})], False)
