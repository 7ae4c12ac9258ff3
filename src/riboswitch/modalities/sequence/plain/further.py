"""Further baselines, trained if they are named: for aligned sequences, and for classes of positions."""

from __future__ import annotations

from collections.abc import Mapping

from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.parts import Baseline
from riboswitch.modalities.sequence.plain.aligned import aligned_boosting, aligned_linear
from riboswitch.modalities.sequence.plain.windows import gor, window_boosting, window_logistic

BASELINES: Mapping[str, Baseline] = {
    "aligned_linear": aligned_linear,
    "aligned_boosting": aligned_boosting,
}
POSITION_BASELINES: Mapping[str, Baseline] = {
    "gor": gor,
    "window_logistic": window_logistic,
    "window_boosting": window_boosting,
}
