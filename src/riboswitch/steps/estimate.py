"""Estimate the time and memory of a screen, and the number of shards to cut it into.

A pilot screens a sample on one core. Of a raw file it prepares a sample first.
"""

from __future__ import annotations

__all__ = ["estimate"]
__verb__ = ("Screen", 200)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.data.library import Library
from riboswitch.data.model import Model, named_models
from riboswitch.io.atomic_files import write_json
from riboswitch.learning.device import settled_precision
from riboswitch.screening.estimating import SAMPLE, EstimateRequest, estimate_screen
from riboswitch.screening.sizing import Estimate
from riboswitch.steps.arguments import DuplicatesBy, Models, Precision
from riboswitch.steps.modality_settings import READING


def estimate(
    library: Library | str | Path,
    model: Model | str | Path | Mapping[str, Model],
    *,
    compounds: int | None = None,
    minutes: float = 20.0,
    slots: int = 16,
    sample: int = SAMPLE,
    reading: Mapping[str, Any] | None = None,
    duplicates_by: str | None = None,
    precision: str = "float32",
) -> Estimate:
    """Estimate the time, memory and disk of a screen from a sample, and the shards for jobs of this length.

    Each step runs on one core in a process of its own, with the code of a real job. The time to start
    (imports, models, compiled loops) is measured apart from the rate. The rate is that of whole blocks,
    since larger blocks repeat more atom environments. Libraries are often sorted by size, so the sample is
    spread: blocks in the middles of equal stretches of a library, or 16 runs of consecutive rows of a raw
    file.

    Parameters
    ----------
    library : Library or path
        A prepared library: only screening is tried. Or a raw file: preparing is tried as well.
        The rows of a raw file are counted; of a text file of a gigabyte or more they are estimated.
    model : Model, path, or mapping of name to Model
    compounds : int, optional
        Rows of the whole library, if this one is only a part of it.
    minutes : float
        The longest that a job may take.
    slots : int
        Jobs that run at once.
    sample : int
        Rows to try; rounded up to whole blocks.
    reading : mapping, optional
        Settings to read a raw file with, as in `prepare`.
    duplicates_by : str, optional
        As in `prepare`; it matters for a raw file.
    precision : {"float32", "bfloat16", "auto"}
        As in `screen`.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError, RejectedError
        If the library cannot be read, or holds nothing to screen.
    UsageError
        If the jobs would do little but start, or the modality of the model has no libraries.
    """
    request = EstimateRequest(compounds, minutes, slots, sample, duplicates_by, settled_precision(precision))
    if not isinstance(model, Mapping):
        model = {"": Model.of(model)}
    return estimate_screen(library, model, request, reading)


def command(
    library: str,
    models: Models,
    /,
    *,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    compounds: int | None = None,
    minutes: float = 20.0,
    slots: int = 16,
    sample: int = SAMPLE,
    duplicates_by: DuplicatesBy = None,
    precision: Precision = "float32",
    output: Path | None = None,
) -> None:
    """Estimate the screen of a library in a file or folder.

    Parameters
    ----------
    library : str
        Folder of a prepared library, or a file of compounds.
    compounds : int
        Rows of the whole library, if this one is only a part of it.
    minutes : float
        The longest that a job may take.
    slots : int
        Jobs that run at once.
    sample : int
        Rows to try.
    output : Path
        Write the estimate here as JSON.
    """
    made = estimate(library, named_models(models), compounds=compounds, minutes=minutes, slots=slots,
                    sample=sample, reading=reading, duplicates_by=duplicates_by,
                    precision=precision)  # fmt: skip
    if output is not None:
        write_json(made.to_dict(), output)
    print(made)
