"""The two sides of a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.settings import known_names
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import UsageError
from riboswitch.modalities.base import Modality


class Side(NamedTuple):
    """One side of a pair.

    Attributes
    ----------
    name : str
        ``left`` or ``right``.
    modality : Modality
        That of its inputs.
    component : str
        Name of its component in records of pairs.
    """

    name: str
    modality: Modality
    component: str

    def of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The side's part of the components of a pair, or of the inputs of many, as its modality names it."""
        return {self.modality.component: values[self.component]}

    def vectors(
        self,
        values: Sequence[Any],
        settings: Mapping[str, Any] | None = None,
        arrays: RaggedArrays | None = None,
    ) -> np.ndarray:
        """Features of inputs, float32 (inputs, features), 0 in gaps; for ``settings`` see `VectorsPart`."""
        part = self.modality.required("vectors", self.modality.vectors)
        found = part.vectors({self.modality.component: values}, settings, arrays)
        return np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


@dataclass(frozen=True)
class Pair:
    """Two sides, and the name of the modality of their pairs."""

    name: str
    left: Side
    right: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """The left one first."""
        return self.left, self.right

    @property
    def components(self) -> tuple[str, str]:
        """Names of the components of a record."""
        return self.left.component, self.right.component


def own_settings(settings: Mapping[str, Any] | None, side: Side, where: str) -> dict[str, Any]:
    """Return the settings of one side, which stand under its name.

    Raises
    ------
    UsageError
        If they are no mapping.
    """
    own = (settings or {}).get(side.name)
    if own is not None and not isinstance(own, Mapping):
        problem = f"settings of the {side.name} side must be names with values"
        raise UsageError(problem, where=where, found=own, hint=f'As {{"{side.name}": {{"NAME": 1}}}}.')
    return dict(own or {})


def known_of_side(names: Mapping[str, Any], known: list[str], side: Side, where: str) -> None:
    """Raise `UsageError` for a setting that the side's modality does not have."""
    known_names(names, known, f"{where} of the {side.name} side ({side.modality.name})")
