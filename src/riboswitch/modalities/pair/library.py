"""A library of one side against given inputs of the other: the pairs of a block of it, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.settings import one_of
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import UsageError
from riboswitch.modalities.pair.crossing import given_inputs, refuse_unused
from riboswitch.modalities.pair.encode import VECTORS, with_vectors
from riboswitch.modalities.pair.sides import Pair, Side
from riboswitch.modalities.pair_parts import Given
from riboswitch.modalities.parts import Inputs


class PairCrossing:
    """See `riboswitch.modalities.pair_parts.CrossingPart`."""

    def __init__(self, pair: Pair):
        self.pair = pair

    def library_of(self, side: str) -> tuple[str, str]:
        """Return the other side, and the name of its modality."""
        _, other = self._sides(side)
        return other.name, other.modality.name

    def read_given(
        self, options: Mapping[str, Any], reading: Mapping[str, Any]
    ) -> tuple[str, Iterator[Record | Rejection]]:
        """Read the file of the crossed side, as `PairReader.read` does.

        Raises
        ------
        UsageError, InputError
            If no side is crossed, its file is missing, or an option is of another file.
        """
        cross = options.get("cross")
        if cross is None:
            raise UsageError("a library of one side, and nothing given of the other",
                             hint="--cross left --left-file FILE gives its inputs.")  # fmt: skip
        one_of("side to cross", cross, ("left", "right"))
        fixed, _ = self._sides(cross)
        file, layout = f"{cross}_file", f"{cross}_layout"
        others = options.keys() - {"cross", file, layout}
        refuse_unused(cross, {name: options[name] for name in sorted(others)})
        inputs = given_inputs(fixed, options.get(file), options.get(layout), reading.get(cross), Path())
        return cross, iter(inputs.whole_file().values())

    def file_of(self, options: Mapping[str, Any]) -> str:
        """Return the file of the crossed side."""
        return str(options[f"{options['cross']}_file"])

    def encode_given(
        self, side: str, values: Sequence[Any], ids: Sequence[str], encoding: Mapping[str, Any]
    ) -> RaggedArrays:
        """Encode given inputs as in pairs of this encoding."""
        fixed, _ = self._sides(side)
        arrays = fixed.modality.encoder.encode({fixed.modality.component: values}, ids, encoding[side])
        return self._complete(fixed, arrays, values, encoding)

    def encode_library(
        self, side: str, arrays: RaggedArrays, values: Sequence[Any], encoding: Mapping[str, Any]
    ) -> RaggedArrays:
        """Add what pairs have beside the arrays of a library, and name them as its side does."""
        _, other = self._sides(side)
        return self._complete(other, arrays, values, encoding)

    def pairs(
        self, given: Given, library: RaggedArrays, values: Sequence[Any], encoding: Mapping[str, Any]
    ) -> tuple[Inputs, RaggedArrays]:
        """Return each row of the library with each given input."""
        fixed, other = self._sides(given.side)
        rows, columns = (grid.reshape(-1) for grid in np.indices((len(library), len(given.ids))))
        inputs = {fixed.component: [given.values[i] for i in columns.tolist()],
                  other.component: [values[i] for i in rows.tolist()]}  # fmt: skip
        components = {fixed.component: given.arrays.only, other.component: library.only}
        index = {fixed.component: given.arrays.items(columns), other.component: library.items(rows)}
        named = self.pair.components
        return {name: inputs[name] for name in named}, RaggedArrays(
            [""] * len(rows), {name: components[name] for name in named},
            {name: index[name] for name in named}, dict(encoding),
        )  # fmt: skip

    def _sides(self, given: str) -> tuple[Side, Side]:
        """The given side, and the other."""
        return self.pair.sides if given == "left" else self.pair.sides[::-1]

    def _complete(
        self, side: Side, arrays: RaggedArrays, values: Sequence[Any], encoding: Mapping[str, Any]
    ) -> RaggedArrays:
        """One item a row, with its vector if pairs of this encoding have any."""
        arrays = RaggedArrays.of_items(side.modality.component, arrays.ids, arrays.each_item(), arrays.meta)
        return with_vectors(arrays, side, values) if side.name in (encoding[VECTORS] or {}) else arrays


def make(pair: Pair) -> PairCrossing:
    """Make the crossing of these pairs."""
    return PairCrossing(pair)
