"""Settings of a scorecard, with their defaults and limits."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import check_settings, choice, number, whole

METRICS = {
    "regression": ("rmse", "mae", "r2", "pearson", "spearman"),
    "binary": ("ap", "auroc", "bedroc", "wss95", "mcc", "balanced_accuracy", "brier"),
    "survival": ("c_index",),
    "multiclass": ("macro_f1", "accuracy", "balanced_accuracy", "mcc", "macro_auroc", "macro_ap", "brier"),
}
"""What a verdict can be about, by kind of task."""
ALL_METRICS = tuple(dict.fromkeys(name for names in METRICS.values() for name in names))


@dataclass(frozen=True)
class ScorecardSettings:
    """How methods are compared.

    Attributes
    ----------
    folds : int
        Folds of the cross-validation.
    repeats : int
        How often the cross-validation is repeated. Each repeat trains ``folds`` networks, and as many on
        shuffled labels.
    seed : int
        Seed of folds and networks.
    metric : str
        What the verdict is about; by default the headline metric of the kind.
    margin : float
        Smallest difference of practical effect, in the unit of the metric. By default 0.02, or for errors of
        numbers 5 % of the standard deviation of the labels.
    bootstrap : int
        Resamples for the intervals of a fixed test set, and of errors by distance.
    min_positives : int
        Classes with fewer test examples in a fold are not evaluated there.
    min_groups : int
        Classes with test examples of fewer groups are not evaluated.
    """

    folds: int = whole(5, at_least=2, at_most=100)
    repeats: int = whole(2, at_most=100)
    seed: int = whole(0, at_least=0)
    metric: str | None = choice(None, ALL_METRICS)
    margin: float | None = number(None, at_least=0)
    bootstrap: int = whole(1000, at_least=100)
    min_positives: int = whole(5, at_least=0)
    min_groups: int = whole(2, at_least=0)

    def __post_init__(self) -> None:
        check_settings(self)
