"""Groups of pairs that must stay on one side of a split: those of either side, by its own methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.config.settings import Limits, keywords
from riboswitch.errors import UsageError
from riboswitch.modalities.pair.read import PairReader
from riboswitch.modalities.pair.sides import Pair, Side, own_settings
from riboswitch.modalities.parts import Inputs

PAIRED = "random"


class PairGrouper:
    """The grouper of pairs; see `riboswitch.modalities.parts.Grouper`.

    The method ``left_NAME`` groups pairs by their left inputs, as the left modality does by its method
    ``NAME``. With it the test inputs of that side are new (cold). ``random``: each pair is its own group.
    """

    LIMITS: Mapping[str, Limits] = {}  # the sides check their own options
    RELATIVES: str | None = None  # a split of pairs at random has the same inputs on both sides by intention

    def __init__(self, pair: Pair):
        self.pair, self._reader = pair, PairReader(pair)
        self._own = {f"{s.name}_{m}": (s, m) for s in pair.sides for m in s.modality.grouper.METHODS}

    @property
    def METHODS(self) -> tuple[str, ...]:
        """Those of the left side, of the right side, and ``random``."""
        return (*self._own, PAIRED)

    def group(
        self,
        inputs: Inputs,
        method: str | None = None,
        *,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Label each pair with its group.

        Parameters
        ----------
        inputs : mapping
        method : str, optional
            One of `METHODS`; by default the first.
        left : mapping, optional
            Options of the grouping of the left side.
        right : mapping, optional
            Options of the grouping of the right side.

        Raises
        ------
        UsageError
            For an unknown method or option.
        """
        method = self._known(method)
        if method == PAIRED:
            names = self.pair.components
            rows = zip(*(inputs[name] for name in names), strict=True)
            return [self._reader.identity(dict(zip(names, row, strict=True))) for row in rows]
        side, own = self._own[method]
        return side.modality.grouper.group(side.of(inputs), own, **_options(side, left, right))

    def settle(
        self,
        inputs: Inputs,
        method: str | None = None,
        *,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the options that `group` uses, with defaults filled in: those of the method's side."""
        method = self._known(method)
        if method == PAIRED:
            return {}
        side, own = self._own[method]
        return side.modality.grouper.settle(side.of(inputs), own, **_options(side, left, right))

    def size(self, inputs: Inputs) -> int:
        """Return the sum of the sizes of both sides."""
        return sum(side.modality.grouper.size(side.of(inputs)) for side in self.pair.sides)

    def _known(self, method: str | None) -> str:
        name = self.METHODS[0] if method is None else method
        if name not in self.METHODS:
            raise UsageError("no such way to group pairs", found=method,
                             hint=f"Choose of {', '.join(self.METHODS)}.")  # fmt: skip
        return name


def make(pair: Pair) -> PairGrouper:
    """Make the grouper of these pairs."""
    return PairGrouper(pair)


def _options(side: Side, left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any]:
    own = own_settings({"left": left, "right": right}, side, "split options")
    return keywords(side.modality.grouper.group, own, f"split options of the {side.name} side")
