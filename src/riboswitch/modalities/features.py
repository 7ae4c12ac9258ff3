"""Encoded records from a file: they must have the arrays that their modality's encoder makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality


def load_features(path: str | Path) -> RaggedArrays:
    """Read what `featurize` wrote.

    Raises
    ------
    InputError
        If the file is missing or damaged, or its arrays are not those of its modality's encoder.
    """
    arrays = RaggedArrays.load(path)
    try:
        modality = find(str(arrays.meta.get("modality", "")))
    except UsageError as error:
        raise InputError("encoded for a modality that there is not", where=str(path), found=error.found,
                         hint="riboswitch featurize makes a new one.") from error  # fmt: skip
    require_encoding(arrays, modality, str(path))
    return arrays


def network_features(records: Records, modality: Modality, settings: Mapping[str, Any]) -> RaggedArrays:
    """Encode records for networks alone, without what only base learners read."""
    meta = modality.network_meta(records.meta.get("reading"), settings)
    return modality.encoder.encode(records.inputs, records.ids, meta)


def offer_to_baselines(records: Records, arrays: RaggedArrays | None) -> None:
    """Let baselines use what the arrays of records hold, if there are any and their modality can.

    Raises
    ------
    InputError
        If the arrays are of other records.
    """
    if arrays is None:
        return
    if [*records.ids] != [*arrays.ids]:
        raise InputError("the features are of other records", where="features",
                         hint="riboswitch featurize makes them.")  # fmt: skip
    modality = find(records.meta["modality"])
    if modality.reuse is not None:
        modality.reuse.reuse(records.inputs, arrays)


def require_encoding(arrays: RaggedArrays, modality: Modality, where: str) -> None:
    """Raise `InputError` unless fields, types and shapes are those that the encoder makes.

    Networks and compiled loops count on them.
    """
    nothing: dict[str, list[str]] = {name: [] for name in modality.components}
    try:
        like = modality.encoder.encode(nothing, [], arrays.meta)
    except UsageError as error:
        raise InputError("encoded with settings that the encoder does not have", where=where,
                         found=error.found, hint="Encode the records again.") from error  # fmt: skip
    if _kinds(arrays) != _kinds(like) or arrays.meta != like.meta:
        raise InputError(f"not the arrays of an encoded {modality.name}", where=where,
                         hint="Encode the records again.")  # fmt: skip


def _kinds(arrays: RaggedArrays) -> dict[str, dict[str, tuple[str, tuple[int, ...]]]]:
    return {
        component: {name: (value.dtype.str, value.shape[1:]) for name, value in items.values.items()}
        for component, items in arrays.components.items()
    }
