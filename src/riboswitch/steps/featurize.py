"""Encode records as arrays.

Later steps see only arrays: this is the last one that knows biology or chemistry.
"""

from __future__ import annotations

__all__ = ["featurize"]
__verb__ = ("Data", 50)

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Records
from riboswitch.modalities import load


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
    encode = load(records.meta["modality"], "encode").encode
    arrays: RaggedArrays = encode(records.inputs, records.ids, dict(settings or {}))
    return arrays


def command(records: Path, /, *, output: Path, settings: str = "{}") -> None:
    """Encode records as arrays.

    Parameters
    ----------
    records : Path
        Records (.parquet).
    output : Path
        Where the arrays go (.npz).
    settings : str
        JSON for the encoder, as '{"alphabet": "protein"}'.
    """
    from riboswitch.cli import json_option

    featurize(Records.load(records), json_option("settings", settings)).save(output)
