"""The score of a product from the raw outputs of the networks, as `predict` gives it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.molecule.encode import COMPONENT
from riboswitch.modalities.molecule.nets.dmpnn import DMPNN

MOST_DEPTH = 5
_FAR = 1e6  # an output that no network gives
_SLACK = 1e-3  # between a quick output and the exact one, relative


@dataclass
class Judge:
    """A loaded bundle and the column of its answers that ranks.

    Parameters
    ----------
    model : Model
    column : str
        One of `Task.columns`.
    lowest : bool
        The lowest answer is the best.
    networks_only : bool
        Rank by the networks of a stack alone, uncalibrated: base learners cannot be decomposed.

    Raises
    ------
    UsageError, BundleError
        If the bundle cannot score a space; says what to train instead.
    """

    model: Model
    column: str
    lowest: bool = False
    networks_only: bool = False

    def __post_init__(self) -> None:
        self._needed = (-math.inf, -math.inf)
        model = self.model
        if model.header["components"] != [COMPONENT]:
            raise UsageError(
                "a space is scored by models of molecules", where=model.source, found=model.modality
            )
        kind = model.header["network"].get("kind", "dmpnn")
        if kind != "dmpnn":
            raise UsageError("networks of this kind cannot score a space", where=model.source, found=kind,
                             hint="Train with --kind dmpnn.")  # fmt: skip
        if model.network_weight < 1 and not self.networks_only:
            hint = (
                "riboswitch ensemble without the file of stack makes a bundle of networks alone; or "
                "--networks-only ranks by the networks and shows the answer of the whole bundle beside."
            )
            raise UsageError("the base learners of a stack cannot be decomposed", where=model.source,
                             found=f"networks weigh {model.network_weight:.2g}", hint=hint)  # fmt: skip
        if self.column not in model.task.columns:
            raise UsageError("no such column among the answers", found=self.column,
                             hint=f"There are: {', '.join(model.task.columns)}.")  # fmt: skip
        if self.networks[0].settings.depth > MOST_DEPTH:
            raise UsageError(f"networks deeper than {MOST_DEPTH} cannot score a space", where=model.source,
                             found=self.networks[0].settings.depth, hint="Train with --depth 3.")  # fmt: skip
        if "golden" in model.header:
            self.predictor.check_golden()

    @cached_property
    def predictor(self) -> Predictor:
        return Predictor(self.model, find(self.model.modality))

    @property
    def networks(self) -> list[DMPNN]:
        made: list[DMPNN] = self.predictor.networks
        return made

    @property
    def output(self) -> int:
        """The number of the output that ranks."""
        return list(self.model.task.columns).index(self.column)

    @property
    def sign(self) -> int:
        return -1 if self.lowest else 1

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Scores from raw outputs (networks, rows, outputs), the best highest; float64 of shape (rows,)."""
        members = np.stack([self.predictor.finish(number, each) for number, each in enumerate(raw)])
        return self._of_members(members)

    def plain(self, arrays: RaggedArrays) -> np.ndarray:
        """Scores of encoded molecules, computed without tables; shape (rows,)."""
        return self._of_members(self.predictor.members(arrays))

    def _of_members(self, members: np.ndarray) -> np.ndarray:
        calibration = None if self.model.network_weight < 1 else self.predictor.calibration
        finished = members if calibration is None else calibration(members)
        made: np.ndarray = self.sign * finished.mean(0)[:, self.output].astype(np.float64)
        return made

    @property
    def in_steps(self) -> bool:
        """Whether the answer rises with one output of each network alone."""
        return self.model.task.kind != "multiclass"

    def least_output(self, least: float) -> float:
        """The output of the first network, times `sign`, that a product with a score of ``least`` needs.

        Minus infinity if any may do, since the other networks are not bounded.
        """
        if self._needed[0] != least:  # it is asked for each block, and seldom changes
            self._needed = least, self._least_output(least)
        return self._needed[1]

    def _least_output(self, least: float) -> float:
        networks = len(self.networks)
        if not self.in_steps or least == -math.inf:
            return -math.inf
        if networks > 1 and self.model.task.kind == "regression":
            return -math.inf
        highest = 0.0 if self.lowest else 1.0
        needed = least if networks == 1 else networks * least - (networks - 1) * highest
        low, high = -_FAR, _FAR
        if self._first(low) >= needed:
            return -math.inf
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (low, middle) if self._first(middle) >= needed else (middle, high)
        return low - _SLACK * (1 + abs(low))

    def _first(self, output: float) -> float:
        """The score of the first network alone, for an output times `sign`."""
        raw = np.full((1, len(self.model.task.outputs)), self.sign * output)
        return float(self._of_members(self.predictor.finish(0, raw)[None])[0])
