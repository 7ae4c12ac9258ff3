"""Encode records as arrays.

Later steps see only arrays: this is the last one that knows biology or chemistry.
"""

from __future__ import annotations

__all__ = ["featurize"]
__verb__ = ("Data", 50)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Records
from riboswitch.io.log.progress import INPUTS, Progress
from riboswitch.modalities import find
from riboswitch.steps.modality_settings import ENCODING


def featurize(records: Records, settings: Mapping[str, Any] | None = None) -> RaggedArrays:
    """Encode records as arrays.

    Parameters
    ----------
    records : Records
    settings : mapping, optional
        The modality's encoder settings (sequences: ``alphabet``).

    Returns
    -------
    RaggedArrays
        One item a record, in the same order.
    """
    modality = find(records.meta["modality"])
    encoding = modality.encoding(records.meta.get("reading"), settings)
    with Progress("featurize", INPUTS, len(records)):
        return modality.encoder.encode(records.inputs, records.ids, encoding)


def command(records: Path, /, *, output: Path, settings: Annotated[Json, ENCODING] = NO_SETTINGS) -> None:
    """Encode the records of a file.

    Parameters
    ----------
    records : Path
        Records (.parquet).
    output : Path
        Where the arrays go (.npz).
    """
    featurize(Records.load(records), settings).save(output)
