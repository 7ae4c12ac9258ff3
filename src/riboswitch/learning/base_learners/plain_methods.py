"""The plain methods of a modality: those that are trained by default, and further ones that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riboswitch.config.settings import one_of
from riboswitch.data.task import Task
from riboswitch.errors import UsageError
from riboswitch.learning.base_learners.baselines import offered_baselines
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import Baseline


def plain_methods(
    modality: Modality, task: Task, asked: Sequence[str] | None = None
) -> Mapping[str, Baseline]:
    """Return the baselines for this level of labels.

    Parameters
    ----------
    modality : Modality
    task : Task
    asked : sequence of str, optional
        Names, in the order wanted, also of further baselines; by default all but the further ones.

    Raises
    ------
    UsageError
        For a name that is no baseline, or if inputs of the modality have no positions to label.
    """
    found = offered_baselines(modality.baselines, task)
    if not found:
        raise UsageError("inputs of this modality have no positions to label", found=modality.name,
                         hint="Choose the kind regression, binary or multiclass.")  # fmt: skip
    if asked is None:
        return found
    further = modality.further_baselines
    known = {**found, **(offered_baselines(further, task) if further else {})}
    for name in asked:
        one_of("method", name, tuple(known))
    return {name: known[name] for name in asked}
