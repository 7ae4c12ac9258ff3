"""Parts for pairs, as typed protocols: what a side is described by, and a library against given inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from riboswitch.modalities.parts import Inputs

if TYPE_CHECKING:
    import numpy as np

    from riboswitch.data.arrays import RaggedArrays
    from riboswitch.data.records import Record, Rejection


class VectorsPart(Protocol):
    """Describes inputs by numbers, for plain methods and for what stands beside a network."""

    def vectors(
        self, inputs: Inputs, settings: Mapping[str, Any] | None = None, arrays: RaggedArrays | None = None
    ) -> np.ndarray:
        """Return features, float32 of shape (inputs, features); those of an input do not depend on others.

        ``settings`` are the meta of encoded arrays: without inputs they may tell the number of features.
        ``arrays`` are the same inputs, encoded: what they hold is not computed again.
        """


class AmountsPart(Protocol):
    """Counts the parts that inputs are made of: how many two inputs share tells how alike they are."""

    def amounts(self, inputs: Inputs) -> np.ndarray:
        """Return counts, uint8 of shape (inputs, parts); those of an input do not depend on others."""


@dataclass(frozen=True)
class Given:
    """Inputs of one side, against which a library of the other side is screened.

    Attributes
    ----------
    side : str
        Their side.
    ids : list of str
    values : list
        The input of each id.
    arrays : RaggedArrays
        The inputs, encoded as in pairs.
    """

    side: str
    ids: list[str]
    values: list[Any]
    arrays: RaggedArrays

    def part(self, start: int, stop: int) -> Given:
        """Some of the inputs."""
        rows = slice(start, stop)
        return Given(self.side, self.ids[rows], self.values[rows], self.arrays.take(range(start, stop)))


class CrossingPart(Protocol):
    """Joins each input of one side with each row of a library of the other side."""

    def library_of(self, side: str) -> tuple[str, str]:
        """Return the side of a library for given inputs of ``side``, and the name of its modality."""

    def read_given(
        self, options: Mapping[str, Any], reading: Mapping[str, Any]
    ) -> tuple[str, Iterator[Record | Rejection]]:
        """Return the given side and its inputs.

        ``options`` are those of `Reader.read` that cross a side, with paths from the working folder;
        ``reading`` are the model's.
        """

    def file_of(self, options: Mapping[str, Any]) -> str:
        """Return the file of given inputs of such options."""

    def encode_given(
        self, side: str, values: Sequence[Any], ids: Sequence[str], encoding: Mapping[str, Any]
    ) -> RaggedArrays:
        """Encode given inputs as in pairs of this encoding."""

    def encode_library(
        self, side: str, arrays: RaggedArrays, values: Sequence[Any], encoding: Mapping[str, Any]
    ) -> RaggedArrays:
        """Complete arrays of a library, whose side is not ``side``, to those that pairs have."""

    def pairs(
        self, given: Given, library: RaggedArrays, values: Sequence[Any], encoding: Mapping[str, Any]
    ) -> tuple[Inputs, RaggedArrays]:
        """Return each row of the library with each given input: the inputs, and the arrays of the pairs.

        All pairs of a row follow each other, in the order of the given inputs.
        """
